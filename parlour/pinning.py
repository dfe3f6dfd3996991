"""The operations on pins, each inside one transaction."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from parlour import places
from parlour.editing import Edited
from parlour.errors import Refusal
from parlour.models import Message, Person
from parlour.store import messages as message_rows
from parlour.store import pins as pin_rows
from parlour.store import rooms as room_rows

# Messages that are pinned in one room at once: what nobody looks through keeps nothing in sight.
MAX_PINS: Final = 100


def pin(connection: Connection, by: Person, message_id: int, *, on: bool = True) -> Edited:
    """Pin a message to its room, or take its pin away. Raises Refusal.

    To do what is done already changes nothing.
    """
    message = places.find_message(connection, by.author, message_id, "pin")
    if (message.pinned_at is not None) is on:
        return Edited(message, same=True)
    at, name = (_next_time(connection, message.room_id), by.username) if on else (None, None)
    version = room_rows.next_version(connection, message.room_id)
    return Edited(
        message_rows.change_message(connection, message.id, version, pinned_at=at, pinned_by=name)
    )


def list_pins(
    connection: Connection, author: str | None, room_id: int, before: datetime | None, limit: int
) -> list[Message]:
    """A page of what is pinned in a room, the message pinned last first. Raises Refusal."""
    places.allow(connection, author, room_id, "enter")
    return pin_rows.pins(connection, room_id, before, limit)


def _next_time(connection: Connection, room_id: int) -> datetime:
    """When the next message of a room is pinned: later than all others. Raises Refusal."""
    count, newest = pin_rows.count_pins(connection, room_id)
    if count >= MAX_PINS:
        words = f"A room has at most {MAX_PINS} pinned messages. Unpin one of them first."
        raise Refusal("not_allowed", words)
    now = datetime.now(UTC)
    # A page begins behind a time, also where a clock was set back.
    return now if newest is None else max(now, newest + timedelta(microseconds=1))
