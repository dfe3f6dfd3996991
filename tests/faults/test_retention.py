"""A server that is killed while it takes away what is over goes on where it was, and is whole."""

import asyncio
import os
import random

import pytest

from tests.support.accounts import log_in, register
from tests.support.files import until
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.places import make_room, say
from tests.support.retention import age
from tests.support.server import NewServer, Server
from tests.support.storm import integrity

# Old messages, and how often the server is killed while they go.
OLD, KILLS = 3_000, 4


@pytest.mark.timeout(300)
async def test_killed_while_it_purges_it_goes_on_and_nothing_is_half_gone(
    new_server: NewServer,
) -> None:
    """A history begins with one number and has no hole; what was young is there."""
    chance = random.Random(int(os.environ.get("TEST_SEED", "7")))
    server = await asyncio.to_thread(new_server().start)
    ann = await asyncio.to_thread(register, server, "ann")
    place = await asyncio.to_thread(make_room, ann)
    first = checked(await asyncio.to_thread(say, place, ann, "the first"))
    last = await asyncio.to_thread(_say_much, server, place.id, first["id"])
    young = checked(await asyncio.to_thread(say, place, ann, "young"))
    await asyncio.to_thread(age, server, place, {"id": last}, 3)
    server.env["PARLOUR_RETENTION_DAYS"] = "2"
    for kill in range(KILLS + 1):
        await server.akill()
        begins, there, reacted = await asyncio.to_thread(_look, server, place.id)
        # What went is where the room says that it begins, and all that was beside it.
        assert there == OLD + 2 - begins
        assert reacted == there - 1
        await asyncio.to_thread(server.start)
        if kill < KILLS:
            wanted = begins + chance.randrange(1, OLD // KILLS)
            await asyncio.to_thread(_until_gone, server, place.id, wanted)
    ann = await asyncio.to_thread(log_in, server, "ann")

    def is_done() -> bool:
        room = checked(ann.call("GET", place.path))
        return bool(room["purged_to"] == last)

    await asyncio.to_thread(until, is_done, seconds=60)
    page = checked(await asyncio.to_thread(ann.call, "GET", f"{place.path}/messages"))
    assert [each["id"] for each in page] == [young["id"]]
    await server.astop()
    assert integrity(server) == []


def _say_much(server: Server, room_id: int, first: int) -> int:
    """Let so many more have been said, each with a reaction; the id of the last."""
    with inside(server) as database:
        numbers = range(1, OLD + 1)
        database.executemany(
            "INSERT INTO messages (id, room_id, username, author, content, timestamp, version,"
            " number) SELECT id + ?, room_id, username, author, content, timestamp, version + ?,"
            " number + ? FROM messages WHERE id = ?",
            [(one, one, one, first) for one in numbers],
        )
        database.executemany(
            "INSERT INTO reactions (message_id, emoji, author, username, created_at)"
            " VALUES (?, '👍', 'name:x', 'x', '2026-01-01T00:00:00.000000Z')",
            [(first + one,) for one in range(OLD + 1)],
        )
        database.execute(
            "UPDATE rooms SET version = version + ?, message_count = message_count + ?"
            " WHERE id = ?",
            (OLD, OLD, room_id),
        )
    return first + OLD


def _look(server: Server, room_id: int) -> tuple[int, int, int]:
    """How many are gone, how many are there, and how many reactions."""
    with inside(server) as database:
        [[begins]] = database.execute("SELECT purged_number FROM rooms WHERE id = ?", (room_id,))
        [[there]] = database.execute("SELECT count(*) FROM messages")
        [[reacted]] = database.execute("SELECT count(*) FROM reactions")
    return begins, there, reacted


def _until_gone(server: Server, room_id: int, wanted: int) -> None:
    until(lambda: _look(server, room_id)[0] >= wanted, seconds=60)
