"""A commit whose acknowledgement was lost is told as any other, and to nobody where it failed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parlour import belonging, places
from parlour.database import Database, get_db, init_db
from parlour.errors import Refusal
from parlour.models import Person, Room, RoomCreate
from parlour.store.users import create_user
from tests.support.cutting import Cutting, cutting
from tests.support.local import draft, local_settings
from tests.support.postgres import postgres

if TYPE_CHECKING:
    from parlour.places import Changed


@pytest.fixture
def way() -> Iterator[Cutting]:
    """Yield a way to the server that can be cut."""
    with cutting(postgres().port) as opened:
        yield opened


@pytest.fixture
async def started(tmp_path: Path, way: Cutting) -> AsyncIterator[Database]:
    """Yield a database at its end."""
    url = postgres().new_database().replace(f":{postgres().port}/", f":{way.port}/")
    database = init_db(local_settings(tmp_path, database_url=url))
    database.start()
    try:
        yield database
    finally:
        await database.close()


def furnish(database: Database) -> tuple[Person, int, Room]:
    """Make a private room of two; its owner and their id."""
    with get_db(database) as connection:
        ada, bob = (create_user(connection, name, name, "", "member").id for name in ("ada", "bob"))
        owner = Person.by_account("ada", ada)
        room = places.create_room(
            connection, RoomCreate(name="Den", kind="private"), (ada, "ada")
        ).room
        belonging.put_member(connection, owner, ada, room.id, "bob", None)
    assert bob
    return owner, ada, room


async def test_what_was_committed_is_told_though_nobody_acknowledged_it(
    started: Database, way: Cutting
) -> None:
    """Who is put out of a room is put out of it in memory, too; messages are delivered."""
    owner, user_id, room = furnish(started)
    told: list[Changed] = []
    way.cut = "behind"
    await started.write(belonging.remove_member, owner, user_id, room.id, "bob", then=told.append)
    assert way.done.is_set()
    assert [each.user.username for each in told] == ["bob"]
    hall = await started.write(places.create_room, RoomCreate(name="Hall"), (user_id, "ada"))
    way.cut = "behind"
    stored = await started.store(draft(hall.room.id), then=lambda _: None)
    assert stored.message.version == 1
    assert not stored.repeated
    await started.told()


async def test_what_was_not_committed_is_told_to_nobody(started: Database, way: Cutting) -> None:
    """Whoever asked for it may ask again, and everything goes on."""
    owner, user_id, room = furnish(started)
    told: list[Changed] = []
    remove = belonging.remove_member, owner, user_id, room.id, "bob"
    way.cut = "before"
    with pytest.raises(Refusal) as refused:
        await started.write(*remove, then=told.append)
    assert way.done.is_set()
    assert refused.value.code == "busy"
    assert told == []
    await started.write(*remove, then=told.append)
    assert [each.user.username for each in told] == ["bob"]
