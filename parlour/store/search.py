"""How far the index of messages goes, what it has to follow, and the messages that it finds.

What it is made of is in `terms.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from parlour.models import Message
from parlour.permissions import RoomKind
from parlour.store import terms
from parlour.store.messages import TOLD, message_of
from parlour.store.spoken import words_of
from parlour.store.tables import members, messages, reads, rooms, search_changes, search_state
from parlour.support.text import name_key

# Changed messages that a search looks at one by one until they are indexed anew.
MAX_CHANGED: Final = 500
# Characters that are indexed in one transaction, but for a single message that has more.
MAX_CHARACTERS: Final = 10_000

# Where each column is in such a row.
_AT: Final = {column.name: place for place, column in enumerate(TOLD)}
_ID, _ROOM, _NAME = _AT["id"], _AT["room_id"], _AT["username"]
_CONTENT, _TIME = _AT["content"], _AT["timestamp"]
_DELETED, _REACTIONS = _AT["deleted_at"], _AT["reactions"]
_AUTHOR, _FILES, _FORWARDED = _AT["author"], _AT["files"], _AT["forwarded"]
_PINNED = _AT["pinned_at"]
_SCANNED: Final = (
    select(*TOLD)
    .where(messages.c.id.between(bindparam("bottom"), bindparam("top")))
    .order_by(messages.c.id.desc())
    .limit(bindparam("limit"))
)


class State(NamedTuple):
    """What is in the index: the messages from `lowest` to `highest`, by these rules."""

    rules: str
    lowest: int
    highest: int


class Indexed(NamedTuple):
    """What of a message is in the index."""

    message_id: int
    room_id: int
    username: str
    content: str
    reacted: bool
    files: str | None = None
    forwarded: str | None = None
    pinned: bool = False

    @property
    def words(self) -> str:
        """All that it is found by."""
        return words_of(self.content, self.files, self.forwarded)


class Found(NamedTuple):
    """A message that may be meant, as its row is: what is not meant is never made a Message."""

    row: Sequence[Any]

    @property
    def id(self) -> int:
        """Of the message."""
        return int(self.row[_ID])

    @property
    def room_id(self) -> int:
        """Of its room."""
        return int(self.row[_ROOM])

    @property
    def username(self) -> str:
        """Its author's."""
        return str(self.row[_NAME])

    @property
    def content(self) -> str:
        """What it says."""
        return str(self.row[_CONTENT])

    @property
    def author(self) -> str:
        """Who has said it."""
        return str(self.row[_AUTHOR])

    @property
    def files(self) -> str | None:
        """Those that it brings along, as JSON."""
        files: str | None = self.row[_FILES]
        return files

    @property
    def forwarded(self) -> str | None:
        """What it passes on, as JSON."""
        forwarded: str | None = self.row[_FORWARDED]
        return forwarded

    @property
    def words(self) -> str:
        """All that it is found by."""
        row = self.row
        # Nearly all have nothing but what they say, and very many are looked at.
        if row[_FILES] is None and row[_FORWARDED] is None:
            return str(row[_CONTENT])
        return words_of(row[_CONTENT], row[_FILES], row[_FORWARDED])

    @property
    def pinned(self) -> bool:
        """Whether it is pinned to its room."""
        return self.row[_PINNED] is not None

    @property
    def timestamp(self) -> datetime:
        """When it was said."""
        said: datetime = self.row[_TIME]
        return said

    @property
    def deleted(self) -> bool:
        """Whether only its place is left."""
        return self.row[_DELETED] is not None

    @property
    def reacted(self) -> bool:
        """Whether anybody has reacted to it."""
        return self.row[_REACTIONS] is not None

    @property
    def message(self) -> Message:
        """All of it."""
        return message_of(self.row)


def state(connection: Connection) -> State:
    """How far the index goes."""
    return State(*connection.execute(_STATE).one())


_STATE: Final = select(search_state.c.rules, search_state.c.lowest, search_state.c.highest).where(
    search_state.c.id == 1
)


def set_state(connection: Connection, now: State) -> None:
    """Note how far it goes."""
    connection.execute(update(search_state).values(now._asdict()))


def clear(connection: Connection) -> None:
    """Take everything out of the index, whatever it was put in with."""
    terms.clear(connection)
    connection.execute(delete(search_changes))


def put(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Bring messages (id and terms) into the index."""
    if rows:
        terms.put(connection, sorted(rows))


def take(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Take messages out of it, with the terms that they are in it with."""
    if rows and terms.take(connection, sorted(rows)):
        set_untidy(connection, untidy=True)


def set_untidy(connection: Connection, *, untidy: bool) -> None:
    """Note whether its pieces may have terms of what was taken out."""
    connection.execute(update(search_state).values(untidy=int(untidy)))


def is_untidy(connection: Connection) -> bool:
    """Whether they may."""
    return bool(connection.scalar(select(search_state.c.untidy)))


_INDEXED: Final = (
    messages.c.id, messages.c.room_id, messages.c.username, messages.c.content,
    messages.c.reactions.is_not(None), messages.c.files, messages.c.forwarded,
    messages.c.pinned_at.is_not(None),
)  # fmt: skip
# Made once: the lists that are bound anew each time leave circles for the collector.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_AS_THEY_ARE: Final = select(*_INDEXED).where(
    messages.c.id.in_(_IDS), messages.c.deleted_at.is_(None)
)
_AS_THEY_WERE: Final = select(
    search_changes.c.message_id, search_changes.c.room_id, search_changes.c.username,
    search_changes.c.content, search_changes.c.reacted, search_changes.c.files,
    search_changes.c.forwarded, search_changes.c.pinned,
).where(search_changes.c.message_id.in_(_IDS))  # fmt: skip
_CHANGED: Final = delete(search_changes).where(search_changes.c.message_id.in_(_IDS))


def to_index(connection: Connection, state: State, limit: int) -> tuple[list[Indexed], State]:
    """The next messages to bring into the index, and how far it goes with them.

    First what was said since, then what was said before, from the newest down. A tombstone counts
    as looked at, and is not indexed.
    """
    most = terms.at_once(connection, MAX_CHARACTERS)
    above, below = messages.c.id > state.highest, messages.c.id < state.lowest
    for bound, order in ((above, messages.c.id.asc()), (below, messages.c.id.desc())):
        sizes = select(messages.c.id, func.length(messages.c.content)).where(bound)
        ids = _some(connection.execute(sizes.order_by(order).limit(limit)), most)
        if ids:
            rows = connection.execute(
                select(*_INDEXED).where(
                    messages.c.id.between(min(ids), max(ids)), messages.c.deleted_at.is_(None)
                )
            )
            now = State(state.rules, min(state.lowest, ids[-1]), max(state.highest, ids[-1]))
            return [Indexed(*row) for row in rows], now
    return [], state


def _some(sizes: Iterable[Sequence[Any]], most: int) -> list[int]:
    """The first of some ids (with their lengths): one, or more that are not too long together."""
    ids: list[int] = []
    for message_id, length in sizes:
        most -= length
        if ids and most < 0:
            break
        ids.append(message_id)
    return ids


def to_change(connection: Connection, limit: int) -> list[Indexed]:
    """The next messages that have changed, as they were indexed."""
    sizes = select(search_changes.c.message_id, func.length(search_changes.c.content))
    found = connection.execute(sizes.order_by(search_changes.c.message_id).limit(limit))
    ids = _some(found, terms.at_once(connection, MAX_CHARACTERS))
    if not ids:
        return []
    return [Indexed(*row) for row in connection.execute(_AS_THEY_WERE, {"ids": ids})]


def as_they_are(connection: Connection, ids: Collection[int]) -> list[Indexed]:
    """Those of these messages that are there and not deleted."""
    return [Indexed(*row) for row in connection.execute(_AS_THEY_ARE, {"ids": ids})]


def changed(connection: Connection, ids: Collection[int]) -> None:
    """These have been indexed as they are now."""
    connection.execute(_CHANGED, {"ids": ids})


def matching(
    connection: Connection, match: terms.Match, bottom: int, top: int, limit: int
) -> list[Found]:
    """Messages that have the terms, newest first, with ids from `bottom` to `top`."""
    rows = terms.matching(connection, match, bottom, top, limit)
    return [Found(tuple(row)) for row in rows]


_CHANGING_IDS: Final = select(search_changes.c.message_id).where(
    search_changes.c.message_id.between(bindparam("bottom"), bindparam("top"))
)


def changing_ids(connection: Connection, bottom: int, top: int) -> set[int]:
    """The ids of those that the index has as they were."""
    return set(connection.scalars(_CHANGING_IDS, {"bottom": bottom, "top": top}))


def scanned(connection: Connection, bottom: int, top: int, limit: int) -> list[Found]:
    """All messages from `bottom` to `top`, newest first."""
    values = {"bottom": bottom, "top": top, "limit": limit}
    return [Found(tuple(row)) for row in connection.execute(_SCANNED, values)]


def changing(connection: Connection, bottom: int, top: int) -> list[Found]:
    """The newest messages that the index has as they were, as they are now."""
    values = {"bottom": bottom, "top": top}
    return [Found(tuple(row)) for row in connection.execute(_CHANGING, values)]


# Those that are gone are passed over: however many a deleted room leaves, they hide no other.
_CHANGING: Final = text(
    f"SELECT {terms.TOLD_OF_MESSAGES} FROM search_changes CROSS JOIN messages"  # noqa: S608
    " WHERE messages.id = search_changes.message_id AND messages.deleted_at IS NULL"
    " AND search_changes.message_id BETWEEN :bottom AND :top"
    f" ORDER BY search_changes.message_id DESC LIMIT {MAX_CHANGED}"
).columns(*TOLD)


def by_ids(connection: Connection, ids: Collection[int]) -> list[Found]:
    """Those of some messages that are there, newest first."""
    found = select(*TOLD).where(messages.c.id.in_(ids)).order_by(messages.c.id.desc())
    return [Found(tuple(row)) for row in connection.execute(found)]


def unread_behind(connection: Connection, user_id: int) -> dict[int, int]:
    """The rooms whose ends an account has not read, and the message that it has read up to."""
    statement = (
        select(reads.c.room_id, reads.c.message_id)
        .join(rooms, rooms.c.id == reads.c.room_id)
        .where(
            reads.c.user_id == user_id,
            reads.c.number < rooms.c.message_count,
            rooms.c.deleted_at.is_(None),
        )
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def first_since(connection: Connection, time: str, highest: int) -> int:
    """About the first id of a message that was said at a time or later.

    Ids and times go up together, but for what a clock was set back: found by halves, not by an
    index, which every message would pay for.
    """
    low, high = 1, highest + 1
    at = text("SELECT id, timestamp FROM messages WHERE id >= :id ORDER BY id LIMIT 1")
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(at, {"id": middle}).first()
        if row is not None and row[1] < time:
            low = row[0] + 1
        else:
            high = middle
    return low


def rooms_called(connection: Connection, name: str, user_id: int | None) -> list[int]:
    """The rooms of this name that are public, or that an account is a member of."""
    named = (rooms.c.name_key == name_key(name), rooms.c.deleted_at.is_(None))
    public = select(rooms.c.id).where(*named, text("rooms.kind = 'public'"))
    own = select(rooms.c.id).join(members).where(*named, members.c.user_id == user_id)
    found = set(connection.scalars(public))
    if user_id is not None:
        found.update(connection.scalars(own))
    return sorted(found)


class Named(NamedTuple):
    """What a room is called."""

    name: str
    kind: RoomKind


def names_of(connection: Connection, room_ids: Collection[int]) -> dict[int, Named]:
    """What rooms are called."""
    rows = connection.execute(
        select(rooms.c.id, rooms.c.name, rooms.c.kind).where(rooms.c.id.in_(room_ids))
    )
    return {row[0]: Named(row[1], row[2]) for row in rows}
