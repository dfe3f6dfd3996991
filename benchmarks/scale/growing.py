"""Lets one thing grow in a database, through Parlour's own store, while no server runs on it.

python -m benchmarks.scale.growing DATA_DIR rooms|members|history COUNT

PARLOUR_DATABASE_URL says whether that is on PostgreSQL. All of them begin alike: one room of a
thousand messages, in which the reader is, who has read nothing.
"""

import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import reader
from benchmarks.fill import fill
from parlour.database import ChatDatabase, Database, get_db, init_db
from parlour.indexing import index_some
from parlour.models import Person
from parlour.people import Device
from parlour.settings import Settings
from parlour.store import members, sessions, users
from parlour.store import rooms as room_rows
from parlour.store.sessions import SessionRow
from parlour.storing import MessageDraft

# Messages of the room that everything is done in, but where they are what grows.
HISTORY = 1_000
# Rooms of the reader, that of the messages among them.
OWN = 10
GROUP = 1_000


def _rooms(database: Database, count: int) -> None:
    """Bring the server to `count` rooms; in each of them something was said."""
    with get_db(database) as connection:
        there = len(room_rows.list_rooms(connection))
        user_id = reader.user_id(connection)
    for group in _groups(there, count):
        with get_db(database) as connection:
            made = [ChatDatabase.create_room(connection, f"Other {n}").id for n in group]
            by = Person.by_name("somebody")
            drafts = [MessageDraft(room, by, f"This is the first word of {room}.") for room in made]
            ChatDatabase.create_messages(connection, drafts)
            for number, room in zip(group, made, strict=True):
                if number < OWN:
                    members.add_members(connection, room, [user_id])


def _members(database: Database, count: int) -> None:
    """Bring the room of the messages to `count` members."""
    with get_db(database) as connection:
        [room, *_] = room_rows.list_rooms(connection)
        there = len(members.list_members(connection, room.id, None, count))
    for group in _groups(there, count):
        with get_db(database) as connection:
            ids = [
                # Nobody signs in by it.
                users.create_user(connection, f"member{n}", f"member{n}", "!", "member").id
                for n in group
            ]
            members.add_members(connection, room.id, ids)
            for user_id in ids:
                sessions.create_session(connection, _session(user_id), Device("127.0.0.1", ""))


def _session(user_id: int) -> SessionRow:
    """They are signed in, which a server knows by heart."""
    now = datetime.now(UTC)
    return SessionRow(secrets.token_urlsafe(16), user_id, 1, now, "none", now + timedelta(days=30))


def _groups(there: int, count: int) -> list[range]:
    return [range(first, min(first + GROUP, count)) for first in range(there, count, GROUP)]


GROWING: dict[str, Callable[[Database, int], None]] = {"rooms": _rooms, "members": _members}


def grow(settings: Settings, what: str, count: int) -> None:
    """Bring what grows to `count`."""
    # Nothing that is measured looks into the index, and on PostgreSQL it takes longest by far.
    fill(settings, count if what == "history" else HISTORY, indexed=False)
    if what not in GROWING:
        return
    database = init_db(settings)
    try:
        GROWING[what](database, count)
        # Or the server would do it while it is measured.
        with get_db(database) as connection:
            while index_some(connection):
                pass
    finally:
        database.release()


if __name__ == "__main__":
    grow(Settings(data_dir=Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
