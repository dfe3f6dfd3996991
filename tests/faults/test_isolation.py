"""What holds one of them up does not hold the others up: writers, readers, slow people."""

import asyncio
import contextlib
import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import websocket
from tests.support.crowd import masked
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.timing import scaled

NewRoom = Callable[..., Room]
Record = Callable[[str, object], None]
MakePerson = Callable[[str, Server], Person]

# Bytes. What a slow person may cost: its outbox of 4 MiB, and as much again on the way there.
SLOW_COST = 16 * 1024 * 1024


@contextlib.contextmanager
def write_lock(server: Server) -> Iterator[None]:
    """Hold a write transaction open, as another program on the same database may."""
    connection = sqlite3.connect(server.data_dir / "chat.db", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE rooms SET name = 'never seen'")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


async def test_reads_do_not_wait_for_writes(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """While a write transaction is held open, rooms, history and resume answer as before it."""
    path = f"/api/chat/rooms/{room['id']}"
    message = await alice.post(room, "before")
    async with async_http_client(server) as http:
        with write_lock(server):
            post = asyncio.create_task(alice.post(room, "waits for the lock"))
            for _ in range(20):
                assert checked(await http.get(f"{path}/messages")) == [message]
                assert checked(await http.get(path))["name"] == room["name"]
                rooms = checked(await http.get("/api/chat/rooms"))
                assert [each["version"] for each in rooms if each["id"] == room["id"]] == [1]
                client = await bob.connect(room, after=0)
                sync = await client.expect("sync", reset=False)
                assert sync["messages"] == [message]
                await client.close()
            assert not post.done(), "nothing held the writer up: nothing is shown"
        stored = await post
        assert checked(await http.get(f"{path}/messages")) == [message, stored]


def memory(server: Server) -> int:
    """Return the resident memory of the server, in bytes."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text("ascii").split()[1])
    return pages * 4096


def sockets(server: Server) -> int:
    """Return how many sockets the server has open."""
    count = 0
    for file in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += file.readlink().name.startswith("socket:")
    return count


def silent_member(server: Server, room: Room, name: str) -> socket.socket:
    """Return a connection to the room, past its handshake, from which nothing will be read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(scaled(10))
    sock.connect(("127.0.0.1", server.port))
    sock.sendall(
        f"GET /ws/chat/{room['id']}?username={name} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return sock


def frame_of(content: str) -> str:
    """Return a `message` command whose characters stand as they are, not escaped."""
    return json.dumps({"type": "message", "content": content}, ensure_ascii=False)


async def until_cut(
    server: Server, room: Room, people: tuple[websocket.Client, websocket.Client]
) -> tuple[int, int]:
    """Talk until a member who never reads is given up; how many messages, and the most memory.

    Both people get every message in its turn, whatever the member does.
    """
    talker, listener = people
    content, count, most, gone = "😀" * 1_000, 0, 0, False
    before = sockets(server)
    with contextlib.closing(silent_member(server, room, "sloth")):
        await talker.until("join", username="sloth")
        await listener.until("join", username="sloth")
        while not gone:
            assert count < 10_000, "the slow reader is still there"
            await talker.send_text(frame_of(content))
            count += 1
            for client in people:
                frame = await client.next()
                while frame["type"] != "message":
                    gone = gone or (frame["type"], frame.get("username")) == ("leave", "sloth")
                    frame = await client.next()
                versions = [each["version"] for each in client.frames[:-1] if "version" in each]
                assert frame["version"] == max(versions, default=0) + 1
            most = max(most, memory(server))
            for client in people:
                del client.frames[:-1]
        async with asyncio.timeout(scaled(30)):
            # Its socket is closed too, although nobody reads what is on the way.
            while sockets(server) > before:
                await talker.settle()
    return count, most


async def test_a_slow_reader_is_cut_and_delays_nobody(
    own_server: Server, new_room: NewRoom, person: MakePerson, record_property: Record
) -> None:
    """Somebody who never reads is given up; the others get everything, the server stays small."""
    room = new_room(own_server)
    alice = await person("alice", own_server).enter(room)
    bob = await person("bob", own_server).enter(room)
    # The first time, the server also fills its caches.
    await until_cut(own_server, room, (alice, bob))
    before = memory(own_server)
    count, most = await until_cut(own_server, room, (alice, bob))
    record_property("slow reader", {"messages": count, "bytes": most - before})
    assert most - before < SLOW_COST


async def test_a_flood_of_typing_costs_a_slow_reader_no_message(
    server: Server, room: Room, alice: Person
) -> None:
    """Ephemeral frames are dropped for whoever lags; the messages among them are not."""
    talker = await alice.enter(room)
    with contextlib.closing(silent_member(server, room, "sloth")) as sloth:
        await talker.until("join", username="sloth")
        typing = masked(b'{"type":"typing"}')
        with contextlib.closing(silent_member(server, room, "typist")) as typist:
            await talker.until("join", username="typist")
            for number in range(10):
                await asyncio.to_thread(typist.sendall, typing * 200)
                await talker.send("message", content=f"{number}")
                await talker.until("message", message={"content": f"{number}"})
        got = b""
        sloth.settimeout(scaled(10))
        while b'"content":"9"' not in got:
            got += await asyncio.to_thread(sloth.recv, 1 << 20)
        assert [got.count(b'"content":"%d"' % number) for number in range(10)] == [1] * 10


@pytest.mark.parametrize("count", [64])
async def test_many_silent_people_do_not_hold_up_a_stop(
    own_server: Server, new_room: NewRoom, person: MakePerson, count: int
) -> None:
    """A stop ends well and in time although nobody of a full room answers its goodbye."""
    room = new_room(own_server)
    with contextlib.ExitStack() as stack:
        for number in range(count):
            stack.enter_context(
                contextlib.closing(silent_member(own_server, room, f"sloth{number}"))
            )
        alice = await person("alice", own_server).enter(room)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        stop = asyncio.create_task(own_server.astop())
        await alice.until("closing")
        assert await alice.closed() == 1012
        assert await stop == 0
        assert loop.time() - begin < scaled(10)
