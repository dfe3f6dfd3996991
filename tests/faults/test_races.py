"""What happens at the same moment is told once, in order, and nothing else is."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.people import MakePerson, Room, async_http_client, checked
from tests.support.replica import Replica
from tests.support.server import Server
from tests.support.storm import storm
from tests.support.websocket import Client, Frame

pytestmark = pytest.mark.thorough

# Rounds of each race: enough for the narrow ones to be met.
ROUNDS = 150


class Listener:
    """A client whose every frame is held against what it knows already."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.replica = Replica(client.name)
        self.replica.aware = True

    async def read(self) -> Frame:
        """Read one frame."""
        frame = await self.client.next()
        self.replica.apply(frame)
        return frame

    async def until(self, kind: str) -> Frame:
        """Read on to the first frame of this kind."""
        while (frame := await self.read())["type"] != kind:
            pass
        return frame


async def test_asking_again_in_a_storm_repeats_and_omits_nothing(
    own_server: Server, person: MakePerson
) -> None:
    """However a `sync` falls among live messages, each of them is told exactly once."""
    async with storm(own_server, writers=3, readers=0, posters=1) as going:
        room_id = going.scene.room_id
        listener = Listener(await person("ear", own_server).connect())
        for _ in range(ROUNDS):
            view = listener.replica.views.get(room_id)
            after, epoch = (view.version, view.epoch) if view else (0, None)
            listener.replica.follow(room_id, after)
            await listener.client.send("subscribe", room_id=room_id, after=after, epoch=epoch)
            frame = await listener.until("sync")
            if view is None:
                # Where the history begins makes no difference to what may come from here on.
                listener.replica.fetched(room_id, frame["version"], frame["epoch"], [])
            await listener.until("message")
            del listener.client.frames[:]


async def test_what_one_sent_is_answered_before_one_asks_anew(
    own_server: Server, new_room: Callable[..., Room], person: MakePerson
) -> None:
    """A `subscribe` that asks for nothing missed does not swallow the answers under way."""
    room = new_room(own_server)
    alice = await person("alice", own_server).enter(room)
    for number in range(ROUNDS):
        ids = [f"{number}-{n}" for n in range(8)]
        for client_id in ids:
            await alice.send("message", content=client_id, client_id=client_id)
        await alice.send("subscribe", room_id=room["id"])
        for client_id in ids:
            await alice.expect("message", message={"client_id": client_id})
        await alice.expect("sync", version=8 * (number + 1), messages=[])
        await alice.expect("user_list")


async def test_a_room_that_is_gone_does_not_change_any_more(
    own_server: Server, person: MakePerson
) -> None:
    """Whoever keeps a list of rooms by events never gets a deleted one back."""
    watcher = Listener(await person("eve", own_server).connect())
    watcher.replica.fetched_rooms([])
    async with async_http_client(own_server) as http:

        async def create(name: str) -> Room:
            return dict(checked(await http.post("/api/chat/rooms", json={"name": name})))

        async def delete(room: Room) -> None:
            assert (await http.delete(f"/api/chat/rooms/{room['id']}")).status_code == 204

        for number in range(ROUNDS // 5):
            # New ones each time: many refusals would end a connection.
            guests = [await person(f"guest{n}", own_server).connect() for n in range(5)]
            rooms = [await create(f"room {number}-{n}") for n in range(10)]
            async with asyncio.TaskGroup() as group:
                for room in rooms:
                    group.create_task(delete(room))
                    for guest in guests:
                        await guest.send("subscribe", room_id=room["id"])
            for guest in guests:
                await guest.settle()
                await guest.close()
        await watcher.client.send("ping")
        await watcher.until("pong")
    assert watcher.replica.rooms == {}
