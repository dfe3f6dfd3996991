"""A stop under load: everybody is told, and goes on elsewhere with all that was acknowledged."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.faults.watch import Record
from tests.support.frames import PING, TEXT, frame
from tests.support.people import MakePerson, NewRoom, async_http_client, checked
from tests.support.rawsocket import RawSocket
from tests.support.server import NewServer, Server
from tests.support.storm import storm
from tests.support.timing import BRIEF, SLACK, scaled

# Seconds. What is promised is 10; a slow or busy machine gets five times as much.
PROMISE = 10
# Messages before the stop, and after it.
SAID = 100 if BRIEF else 300


@contextlib.contextmanager
def bad_company(server: Server, room_id: int) -> Iterator[None]:
    """Have connections in the room that do not read, do not end what they begin, do not answer."""
    beginnings = [b"", frame(TEXT, length=100), frame(PING, b"x" * 125) * 1_000, frame(3)]
    with contextlib.ExitStack() as stack:
        for number in range(12):
            path = f"/ws/chat/{room_id}?username=bad{number}"
            raw = stack.enter_context(RawSocket(server, path, receive_buffer=4096))
            raw.send(beginnings[number % len(beginnings)])
        yield


async def test_a_stop_in_a_storm_tells_everybody_and_loses_nothing(
    new_server: NewServer, record_property: Record
) -> None:
    """Each client gets `closing`, then 1012, and resumes at the server that takes over.

    In their room are others who do not read, or do not end what they have begun.
    """
    first = await asyncio.to_thread(new_server().start)
    # It takes over the same data, on a port of its own.
    second = Server(first.home)
    loop = asyncio.get_running_loop()
    async with storm(first, writers=4, readers=4, posters=2) as going:
        scene = going.scene
        await scene.acknowledged(SAID)
        await scene.until(lambda: all(each.following for each in going.followers))
        acknowledged = scene.ledger.acknowledged
        scene.up.clear()
        with bad_company(first, scene.room_id):
            begin = loop.time()
            assert await asyncio.to_thread(first.stop, seconds=PROMISE * SLACK) == 0
            stopped = loop.time()
        await asyncio.to_thread(second.start)
        started = loop.time()
        scene.server = second
        scene.up.set()
        await scene.until(lambda: all(each.following for each in going.followers))
        resumed = loop.time()
        await scene.acknowledged(scene.ledger.acknowledged + SAID)
    record_property(
        "stop",
        {
            "stopped after s": round(stopped - begin, 2),
            "resumed after start, s": round(resumed - started, 2),
            "acknowledged before": acknowledged,
            "storm": going.summary(),
        },
    )
    assert stopped - begin < scaled(PROMISE * SLACK)
    assert resumed - started < scaled(PROMISE * SLACK)
    for follower in going.followers:
        assert (follower.goodbyes, follower.codes) == (1, {1012: 1}), follower.name
    await second.astop()
    assert second.faults() == []


@pytest.mark.thorough
async def test_a_stop_finishes_what_was_handed_in(
    own_server: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """What a client sent before the stop is stored and acknowledged before it is told to go."""
    room = new_room(own_server)
    alice = await person("alice", own_server).enter(room)
    for number in range(50):
        await alice.send("message", content=f"{number}", client_id=f"{number}")
    # The first has come, so those behind it are in the server's hands or at its door.
    await alice.until("message", message={"client_id": "0"})
    stop = asyncio.create_task(own_server.astop())
    await alice.until("closing", retry_after_ms=1000)
    assert await alice.closed() == 1012
    assert await stop == 0
    acknowledged = [f["message"]["client_id"] for f in alice.frames if f["type"] == "message"]
    await own_server.arestart()
    async with async_http_client(own_server) as http:
        history = checked(
            await http.get(f"/api/chat/rooms/{room['id']}/messages", params={"limit": 200})
        )
    stored = [message["client_id"] for message in history]
    assert stored[: len(acknowledged)] == acknowledged == [str(n) for n in range(len(acknowledged))]


@pytest.mark.thorough
async def test_a_stop_does_not_wait_for_the_undecided(
    own_server: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """Connections that say nothing, half a request or half a handshake cost a stop no promise."""
    room = new_room(own_server)
    alice = await person("alice", own_server).enter(room)
    host = f"Host: 127.0.0.1:{own_server.port}\r\n"
    beginnings = [
        "",
        "GET /healthz HTTP/1.1\r\n",
        f"POST /api/chat/rooms HTTP/1.1\r\n{host}Content-Length: 17\r\n\r\n{{",
        f"GET /ws/chat/{room['id']}?username=bob HTTP/1.1\r\n{host}Upgrade: websocket\r\n",
    ]
    # Uvicorn cancels what still waits for its client, and says so.
    own_server.expect_fault(r"graceful shutdown exceeded|Exception in ASGI application|^Traceback")
    with contextlib.ExitStack() as stack:
        for beginning in beginnings:
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", own_server.port)))
            sock.sendall(beginning.encode())
        # The server has taken them all in: they came before this answer.
        await alice.settle()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        assert await asyncio.to_thread(own_server.stop, seconds=PROMISE * SLACK) == 0
        assert loop.time() - begin < scaled(PROMISE * SLACK)
    assert await alice.closed() == 1012
