"""The operation that looks for messages, in one moment of the database.

The index says which messages may be meant, newest first; each is looked at before it is told: may
whoever asks enter its room, and is it what was asked for? How much is looked at is bounded by
time: what is further back can be asked for.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from parlour import places
from parlour.errors import Refusal
from parlour.finding import FoundRoom, Hit, SearchPage, SearchResult
from parlour.indexing import (
    LINK_TERM,
    REACTION_TERM,
    RULES,
    author_term,
    has_link,
    room_term,
)
from parlour.models import format_time
from parlour.permissions import check
from parlour.query import Filter, Query, Text, days
from parlour.store import search
from parlour.store.messages import last_id
from parlour.store.search import Found, State
from parlour.store.standings import standings
from parlour.support.folding import Needle, fold, spans
from parlour.support.text import name_key

# After so many seconds what was found is told; a step that has begun is ended first.
SECONDS: Final = 0.1
# Ids that the index is asked about in the first step, which doubles, and at most: to go through
# a million takes it 0.1 s when it has all terms everywhere and never together.
FIRST_SPAN: Final = 1 << 18
MAX_SPAN: Final = 1 << 20
# Messages that are looked at in one step.
FIRST_STEP: Final = 32
MAX_STEP: Final = 512
# Terms that the index is asked for, of one word and in all. More of them cost more than they keep
# away: whatever has these is looked at anyway.
WORD_TERMS: Final = 4
MAX_TERMS: Final = 8
MAX_HITS: Final = 100
# Clocks that were set back by less than this do no harm.
_SLACK: Final = timedelta(hours=1)
_FIRST_DAY: Final = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, where, and how much of it."""

    query: Query
    room_id: int | None = None
    limit: int = 20
    before: int | None = None
    time_zone: str = "UTC"
    seconds: float = SECONDS


@dataclass(slots=True)
class _Wanted:
    """What has to hold of a message; of the times, those from `since` up to `until`."""

    needles: list[Needle] = field(default_factory=list)
    unwanted: list[Needle] = field(default_factory=list)
    names: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})
    rooms: dict[bool, set[int]] = field(default_factory=lambda: {True: set(), False: set()})
    has: dict[str, bool] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)

    def means(self, each: Found, folded: str) -> bool:
        """Whether a message is what was asked for."""
        if self.names[True] or self.names[False]:
            key = name_key(each.username)
            if key in self.names[False] or (self.names[True] and key not in self.names[True]):
                return False
        if each.room_id in self.rooms[False]:
            return False
        if self.rooms[True] and each.room_id not in self.rooms[True]:
            return False
        for what, wanted in self.has.items():
            if _HAS[what](each) is not wanted:
                return False
        said = each.timestamp
        if (self.since and said < self.since) or (self.until and said >= self.until):
            return False
        if any(start <= said < end for start, end in self.gaps):
            return False
        return all(needle.is_in(folded) for needle in self.needles) and not any(
            needle.is_in(folded) for needle in self.unwanted
        )

    def match(self) -> str | None:
        """What the index is asked for; None when nothing in it says which messages are meant."""
        wanted = [
            *_any_of(room_term(each) for each in self.rooms[True]),
            *_any_of(author_term(each) for each in self.names[True]),
            *(f'"{_HAS_TERMS[what]}"' for what, wanted in self.has.items() if wanted),
            *(f'"{term}"' for term in self.terms[:MAX_TERMS]),
        ]
        if not wanted:
            return None
        unwanted = [
            *(room_term(each) for each in self.rooms[False]),
            *(author_term(each) for each in self.names[False]),
            *(_HAS_TERMS[what] for what, wanted in self.has.items() if not wanted),
        ]
        both = f"({' AND '.join(wanted)})"
        return f"{both} NOT ({' OR '.join(_any_of(unwanted))})" if unwanted else both


_HAS: Final[Mapping[str, Callable[[Found], bool]]] = {
    "link": lambda each: has_link(each.content),
    "reaction": lambda each: each.reacted,
}
_HAS_TERMS: Final = {"link": LINK_TERM, "reaction": REACTION_TERM}


def _any_of(terms: Iterable[str]) -> list[str]:
    quoted = " OR ".join(f'"{term}"' for term in terms)
    return [f"({quoted})"] if quoted else []


def find_messages(connection: Connection, author: str | None, asked: Search) -> SearchPage:
    """The newest messages that are meant, of rooms that somebody (None: nobody known) may enter.

    Raises Refusal: for a room or a day that there is not.
    """
    ends = time.monotonic() + asked.seconds
    doors = _Doors(connection, author)
    if asked.room_id is not None:
        places.allow(connection, author, asked.room_id, "enter")
    wanted = _understand(connection, doors, asked)
    state = search.state(connection)
    if state.rules != RULES:
        # It will be made anew in a moment: until then it says nothing.
        state = State(RULES, 1, 0)
    newest = last_id(connection)
    floor, top = _between(connection, wanted, newest)
    if asked.before is not None:
        top = min(top, asked.before - 1)
    found: list[Found] = []
    further: int | None = None
    for batch, lowest in _batches(connection, wanted.match(), state, floor, top):
        further, whole = None, False
        for each in doors.enter(batch):
            if wanted.means(each, fold(each.content)):
                if len(found) == asked.limit:
                    further, whole = found[-1].id, True
                    break
                found.append(each)
        if whole:
            break
        if time.monotonic() > ends and lowest > floor:
            further = lowest
            break
    return _page(connection, found, wanted, further)


def _page(
    connection: Connection, found: list[Found], wanted: _Wanted, further: int | None
) -> SearchPage:
    rooms = search.names_of(connection, {each.room_id for each in found})
    results = []
    for each in found:
        room = rooms[each.room_id]
        folded = fold(each.content)
        hits = [hit for needle in wanted.needles for hit in needle.spans(folded)]
        results.append(
            SearchResult.model_construct(
                message=each.message,
                room=FoundRoom.model_construct(id=each.room_id, name=room.name, kind=room.kind),
                hits=tuple(
                    Hit.model_construct(start=start, end=end)
                    for start, end in spans(each.content, hits)[:MAX_HITS]
                ),
            )
        )
    return SearchPage.model_construct(results=tuple(results), next=further)


class _Doors:
    """Which rooms somebody may enter, each asked at the gate once in a search."""

    def __init__(self, connection: Connection, author: str | None) -> None:
        self._connection = connection
        self._author = author
        self._open: dict[int, bool] = {}

    def opened(self, room_ids: set[int]) -> set[int]:
        """Those of some rooms that may be entered."""
        unknown = sorted(room_ids - self._open.keys())
        seats = [(room_id, self._author) for room_id in unknown]
        for room_id, standing in zip(unknown, standings(self._connection, seats), strict=True):
            try:
                check(standing, "enter")
            except Refusal:
                self._open[room_id] = False
            else:
                self._open[room_id] = True
        return {room_id for room_id in room_ids if self._open[room_id]}

    def enter(self, found: Sequence[Found]) -> Iterator[Found]:
        """Those messages that are there, in rooms that may be entered."""
        opened = self.opened({each.room_id for each in found})
        return (each for each in found if each.room_id in opened and not each.deleted)

    @property
    def user_id(self) -> int | None:
        """The account that asks."""
        kind, _, number = (self._author or "").partition(":")
        return int(number) if kind == "user" else None


def _understand(connection: Connection, doors: _Doors, asked: Search) -> _Wanted:
    wanted = _Wanted()
    zone = ZoneInfo(asked.time_zone)
    if asked.room_id is not None:
        wanted.rooms[True].add(asked.room_id)
    in_rooms: set[int] = set()
    for part in asked.query.parts:
        if isinstance(part, Text):
            needle = Needle(fold(part.text), exact=part.exact)
            (wanted.unwanted if part.negated else wanted.needles).append(needle)
        elif part.operator == "from":
            wanted.names[not part.negated].add(name_key(part.value))
        elif part.operator == "in":
            ids = doors.opened(set(search.rooms_called(connection, part.value, doors.user_id)))
            if not ids:
                words = f"q: There is no room called {part.value[:64]} that you may enter."
                raise Refusal("invalid", words, field="q")
            (wanted.rooms[False] if part.negated else in_rooms).update(ids)
        elif part.operator == "has":
            if wanted.has.setdefault(part.value, not part.negated) is part.negated:
                words = f"q: Nothing both has and has not a {part.value}."
                raise Refusal("invalid", words, field="q")
        else:
            _time(wanted, part, zone)
    if in_rooms:
        # One room, where there are two places that say which: none, where they differ.
        named = wanted.rooms[True]
        wanted.rooms[True] = (in_rooms & named or {0}) if named else in_rooms
    terms = [_some(needle.terms) for needle in wanted.needles]
    # In turn, so that each of the words has its say.
    longest = max(map(len, terms), default=0)
    wanted.terms = list(
        dict.fromkeys(each[at] for at in range(longest) for each in terms if at < len(each))
    )
    return wanted


def _some(terms: Sequence[str]) -> Sequence[str]:
    """Some of the terms of a word, from all of it."""
    if len(terms) <= WORD_TERMS:
        return terms
    return [terms[at * (len(terms) - 1) // (WORD_TERMS - 1)] for at in range(WORD_TERMS)]


def _time(wanted: _Wanted, part: Filter, zone: ZoneInfo) -> None:
    first, after = days(part.operator, part.value, datetime.now(zone).date())
    start, end = _begin(first, zone), _begin(after, zone)
    if part.operator == "on":
        if part.negated:
            wanted.gaps.append((start, end))
            return
        wanted.since = max(start, wanted.since or start)
        wanted.until = min(end, wanted.until or end)
    elif (part.operator == "before") is not part.negated:
        bound = start if part.operator == "before" else end
        wanted.until = min(bound, wanted.until or bound)
    else:
        bound = end if part.operator == "after" else start
        wanted.since = max(bound, wanted.since or bound)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins where somebody is."""
    if day.year <= 1 or day == date.max:
        return _FIRST_DAY if day.year <= 1 else datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day, clock(), zone).astimezone(UTC)


def _between(connection: Connection, wanted: _Wanted, newest: int) -> tuple[int, int]:
    """The lowest and the highest id that can be meant, by the times that are."""
    floor, top = 1, newest
    if wanted.since is not None and wanted.since > _FIRST_DAY + _SLACK:
        floor = search.first_since(connection, format_time(wanted.since - _SLACK), newest)
    if wanted.until is not None and wanted.until < datetime.max.replace(tzinfo=UTC) - _SLACK:
        top = search.first_since(connection, format_time(wanted.until + _SLACK), newest) - 1
    return floor, top


def _batches(
    connection: Connection, match: str | None, state: State, floor: int, top: int
) -> Iterator[tuple[list[Found], int]]:
    """What may be meant, from the newest down, with the lowest id that each step has looked at.

    What is not in the index yet is looked through as it is.
    """
    span, step = FIRST_SPAN, FIRST_STEP
    changed = search.changing(connection, floor, top) if match is not None else []
    while top >= floor:
        if match is not None and state.lowest <= top <= state.highest:
            bottom = max(floor, state.lowest, top - span + 1)
            found = search.matching(connection, match, bottom, top, step)
            span = min(2 * span, MAX_SPAN)
        else:
            above = match is not None and top > state.highest
            bottom = max(floor, state.highest + 1) if above else floor
            found = search.scanned(connection, bottom, top, step)
        lowest = found[-1].id if len(found) == step else bottom
        late = [each for each in changed if lowest <= each.id <= top]
        if late:
            by_id = {each.id: each for each in [*found, *late]}
            found = [by_id[each] for each in sorted(by_id, reverse=True)]
        yield found, lowest
        top = lowest - 1
        step = min(2 * step, MAX_STEP)
