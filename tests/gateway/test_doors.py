"""Who comes in by which door: validation before anything else, told in words, then closed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from tests.support import websocket
from tests.support.people import Person, Room
from tests.support.server import Server
from tests.support.websocket import Client

SERVER_ENV = {"PARLOUR_ALLOWED_ORIGINS": "https://chat.example.org,http://intranet:81"}


async def refused(client: Client, code: str, close: int, field: str | None = None) -> None:
    """Assert that a connection is told why it is refused, and then closed, with nothing else."""
    error = await client.expect("error", code=code)
    assert error.get("field") == field
    assert error["message"]
    assert await client.closed() == close
    assert len(client.frames) == 1


@pytest.mark.parametrize(
    ("username", "code"),
    [
        (None, "invalid"),
        ("", "empty"),
        (" \u3164", "empty"),
        ("x" * 51, "too_long"),
        ("a\u202eb", "name_invalid"),
        ("a\u200bb", "name_invalid"),
        ("\U00017000\u200c", "name_invalid"),
        ("a\nb", "name_invalid"),
        ("a\x00b", "invalid"),
    ],
)
@pytest.mark.parametrize("door", ["one room", "many rooms"])
async def test_without_a_name_that_can_be_nobody_comes_in(
    server: Server, room: Room, bob: Person, username: str | None, code: str, door: str
) -> None:
    """4500 after an error about `username`, by either door; nobody in the room is told."""
    watcher = await bob.enter(room)
    room_id = room["id"] if door == "one room" else None
    client = await websocket.connect(server, room_id, username)
    await refused(client, code, 4500, "username")
    await watcher.silence()


@pytest.mark.parametrize(
    "room_id",
    ["999999", "0", "-1", "abc", "1.0", "+1", str(2**53), "9" * 500, "\u0661", "%20", "1_0"],
)
async def test_a_room_that_is_not_there_cannot_be_entered(server: Server, room_id: str) -> None:
    """4504 after `not_found`, also for what could not be a room."""
    client = await websocket.connect(server, quote(room_id, safe="%"), "alice")
    await refused(client, "not_found", 4504)


@pytest.mark.parametrize("path", ["/ws", "/ws/chat/", "/ws/chat/1/more", "/ws/other", "/"])
async def test_there_is_no_other_door(server: Server, path: str) -> None:
    """The handshake is refused, as HTTP."""
    with pytest.raises(InvalidStatus) as rejected:
        await open_websocket(f"{server.websocket_url}{path}?username=alice", proxy=None)
    assert rejected.value.response.status_code == 403


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"after": "abc"}, "invalid", "after"),
        ({"after": "-1"}, "invalid", "after"),
        ({"after": "1.0"}, "invalid", "after"),
        ({"after": " 1"}, "invalid", "after"),
        ({"after": ""}, "invalid", "after"),
        ({"after": str(2**53)}, "invalid", "after"),
        ({"epoch": "x" * 65}, "too_long", "epoch"),
        ({"token": "secret"}, "invalid", "token"),
        ({"Username": "bob"}, "invalid", "Username"),
        ({"username": ["alice", "bob"]}, "invalid", "username"),
        ({"after": ["1", "2"]}, "invalid", "after"),
    ],
)
async def test_a_wrong_query_is_refused_by_its_field(
    server: Server, room: Room, query: dict[str, Any], code: str, field: str
) -> None:
    """4500; an unknown field or one given twice is not passed over."""
    given = {"username": "alice", **query}
    pairs = [
        f"{name}={quote(each)}"
        for name, value in given.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    connection = await open_websocket(
        f"{server.websocket_url}/ws/chat/{room['id']}?{'&'.join(pairs)}", proxy=None
    )
    await refused(Client("alice", connection, server), code, 4500, field)


async def test_the_name_is_looked_at_before_the_room(server: Server) -> None:
    """Who has no name learns nothing about rooms."""
    client = await websocket.connect(server, 999_999, None)
    await refused(client, "invalid", 4500, "username")


@pytest.mark.parametrize(
    "username", ["alice", " \u00e4 b ", "x" * 50, "\U0001f44b" * 50, "Иван", "a&b=c?d#e/f%"]
)
async def test_a_good_name_comes_in_trimmed(server: Server, room: Room, username: str) -> None:
    """Whatever characters it has."""
    async with await websocket.connect(server, room["id"], username) as client:
        await client.expect("join", username=" ".join(username.split()))
        await client.expect("user_list", users=[" ".join(username.split())])


@pytest.mark.parametrize("door", ["one room", "many rooms"])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://chat.example.org",
        "http://intranet",
        "http://localhost.evil.example",
        "null",
        "nonsense",
    ],
)
async def test_a_page_of_another_origin_is_refused_before_the_handshake(
    server: Server, room: Room, origin: str, door: str
) -> None:
    """403; its script sees neither a frame nor a reason. The log says what to do."""
    room_id = room["id"] if door == "one room" else None
    with pytest.raises(InvalidStatus) as rejected:
        await websocket.connect(server, room_id, "alice", origin=origin)
    assert rejected.value.response.status_code == 403
    server.process.wait_for_line(f"{origin!r}: PARLOUR_ALLOWED_ORIGINS")


async def test_pages_of_the_server_and_of_allowed_origins_come_in(
    server: Server, room: Room
) -> None:
    """And programs that are no browsers, which send no Origin."""
    own = server.url
    for origin in (own, "https://chat.example.org", "HTTP://Intranet:81", None):
        async with await websocket.connect(server, room["id"], "alice", origin=origin) as client:
            await client.expect("join", username="alice")


async def test_the_origin_is_compared_with_the_host_the_page_knows(
    server: Server, room: Room
) -> None:
    """As a proxy hands it on."""
    path = f"/ws/chat/{room['id']}?username=alice"
    theirs = Origin("https://chat.example.net")
    async with open_websocket(
        f"ws://chat.example.net{path}",
        host="127.0.0.1",
        port=server.port,
        origin=theirs,
        proxy=None,
    ) as connection:
        await Client("alice", connection, server).expect("join", username="alice")
    with pytest.raises(InvalidStatus):
        await websocket.connect(server, room["id"], "alice", origin=theirs)


async def test_a_refused_subscribe_lets_nobody_hear_more_than_before(
    alice: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Who came for the seed's frames is told of new rooms once a subscription was taken."""
    client = await alice.enter(room)
    await client.send("subscribe", room_id=987654321)
    await client.expect("error", code="not_found")
    new_room(server)
    await client.silence()
    await client.send("subscribe", room_id=room["id"])
    await client.until("sync", room_id=room["id"])
    other = new_room(server)
    await client.until("room_created", room={"id": other["id"]})


async def test_both_doors_lead_into_the_same_room(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Who came by one hears who came by the other; either may follow further rooms."""
    one = await alice.enter(room)
    many = await bob.connect()
    await many.silence()
    await many.send("subscribe", room_id=room["id"])
    await many.expect("sync", room_id=room["id"], messages=[], reset=False)
    await many.expect("join", username="bob")
    await many.expect("user_list", users=["alice", "bob"])
    await one.until("user_list", users=["alice", "bob"])
    await one.send("message", content="from one")
    await many.expect("message", message={"content": "from one"})
    await many.send("message", content="from many", room_id=room["id"])
    await one.expect("message", message={"content": "from one"})
    await one.expect("message", message={"content": "from many", "username": "bob"})
    other = new_room(server)
    await one.send("subscribe", room_id=other["id"])
    await one.until("sync", room_id=other["id"])
    await one.until("user_list", room_id=other["id"], users=["alice"])
    await one.send("message", content="over there", room_id=other["id"])
    await one.expect("message", room_id=other["id"], message={"content": "over there"})
    await one.send("message", content="over here")
    await one.expect("message", room_id=room["id"], message={"content": "over here"})
