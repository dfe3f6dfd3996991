"""Which of many copies are kept: the newest of each of the last days, weeks, months."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

# What a copy of a time is one of.
_PERIODS: Final[Mapping[str, Callable[[datetime], object]]] = {
    "last": lambda at: at,
    "hourly": lambda at: (at.date(), at.hour),
    "daily": lambda at: at.date(),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: at.year,
}
_RULE: Final = re.compile(r"(?:(\w+)=)?([0-9]{1,6})")

# How many of which periods.
Rules = Mapping[str, int]


def parse(text: str) -> Rules:
    """The rules of a text such as `7` or `daily=7,weekly=4`; none of an empty one.

    Raises ValueError, which says what is wrong.
    """
    rules: dict[str, int] = {}
    for part in text.split(",") if text else ():
        found = _RULE.fullmatch(part.strip())
        period = "last" if found is None or found[1] is None else found[1]
        if found is None or period not in _PERIODS or period in rules or not int(found[2]):
            raise ValueError(
                "say how many are kept, such as 7 or daily=7,weekly=4,monthly=12 (also hourly,"
                " yearly, last); nothing for all"
            )
        rules[period] = int(found[2])
    return rules


def dropped(times: Collection[datetime], rules: Rules) -> set[datetime]:
    """Those that no rule keeps; none without rules. The newest is always kept."""
    if not rules:
        return set()
    newest_first = sorted(times, reverse=True)
    kept = set(newest_first[:1])
    for period, count in rules.items():
        seen: dict[object, datetime] = {}
        for at in newest_first:
            seen.setdefault(_PERIODS[period](at), at)
        kept.update(list(seen.values())[:count])
    return set(times) - kept
