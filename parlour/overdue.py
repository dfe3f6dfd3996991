"""What the one who runs the machine asks of retention: `parlour retention`."""

import json
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from parlour import retaining
from parlour.admin import AdminError, reader
from parlour.fields import format_time
from parlour.oversight import Policy
from parlour.settings import Settings
from parlour.store import holds
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
    rule = f"for {found.days} days" if found.days else "for ever"
    yield f"The server keeps messages {rule}; rooms may have rules of their own."
    yield f"{found.messages} messages of {found.rooms} rooms would go."
    for room in found.largest:
        yield f"  {room.messages:>10}  {room.name or 'a direct conversation'}"
        yield f"{'':>14}(room {room.room_id}, kept for {room.days} days)"
    if found.held_rooms:
        yield f"Of {found.held_rooms} more rooms nothing would go: they are held."
    yield f"{found.held_messages} messages are set aside because of holds."


def _held(connection: Connection, options: Namespace) -> Iterator[str]:
    author = None
    if options.person is not None:
        account = find_account(connection, options.person)
        if account is None:
            raise AdminError(f"There is nobody called {options.person[:64]}.")
        author = f"user:{account.user.id}"
    for row in holds.all_held(connection, options.room, author):
        yield json.dumps({name: _told(name, value) for name, value in row.items()})


def _told(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return json.loads(value) if name in _NESTED and value is not None else value
