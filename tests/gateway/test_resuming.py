"""Coming back: everything since a version, then what happens; or the word to read it all anew."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.people import Person, Room, async_http_client
from tests.support.server import Server
from tests.support.websocket import Client


async def say(person: Person, room: Room, how_many: int) -> list[dict[str, Any]]:
    """Say some things over HTTP; return them as they were stored."""
    return [await person.post(room, f"{number}") for number in range(how_many)]


async def resume(person: Person, room: Room, by: str, **query: Any) -> Client:
    """Ask for what changed, by the query of the seed's door or by a `subscribe`."""
    if by == "query":
        return await person.connect(room, **query)
    client = await person.connect()
    await client.send("subscribe", room_id=room["id"], **query)
    return client


both_ways = pytest.mark.parametrize("by", ["query", "subscribe"])


@both_ways
@pytest.mark.parametrize("after", [0, 3, 5])
async def test_a_sync_has_all_since_a_version_and_comes_first(
    alice: Person, bob: Person, room: Room, by: str, after: int
) -> None:
    """By version, with where the room stands; then one's own join, the people, and what happens."""
    said = await say(bob, room, 5)
    client = await resume(alice, room, by, after=after, epoch=room["epoch"])
    sync = await client.expect("sync")
    assert sync == {
        "type": "sync",
        "room_id": room["id"],
        "epoch": room["epoch"],
        "version": 5,
        "messages": said[after:],
        "room": {**room, "version": 5, "message_count": 5, "online": 1},
        "reset": False,
    }
    await client.expect("join", username="alice")
    await client.expect("user_list", users=["alice"])
    later = await bob.post(room, "later")
    await client.expect("message", version=6, message=later)
    await client.silence()


@both_ways
@pytest.mark.parametrize(
    "query",
    [
        {"after": 2, "epoch": "0123456789abcdef"},
        {"after": 0, "epoch": ""},
        {"after": 6},
        {"after": 2**53 - 1},
    ],
)
async def test_another_history_is_told_to_be_read_anew(
    alice: Person, bob: Person, room: Room, by: str, query: dict[str, Any]
) -> None:
    """An unknown epoch, or a version that never was: `reset`, never a part and never silence."""
    await say(bob, room, 5)
    client = await resume(alice, room, by, **query)
    sync = await client.expect("sync", reset=True, messages=[], version=5)
    assert sync["epoch"] == room["epoch"]
    await client.expect("join", username="alice")
    await client.expect("user_list")
    await client.send("message", content="hi", room_id=room["id"])
    await client.expect("message", version=6)


async def test_too_much_is_told_to_be_read_anew(alice: Person, bob: Person, room: Room) -> None:
    """A thousand changes are replayed, one more is not."""
    talker = await bob.enter(room)
    for number in range(1_001):
        await talker.send("message", content=f"{number}")
    await talker.until("message", version=1_001)
    some = await alice.connect(room, after=1)
    sync = await some.expect("sync", reset=False, version=1_001)
    assert [message["version"] for message in sync["messages"]] == list(range(2, 1_002))
    every = await alice.connect(room, after=0)
    await every.expect("sync", reset=True, messages=[], version=1_001)


async def test_without_a_version_the_seeds_door_says_nothing_of_the_past(
    alice: Person, bob: Person, room: Room
) -> None:
    """Such a client reads its history over HTTP; an epoch alone asks for nothing."""
    await say(bob, room, 2)
    for query in ({}, {"epoch": room["epoch"]}):
        client = await alice.connect(room, **query)
        await client.expect("join")
        await client.expect("user_list")
        await client.silence()
        await client.close()


async def test_subscribing_without_a_version_tells_where_the_room_stands(
    alice: Person, bob: Person, room: Room
) -> None:
    """And no messages."""
    await say(bob, room, 2)
    client = await alice.connect()
    await client.send("subscribe", room_id=room["id"])
    sync = await client.expect("sync", messages=[], reset=False, version=2)
    assert sync["room"]["online"] == 1


async def test_asking_again_fills_a_gap_on_an_open_connection(
    alice: Person, bob: Person, room: Room
) -> None:
    """On the seed's door too; one does not come into the room a second time."""
    client, watcher = await alice.enter(room), await bob.enter(room)
    said = await say(bob, room, 3)
    await client.until("message", version=3)
    await client.send("subscribe", room_id=room["id"], after=1, epoch=room["epoch"])
    await client.expect("sync", version=3, messages=said[1:], reset=False)
    await client.expect("user_list", users=["alice", "bob"])
    await client.silence()
    joins = [f for f in await watcher.settle() if f["type"] == "join"]
    assert joins == []


async def test_several_rooms_are_resumed_on_one_connection(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Each by its own version."""
    other = new_room(server)
    here, there = await say(bob, room, 3), await say(bob, other, 2)
    client = await alice.connect()
    await client.send("subscribe", room_id=room["id"], after=1)
    await client.send("subscribe", room_id=other["id"], after=1)
    await client.expect("sync", room_id=room["id"], messages=here[1:])
    await client.until("sync", room_id=other["id"], messages=there[1:])


async def test_what_is_said_while_others_come_back_reaches_them_once_and_after_their_sync(
    alice: Person, person: Callable[[str, Server], Person], room: Room, server: Server
) -> None:
    """Each of twenty who come in the middle of it has every message exactly once, in order."""
    talker = await alice.enter(room)
    count = 300

    async def talk() -> None:
        for number in range(count):
            await talker.send("message", content=f"{number}")
            await asyncio.sleep(0)

    async def come_back(number: int) -> list[int]:
        client = await person(f"person {number}", server).connect(room, after=0)
        sync = await client.expect("sync", reset=False)
        versions = [message["version"] for message in sync["messages"]]
        assert versions == list(range(1, sync["version"] + 1))
        while not versions or versions[-1] < count:
            frame = await client.next()
            if frame["type"] == "message":
                versions.append(frame["version"])
        return versions

    talking = asyncio.create_task(talk())
    await talker.until("message")
    stories = await asyncio.gather(*(come_back(number) for number in range(20)))
    await talking
    for versions in stories:
        assert versions == list(range(1, count + 1))


async def test_what_is_said_while_one_asks_again_comes_once_and_without_a_gap(
    alice: Person, bob: Person, room: Room
) -> None:
    """The frames between two states are in the second, or after it."""
    talker, client = await alice.enter(room), await bob.enter(room)
    count = 200
    answered = asyncio.Event()

    async def talk() -> None:
        for number in range(count):
            if number == count // 2:
                await answered.wait()
            await talker.send("message", content=f"{number}")
            await asyncio.sleep(0)

    talking = asyncio.create_task(talk())
    stands = 0
    asked = 0
    while stands < count:
        frame = await client.next()
        if frame["type"] == "message":
            assert frame["version"] == stands + 1
            stands += 1
            if stands % 10 == 1:
                asked += 1
                await client.send("subscribe", room_id=room["id"], after=stands)
        elif frame["type"] == "sync":
            new = [message["version"] for message in frame["messages"]]
            # What came between the question and its answer is in the answer once more.
            assert new[-1:] == [frame["version"]][: len(new)]
            assert frame["version"] >= stands
            stands = frame["version"]
            answered.set()
    await talking
    assert asked > 1


async def test_a_sync_survives_a_restart_of_the_server(
    new_server: Callable[..., Server], new_room: Callable[..., Room],
    person: Callable[[str, Server], Person],
) -> None:  # fmt: skip
    """Version and epoch are those of before."""
    server = new_server().start()
    room = new_room(server)
    alice = person("alice", server)
    said = await say(alice, room, 3)
    await server.arestart()
    client = await alice.connect(room, after=1, epoch=room["epoch"])
    await client.expect("sync", version=3, messages=said[1:], reset=False)
    async with async_http_client(server) as http:
        answer = await http.get(f"/api/chat/rooms/{room['id']}")
    assert answer.json()["version"] == 3
