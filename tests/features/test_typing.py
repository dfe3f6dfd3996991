"""Typing: told to the others in the room, and to nobody else."""

from collections.abc import Callable

import pytest

from tests.support.people import Person, Room, async_http_client
from tests.support.server import Server


async def test_typing_is_told_to_the_others_and_not_to_oneself(
    alice: Person, bob: Person, room: Room
) -> None:
    """Not on one's other connections either."""
    desk, phone = await alice.enter(room), await alice.connect(room)
    await phone.expect("user_list")
    watcher = await bob.enter(room)
    for client in (desk, phone):
        await client.until("user_list", users=["alice", "bob"])
    await desk.send("typing")
    told = await watcher.expect("typing", username="alice", room_id=room["id"])
    assert told["timestamp"].endswith("Z")
    assert set(told) == {"type", "room_id", "username", "timestamp"}
    await desk.silence()
    await phone.silence()


async def test_typing_is_not_told_in_another_room(
    alice: Person, bob: Person, eve: Person, room: Room, new_room: Callable[..., Room],
    server: Server,
) -> None:  # fmt: skip
    """Also when the one who types follows both."""
    other = new_room(server)
    here, there = await bob.enter(room), await eve.enter(other)
    client = await alice.enter(room)
    await client.send("subscribe", room_id=other["id"])
    await client.until("user_list", room_id=other["id"])
    await there.until("user_list", users=["eve", "alice"])
    await here.until("user_list", users=["bob", "alice"])
    await client.send("typing", room_id=room["id"])
    await here.expect("typing", username="alice")
    await there.silence()
    await client.send("typing", room_id=other["id"])
    await there.expect("typing", username="alice", room_id=other["id"])
    await here.silence()


async def test_typing_stores_nothing(alice: Person, room: Room, server: Server) -> None:
    """It carries no version and is never replayed."""
    client = await alice.enter(room)
    await client.send("typing")
    await client.settle()
    async with async_http_client(server) as http:
        answer = await http.get(f"/api/chat/rooms/{room['id']}/messages")
    assert (answer.json(), answer.headers["parlour-version"]) == ([], "0")


@pytest.mark.parametrize("kind", ["typing", "message"])
async def test_one_speaks_only_where_one_is(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server, kind: str
) -> None:
    """`not_allowed` about the room, through either door; nobody is told and nothing is stored."""
    other = new_room(server)
    watcher = await bob.enter(other)
    fields = {"content": "hi", "client_id": "c"} if kind == "message" else {}
    for client in (await alice.enter(room), await alice.connect()):
        await client.send(kind, room_id=other["id"], **fields)
        error = await client.expect("error", code="not_allowed", field="room_id")
        assert error["room_id"] == other["id"]
        assert error.get("client_id") == fields.get("client_id")
    await watcher.silence()


@pytest.mark.parametrize("kind", ["typing", "message"])
async def test_without_a_room_in_the_path_a_frame_has_to_name_one(alice: Person, kind: str) -> None:
    """On the door of many rooms."""
    client = await alice.connect()
    await client.send(kind, **({"content": "hi"} if kind == "message" else {}))
    await client.expect("error", code="invalid", field="room_id")
