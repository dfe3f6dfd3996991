"""Being in a room: join, leave and the list of people, told once for each person."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from parlour.audience import SMALL_ROOM
from parlour.features.presence import MAX_FOLLOWED
from tests.support.answers import assert_deleted
from tests.support.inside import inside
from tests.support.people import NewRoom, Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Frame

People = Callable[[str, Server], Person]


def presence(frames: list[Frame]) -> list[Frame]:
    """Return those of `frames` that tell of people."""
    return [frame for frame in frames if frame["type"] in {"join", "leave", "user_list"}]


async def test_who_comes_is_told_to_everybody_and_who_is_there_to_the_newcomer(
    alice: Person, bob: Person, room: Room
) -> None:
    """First `join`, the newcomer's own too, then the list in the order of coming."""
    first = await alice.connect(room)
    join = await first.expect("join", username="alice", guest=True, room_id=room["id"])
    assert join["timestamp"].endswith("Z")
    assert datetime.fromisoformat(join["timestamp"]).tzinfo is not None
    await first.expect("user_list", users=["alice"], guests=["alice"], room_id=room["id"])
    second = await bob.connect(room)
    for client in (first, second):
        await client.expect("join", username="bob")
        await client.expect("user_list", users=["alice", "bob"], guests=["alice", "bob"])
        assert presence(await client.settle()) == []


async def test_who_goes_is_told_to_those_who_stay(alice: Person, bob: Person, room: Room) -> None:
    """First `leave`, then the list without them."""
    first, second = await alice.enter(room), await bob.enter(room)
    await first.until("user_list", users=["alice", "bob"])
    await second.close()
    left = await first.expect("leave", username="bob", guest=True, room_id=room["id"])
    assert left["timestamp"].endswith("Z")
    await first.expect("user_list", users=["alice"])
    assert presence(await first.settle()) == []


async def test_a_lost_connection_is_a_leave_too(alice: Person, bob: Person, room: Room) -> None:
    """Though nothing was said."""
    first, second = await alice.enter(room), await bob.enter(room)
    await first.until("user_list", users=["alice", "bob"])
    second.abort()
    await first.expect("leave", username="bob")


async def test_people_of_another_room_are_not_told(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Neither of coming nor of going."""
    here = await alice.enter(room)
    there = await bob.enter(new_room(server))
    await there.close()
    assert presence(await here.settle()) == []


async def test_a_person_with_two_connections_comes_and_goes_once(
    alice: Person, bob: Person, room: Room
) -> None:
    """The second gets the list and nobody else anything; in any spelling it is the same person."""
    watcher = await bob.enter(room)
    desk = await alice.enter(room)
    await watcher.until("user_list", users=["bob", "alice"])
    phone = await Person("ALICE", alice.server).connect(room)
    alice.clients.append(phone)
    await phone.expect("user_list", users=["bob", "alice"])
    for client in (watcher, desk, phone):
        assert presence(await client.settle()) == []
    await desk.close()
    assert presence(await phone.settle()) == []
    assert presence(await watcher.settle()) == []
    await phone.close()
    await watcher.expect("leave", username="alice")
    await watcher.expect("user_list", users=["bob"])


async def test_both_connections_of_a_person_get_what_is_said(
    alice: Person, bob: Person, room: Room
) -> None:
    """Whichever of them says it."""
    desk, phone = await alice.enter(room), await alice.connect(room)
    await phone.expect("user_list")
    await phone.send("message", content="from the phone")
    for client in (desk, phone):
        await client.expect("message", message={"content": "from the phone"})


async def test_one_is_present_in_each_room_that_one_follows(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """By one connection; leaving one room leaves the others as they are."""
    other = new_room(server)
    here, there = await bob.enter(room), await bob.enter(other)
    client = await alice.connect()
    for each in (room, other):
        await client.send("subscribe", room_id=each["id"])
        await client.expect("sync", room_id=each["id"])
        await client.expect("join", room_id=each["id"], username="alice")
        await client.expect("user_list", room_id=each["id"], users=["bob", "alice"])
    for watcher in (here, there):
        await watcher.expect("join", username="alice")
        await watcher.expect("user_list", users=["bob", "alice"])
    await client.send("unsubscribe", room_id=room["id"])
    await here.expect("leave", username="alice")
    await here.expect("user_list", users=["bob"])
    assert presence(await there.settle()) == []
    await client.close()
    await there.expect("leave", username="alice")


async def test_subscribing_again_is_not_coming_again(
    alice: Person, bob: Person, room: Room
) -> None:
    """The list is sent to the one who asked, and to nobody else."""
    watcher, client = await bob.enter(room), await alice.enter(room)
    await watcher.until("user_list", users=["bob", "alice"])
    await client.send("subscribe", room_id=room["id"])
    await client.expect("sync")
    await client.expect("user_list", users=["bob", "alice"])
    assert presence(await client.settle()) == []
    assert presence(await watcher.settle()) == []


async def test_unsubscribing_from_what_one_does_not_follow_is_nothing(
    alice: Person, bob: Person, room: Room
) -> None:
    """Neither an error nor a leave."""
    watcher = await bob.enter(room)
    client = await alice.connect()
    await client.send("unsubscribe", room_id=room["id"])
    frames = await client.settle()
    assert presence(frames) == []
    assert "error" not in {frame["type"] for frame in frames}
    assert presence(await watcher.settle()) == []


async def test_asking_for_a_room_that_is_not_there_is_an_error_and_no_presence(
    alice: Person,
) -> None:
    """The connection stays, and may ask for another."""
    client = await alice.connect()
    await client.send("subscribe", room_id=999_999)
    error = await client.expect("error", code="not_found", room_id=999_999)
    assert "client_id" not in error
    await client.silence()


async def test_those_who_watch_the_list_are_told_how_many_are_in_a_room(
    alice: Person, bob: Person, eve: Person, room: Room
) -> None:
    """At once when it was quiet; a connection of the seed's kind is not told."""
    watching = await eve.connect()
    seed = await alice.enter(room)
    changed = await watching.until("room_changed", room={"id": room["id"], "online": 1})
    assert changed["room"] == {**room, "online": 1}
    second = await bob.enter(room)
    await watching.until("room_changed", room={"id": room["id"], "online": 2})
    await second.close()
    await watching.until("room_changed", room={"id": room["id"], "online": 1})
    assert "room_changed" not in {frame["type"] for frame in await seed.settle()}


async def test_a_busy_room_tells_its_list_to_newcomers_at_once_and_to_others_now_and_then(
    person: People, server: Server, room: Room
) -> None:
    """Twenty-five people come: past twenty the others' lists are coalesced, and the last is whole.

    Every newcomer's own first list is complete, and nobody is told fewer joins than there were.
    """
    names = [f"person {number:02}" for number in range(SMALL_ROOM)]
    late = [f"latecomer {number}" for number in range(5)]
    clients = []
    for position, name in enumerate(names):
        clients.append(await person(name, server).connect(room))
        await clients[-1].expect("join", username=name)
        await clients[-1].expect("user_list", users=names[: position + 1])

    async def come(name: str) -> None:
        client = await person(name, server).connect(room)
        await client.expect("join", username=name)
        told = await client.expect("user_list")
        assert set(names) < set(told["users"])
        assert name in told["users"]
        clients.append(client)

    await asyncio.gather(*(come(name) for name in late))
    first = clients[0]
    seen = [first.frames[-1]]
    while len(seen[-1].get("users", ())) < len(names) + len(late):
        seen.append(await first.next())
    lists = [frame["users"] for frame in seen if frame["type"] == "user_list"]
    joins = [frame["username"] for frame in seen if frame["type"] == "join"]
    assert joins[: SMALL_ROOM - 1] == names[1:]
    assert sorted(joins[SMALL_ROOM - 1 :]) == late
    assert lists[:SMALL_ROOM] == [names[:number] for number in range(1, SMALL_ROOM + 1)]
    # Of the five that came after, the first is told at once and the others together.
    assert len(lists) < SMALL_ROOM + len(late)
    assert sorted(lists[-1]) == sorted(names + late)


async def test_the_people_of_a_room_that_was_deleted_are_forgotten(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """They are in the other room they followed, and counted there."""
    other = new_room(server)
    client = await alice.enter(room)
    await client.send("subscribe", room_id=other["id"])
    await client.until("user_list", room_id=other["id"], users=["alice"])
    async with async_http_client(server) as http:
        await http.delete(f"/api/chat/rooms/{room['id']}")
        await client.until("room_deleted", room_id=room["id"])
        [listed] = checked(await http.get("/api/chat/rooms"))[-1:]
    assert (listed["id"], listed["online"]) == (other["id"], 1)


async def test_no_news_of_a_room_come_after_its_removal(
    server: Server, alice: Person, eve: Person, new_room: Callable[..., Room]
) -> None:
    """Whoever watches the list would put the room back into it."""
    watching = await eve.connect()
    rooms = [new_room(server)["id"] for _ in range(20)]

    async def come_and_remove(room_id: int) -> None:
        connecting = asyncio.create_task(alice.connect(room_id, after=0))
        async with async_http_client(server) as http:
            assert_deleted(await http.delete(f"/api/chat/rooms/{room_id}"))
        await (await connecting).closed()

    await asyncio.gather(*map(come_and_remove, rooms))
    await watching.settle()
    news = [frame for frame in watching.frames if frame["type"].startswith("room_")]
    for room_id in rooms:
        told = [frame["type"] for frame in news if frame["room"]["id"] == room_id]
        assert (told[0], told[-1]) == ("room_created", "room_removed")
        assert told.count("room_removed") == 1


@pytest.mark.thorough
async def test_a_connection_follows_so_many_rooms(
    own_server: Server, new_room: NewRoom, person: People
) -> None:
    """One more is refused, and room for it is made by following another no longer."""
    first = new_room(own_server)["id"]
    with inside(own_server) as database:
        database.executemany(
            "INSERT INTO rooms (name, name_key, kind, created_at, version, changed_version)"
            " SELECT ?1, ?1, kind, created_at, 0, 0 FROM rooms WHERE id = ?2",
            [(f"filler {number}", first) for number in range(MAX_FOLLOWED)],
        )
    client = await person("alice", own_server).connect()
    for room_id in range(first, first + MAX_FOLLOWED):
        await client.send("subscribe", room_id=room_id)
        await client.until("user_list", room_id=room_id)
    last = first + MAX_FOLLOWED
    await client.send("subscribe", room_id=last)
    refused = await client.until("error", code="not_allowed", room_id=last)
    assert str(MAX_FOLLOWED) in refused["message"]
    # To ask again for one that is followed is no more than there was.
    await client.send("subscribe", room_id=first, after=0)
    await client.until("sync", room_id=first)
    await client.send("unsubscribe", room_id=first)
    await client.send("subscribe", room_id=last)
    await client.until("sync", room_id=last)
