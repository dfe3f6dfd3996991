"""Which messages are pinned: how many there are in a room, and a page of them."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from parlour.models import Message
from parlour.store.messages import TOLD, message_of
from parlour.store.tables import messages


def count_pins(connection: Connection, room_id: int) -> tuple[int, datetime | None]:
    """How many messages are pinned in a room, and when the last of them was."""
    row = connection.execute(
        select(func.count(), func.max(messages.c.pinned_at)).where(
            messages.c.room_id == room_id, messages.c.pinned_at.is_not(None)
        )
    ).one()
    return row[0], row[1]


def pins(
    connection: Connection, room_id: int, before: datetime | None, limit: int
) -> list[Message]:
    """A page of the messages pinned in a room, the one pinned last first."""
    statement = select(*TOLD).where(
        messages.c.room_id == room_id, messages.c.pinned_at.is_not(None)
    )
    if before is not None:
        statement = statement.where(messages.c.pinned_at < before)
    rows = connection.execute(statement.order_by(messages.c.pinned_at.desc()).limit(limit))
    return [message_of(row) for row in rows]
