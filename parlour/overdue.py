"""What the one who runs the machine asks of retention: `parlour retention`."""

import json
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection

from parlour import retaining
from parlour.admin import AdminError, reader
from parlour.fields import format_time
from parlour.oversight import Policy
from parlour.settings import Settings
from parlour.store import holds
from parlour.store.rooms import was_made
from parlour.store.users import find_account

# Kept as JSON.
_NESTED: Final = ("reactions", "files", "forwarded", "wordings")


def run(settings: Settings, options: Namespace) -> Iterator[str]:
    """Look at it, also beside a running server; the lines to print. Raises AdminError."""
    with reader(settings) as connection:
        if options.act == "held":
            yield from _held(connection, options)
        else:
            yield from _preview(connection, Policy.of(settings), options.days)


def _preview(connection: Connection, given: Policy, days: int | None) -> Iterator[str]:
    found = retaining.count(connection, given, days)
    rule = f"for {_several(found.days, 'day')}" if found.days else "for ever"
    if days is None:
        yield f"The server keeps messages {rule}; rooms may have rules of their own."
    else:
        yield f"If the server kept messages {rule} (rooms may have rules of their own):"
    yield f"{_several(found.messages, 'message')} of {_several(found.rooms, 'room')} would go."
    for room in found.largest:
        yield f"  {room.messages:>10}  {room.name or 'a direct conversation'}"
        yield f"{'':>14}(room {room.room_id}, kept for {_several(room.days, 'day')})"
    if found.held_rooms:
        held = _several(found.held_rooms, "more room")
        yield f"Of {held} nothing would go, because of holds."
    yield f"Set aside because of holds: {_several(found.held_messages, 'message')}."


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _held(connection: Connection, options: Namespace) -> Iterator[str]:
    author = None
    if options.person is not None:
        account = find_account(connection, options.person)
        if account is None:
            raise AdminError(f"There is nobody called {options.person[:64]}.")
        author = f"user:{account.user.id}"
    deleted = holds.of_deleted_rooms(connection, options.room, author)
    is_none = True
    for row in chain(holds.all_held(connection, options.room, author), deleted):
        is_none = False
        yield json.dumps({name: _told(name, value) for name, value in row.items()})
    # Of a room that is gone there may be something all the same.
    if is_none and options.room is not None and not was_made(connection, options.room):
        raise AdminError(f"There is no room {options.room}.")


def _told(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return json.loads(value) if name in _NESTED and value is not None else value
