"""Signs of life: the heartbeat tells where one's rooms stand; a ping is answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from parlour.context import Context
from parlour.features import heartbeat
from tests.support.local import local_context, open_database
from tests.support.people import Person, Room
from tests.support.sockets import Socket
from tests.support.timing import scaled


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """Yield the parts of a server whose heart beats as fast as it can."""
    monkeypatch.setattr(heartbeat, "HEARTBEAT_INTERVAL", 0)
    with open_database(tmp_path) as database:
        yield local_context(tmp_path, database)


def follow(context: Context, *room_ids: int, aware: bool = True) -> Socket:
    """Return a connection that follows these rooms."""
    socket = Socket(aware=aware)
    context.manager.register(socket.connection)
    for room_id in room_ids:
        context.manager.connect(socket.connection, room_id)
        context.manager.enter(socket.connection, room_id)
        context.manager.release(socket.connection, room_id, 0)
    return socket


@asynccontextmanager
async def beating(context: Context, watcher: Socket) -> AsyncIterator[None]:
    """Let the heart beat until `watcher` has heard it twice."""
    task = asyncio.create_task(heartbeat.beat(context))
    try:
        async with asyncio.timeout(scaled(10)):
            while len(watcher.queued()) < 2:  # noqa: ASYNC110 - nobody takes what is queued
                await asyncio.sleep(0)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_heartbeat_tells_the_versions_of_the_rooms_that_one_follows(
    context: Context,
) -> None:
    """Only of them, and only to those who asked for more than the seed's frames."""
    alice, bob = follow(context, 1, 2), follow(context, 2)
    seed = follow(context, 1, aware=False)
    nowhere = follow(context)
    context.manager.note_version(1, 5)
    context.manager.note_version(2, 7)
    async with beating(context, nowhere):
        pass
    assert json.loads(alice.queued()[0]) == {"type": "heartbeat", "versions": {"1": 5, "2": 7}}
    assert json.loads(bob.queued()[0]) == {"type": "heartbeat", "versions": {"2": 7}}
    assert json.loads(nowhere.queued()[0]) == {"type": "heartbeat", "versions": {}}
    assert seed.queued() == []


async def test_a_heartbeat_never_tells_a_version_that_is_behind_what_was_told(
    context: Context,
) -> None:
    """With more connections than are told in one turn, and messages coming in between.

    An old version would look to its reader like a server that has lost something.
    """
    clients = [follow(context, 1) for _ in range(3 * heartbeat.SLICE)]
    task = asyncio.create_task(heartbeat.beat(context))
    for version in range(1, 200):
        context.manager.broadcast(1, json.dumps({"version": version}).encode(), version=version)
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    beats = 0
    for client in clients:
        told = 0
        for frame in map(json.loads, client.queued()):
            if frame.get("type") == "heartbeat":
                beats += 1
                assert frame["versions"] == {"1": told} or told == 0
            else:
                told = frame["version"]
    assert beats > len(clients)


async def test_the_interval_is_the_protocols() -> None:
    """A client that hears nothing for 40 s gives the connection up: two beats may be lost."""
    assert heartbeat.HEARTBEAT_INTERVAL == 15


async def test_a_ping_is_answered_in_its_turn(alice: Person, room: Room) -> None:
    """After what was asked before it; on either door."""
    for client in (await alice.enter(room), await alice.connect()):
        await client.send("ping")
        await client.send("nonsense")
        await client.send("ping")
        assert await client.expect("pong") == {"type": "pong"}
        await client.expect("error", code="unknown_type")
        await client.expect("pong")
