"""What is typed into a search, taken apart: words, "exact phrases", operators, and -what not.

Pure. A word with a colon that is no operator, such as an address or `note:`, is only a word.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from parlour.errors import Refusal
from parlour.support.folding import fold
from parlour.support.text import name_key

MAX_QUERY: Final = 300
# Words and operators: what is compared with every message that may be meant.
MAX_PARTS: Final = 20

# Quotes as they are typed, also by telephones.
_QUOTES: Final = '"\u201c\u201d\u201e'
_PART: Final = re.compile(
    rf"(?P<minus>-)?(?:(?P<name>[A-Za-z]+):)?"
    rf"(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)(?:[{_QUOTES}]|\Z)|(?P<bare>\S*))"
)
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found; `exact` as they stand, and whole."""

    text: str
    exact: bool = False
    negated: bool = False

    def __str__(self) -> str:
        """As it can be typed."""
        words = f'"{self.text}"' if self.exact else self.text
        return f"-{words}" if self.negated else words


@dataclass(frozen=True, slots=True)
class Filter:
    """An operator and its value, in the form that its row of OPERATORS gives it."""

    operator: str
    value: str
    negated: bool = False

    def __str__(self) -> str:
        """As it can be typed."""
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{'-' if self.negated else ''}{self.operator}:{value}"


@dataclass(frozen=True, slots=True)
class Query:
    """What has to hold of a message, all of it; of several `from` or `in` one."""

    parts: tuple[Text | Filter, ...]

    def __str__(self) -> str:
        """As it can be typed."""
        return " ".join(str(part) for part in self.parts)


def _name(operator: str, value: str) -> str:
    value = value.lstrip({"from": "@", "in": "#"}[operator] + _QUOTES).lstrip()
    if not name_key(value):
        what = "the name of somebody" if operator == "from" else "the name of a room"
        raise _wrong(operator, f'takes {what}, in "quotes" where it has blanks')
    return value


def _choice(*choices: str) -> Callable[[str, str], str]:
    def check(operator: str, value: str) -> str:
        if value.lower() not in choices:
            listed = " or ".join([", ".join(choices[:-1]), choices[-1]])
            raise _wrong(operator, f"takes {listed}")
        return value.lower()

    return check


def _time(operator: str, value: str) -> str:
    if value.lower() in _NAMED_DAYS:
        return value.lower()
    days(operator, value, date.max)
    return value


_NAMED_DAYS: Final = ("today", "yesterday")
# Each operator and what makes of its value the one that is kept.
OPERATORS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "from": _name,
    "in": _name,
    "has": _choice("file", "image", "link", "reaction"),
    "is": _choice("pinned", "saved", "unread"),
    "before": _time,
    "after": _time,
    "on": _time,
}


def days(operator: str, value: str, today: date) -> tuple[date, date]:
    """The first day that is meant, and the first one after it. Raises Refusal."""
    if value in _NAMED_DAYS:
        day = today - timedelta(days=_NAMED_DAYS.index(value))
        return day, day + timedelta(days=1)
    matched = _DAY.fullmatch(value)
    year, month, day_number = matched.groups() if matched else (0, None, None)
    try:
        # There is no year 0, and no 30th of February.
        first = date(int(year), int(month or 1), int(day_number or 1))
        if day_number is not None:
            return first, first + timedelta(days=1)
        if month is not None:
            return first, (first + timedelta(days=31)).replace(day=1)
        return first, first.replace(year=first.year + 1)
    except (ValueError, OverflowError):
        words = "takes a day, month or year such as 2026-01-31, 2026-01 or 2026, today or yesterday"
        raise _wrong(operator, words) from None


def _wrong(operator: str, words: str) -> Refusal:
    return Refusal("invalid", f"q: {operator}: {words}.", field="q")


def parse(text: str) -> Query:
    """Take apart what was typed. Raises Refusal, and nothing else, whatever it is."""
    parts: list[Text | Filter] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        matched = _PART.match(text, at)
        assert matched is not None  # noqa: S101 - every part of the pattern may be empty
        part, at = _part(text, matched)
        if part is not None:
            parts.append(part)
    if not parts:
        raise Refusal("empty", "q: There is nothing to look for in it.", field="q")
    if len(parts) > MAX_PARTS:
        words = f"q: A search has at most {MAX_PARTS} words and operators; this has {len(parts)}."
        raise Refusal("invalid", words, field="q")
    return Query(tuple(dict.fromkeys(parts)))


def _part(text: str, matched: re.Match[str]) -> tuple[Text | Filter | None, int]:
    """The part that was matched, None for one with nothing in it; and where the next begins."""
    negated, quoted, bare = matched["minus"] is not None, matched["quoted"], matched["bare"]
    name = (matched["name"] or "").lower()
    if name in OPERATORS:
        value = " ".join((quoted if quoted is not None else bare).split())
        return Filter(name, OPERATORS[name](name, value), negated=negated), matched.end()
    end = matched.end()
    if quoted is None or name:
        # As far as the next blank, whatever is in it.
        start = matched.end("minus") if negated else matched.start()
        end = next((at for at in range(start, len(text)) if text[at].isspace()), len(text))
        words, exact = text[start:end], False
    else:
        words, exact = " ".join(quoted.split()), True
    return (Text(words, exact=exact, negated=negated) if fold(words).split() else None), end
