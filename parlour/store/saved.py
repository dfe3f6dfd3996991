"""The rows of what accounts have put by, for themselves alone."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from parlour.store.messages import TOLD
from parlour.store.tables import messages, saved


class Saved(NamedTuple):
    """One of them: its place in the list, when it was put there, and the message's row."""

    id: int
    saved_at: datetime
    row: Sequence[Any]


_PAGE: Final = select(saved.c.id, saved.c.saved_at, *TOLD).join(
    messages, messages.c.id == saved.c.message_id
)


def count(connection: Connection, user_id: int) -> int:
    """How many messages an account has put by."""
    found = select(func.count()).select_from(saved).where(saved.c.user_id == user_id)
    return connection.scalar(found) or 0


def is_saved(connection: Connection, user_id: int, message_id: int) -> bool:
    """Whether this is one of them."""
    found = select(saved.c.id).where(saved.c.user_id == user_id, saved.c.message_id == message_id)
    return connection.scalar(found) is not None


def add(connection: Connection, user_id: int, message_id: int) -> None:
    """Put one by that is not yet."""
    values = {"user_id": user_id, "message_id": message_id, "saved_at": datetime.now(UTC)}
    connection.execute(insert(saved).values(values))


def remove(connection: Connection, user_id: int, message_id: int) -> bool:
    """Take one away; whether it was there."""
    mine = delete(saved).where(saved.c.user_id == user_id, saved.c.message_id == message_id)
    return connection.execute(mine).rowcount > 0


def page(connection: Connection, user_id: int, before: int | None, limit: int) -> list[Saved]:
    """The next of them, the one put by last first, in whatever room they are."""
    statement = _PAGE.where(saved.c.user_id == user_id)
    if before is not None:
        statement = statement.where(saved.c.id < before)
    rows = connection.execute(statement.order_by(saved.c.id.desc()).limit(limit))
    return [Saved(row[0], row[1], row[2:]) for row in rows]


def message_ids(connection: Connection, user_id: int) -> list[int]:
    """The messages that an account has put by, the newest message first."""
    statement = select(saved.c.message_id).where(saved.c.user_id == user_id)
    return list(connection.scalars(statement.order_by(saved.c.message_id.desc())))


def places(connection: Connection, user_id: int) -> list[tuple[int, int]]:
    """The same, each with its room, but for those that were deleted and are yet to be forgotten."""
    statement = (
        select(saved.c.message_id, messages.c.room_id)
        .join(messages, messages.c.id == saved.c.message_id)
        .where(saved.c.user_id == user_id, messages.c.deleted_at.is_(None))
        .order_by(saved.c.message_id.desc())
    )
    return [(message_id, room_id) for message_id, room_id in connection.execute(statement)]


def of_messages(connection: Connection, user_id: int, ids: Collection[int]) -> set[int]:
    """Those of some messages that an account has put by."""
    found = select(saved.c.message_id).where(
        saved.c.user_id == user_id, saved.c.message_id.in_(ids)
    )
    return set(connection.scalars(found))
