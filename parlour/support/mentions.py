"""Whom a text may be about: the words behind an @, where that is no part of a word or of code."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# What is looked at in one text; whoever names more people means nobody in particular. In scripts
# without blanks each beginning of a word may be a name.
MAX_CANDIDATES: Final = 100
MAX_NAMES: Final = 200
# No account's name is longer.
MAX_NAME: Final = 100

# A fence that is not closed goes on to the end, as in Markdown.
_FENCED: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*(?:\n|\Z)", re.MULTILINE)
_TICKS: Final = re.compile("`+")
# Not in the middle of a word, an address of mail or of the web, and not behind a backslash, which
# takes its meaning from a sign. An underscore may begin what is stressed.
_AT: Final = re.compile(r"(?<![^\W_])(?<![@/\\.+\-&#=:])@(\w[\w.\-]*)")
_INSIDE: Final = "._-"


def may_name(text: str) -> bool:
    """Whether somebody may be meant in a text: an address of mail names nobody."""
    return "@" in text and _AT.search(text) is not None


def candidates(text: str) -> list[tuple[str, ...]]:
    """For each @ in a text the names that may be meant, the longest first.

    At most MAX_CANDIDATES, with MAX_NAMES names in all. What stands in code is no mention. It looks
    at each character a few times.
    """
    if "@" not in text:
        return []
    found: list[tuple[str, ...]] = []
    left = MAX_NAMES
    for match in _AT.finditer(without_code(text)):
        if not left or len(found) == MAX_CANDIDATES:
            break
        # Names are short, so of too many the longest are left out.
        names = tuple(_names(match[1]))[-left:]
        left -= len(names)
        if names:
            found.append(names)
    return found


def _names(word: str) -> Iterator[str]:
    """What a word may be: as a whole, or up to a place where a name can end."""
    word = word[: MAX_NAME + 1]
    for end in range(len(word), 0, -1):
        if word[end - 1] in _INSIDE or end > MAX_NAME:
            continue
        if end == len(word) or word[end] in _INSIDE or _joins(word[end]):
            yield word[:end]


def _joins(character: str) -> bool:
    """Whether it is of a script that writes words without blanks between them."""
    wide = unicodedata.east_asian_width(character) in "WF"
    return wide or "\u0e00" <= character <= "\u0eff"


def without_code(text: str) -> str:
    """The text with blanks in the place of what Markdown shows as code."""
    if "`" not in text and "~~~" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (fence := _FENCED.search(text, at)) is not None:
        if fence[1][0] == "`" and "`" in fence[0].strip().lstrip("`"):
            # Ticks in one line are inline code.
            parts.append(_without_inline(text[at : fence.end()]))
            at = fence.end()
            continue
        parts.append(_without_inline(text[at : fence.start()]))
        end = re.compile(rf"^ {{0,3}}{fence[1][0]}{{{len(fence[1])},}}[ \t]*$", re.MULTILINE)
        closed = end.search(text, fence.end())
        at = len(text) if closed is None else closed.end()
        parts.append("\n")
    parts.append(_without_inline(text[at:]))
    return "".join(parts)


def _is_escaped(text: str, at: int) -> bool:
    """Whether a backslash stands before it that is not taken by one before that."""
    begin = at
    while begin and text[begin - 1] == "\\":
        begin -= 1
    return (at - begin) % 2 == 1


def _without_inline(text: str) -> str:
    """The same for code between ticks: as many at its end as at its beginning.

    The first of them is only text behind a backslash, which is one itself inside of code.
    """
    runs = [match.span() for match in _TICKS.finditer(text)]
    begins = [start + _is_escaped(text, start) for start, _ in runs]
    # From behind, so that each run knows the next one of its length.
    following: dict[int, int] = {}
    closing: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        start, end = runs[number]
        if (opening := end - begins[number]) in following:
            closing[number] = following[opening]
        following[end - start] = number
    parts, at, number = [], 0, 0
    while number < len(runs):
        if number in closing:
            parts.append(text[at : begins[number]])
            at = runs[closing[number]][1]
            number = closing[number] + 1
            parts.append(" ")
        else:
            number += 1
    parts.append(text[at:])
    return "".join(parts)
