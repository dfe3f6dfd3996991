"""What the nodes of one PostgreSQL database have committed, for each to tell what others did.

Everything that writes holds one lock, so there is one order of all commits; the journal has it.
A transaction reads, under the lock, what was committed before it and this node has not told yet,
and says what it did itself: so a node tells everything in that order, its own and the others'.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour.errors import Refusal
from parlour.store.commits import Ask, Commits

# Seconds for which entries are kept at least, and longer where a node does not know them yet.
KEPT_SECONDS: Final = 30

# For who was struck off nothing is kept: there may be a hole in what it would find.
_COUNTED_ON: Final = "EXISTS (SELECT 1 FROM nodes WHERE nodes.id = %s)"
_NEWS: Final = (
    "SELECT id, node, effects FROM journal WHERE id > %s AND (node <> %s OR id = ANY(%s))"  # noqa: S608
    f" AND {_COUNTED_ON}"
)
# One way to the server and back: what is new, and what is added behind it.
_ADD: Final = (
    "WITH last AS (SELECT coalesce(max(id), 0) AS id FROM journal),"  # noqa: S608
    f" others AS ({_NEWS}),"
    " own AS (INSERT INTO journal (node, at, effects)"
    " SELECT %s, extract(epoch FROM clock_timestamp())::bigint, %s"
    f" WHERE {_COUNTED_ON} RETURNING id)"
    " SELECT id, node, effects FROM others"
    " UNION ALL SELECT own.id, '', last.id::text FROM own, last ORDER BY id"
)
_OTHERS: Final = f"{_NEWS} ORDER BY id"
# Where there is nothing, a row of nothing; none for who was struck off.
_AFTER: Final = (
    "SELECT news.id, news.node, news.effects FROM nodes LEFT JOIN LATERAL ("
    "SELECT id, node, CASE WHEN node <> nodes.id THEN effects ELSE '' END AS effects FROM journal"
    " WHERE id > %s ORDER BY id LIMIT %s) AS news ON true WHERE nodes.id = %s ORDER BY news.id"
)
_OWN: Final = "SELECT effects FROM journal WHERE id = %s"
_LAST: Final = "SELECT coalesce(max(id), 0) FROM journal"
# The last entry stays, which says where the next node begins.
_PRUNE: Final = (
    "DELETE FROM journal WHERE id < (SELECT max(id) FROM journal) AND id <= (SELECT min(head)"
    " FROM nodes) AND at < extract(epoch FROM clock_timestamp()) - %s"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a node has committed in one transaction; there is nothing between `after` and `id`."""

    id: int
    node: str
    effects: str
    after: int = 0
    # When it came here, by `time.perf_counter`.
    came_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """A transaction of this node: its word, what others did before it, and its own entry."""

    word: Any
    others: tuple[Entry, ...]
    own: Entry | None


class Follower(Protocol):
    """Who tells what others did, in the event loop."""

    # The entry up to which all has been told. It is read by the writer's thread, too.
    head: int

    def apply(self, entry: Entry) -> None:
        """Tell what another node did, unless it has been told."""

    async def catch_up(self) -> None:
        """Tell all that anybody can have read by now. Raises Refusal where it cannot be read."""

    async def heard(self) -> None:
        """Wait until the others have told all that this node has told."""

    def done(self, entry: Entry) -> None:
        """What this node did has been told here; the others are to know that it is there."""


class Journal(Commits):
    """The commits of one node, and what it finds of the others' while it writes."""

    recording = True

    def __init__(self, node: str, ask: Ask, follower: Follower) -> None:
        super().__init__(node, ask)
        self._node = node
        self._follower = follower
        # The entries of which nobody knows whether they were committed, and that it has not told.
        self._unsure: list[int] = []
        # The last entry whose turn to be told comes by itself: it is not read again meanwhile.
        self._lined_up = 0

    def note(self, connection: Connection, records: Sequence[str]) -> Mark:
        """Add an entry of `records`, if there are any; what there is of others before it.

        Raises Refusal where this node was struck off.
        """
        word = super().note(connection, ())
        head, node = self._follower.head, self._node
        self._unsure = [each for each in self._unsure if each > head]
        since = max(head, self._lined_up)
        run = connection.exec_driver_sql
        if not records:
            rows = run(_OTHERS, (since, node, self._unsure, node))
            return Mark(word, tuple(_entries(rows)), None)
        effects = "\n".join(records)
        found = run(_ADD, (since, node, self._unsure, node, node, effects, node)).all()
        if not found:
            raise _struck_off()
        *others, own = found
        entry = Entry(own[0], self._node, effects, int(own[2]))
        return Mark(word, tuple(_entries(others)), entry)

    def happened(self, mark: Mark, meanwhile: Callable[[], None]) -> bool:
        """As of a server that has its database for itself."""
        try:
            return super().happened(mark.word, meanwhile)
        except DBAPIError:
            if mark.own is not None:
                self._unsure.append(mark.own.id)
            raise

    def before(self, mark: Mark) -> Sequence[Callable[[], None]]:
        """Telling what others did, an entry at a time."""
        for entry in (*mark.others[-1:], mark.own):
            if entry is not None:
                self._lined_up = max(self._lined_up, entry.id)
        return [partial(self._tell, entry) for entry in mark.others]

    def _tell(self, entry: Entry) -> None:
        self._follower.apply(entry)
        if self._follower.head < entry.id:
            # It tells nothing yet, and what it has missed then has to be read.
            self._lined_up = 0

    def told(self, mark: Mark) -> None:
        """What the transaction did has been told here."""
        if mark.own is not None:
            self._follower.done(mark.own)


def _struck_off() -> Refusal:
    return Refusal("busy", "This server was away for too long, and begins anew. Try again.")


def last_entry(connection: Connection) -> int:
    """The newest entry's id, 0 where there never was one."""
    return int(connection.exec_driver_sql(_LAST).scalar_one())


def entries_after(connection: Connection, node: str, after: int, limit: int) -> list[Entry]:
    """The entries after one, oldest first; those of this node without what they say.

    Raises Refusal where it was struck off.
    """
    rows = connection.exec_driver_sql(_AFTER, (after, limit, node)).all()
    if not rows:
        raise _struck_off()
    return _entries(row for row in rows if row[0] is not None)


def _entries(rows: Iterable[Any]) -> list[Entry]:
    came_at = time.perf_counter()
    return [Entry(entry_id, node, effects, 0, came_at) for entry_id, node, effects in rows]


def own_effects(connection: Connection, entry_id: int) -> str:
    """What an entry of this node says."""
    return str(connection.exec_driver_sql(_OWN, (entry_id,)).scalar() or "")


def prune(connection: Connection) -> None:
    """Take away what every node knows."""
    connection.exec_driver_sql(_PRUNE, (KEPT_SECONDS,))
