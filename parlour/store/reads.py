"""The rows of how far everybody has read, and what that leaves unread.

Nothing counts message by message: messages are numbered, whoever speaks has read all before, and
deletions are counted in runs. So it costs the same behind any position, of ten and of a million.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    update,
)

from parlour.membership import Receipt
from parlour.store.dialects import Listed, Raw, greater, small, total, upsert
from parlour.store.mentions import MENTIONS
from parlour.store.tables import deletions, messages, reads, rooms, users
from parlour.support.text import name_key

# Each level of `deletions` counts runs of 16 of the one below, so slots have lost 4 more bits of a
# message's number: eight levels are enough for 2^32 messages in a room.
_STEP: Final = 4
_levels = Listed("levels", literal_column("'[0, 4, 8, 12, 16, 20, 24, 28]'"))
# What was taken away when its time was over lies behind nobody's position.
_number = greater(reads.c.number, rooms.c.purged_number)
_slot = _number.op(">>")(_levels.shift)
_end = (_number.op(">>")(_levels.shift + small(_STEP)) + 1).op("<<")(small(_STEP))
# At each level the runs to the right of the position, up to the end of its run of the next level.
# Level by level: joined to the levels, either database may look at all deletions of the room.
_at_level = (
    select(total(deletions.c.count))
    .where(
        deletions.c.room_id == rooms.c.id,
        deletions.c.level == _levels.place,
        deletions.c.slot > _slot,
        deletions.c.slot < _end,
    )
    .correlate(reads, rooms, _levels.table)
    .scalar_subquery()
)
_DELETED: Final = (
    select(func.coalesce(total(_at_level), 0))
    .select_from(_levels.table)
    .correlate(reads, rooms)
    .scalar_subquery()
)
# Others' messages behind a position that are still there; NULL where there is no position.
UNREAD: Final[ColumnElement[int]] = case(
    (reads.c.number >= rooms.c.message_count, 0),
    else_=rooms.c.message_count - _number - reads.c.own - _DELETED,
)
_newest = (
    select(func.coalesce(func.max(messages.c.id), rooms.c.purged_to))
    .where(messages.c.room_id == rooms.c.id)
    .correlate(rooms)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has read a room; see the columns of `reads`."""

    message_id: int
    number: int
    own: int = 0
    until: int | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: its room, the how-manieth of how many it is there."""

    room_id: int
    number: int
    message_count: int


@dataclass(frozen=True, slots=True)
class ReadState:
    """What a room is to one of its readers."""

    room_id: int
    user_id: int
    username: str
    message_id: int
    unread: int
    message_count: int
    deleted_count: int
    mentions: int = 0
    # The furthest they ever read: what others are told does not go back.
    seen: int = 0


def place_of(connection: Connection, message_id: int) -> Place | None:
    """Where a message stands; None when it is not there or its room is gone."""
    row = connection.execute(
        select(messages.c.room_id, messages.c.number, rooms.c.message_count)
        .join(rooms, rooms.c.id == messages.c.room_id)
        .where(messages.c.id == message_id, rooms.c.deleted_at.is_(None))
    ).first()
    return None if row is None else Place(*row)


def id_before(connection: Connection, room_id: int, message_id: int) -> int:
    """The message next below another in its room; 0 for none."""
    statement = select(func.max(messages.c.id)).where(
        messages.c.room_id == room_id, messages.c.id < message_id
    )
    return connection.scalar(statement) or 0


def count_own(
    connection: Connection, room_id: int, author: str, after: int, until: int | None = None
) -> tuple[int, int]:
    """How many messages behind one are somebody's and not deleted, and which is the newest of all.

    It looks at each message behind `after` (up to `until`), so there must not be many.
    """
    own = case((and_(messages.c.author == author, messages.c.deleted_at.is_(None)), 1), else_=0)
    statement = select(func.coalesce(total(own), 0), func.max(messages.c.id)).where(
        messages.c.room_id == room_id, messages.c.id > after
    )
    if until is not None:
        statement = statement.where(messages.c.id <= until)
    found, newest = connection.execute(statement).one()
    return found, newest or after


def find_position(connection: Connection, user_id: int, room_id: int) -> Position | None:
    """How far an account has read a room; None where it was never there."""
    row = connection.execute(
        select(reads.c.message_id, reads.c.number, reads.c.own, reads.c.until, reads.c.seen).where(
            reads.c.user_id == user_id, reads.c.room_id == room_id
        )
    ).first()
    return None if row is None else Position(*row)


def set_position(connection: Connection, user_id: int, room_id: int, position: Position) -> None:
    """Put it there."""
    values = {
        "message_id": position.message_id,
        "number": position.number,
        "own": position.own,
        "until": position.until,
        "seen": position.seen,
    }
    connection.execute(
        upsert(connection, reads)
        .values(user_id=user_id, room_id=room_id, **values)
        .on_conflict_do_update(index_elements=[reads.c.user_id, reads.c.room_id], set_=values)
    )


# Past SQLAlchemy's handling of parameters, because messages wait for it.
_READ_TO: Final = Raw(
    "INSERT INTO reads (user_id, room_id, message_id, number, own, until, seen)"
    " VALUES (?1, ?2, ?3, ?4, 0, NULL, ?3) ON CONFLICT (user_id, room_id) DO UPDATE"
    " SET message_id = ?3, number = ?4, own = 0, until = NULL, seen = ?3",
    count=4,
)


def read_to(connection: Connection, rows: Sequence[Sequence[int]]) -> None:
    """Move accounts to a message behind which there is nothing that is not theirs.

    Of each (user_id, room_id, message_id, number): as whoever says something has read all before.
    """
    if rows:
        _READ_TO.run(connection, [tuple(row) for row in rows])


# Somebody whose position is further back than so many messages is not looked after: to count their
# own behind it, all of those would have to be looked at.
COUNTED_BEHIND: Final = 1_000


def spoke_away(connection: Connection, rows: Sequence[Sequence[int]]) -> None:
    """Accounts have said something without being there, each as in `read_to`.

    Who had read all before has still; what is unread to others stays so, and their own is not.
    """
    for user_id, room_id, message_id, number in rows:
        theirs = update(reads).where(reads.c.user_id == user_id, reads.c.room_id == room_id)
        on = {"message_id": message_id, "number": number, "own": 0, "until": None}
        purged = select(rooms.c.purged_number).where(rooms.c.id == room_id).scalar_subquery()
        read_all = greater(reads.c.number, purged) == number - 1
        moved = theirs.where(read_all).values(**on, seen=message_id)
        if not connection.execute(moved).rowcount:
            near = theirs.where(reads.c.number > number - COUNTED_BEHIND)
            connection.execute(near.values(own=reads.c.own + 1, until=message_id))


def begin(connection: Connection, room_id: int, user_ids: Collection[int]) -> None:
    """Let accounts that belong to a room from now on begin with all of it read."""
    room = select(_newest, rooms.c.message_count).where(rooms.c.id == room_id)
    newest, count = connection.execute(room).one()
    rows = [
        {
            "user_id": user_id, "room_id": room_id, "message_id": newest, "number": count,
            "since": count,
        }
        for user_id in user_ids
    ]  # fmt: skip
    # Who was in a public room before stays where they were.
    statement = upsert(connection, reads)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[reads.c.user_id, reads.c.room_id],
            set_={"since": statement.excluded.since},
        ),
        rows,
    )


def forget(connection: Connection, room_id: int, user_id: int) -> None:
    """Somebody belongs to a room no longer: nothing in it is unread to them."""
    connection.execute(delete(reads).where(reads.c.user_id == user_id, reads.c.room_id == room_id))


_STATE: Final = select(
    reads.c.room_id, reads.c.user_id, users.c.username, reads.c.message_id, UNREAD,
    rooms.c.message_count, rooms.c.deleted_count, MENTIONS, reads.c.seen,
)  # fmt: skip


def count_deleted(connection: Connection, room_id: int) -> int:
    """How many messages of a room were deleted."""
    return connection.scalar(select(rooms.c.deleted_count).where(rooms.c.id == room_id)) or 0


def state_of(connection: Connection, user_id: int, room_id: int) -> ReadState | None:
    """What a room is to an account that was there."""
    row = connection.execute(
        _STATE.select_from(reads.join(rooms, rooms.c.id == reads.c.room_id).join(users)).where(
            reads.c.user_id == user_id, reads.c.room_id == room_id
        )
    ).first()
    return None if row is None else ReadState(*row)


_people = Listed("people")
# Outer joins: in another order SQLite would look at everybody who was ever in the room.
_AMONG: Final = _STATE.select_from(
    _people.table.outerjoin(
        reads, and_(reads.c.user_id == _people.number, reads.c.room_id == bindparam("room"))
    )
    .outerjoin(rooms, rooms.c.id == reads.c.room_id)
    .outerjoin(users, users.c.id == reads.c.user_id)
)


def states_among(
    connection: Connection, room_id: int, user_ids: Collection[int]
) -> list[ReadState]:
    """The same of those of several accounts that were in a room."""
    if not user_ids:
        return []
    asked = {"people": json.dumps(sorted(user_ids)), "room": room_id}
    rows = connection.execute(_AMONG, asked)
    return [ReadState(*row) for row in rows if row[0] is not None]


_seats = Listed("seats")
_SPEAKERS: Final = _STATE.select_from(
    _seats.table.join(users, users.c.name_key == _seats.words_at(1))
    .join(
        reads,
        and_(
            reads.c.user_id == users.c.id,
            reads.c.room_id == _seats.number_at(0),
        ),
    )
    .join(rooms, rooms.c.id == reads.c.room_id)
)


def states_of(connection: Connection, seats: Sequence[tuple[int, str]]) -> list[ReadState]:
    """The same of several: (room_id, username)."""
    named = [(room_id, name_key(username)) for room_id, username in seats]
    rows = connection.execute(_SPEAKERS, {"seats": json.dumps(named)}) if named else ()
    return [ReadState(*row) for row in rows]


def behind(connection: Connection, user_id: int, limit: int) -> list[tuple[int, int, int, int]]:
    """Up to `limit` rooms whose end an account has not read, each as `read_to` takes it."""
    statement = (
        select(reads.c.user_id, reads.c.room_id, _newest, rooms.c.message_count)
        .join(rooms, rooms.c.id == reads.c.room_id)
        .where(
            reads.c.user_id == user_id,
            reads.c.number < rooms.c.message_count,
            rooms.c.deleted_at.is_(None),
        )
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(statement)]


def has_more_than(connection: Connection, room_id: int, limit: int) -> bool:
    """Whether more than `limit` accounts have been in a room."""
    some = select(reads.c.user_id).where(reads.c.room_id == room_id).limit(limit + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > limit


def shared_positions(connection: Connection, room_id: int, limit: int) -> list[Receipt]:
    """How far those have read who let others know, the furthest first. It looks at all of them."""
    rows = connection.execute(
        select(users.c.username, reads.c.seen)
        .select_from(reads.join(users))
        .where(
            reads.c.room_id == room_id,
            reads.c.seen > 0,
            users.c.read_receipts,
            users.c.disabled_at.is_(None),
        )
        .order_by(reads.c.seen.desc(), users.c.name_key)
        .limit(limit)
    )
    return [Receipt.model_construct(username=name, message_id=seen) for name, seen in rows]
