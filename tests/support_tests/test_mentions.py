"""Whom a text may be about, by its words alone."""

import time

import pytest

from parlour.support.mentions import MAX_CANDIDATES, MAX_NAMES, candidates
from tests.support.timing import scaled


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`@bob`", []),
        ("``a ` @bob``", []),
        # Behind a backslash a tick is text, and so is what stands between two of them.
        (r"\`@bob\`", ["bob"]),
        (r"\`@bob`", ["bob"]),
        (r"\\`@bob`", []),
        (r"\\\`@bob`", ["bob"]),
        (r"\``@bob`", []),
        # Inside of code a backslash is one, and the tick behind it is the end.
        (r"`@bob\` @eve`", ["eve"]),
        (r"`@bob\`", []),
    ],
)
def test_code_is_what_markdown_shows_as_code(text: str, named: list[str]) -> None:
    """What stands in it names nobody."""
    assert [names[0] for names in candidates(text)] == named


@pytest.mark.parametrize("text", ["@_", "@__ and @_._", "@" + "a" * 101, "@" + "a" * 4_000])
def test_a_sign_before_what_can_be_no_name_names_nobody(text: str) -> None:
    """However long it is, or of whatever."""
    assert candidates(text) == []
    assert candidates(f"{text} @bob") == [("bob",)]


def test_the_names_of_one_text_are_bounded_in_all_scripts() -> None:
    """Without blanks between words each beginning may be a name: of too many the short ones."""
    word = "@" + "\u4e2d" * 99
    assert len(candidates(word)[0]) == 99
    found = candidates(" ".join([word] * 10))
    assert [len(names) for names in found] == [99, 99, 2]
    assert found[-1] == ("\u4e2d" * 2, "\u4e2d")
    assert sum(map(len, found)) == MAX_NAMES
    assert len(candidates("@bob " * 300)) == MAX_CANDIDATES


def test_backslashes_cost_no_more_than_other_signs() -> None:
    """A text of nothing but them and ticks is gone through a few times."""
    begun = time.thread_time()
    candidates("@bob " + "\\" * 50_000 + "`" + r"\`" * 50_000)
    assert time.thread_time() - begun < scaled(0.5)
