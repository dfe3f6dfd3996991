"""Reads the project's Markdown: sections, tables, code blocks and links."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

_HEADING = re.compile(r"(#{1,6}) (.+)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")

Row = dict[str, str]


@dataclass(frozen=True)
class Block:
    """A fenced code block: the words behind its fence, and what stands in it."""

    info: str
    text: str


class Text:
    """Some lines of a page."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    @cached_property
    def blocks(self) -> list[Block]:
        """Every fenced code block."""
        found: list[Block] = []
        inside: list[str] | None = None
        info = ""
        for line in self.lines:
            fence = line.strip().startswith("```")
            if fence and inside is None:
                info, inside = line.strip().removeprefix("```"), []
            elif fence and inside is not None:
                found.append(Block(info, "\n".join(inside)))
                inside = None
            elif inside is not None:
                inside.append(line)
        return found

    @cached_property
    def prose(self) -> list[str]:
        """The lines outside of code blocks."""
        lines, inside = [], False
        for line in self.lines:
            if line.strip().startswith("```"):
                inside = not inside
            elif not inside:
                lines.append(line)
        return lines

    @cached_property
    def tables(self) -> list[list[Row]]:
        """Every table as its rows, each by the names of the columns."""
        found: list[list[Row]] = []
        columns: list[str] | None = None
        for line in self.prose:
            if not line.startswith("|"):
                columns = None
            elif columns is None:
                columns = _cells(line)
                found.append([])
            elif set(line) - set("|-: "):
                found[-1].append(dict(zip(columns, _cells(line), strict=True)))
        return found

    def table(self, *columns: str) -> list[Row]:
        """The rows of the one table that has these columns."""
        [table] = [rows for rows in self.tables if rows and set(columns) <= set(rows[0])]
        return table

    @property
    def links(self) -> list[str]:
        """Where every link and image leads."""
        return [link for line in self.prose for link in _LINK.findall(_CODE.sub("", line))]


class Page(Text):
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path.read_text("utf-8").splitlines())

    @cached_property
    def headings(self) -> list[tuple[int, int, str]]:
        """The line, the level and the text of every heading."""
        inside, found = False, []
        for number, line in enumerate(self.lines):
            if line.strip().startswith("```"):
                inside = not inside
            heading = None if inside else _HEADING.fullmatch(line)
            if heading:
                found.append((number, len(heading[1]), heading[2]))
        return found

    def section(self, title: str, *, within: str | None = None) -> Text:
        """What stands under a heading, its subsections included; `within` is one above it."""
        above: list[str] = []
        starts: list[tuple[int, int]] = []
        for number, level, text in self.headings:
            above = [*above[: level - 1], *[""] * (level - 1 - len(above)), text]
            if text == title and (within is None or within in above[:-1]):
                starts.append((number, level))
        assert len(starts) == 1, f"{self.path.name} has {len(starts)} sections {title!r}"
        [(start, level)] = starts
        after = [line for line, depth, _ in self.headings if line > start and depth <= level]
        return Text(self.lines[start + 1 : min(after, default=len(self.lines))])

    def subsections(self, title: str) -> Iterator[tuple[str, Text]]:
        """Each heading directly below a section's, without its backquotes, and its text."""
        numbers = [(number, level) for number, level, text in self.headings if text == title]
        [(start, level)] = numbers
        for number, depth, text in self.headings:
            if number > start and depth <= level:
                return
            if number > start and depth == level + 1:
                yield text, self.section(text, within=title)

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments that lead to this page's headings, made as GitHub makes them."""
        seen: Counter[str] = Counter()
        anchors = set()
        for _, _, text in self.headings:
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return anchors


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def names(cell: str) -> list[str]:
    """What stands in backquotes in a cell, in order."""
    return re.findall(r"`([^`]+)`", cell)


def words(cell: str) -> str:
    """A cell without backquotes and with the text of its links alone."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("`", "")


def pages() -> list[Path]:
    """Every Markdown file of the project's documentation."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
