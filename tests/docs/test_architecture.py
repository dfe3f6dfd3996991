"""docs/architecture.md: its map is the tree, its layers are those of the linter."""

import re
import tomllib
from pathlib import Path

from tests.docs.markdown import ROOT, Page, names

PAGE = Page(ROOT / "docs" / "architecture.md")
NOT_OF_THE_PROJECT = {"__pycache__", ".DS_Store"}


def mapped() -> list[tuple[str, str]]:
    """Every path of the map and what is said of it."""
    found: list[tuple[str, str]] = []
    above: list[str] = []
    for line in PAGE.section("The map").blocks[0].text.splitlines():
        indent = (len(line) - len(line.lstrip())) // 2
        name, _, meaning = line.strip().partition("  ")
        above = [*above[:indent], name]
        found.append(("".join(above), meaning.strip()))
    return found


def test_everything_in_the_map_is_there() -> None:
    """A folder with its slash, a file without."""
    for path, _ in mapped():
        assert (ROOT / path).exists(), path
        assert (ROOT / path).is_dir() == path.endswith("/"), path


def test_everything_that_is_there_stands_in_the_map() -> None:
    """Every module of the program, and every file or folder of the page that is not below one."""
    known = {path.rstrip("/") for path, _ in mapped()}
    folders = [ROOT / "parlour", *(p for p in (ROOT / "parlour").rglob("*") if p.is_dir())]
    folders += [ROOT / "frontend", ROOT / "frontend" / "js"]
    missing = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.iterdir()
        if not NOT_OF_THE_PROJECT & set(path.parts) and path.suffix != ".pyc"
    } - known
    assert missing == {"parlour/migrations/versions/__init__.py"} & missing


def test_everything_in_the_map_says_what_it_is() -> None:
    """But for the files that only make a folder a package, and numbered migrations."""
    silent = [path for path, meaning in mapped() if not meaning]
    assert [p for p in silent if not re.search(r"__init__\.py|versions/", p)] == []


def test_migrations_stand_in_the_order_in_which_they_run() -> None:
    """Theirs is the one list that is read as a history."""
    listed = [path for path, _ in mapped() if "/versions/0" in path]
    assert listed == sorted(listed)
    assert len(listed) > 1


def test_the_contents_lead_to_every_section() -> None:
    """In the order in which they come."""
    titles = [text for _, level, text in PAGE.headings if level == 2]
    beginning = "\n".join(PAGE.lines[: PAGE.lines.index(f"## {titles[0]}")])
    assert re.findall(r"\[([^]]+)\]\(#", beginning) == titles


def test_the_layers_are_those_that_the_linter_keeps() -> None:
    """Word for word, from the top down."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    [contract] = [c for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    [block] = PAGE.section("Who may import whom").blocks
    assert block.text.splitlines() == contract["layers"]


def test_every_promise_names_tests_that_are_there() -> None:
    """And every folder of tests stands behind some promise."""
    rows = PAGE.section("Where the promises are tested").table("promise", "tests")
    named = [path for row in rows for path in names(row["tests"])]
    assert all(names(row["tests"]) for row in rows)
    for path in named:
        assert (ROOT / path).exists(), path
    used = {Path(path).parts[1] for path in named}
    folders = {
        path.name
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and path.name not in {"__pycache__", "support"}
    }
    assert folders - used == set()
