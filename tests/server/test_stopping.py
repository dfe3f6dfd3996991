"""Stopping: everybody is told, nothing that was acknowledged is lost, the status is 0."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import Callable

import pytest

from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.timing import SLACK, scaled

People = Callable[[str, Server], Person]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
async def test_a_stop_tells_everybody_when_to_come_back_and_ends_well(
    own_server: Server, new_room: Callable[..., Room], person: People, number: signal.Signals
) -> None:
    """`closing`, then 1012, on every kind of connection; status 0 within ten seconds."""
    room = new_room(own_server)
    clients = [
        await person("alice", own_server).connect(room),
        await person("bob", own_server).connect(room, after=0),
        await person("eve", own_server).connect(),
    ]
    for client in clients:
        await client.settle()
    begin = time.monotonic()
    own_server.process.signal(number)
    for client in clients:
        assert await client.closed() == 1012
        assert client.frames[-1] == {"type": "closing", "retry_after_ms": 1000}
        assert "leave" not in {frame["type"] for frame in client.frames}
    assert await asyncio.to_thread(own_server.process.wait, seconds=10 * SLACK) == 0
    assert time.monotonic() - begin < scaled(10 * SLACK)
    assert own_server.faults() == []


async def everything(server: Server, path: str) -> list[str]:
    """Return the `client_id` of every message of a room, oldest first."""
    async with async_http_client(server) as http:
        found = checked(await http.get(path, params={"limit": 200}))
        while found and (
            older := checked(await http.get(path, params={"limit": 200, "before": found[0]["id"]}))
        ):
            found = older + found
    return [message["client_id"] for message in found]


@pytest.mark.thorough
def test_an_impatient_second_signal_changes_nothing(own_server: Server) -> None:
    """No traceback, no half of a stop: the status is 0 all the same."""
    own_server.process.signal(signal.SIGINT)
    with contextlib.suppress(ProcessLookupError):
        own_server.process.signal(signal.SIGINT)
    assert own_server.process.wait(seconds=10 * SLACK) == 0
    assert own_server.faults() == []


async def test_a_stop_with_messages_in_flight_loses_none_that_was_acknowledged(
    own_server: Server, new_room: Callable[..., Room], person: People
) -> None:
    """Over both doors; what was not acknowledged may be sent again and is stored once."""
    room = new_room(own_server)
    path = f"/api/chat/rooms/{room['id']}/messages"
    alice = await person("alice", own_server).enter(room)
    posted: list[str] = []

    async def post() -> None:
        async with async_http_client(own_server) as http:
            for number in range(10_000):
                body = {"content": "posted", "client_id": f"p{number}"}
                try:
                    answer = await http.post(path, params={"username": "bob"}, json=body)
                except Exception:  # noqa: BLE001 - the server goes away in the middle of it
                    return
                if answer.status_code == 201:
                    posted.append(answer.json()["client_id"])

    async def send() -> None:
        for number in range(10_000):
            try:
                await alice.send("message", content="sent", client_id=f"s{number}")
            except Exception:  # noqa: BLE001 - the server goes away in the middle of it
                return

    work = [asyncio.create_task(post()), asyncio.create_task(send())]
    await alice.until("message", message={"content": "sent"})
    await alice.until("message", message={"content": "posted"})
    await alice.until("message", message={"content": "sent"})
    while not posted:
        await alice.next()
    begin = time.monotonic()
    stopping = asyncio.create_task(own_server.astop())
    code = await alice.closed(seconds=10 * SLACK)
    assert await stopping == 0
    assert time.monotonic() - begin < scaled(10 * SLACK)
    await asyncio.gather(*work)
    kinds = [frame["type"] for frame in alice.frames]
    assert code == 1012
    assert kinds.count("closing") == 1
    sent = [f["message"]["client_id"] for f in alice.frames if f["type"] == "message"]
    sent = [each for each in sent if each.startswith("s")]
    assert len(sent) >= 2
    await own_server.arestart()
    stored = await everything(own_server, path)
    assert len(set(stored)) == len(stored)
    assert set(sent) <= set(stored)
    assert set(posted) <= set(stored)
    own = [each for each in stored if each.startswith("s")]
    assert own == [f"s{number}" for number in range(len(own))]


async def test_who_comes_back_after_a_stop_resumes_where_they_were(
    own_server: Server, new_room: Callable[..., Room], person: People
) -> None:
    """With the version and the epoch that they had."""
    room = new_room(own_server)
    alice, bob = person("alice", own_server), person("bob", own_server)
    client = await alice.enter(room)
    await bob.post(room, "one")
    version = (await client.until("message"))["version"]
    missed = await bob.post(room, "two")
    stopping = asyncio.create_task(own_server.astop())
    assert await client.closed() == 1012
    assert await stopping == 0
    await own_server.arestart()
    back = await alice.connect(room, after=version, epoch=room["epoch"])
    await back.expect("sync", messages=[missed], reset=False)


@pytest.mark.thorough
async def test_an_idle_connection_does_not_hold_a_stop_up(own_server: Server) -> None:
    """One of HTTP, kept open for the next request."""
    async with async_http_client(own_server) as http:
        checked(await http.get("/healthz"))
        begin = time.monotonic()
        assert await own_server.astop() == 0
        assert time.monotonic() - begin < scaled(10 * SLACK)


def test_a_stop_before_anybody_came_ends_well(own_server: Server) -> None:
    """The write-ahead log is folded into the database."""
    assert own_server.stop() == 0
    assert sorted(path.name for path in own_server.data_dir.iterdir()) == [
        "chat.db",
        "files",
        "keys.json",
        "parlour.lock",
        "uploads",
    ]


@pytest.mark.thorough
def test_a_second_signal_does_not_spoil_the_stop(own_server: Server) -> None:
    """Somebody presses Ctrl-C twice."""
    own_server.process.signal(signal.SIGINT)
    own_server.process.signal(signal.SIGINT)
    assert own_server.process.wait(seconds=10 * SLACK) == 0


@pytest.mark.thorough
async def test_a_stop_is_not_held_up_by_somebody_elses_lock(
    own_server: Server, new_room: Callable[..., Room], person: People
) -> None:
    """What the lock holds up was acknowledged to nobody; it is given up, and the log says so."""
    room = new_room(own_server)
    alice = await person("alice", own_server).enter(room)
    with contextlib.closing(sqlite3.connect(own_server.data_dir / "chat.db")) as lock:
        lock.execute("BEGIN IMMEDIATE")
        await alice.send("message", content="held up")
        await alice.send("ping")
        await alice.until("pong")
        begin = time.monotonic()
        assert await own_server.astop() == 0
        assert time.monotonic() - begin < scaled(12)
        lock.rollback()
    assert [line for line in own_server.log if "gave up" in line]
    await own_server.arestart()
    assert await everything(own_server, f"/api/chat/rooms/{room['id']}/messages") == []
