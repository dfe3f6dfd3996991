"""What holds one of them up does not hold the others up: writers, readers, slow people."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.watch import Record
from tests.support import websocket
from tests.support.burden import memory
from tests.support.frames import TEXT, frame
from tests.support.people import MakePerson, NewRoom, Person, Room, async_http_client, checked
from tests.support.rawsocket import RawSocket, path_of, say
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

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


def sockets(server: Server) -> int:
    """Return how many sockets the server has open."""
    count = 0
    for file in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += file.readlink().name.startswith("socket:")
    return count


def silent_member(server: Server, room: Room, name: str) -> RawSocket:
    """Return a connection to the room from which nothing more will be read."""
    return RawSocket(server, path_of(room, name), receive_buffer=4096)


async def until_cut(
    server: Server, room: Room, people: tuple[websocket.Client, websocket.Client]
) -> tuple[int, int]:
    """Talk until a member who never reads is given up; how many messages, and the most memory.

    Both people get every message in its turn, whatever the member does.
    """
    talker, listener = people
    content, count, most, gone = "😀" * 1_000, 0, 0, False
    before = sockets(server)
    with silent_member(server, room, "sloth"):
        await talker.until("join", username="sloth")
        await listener.until("join", username="sloth")
        while not gone:
            assert count < 10_000, "the slow reader is still there"
            await talker.send_text(say(content).decode())
            count += 1
            for client in people:
                told = await client.next()
                while told["type"] != "message":
                    gone = gone or (told["type"], told.get("username")) == ("leave", "sloth")
                    told = await client.next()
                versions = [each["version"] for each in client.frames[:-1] if "version" in each]
                assert told["version"] == max(versions, default=0) + 1
            most = max(most, memory(server))
            for client in people:
                del client.frames[:-1]
        async with asyncio.timeout(scaled(30)):
            # Its socket is closed too, although nobody reads what is on the way.
            while sockets(server) > before:
                await talker.settle()
    return count, most


async def test_a_slow_reader_is_cut_and_delays_nobody(
    new_server: NewServer, new_room: NewRoom, person: MakePerson, record_property: Record
) -> None:
    """Somebody who never reads is given up; the others get everything, the server stays small."""
    own_server = new_server(is_anew=True).start()
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
    with silent_member(server, room, "sloth") as sloth:
        await talker.until("join", username="sloth")
        typing = frame(TEXT, b'{"type":"typing"}')
        with silent_member(server, room, "typist") as typist:
            await talker.until("join", username="typist")
            for number in range(10):
                await asyncio.to_thread(typist.send, typing * 200)
                await talker.send("message", content=f"{number}")
                await talker.until("message", message={"content": f"{number}"})
        got = b""
        while b'"content":"9"' not in got:
            got += await asyncio.to_thread(sloth.sock.recv, 1 << 20)
        assert [got.count(b'"content":"%d"' % number) for number in range(10)] == [1] * 10


@pytest.mark.parametrize("count", [64])
async def test_many_silent_people_do_not_hold_up_a_stop(
    own_server: Server, new_room: NewRoom, person: MakePerson, count: int
) -> None:
    """A stop ends well and in time although nobody of a full room answers its goodbye."""
    room = new_room(own_server)
    with contextlib.ExitStack() as stack:
        for number in range(count):
            stack.enter_context(silent_member(own_server, room, f"sloth{number}"))
        alice = await person("alice", own_server).enter(room)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        stop = asyncio.create_task(own_server.astop())
        await alice.until("closing")
        assert await alice.closed() == 1012
        assert await stop == 0
        assert loop.time() - begin < scaled(10)
