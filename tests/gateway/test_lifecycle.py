"""The seed's nine steps, its six kinds of frame, and what a deleted room does to a connection."""

from collections.abc import Callable

import pytest
from httpx2 import AsyncClient

from parlour.protocol import SEED_EVENTS
from tests.support import websocket
from tests.support.answers import assert_deleted
from tests.support.people import Person, Room, checked
from tests.support.server import Server


async def test_a_connection_goes_through_the_nine_steps_in_order(
    alice: Person, bob: Person, room: Room, server: Server, ahttp: AsyncClient
) -> None:
    """Connection, validation, registration, join, list, session, disconnection, leave, cleanup."""
    rooms = f"/api/chat/rooms/{room['id']}"
    watcher = await bob.enter(room)
    # 1 and 2: it connects, and is validated before anybody hears of it.
    wrong = await websocket.connect(server, room["id"], "")
    await wrong.expect("error", code="empty")
    assert await wrong.closed() == 4500
    await watcher.silence()
    client = await alice.connect(room)
    # 3, 4, 5: it is registered, everybody is told of the join, and then gets the list.
    for each in (client, watcher):
        await each.expect("join", username="alice")
        await each.expect("user_list", users=["bob", "alice"])
    assert checked(await ahttp.get(rooms))["online"] == 2
    # 6: messages go both ways, and typing.
    await client.send("typing")
    await watcher.expect("typing", username="alice")
    await client.send("message", content="hi")
    for each in (client, watcher):
        await each.expect("message", message={"username": "alice", "content": "hi"})
    # 7, 8, 9: it goes, the others are told, and nothing of it is left.
    await client.close()
    await watcher.expect("leave", username="alice")
    await watcher.expect("user_list", users=["bob"])
    assert checked(await ahttp.get(rooms))["online"] == 1
    await watcher.silence()


async def test_a_connection_of_the_seeds_kind_gets_only_the_seeds_frames(
    alice: Person, bob: Person, eve: Person, room: Room, new_room: Callable[..., Room],
    server: Server, ahttp: AsyncClient,
) -> None:  # fmt: skip
    """Whatever happens meanwhile: others get much more."""
    aware, seed = await eve.connect(), await alice.enter(room)
    await aware.until("room_changed", room={"id": room["id"], "online": 1})
    await aware.send("subscribe", room_id=room["id"])
    await aware.until("user_list", room_id=room["id"])
    other = new_room(server)
    talker = await bob.enter(room)
    await talker.send("typing")
    await talker.send("message", content="hi")
    await talker.settle()
    await talker.close()
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{other['id']}"))
    await aware.until("room_removed", room={"id": other["id"]})
    await seed.send("nonsense")
    await seed.expect("join", username="eve")
    await seed.until("error")
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{room['id']}"))
    assert await seed.closed() == 4504
    kinds = {frame["type"] for frame in seed.frames}
    assert kinds <= SEED_EVENTS
    assert kinds >= {"join", "user_list", "typing", "message", "leave", "error", "room_deleted"}
    await aware.until("room_deleted", room_id=room["id"])
    assert {frame["type"] for frame in aware.frames} - SEED_EVENTS >= {
        "sync", "room_created", "room_changed", "room_removed",
    }  # fmt: skip


async def test_every_frame_about_a_room_names_it(alice: Person, bob: Person, room: Room) -> None:
    """So that one connection can follow several."""
    client, other = await alice.enter(room), await bob.enter(room)
    await other.send("typing")
    await other.send("message", content="hi")
    await client.until("message")
    await other.close()
    await client.until("leave")
    assert {frame["room_id"] for frame in client.frames} == {room["id"]}


async def test_one_who_asks_for_more_gets_more_from_then_on(
    alice: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """By `subscribe`, also on the seed's door."""
    client = await alice.enter(room)
    new_room(server)
    await client.silence()
    await client.send("subscribe", room_id=room["id"])
    await client.expect("sync")
    await client.expect("user_list")
    made = new_room(server)
    await client.expect("room_created", room={"id": made["id"]})


async def test_an_after_in_the_query_is_asking_for_more(
    alice: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Such a client has resumed, and follows the list of rooms too."""
    client = await alice.connect(room, after=0)
    await client.expect("sync")
    await client.expect("join", username="alice")
    await client.expect("user_list")
    made = new_room(server)
    await client.expect("room_created", room={"id": made["id"]})


@pytest.mark.parametrize(("query", "by"), [({"username": " Ada "}, " by Ada"), ({}, "")])
async def test_a_deleted_room_ends_the_connections_that_came_for_it(
    alice: Person, bob: Person, eve: Person, room: Room, new_room: Callable[..., Room],
    ahttp: AsyncClient, query: dict[str, str], by: str,
) -> None:  # fmt: skip
    """`room_deleted` says who did it, then 4504; other rooms' connections stay."""
    here = [await alice.enter(room), await bob.enter(room)]
    there = await eve.enter(new_room(eve.server))
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{room['id']}", params=query))
    for client in here:
        assert await client.closed() == 4504
        assert client.frames[-1] == {
            "type": "room_deleted",
            "room_id": room["id"],
            "message": f"#{room['name']} was deleted{by}.",
        }
    await there.silence()


async def test_a_deleted_room_ends_only_the_subscription_of_a_connection_with_others(
    alice: Person, room: Room, new_room: Callable[..., Room], server: Server, ahttp: AsyncClient
) -> None:
    """Though it came through that room's door."""
    other = new_room(server)
    client = await alice.enter(room)
    await client.send("subscribe", room_id=other["id"])
    await client.until("user_list", room_id=other["id"])
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{room['id']}"))
    await client.until("room_deleted", room_id=room["id"])
    await client.send("message", content="hi", room_id=other["id"])
    await client.until("message", room_id=other["id"])
    await client.send("message", content="hi")
    await client.until("error", code="not_allowed")
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{other['id']}"))
    assert await client.closed() == 4504


async def test_a_deleted_room_never_ends_a_connection_for_many_rooms(
    alice: Person, room: Room, new_room: Callable[..., Room], server: Server, ahttp: AsyncClient
) -> None:
    """Even when it was the only one: it may subscribe to another."""
    client = await alice.connect()
    await client.send("subscribe", room_id=room["id"])
    await client.until("user_list")
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{room['id']}"))
    await client.until("room_deleted", room_id=room["id"])
    await client.until("room_removed", room={"id": room["id"]})
    await client.send("subscribe", room_id=room["id"])
    await client.until("error", code="not_found", room_id=room["id"])
    other = new_room(server)
    await client.send("subscribe", room_id=other["id"])
    await client.until("sync", room_id=other["id"])


async def test_messages_of_a_deleted_room_came_before_the_word_of_its_end(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """What was stored is told, in order, and nothing after the end."""
    client = await alice.enter(room)
    for number in range(20):
        await client.send("message", content=f"{number}", client_id=f"c{number}")
    await client.until("message")
    assert_deleted(await ahttp.delete(f"/api/chat/rooms/{room['id']}"))
    assert await client.closed() == 4504
    kinds = [frame["type"] for frame in client.frames]
    end = kinds.index("room_deleted")
    versions = [frame["version"] for frame in client.frames if frame["type"] == "message"]
    assert versions == list(range(1, len(versions) + 1))
    assert "message" not in kinds[end:]
