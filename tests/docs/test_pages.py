"""The documentation hangs together: links lead somewhere, commands exist, nothing is left out."""

import re
from pathlib import Path

import pytest

from parlour import __version__
from scripts.screenshots import IMAGES, SIZES, THEMES
from tests.docs.markdown import ROOT, Page, pages

PAGES = [Page(path) for path in pages()]
BY_PATH = {page.path: page for page in PAGES}
README = BY_PATH[ROOT / "README.md"]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def ids(page: Page) -> str:
    """How a page is called in the test's name."""
    return str(page.path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Page) -> None:
    """To a file that is there, and to a heading that is in it."""
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        assert target.exists(), f"{link} leads nowhere"
        if fragment:
            assert fragment in BY_PATH[target].anchors, f"{target.name} has no heading #{fragment}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_make_target_that_is_named_is_one(page: Page) -> None:
    """Whoever follows a page must not meet `No rule to make target`."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    code = "\n".join(
        [*re.findall(r"`([^`]+)`", "\n".join(page.prose)), *(b.text for b in page.blocks)]
    )
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_path_that_is_named_is_there(page: Page) -> None:
    """In backquotes, with a folder of the project before it."""
    tops = "parlour|frontend|tests|docs|scripts|deploy"
    for path in re.findall(rf"`((?:{tops})/[\w./@-]*)`", "\n".join(page.prose)):
        assert (ROOT / path).exists(), f"{path} is not there"


def test_every_page_can_be_found_from_the_readme() -> None:
    """By following links; a page that none leads to is read by nobody."""
    found: set[Path] = set()
    todo = [README]
    while todo:
        page = todo.pop()
        found.add(page.path)
        for link in page.links:
            target = (page.path.parent / link.partition("#")[0]).resolve()
            if target in BY_PATH and target not in found:
                todo.append(BY_PATH[target])
    assert found == set(BY_PATH)


def test_the_readme_can_be_read_in_one_sitting() -> None:
    """Under 120 lines."""
    assert len(README.lines) < 120


def test_the_readme_shows_the_real_thing() -> None:
    """Its pictures are the ones that `make screenshots` takes, and all of those are there."""
    taken = {IMAGES / f"chat-{width}-{theme}.png" for width in SIZES for theme in THEMES}
    sources = re.findall(r'(?:src|srcset)="([^"]+)"', README.path.read_text("utf-8"))
    shown = {ROOT / source for source in [*sources, *README.links] if source.endswith(".png")}
    assert shown
    assert shown <= taken
    for picture in taken:
        assert picture.read_bytes().startswith(b"\x89PNG"), picture


def test_the_readme_names_the_two_commands() -> None:
    """The first things that a stranger types."""
    code = "\n".join(block.text for block in README.blocks)
    assert "make run" in code
    assert "make test" in code


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    """The list has every one, in order, under its own title."""
    numbers = [int(path.name.split("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    listed = re.findall(
        r"^(\d+)\. \[(.+)\]\((.+)\)$",
        (ROOT / "docs/decisions/README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert listed == [
        (str(number), BY_PATH[path].headings[0][2].partition(". ")[2], path.name)
        for number, path in zip(numbers, DECISIONS, strict=True)
    ]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_what_was_the_matter_what_was_decided_and_what_follows(path: Path) -> None:
    """One form for all, each part with something in it."""
    page = BY_PATH[path]
    assert [text for _, level, text in page.headings if level == 2] == [
        "Context",
        "Decision",
        "Consequences",
    ]
    for title in ("Context", "Decision", "Consequences"):
        assert "".join(page.section(title).lines).strip()


def test_the_changelog_begins_with_the_version_that_this_is() -> None:
    """And its entry first tells operators whether settings or the database changed."""
    changelog = BY_PATH[ROOT / "CHANGELOG.md"]
    versions = [text for _, level, text in changelog.headings if level == 2]
    newest = next(text for text in versions if text[0].isdigit())
    assert newest.split(" ")[0] == __version__
    entry = [line for line in changelog.section(newest).lines if line]
    assert entry[0].startswith("**Settings:**")
    assert entry[1].startswith("**Database:**")


def test_contributing_names_every_target_of_make() -> None:
    """Nobody should have to read the Makefile to know what there is."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert targets
    assert [target for target in targets if f"`make {target}`" not in text] == []
