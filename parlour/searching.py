"""The operation that looks for messages, in one moment of the database.

The index says which messages may be meant, newest first; each is looked at before it is told: may
whoever asks enter its room, and is it what was asked for? How much is looked at is bounded by
time: what is further back can be asked for.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from parlour import places
from parlour.errors import Refusal
from parlour.fields import format_time
from parlour.finding import FoundRoom, Hit, SearchPage, SearchResult
from parlour.indexing import author_term, room_term, rules_of
from parlour.permissions import check
from parlour.query import Filter, Query, Text, days
from parlour.stepping import steps
from parlour.store import search
from parlour.store.messages import last_id
from parlour.store.search import Found, State
from parlour.store.spoken import passed_on
from parlour.store.standings import standings
from parlour.store.terms import Match
from parlour.support.folding import Needle, fold, spans
from parlour.support.text import name_key
from parlour.traits import HAS, HAS_TERMS, Belongings

# After so many seconds what was found is told; a step that has begun is ended first.
SECONDS: Final = 0.1
# Where time is up, it is gone on to the next multiple of this.
CELL: Final = 1 << 9
# Terms that the index is asked for, of one word and in all. More of them cost more than they keep
# away: whatever has these is looked at anyway.
WORD_TERMS: Final = 4
MAX_TERMS: Final = 8
MAX_HITS: Final = 100
# Rooms with something unread that the index is asked for; of more it is asked without them.
MAX_ROOMS: Final = 50
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
    # Of `has`, what is told by who asks; the messages that can be meant, where they are few; and
    # the rooms, with the message behind which they can be.
    tests: dict[str, Callable[[Found], bool]] = field(default_factory=dict)
    among: list[int] | None = None
    behind: dict[int, int] | None = None

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
            holds = HAS.get(what) or self.tests[what]
            if holds(each) is not wanted:
                return False
        said = each.timestamp
        if (self.since and said < self.since) or (self.until and said >= self.until):
            return False
        if any(start <= said < end for start, end in self.gaps):
            return False
        return all(needle.is_in(folded) for needle in self.needles) and not any(
            needle.is_in(folded) for needle in self.unwanted
        )

    def match(self) -> Match | None:
        """What the index is asked for; None when nothing in it says which messages are meant."""
        wanted = [
            tuple(room_term(each) for each in self.rooms[True]),
            tuple(room_term(each) for each in self._some_behind()),
            tuple(author_term(each) for each in self.names[True]),
            *((HAS_TERMS[what],) for what in self._told(wanted=True)),
            *((term,) for term in self.terms[:MAX_TERMS]),
        ]
        unwanted = [
            *(room_term(each) for each in self.rooms[False]),
            *(author_term(each) for each in self.names[False]),
            *(HAS_TERMS[what] for what in self._told(wanted=False)),
        ]
        match = Match(tuple(filter(None, wanted)), tuple(unwanted))
        return match if match.wanted else None

    def _told(self, *, wanted: bool) -> list[str]:
        """What it has to have, or must not have, as far as that is in the index."""
        return [what for what, has in self.has.items() if has is wanted and what in HAS_TERMS]

    def _some_behind(self) -> Iterable[int]:
        """The rooms with something unread, where they are few enough to be asked for."""
        return self.behind if self.behind and len(self.behind) <= MAX_ROOMS else ()


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
    if state.rules != (rules := rules_of(connection)):
        # It will be made anew in a moment: until then it says nothing.
        state = State(rules, 1, 0)
    newest = last_id(connection)
    floor, top = _between(connection, wanted, newest)
    if asked.before is not None:
        top = min(top, asked.before - 1)
    look, how = _Look(doors, wanted, asked.limit), (wanted.match(), wanted.among, state)
    lowest = look.through(steps(connection, *how, floor, top), ends)
    if lowest > floor and look.further is None:
        # It may stand at a message of a room that nobody may tell them of. What they are told is
        # where some thousand of numbers ends.
        end = max(floor, lowest - lowest % CELL)
        look.through(steps(connection, *how, end, lowest - 1))
        if end > floor and look.further is None:
            look.further = end
    return _page(connection, look.found, wanted, look.further)


class _Look:
    """What was found so far, and the one to go on behind once it is enough."""

    def __init__(self, doors: "_Doors", wanted: _Wanted, limit: int) -> None:
        self.found: list[Found] = []
        self.further: int | None = None
        self._doors = doors
        self._wanted = wanted
        self._limit = limit

    def through(self, batches: Iterable[tuple[list[Found], int]], ends: float = math.inf) -> int:
        """Look at batches until it is enough or late; the lowest id that was looked at, or 0."""
        for batch, lowest in batches:
            for each in self._doors.enter(batch):
                if self._wanted.means(each, fold(each.words)):
                    if len(self.found) == self._limit:
                        self.further = self.found[-1].id
                        return lowest
                    self.found.append(each)
            if time.monotonic() > ends:
                return lowest
        return 0


def _page(
    connection: Connection, found: list[Found], wanted: _Wanted, further: int | None
) -> SearchPage:
    rooms = search.names_of(connection, {each.room_id for each in found})
    results = []
    for each in found:
        room = rooms[each.room_id]
        results.append(
            SearchResult.model_construct(
                message=each.message,
                room=FoundRoom.model_construct(id=each.room_id, name=room.name, kind=room.kind),
                hits=_hits(wanted, each.content),
                forwarded_hits=_hits(wanted, passed_on(each.forwarded)),
            )
        )
    return SearchPage.model_construct(results=tuple(results), next=further)


def _hits(wanted: _Wanted, words: str) -> tuple[Hit, ...]:
    """Where in some words there is what is looked for."""
    folded = fold(words)
    found = [hit for needle in wanted.needles for hit in needle.spans(folded)]
    return tuple(
        Hit.model_construct(start=start, end=end) for start, end in spans(words, found)[:MAX_HITS]
    )


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
        elif part.operator in ("has", "is"):
            if wanted.has.setdefault(part.value, not part.negated) is part.negated:
                what = f"a {part.value}" if part.operator == "has" else part.value
                words = f"q: Nothing both {part.operator} and {part.operator} not {what}."
                raise Refusal("invalid", words, field="q")
            if part.value in ("saved", "unread"):
                _personal(wanted, Belongings.of(connection, doors.user_id, part.value), part)
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


def _personal(wanted: _Wanted, own: Belongings, part: Filter) -> None:
    """Something that is told by who asks."""
    wanted.tests[part.value] = own.tests[part.value]
    if part.negated:
        return
    if part.value == "saved":
        wanted.among = own.saved
    else:
        wanted.behind = own.unread


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
    if wanted.behind is not None:
        floor = min(wanted.behind.values(), default=newest) + 1
    if wanted.since is not None and wanted.since > _FIRST_DAY + _SLACK:
        since = search.first_since(connection, format_time(wanted.since - _SLACK), newest)
        floor = max(floor, since)
    if wanted.until is not None and wanted.until < datetime.max.replace(tzinfo=UTC) - _SLACK:
        top = search.first_since(connection, format_time(wanted.until + _SLACK), newest) - 1
    return floor, top
