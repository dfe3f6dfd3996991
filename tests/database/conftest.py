"""Fixtures of the database's tests: one that is open, a connection in a transaction, a room."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from parlour.database import ChatDatabase, Database, get_db
from parlour.models import Room
from tests.support.local import draft, open_database, started_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Yield a new database whose writer is not started."""
    with open_database(tmp_path) as opened:
        yield opened


@pytest.fixture
async def started(tmp_path: Path) -> AsyncIterator[Database]:
    """Yield a new database with its writer."""
    async with started_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Yield a write connection in a transaction, as operations get it."""
    with get_db(database) as opened:
        yield opened


@pytest.fixture
def hall(connection: Connection) -> Room:
    """Return a new, empty room."""
    return ChatDatabase.create_room(connection, "Hall")


@pytest.fixture
def busy(connection: Connection, hall: Room) -> Room:
    """Return a room with messages, beside another one."""
    other = ChatDatabase.create_room(connection, "Other")
    ChatDatabase.create_messages(
        connection,
        [draft(room.id, client_id=f"{n}") for n in range(300) for room in (hall, other)],
    )
    return hall
