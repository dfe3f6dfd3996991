"""Both wires keep the same promises: that of `parlour serve` and that of any other ASGI server."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from parlour.conversation import MAX_FAULTS
from tests.support import websocket
from tests.support.people import MakePerson, Person, Room, async_http_client
from tests.support.plain import Plain
from tests.support.rawsocket import RawSocket
from tests.support.rawsocket import say as command
from tests.support.server import Server
from tests.support.websocket import Client

COUNT = 200
# Messages of 4 kB until a reader who does not read is given up: what the kernels hold, and 1 MiB.
ENOUGH = 10_000


@pytest.fixture(scope="module", params=["direct", "queued"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Yield a server whose connections have the wire of `websocket.py`, or that of `queued.py`."""
    home = tmp_path_factory.mktemp(request.param)
    direct = Server(home, env={"PARLOUR_LOG_LEVEL": "debug"})
    with direct if request.param == "direct" else Plain(home, flags=PLAIN) as running:
        yield running


# What it does and every frame is logged, and no compression, as the documentation says.
PLAIN = ["--log-level", "debug", "--ws-per-message-deflate", "false"]


def contents(client: Client) -> list[str]:
    """Return what a client was told that somebody said."""
    return [each["message"]["content"] for each in client.frames if each["type"] == "message"]


async def say(client: Client, count: int, start: int = 0) -> None:
    """Say numbers, without waiting for an answer."""
    for number in range(start, start + count):
        await client.send("message", content=f"{number}")


async def test_everybody_gets_everything_in_one_order(
    server: Server, room: Room, alice: Person, bob: Person, eve: Person
) -> None:
    """What one says in the order of saying, what two say in the same order for everybody."""
    clients = [await each.enter(room) for each in (alice, bob, eve)]
    await asyncio.gather(say(clients[0], COUNT), say(clients[1], COUNT, 1_000))
    for client in clients:
        for version in range(1, 2 * COUNT + 1):
            await client.until("message", version=version)
    assert contents(clients[0]) == contents(clients[1]) == contents(clients[2])
    numbers = [int(each) for each in contents(clients[2])]
    assert [each for each in numbers if each < 1_000] == list(range(COUNT))
    assert [each for each in numbers if each >= 1_000] == list(range(1_000, 1_000 + COUNT))


async def test_who_comes_back_misses_nothing(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """Lost in the middle of a stream, over and over."""
    talker = await alice.enter(room)
    talking = asyncio.create_task(say(talker, COUNT))
    got: list[str] = []
    version = 0
    while version < COUNT:
        client = await bob.connect(room, after=version, epoch=room["epoch"])
        sync = await client.expect("sync", reset=False)
        got += [message["content"] for message in sync["messages"]]
        version = sync["version"]
        for _ in range(20):
            if version == COUNT:
                break
            frame = await client.until("message", version=version + 1)
            got.append(frame["message"]["content"])
            version += 1
        client.abort()
    await talking
    assert got == [str(number) for number in range(COUNT)]


@pytest.mark.parametrize(
    ("path", "name", "query", "code", "close"),
    [
        ("room", None, {}, "invalid", 4500),
        ("room", "x" * 51, {}, "too_long", 4500),
        ("room", "bob", {"after": "-1"}, "invalid", 4500),
        ("room", "bob", {"colour": "red"}, "invalid", 4500),
        ("999999", "bob", {}, "not_found", 4504),
        ("abc", "bob", {}, "not_found", 4504),
        (None, None, {}, "invalid", 4500),
    ],
)
async def test_a_refusal_at_the_door_is_told_and_closed_with_its_code(
    server: Server,
    room: Room,
    path: str | None,
    name: str | None,
    query: dict[str, Any],
    code: str,
    close: int,
) -> None:
    """One `error`, then the code."""
    where = room["id"] if path == "room" else path
    client = await websocket.connect(server, where, name, **query)
    await client.expect("error", code=code)
    assert await client.closed() == close
    assert len(client.frames) == 1


async def test_a_page_of_another_origin_is_refused_as_http(server: Server, room: Room) -> None:
    """403."""
    with pytest.raises(InvalidStatus) as refused:
        await websocket.connect(server, room["id"], "bob", origin="https://evil.example")
    assert refused.value.response.status_code == 403


async def test_too_long_a_frame_ends_the_connection(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """1009; the others see nothing but that it left."""
    watcher = await bob.enter(room)
    client = await alice.enter(room)
    await client.send("message", content="first")
    await client.until("message")
    await client.send_text(" " * 9_000)
    assert await client.closed() == 1009
    await watcher.until("leave", username="alice")
    assert contents(watcher) == ["first"]


async def test_a_flood_of_wrong_frames_is_refused(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """Each is answered up to the limit, then 1008; the others hear of it only by the leaving."""
    watcher = await bob.enter(room)
    client = await alice.enter(room)
    for number in range(MAX_FAULTS + 100):
        with contextlib.suppress(Exception):  # it may be closed by then
            await client.send_text("no json" if number % 2 else b"\x00")
    assert await client.closed() == 1008
    errors = [frame["code"] for frame in client.frames if frame["type"] == "error"]
    assert errors == ["bad_json"] * (MAX_FAULTS + 1) + ["flooding"]
    await watcher.until("leave", username="alice")
    assert [each for each in watcher.frames if each["type"] == "error"] == []


async def test_what_was_queued_is_delivered_before_the_close(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """To one who reads only when it is over: every message, that the room is gone, and 4504."""
    client = await alice.enter(room)
    talker = await bob.enter(room)
    long = "x" * 900
    for number in range(COUNT):
        await talker.send("message", content=f"{number} {long}")
    await talker.until("message", version=COUNT)
    async with async_http_client(server) as http:
        assert (await http.delete(f"/api/chat/rooms/{room['id']}")).status_code == 204
    assert await client.closed() == 4504
    assert contents(client) == [f"{number} {long}" for number in range(COUNT)]
    assert client.frames[-1]["type"] == "room_deleted"


async def test_a_reader_that_does_not_read_is_cut_off(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """The others see it leave, and get everything in its turn."""
    talker, listener = await alice.enter(room), await bob.enter(room)
    path = f"/ws/chat/{room['id']}?username=sloth"
    with RawSocket(server, path, receive_buffer=4096):
        await talker.until("join", username="sloth")
        version, gone = 0, False
        text = command("😀" * 990).decode()
        while not gone:
            assert version < ENOUGH, "the slow reader is still there"
            for _ in range(32):
                await talker.send_text(text)
            for client in (talker, listener):
                client.frames.clear()
                for number in range(version + 1, version + 33):
                    await client.until("message", version=number)
                gone = gone or any(each["type"] == "leave" for each in client.frames)
            version += 32


async def test_no_query_reaches_the_log(server: Server, room: Room) -> None:
    """However much is logged."""
    client = await websocket.connect(server, room["id"], "alice-in-the-log", after=0)
    await client.expect("sync")
    await client.close()
    refused = await websocket.connect(server, room["id"], "alice-in-the-log", ticket="secret")
    assert await refused.closed() == 4501
    with pytest.raises(InvalidStatus):
        await websocket.connect(server, "1/no", "alice-in-the-log")
    async with async_http_client(server) as http:
        await http.get("/api/chat/rooms", params={"username": "alice-in-the-log"})
    # The frames themselves are logged by whoever asked for that, names and all.
    assert [line for line in server.log if "=alice-in-the-log" in line or "secret" in line] == []
    assert not [line for line in server.log if "?" in line]


async def test_a_stop_closes_with_1012(
    new_room: Callable[..., Room], person: MakePerson, server: Server
) -> None:
    """The last test of its server, which is started anew."""
    room = new_room(server)
    client = await person("alice", server).enter(room)
    await client.send("message", content="before")
    await client.until("message")
    stopping = asyncio.create_task(server.astop())
    assert await client.closed() == 1012
    assert await stopping in {0, -15}
    await server.arestart()
    back = await person("alice", server).connect(room, after=0, epoch=room["epoch"])
    sync = await back.expect("sync", reset=False)
    assert [each["content"] for each in sync["messages"]] == ["before"]
