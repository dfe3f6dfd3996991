"""The rows of who is addressed by messages, and of what was decided about them."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, func, literal, select, update

from parlour.attention import Because, Level, Reason
from parlour.models import Message
from parlour.store.dialects import Listed, Raw
from parlour.store.messages import TOLD, message_of
from parlour.store.tables import addressed, calls, members, messages, reads, users

# As in `deletions`: each level counts runs of 16 of the one below.
SHIFTS: Final = (0, 4, 8, 12, 16, 20, 24, 28)

_values = Listed("wanted")
_NAMED: Final = select(users.c.name_key, users.c.id, users.c.username).select_from(
    _values.table.join(
        users, and_(users.c.name_key == _values.words, users.c.disabled_at.is_(None))
    )
)
_PLACES: Final = select(messages.c.id, messages.c.author, messages.c.number).select_from(
    _values.table.join(messages, messages.c.id == _values.number)
)


@dataclass(frozen=True, slots=True)
class Addressed:
    """Somebody whom a message addresses, and what was decided about them."""

    user_id: int
    message_id: int
    room_id: int
    reason: Reason
    notified: bool
    because: Because
    level: Level
    counts: bool = True


_COLUMNS: Final = (
    addressed.c.user_id, addressed.c.message_id, addressed.c.room_id, addressed.c.reason,
    addressed.c.notified, addressed.c.because, addressed.c.level, addressed.c.counts,
)  # fmt: skip


def named(connection: Connection, keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The accounts of these names, as `name_key` gives them, that may be used: id and username."""
    rows = connection.execute(_NAMED, {"wanted": json.dumps(sorted(set(keys)))})
    return {key: (user_id, username) for key, user_id, username in rows}


def places_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, int]]:
    """Author and number of each of these messages."""
    rows = connection.execute(_PLACES, {"wanted": json.dumps(sorted(ids))})
    return {message_id: (author, number) for message_id, author, number in rows}


# Past SQLAlchemy's handling of parameters, because messages wait for them.
_ADD: Final = Raw(
    "INSERT INTO addressed"
    " (user_id, message_id, room_id, reason, notified, because, level, counts)"
    " VALUES (?,?,?,?,?,?,?,?)"
)
_TALLY: Final = Raw(
    "INSERT INTO addressings (room_id, user_id, level, slot, count) VALUES (?,?,?,?,?)"
    " ON CONFLICT (room_id, user_id, level, slot)"
    " DO UPDATE SET count = addressings.count + excluded.count"
)
_BEGIN: Final = Raw(
    "INSERT INTO reads (user_id, room_id, message_id, number) VALUES (?1, ?2,"
    " coalesce((SELECT max(id) FROM messages WHERE room_id = ?2 AND id < ?3), 0), ?4)"
    " ON CONFLICT (user_id, room_id) DO NOTHING",
    count=4,
)
_CALL: Final = Raw("INSERT INTO calls (room_id, message_id) VALUES (?,?)")


def add(connection: Connection, rows: Iterable[Addressed]) -> None:
    """Write down who is addressed, who was not before."""
    values = [
        (each.user_id, each.message_id, each.room_id, each.reason, each.notified, each.because,
         each.level, each.counts)
        for each in rows
    ]  # fmt: skip
    if values:
        _ADD.run(connection, values)


def tally(
    connection: Connection, room_id: int, number: int, user_ids: Iterable[int], change: int
) -> None:
    """Count one message more, or less, that addresses these; 0 is everybody in the room."""
    rows = [
        (room_id, user_id, level, number >> shift, change)
        for user_id in user_ids
        for level, shift in enumerate(SHIFTS)
    ]
    if rows:
        _TALLY.run(connection, rows)


def tally_runs(connection: Connection, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
    """The same of runs that were added up before: (room_id, user_id, level, slot, change)."""
    _TALLY.run(connection, rows)


def begin(
    connection: Connection, room_id: int, user_ids: Collection[int], message_id: int, number: int
) -> None:
    """Let accounts that never were in a room begin with what addresses them there unread."""
    rows = [(user_id, room_id, message_id, number - 1) for user_id in user_ids]
    if rows:
        _BEGIN.run(connection, rows)


def whom(connection: Connection, message_id: int) -> list[Addressed]:
    """Those whom a message addresses by themselves, or did."""
    rows = connection.execute(select(*_COLUMNS).where(addressed.c.message_id == message_id))
    return [Addressed(*row) for row in rows]


def about(connection: Connection, user_id: int, message_id: int) -> Addressed | None:
    """What was decided about one of them."""
    row = connection.execute(
        select(*_COLUMNS).where(
            addressed.c.user_id == user_id, addressed.c.message_id == message_id
        )
    ).first()
    return None if row is None else Addressed(*row)


def set_counts(
    connection: Connection, message_id: int, user_ids: Collection[int], *, counts: bool
) -> None:
    """A message addresses these no longer, or again; what was decided stays."""
    if user_ids:
        connection.execute(
            update(addressed)
            .where(addressed.c.message_id == message_id, addressed.c.user_id.in_(user_ids))
            .values(counts=counts)
        )


def call(connection: Connection, room_id: int, message_id: int) -> None:
    """A message addresses everybody in its room."""
    _CALL.run(connection, [(room_id, message_id)])


def is_call(connection: Connection, room_id: int, message_id: int) -> bool:
    """Whether it does."""
    found = select(calls.c.message_id).where(
        calls.c.room_id == room_id, calls.c.message_id == message_id
    )
    return connection.scalar(found) is not None


def uncall(connection: Connection, room_id: int, message_id: int) -> None:
    """It does not any more."""
    connection.execute(
        delete(calls).where(calls.c.room_id == room_id, calls.c.message_id == message_id)
    )


def count_up_to(connection: Connection, room_id: int, limit: int) -> int:
    """How many members a room has; not more than `limit` are looked at."""
    some = select(literal(1)).where(members.c.room_id == room_id).limit(limit).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


_people = Listed("people")
# An outer join: in another order SQLite would look at all members.
_MEMBERS: Final = select(members.c.user_id).select_from(
    _people.table.outerjoin(
        members,
        and_(members.c.room_id == bindparam("room"), members.c.user_id == _people.number),
    )
)


def members_among(connection: Connection, room_id: int, people: str) -> list[int]:
    """Those of some accounts (a list in JSON) who are members of a room."""
    found = connection.scalars(_MEMBERS, {"people": people, "room": room_id})
    return [user_id for user_id in found if user_id is not None]


def page(
    connection: Connection, user_id: int, before: int | None, limit: int
) -> list[tuple[Message, Reason]]:
    """Messages that address somebody, newest first, in rooms where they are or were.

    By themselves, and as members of a room: of each of their rooms the newest calls of others
    since they came to belong to it. One more than `limit` says that there are more.
    """
    most = limit + 1
    own = select(addressed.c.message_id, addressed.c.reason).where(
        addressed.c.user_id == user_id, addressed.c.counts
    )
    newest = (
        select(calls.c.message_id)
        .join(messages, messages.c.id == calls.c.message_id)
        .where(
            calls.c.room_id == reads.c.room_id,
            messages.c.number > reads.c.since,
            messages.c.author != f"user:{user_id}",
        )
    )
    if before is not None:
        own = own.where(addressed.c.message_id < before)
        newest = newest.where(calls.c.message_id < before)
    own = own.order_by(addressed.c.message_id.desc()).limit(most)
    some = newest.order_by(calls.c.message_id.desc()).limit(most).correlate(reads)
    called = (
        select(calls.c.message_id, literal("room").label("reason"))
        .select_from(
            members.join(
                reads,
                and_(reads.c.user_id == members.c.user_id, reads.c.room_id == members.c.room_id),
            ).join(calls, calls.c.room_id == reads.c.room_id)
        )
        .where(members.c.user_id == user_id, calls.c.message_id.in_(some))
    )
    both = own.subquery().select().union_all(called).subquery()
    # Only these are looked up, however many there may be.
    found = both.select().order_by(both.c.message_id.desc()).limit(most).subquery()
    rows = connection.execute(
        select(*TOLD, found.c.reason)
        .select_from(found.join(messages, messages.c.id == found.c.message_id))
        .order_by(messages.c.id.desc())
    )
    return [(message_of(row[:-1]), row[-1]) for row in rows]
