"""Sending over the WebSocket: stored, then told to everybody in order; repeats to their sender."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import AsyncClient

from parlour.context import MAX_IN_FLIGHT
from tests.support.people import Person, Room, checked
from tests.support.server import Server


async def history(http: AsyncClient, room: Room) -> list[dict[str, Any]]:
    """Return everything said in a room."""
    answer = await http.get(f"/api/chat/rooms/{room['id']}/messages", params={"limit": 200})
    return [dict(message) for message in checked(answer)]


async def test_a_message_is_told_to_everybody_in_the_room_the_sender_too(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """The very same frame, whose message is the one in the history."""
    sender, reader = await alice.enter(room), await bob.enter(room)
    await sender.until("user_list", users=["alice", "bob"])
    await sender.send("message", content=" hi \n", client_id="c1")
    told = await sender.expect("message", version=1, room_id=room["id"])
    assert await reader.expect("message") == told
    assert set(told) == {"type", "room_id", "version", "message"}
    assert told["message"]["content"] == "hi"
    assert told["message"]["username"] == "alice"
    assert told["message"]["client_id"] == "c1"
    assert await history(ahttp, room) == [told["message"]]


async def test_many_messages_of_one_sender_come_in_their_order(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """More than may be on their way at once, sent without waiting for any."""
    sender, reader = await alice.enter(room), await bob.enter(room)
    count = 2 * MAX_IN_FLIGHT + 5
    for number in range(count):
        await sender.send("message", content=f"{number}", client_id=f"c{number}")
    told = [await reader.until("message") for _ in range(count)]
    assert [frame["version"] for frame in told] == list(range(1, count + 1))
    assert [frame["message"]["content"] for frame in told] == [f"{n}" for n in range(count)]
    own = [frame for frame in await sender.settle() if frame["type"] == "message"]
    assert own == told
    assert await history(ahttp, room) == [frame["message"] for frame in told]


async def test_several_senders_at_once_are_told_in_one_order(
    person: Callable[[str, Server], Person], room: Room, server: Server
) -> None:
    """Everybody sees the same, without a gap."""
    clients = [await person(f"person {number}", server).enter(room) for number in range(5)]
    await asyncio.gather(
        *(client.send("message", content=f"{n}") for client in clients for n in range(20))
    )
    stories = []
    for client in clients:
        told = [await client.until("message") for _ in range(100)]
        assert [frame["version"] for frame in told] == list(range(1, 101))
        stories.append(told)
    assert all(story == stories[0] for story in stories)
    for number in range(5):
        own = [f for f in stories[0] if f["message"]["username"] == f"person {number}"]
        assert [frame["message"]["content"] for frame in own] == [f"{n}" for n in range(20)]


async def test_a_repeated_client_id_is_answered_to_its_sender_alone(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """With the first message, at its version, marked as repeated; whatever the second says."""
    sender, reader = await alice.enter(room), await bob.enter(room)
    phone = await alice.connect(room)
    await sender.send("message", content="one", client_id="c")
    first = await sender.until("message")
    await sender.send("message", content="two", client_id="d")
    await sender.until("message", message={"content": "two"})
    await sender.send("message", content="another", client_id="c")
    again = await sender.expect("message")
    assert again == {**first, "repeated": True}
    for client in (reader, phone):
        told = [frame for frame in await client.settle() if frame["type"] == "message"]
        assert [frame["version"] for frame in told] == [1, 2]
        assert not any("repeated" in frame for frame in told)
    assert len(await history(ahttp, room)) == 2


async def test_a_repeat_is_known_over_the_other_door_and_on_another_connection(
    alice: Person, room: Room
) -> None:
    """Also under another spelling of the name."""
    posted = await alice.post(room, "hi", client_id="c")
    many = await Person("ALICE", alice.server).connect()
    alice.clients.append(many)
    await many.send("subscribe", room_id=room["id"])
    await many.until("user_list")
    await many.send("message", content="hi", client_id="c", room_id=room["id"])
    again = await many.expect("message", repeated=True)
    assert again["message"] == posted
    assert again["message"]["username"] == "alice"


async def test_a_client_id_may_be_used_by_another_and_in_another_room(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room]
) -> None:
    """Each makes a message of its own."""
    other = new_room(alice.server)
    one, two = await alice.enter(room), await bob.enter(room)
    await one.send("subscribe", room_id=other["id"])
    await one.until("user_list", room_id=other["id"])
    await one.send("message", content="a", client_id="c")
    await one.until("message", message={"username": "alice"})
    await two.send("message", content="b", client_id="c")
    await one.until("message", message={"username": "bob", "content": "b"})
    await one.send("message", content="d", client_id="c", room_id=other["id"])
    told = await one.until("message", message={"content": "d"})
    assert (told["version"], told["room_id"]) == (1, other["id"])
    assert "repeated" not in told


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"content": ""}, "empty", "content"),
        ({"content": "x" * 1001}, "too_long", "content"),
        ({"content": "a\u0000"}, "invalid", "content"),
        ({"content": "hi", "username": "eve"}, "invalid", "username"),
        ({"content": "hi", "room_id": 999_999}, "not_allowed", "room_id"),
    ],
)
async def test_a_refused_message_echoes_its_client_id_and_stores_nothing(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient,
    fields: dict[str, Any], code: str, field: str,
) -> None:  # fmt: skip
    """So that the sender knows which it was; the connection goes on, and nobody else is told."""
    sender, reader = await alice.enter(room), await bob.enter(room)
    await sender.until("user_list", users=["alice", "bob"])
    await sender.send("message", client_id="mine", **fields)
    error = await sender.expect("error", code=code, field=field, client_id="mine")
    assert error.get("room_id") == fields.get("room_id")
    await reader.silence()
    assert await history(ahttp, room) == []
    await sender.send("message", content="well", client_id="mine")
    await sender.expect("message", version=1, message={"content": "well"})


async def test_a_sender_who_leaves_the_room_is_still_told_what_became_of_it(
    alice: Person, room: Room, ahttp: AsyncClient
) -> None:
    """The frame before the goodbye was theirs."""
    client = await alice.connect()
    await client.send("subscribe", room_id=room["id"])
    await client.until("user_list")
    await client.send("message", content="bye", client_id="c", room_id=room["id"])
    await client.send("unsubscribe", room_id=room["id"])
    told = await client.until("message", message={"client_id": "c"})
    assert await history(ahttp, room) == [told["message"]]


async def test_after_unsubscribing_nothing_of_the_room_comes(
    alice: Person, bob: Person, room: Room
) -> None:
    """And nothing goes there."""
    client, talker = await alice.connect(), await bob.enter(room)
    await client.send("subscribe", room_id=room["id"])
    await client.until("user_list")
    await client.send("unsubscribe", room_id=room["id"])
    await client.settle()
    await talker.send("message", content="hi")
    await talker.until("message")
    await talker.send("typing")
    await talker.settle()
    await client.silence()
    await client.send("message", content="hi", room_id=room["id"])
    await client.expect("error", code="not_allowed")


async def test_what_a_lost_connection_had_sent_is_stored(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """Whoever sent it comes back and finds it, by its `client_id`, once."""
    reader = await bob.enter(room)
    sender = await alice.enter(room)
    await sender.send("message", content="last words", client_id="c")
    await reader.until("message", message={"client_id": "c"})
    sender.abort()
    back = await alice.enter(room)
    await back.send("message", content="last words", client_id="c")
    await back.expect("message", repeated=True)
    assert len(await history(ahttp, room)) == 1
