"""What the rules of the state machine share: its actors, how they come and go, what must be so."""

import asyncio
import unicodedata
from typing import Any

from httpx2 import AsyncClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.properties.actor import MAX_FAULTS, Actor
from tests.properties.model import Model, ModelRoom
from tests.support.aside import LoopAside
from tests.support.people import checked
from tests.support.server import Server
from tests.support.timing import scaled

# Spelled in ways that are the same person, and with what makes names hard.
NAMES = ["ada", "Ada", "Zoë", "\u0130rem", "李 明", "eve 👩\u200d🚀"]

index = st.integers(0, 20)
names = st.sampled_from(NAMES)


class Machine(RuleBasedStateMachine):
    """A server, the model of it, and the actors; after every rule all of them have to agree."""

    def __init__(self, server: Server, aside: LoopAside, http: AsyncClient) -> None:
        super().__init__()
        self.server, self.http = server, http
        self.run = aside.run
        self.model = Model()
        self.actors: list[Actor] = []
        self.said = 0
        # Whether it waits in the end for the numbers of people.
        self.counts = True

    # Choosing

    @property
    def online(self) -> list[Actor]:
        """The actors with a connection."""
        return [actor for actor in self.actors if actor.online]

    def room(self, number: int) -> ModelRoom:
        """One of the rooms."""
        rooms = list(self.model.rooms.values())
        return rooms[number % len(rooms)]

    def actor(self, number: int) -> Actor:
        """One of the actors with a connection."""
        return self.online[number % len(self.online)]

    def words(self, text: str) -> tuple[str, str]:
        """Content that nobody said before, as it is sent and as it must be stored."""
        self.said += 1
        content = f" {self.said} {text}"
        return content, unicodedata.normalize("NFC", content).strip()

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """Fetch JSON."""
        return checked(self.run(self.http.get(path, params=params)))

    # Coming and following

    def come(
        self, actor: Actor, door: ModelRoom | None, after: int | None, epoch: str | None = None
    ) -> None:
        """Open a connection, read what the newcomer is told, and fetch what that leaves open."""
        self.run(actor.open(self.server, door, after, epoch))
        if door is not None:
            actor.replica.follow(door.id, after)
            self.entered(actor, door, after, sync=after is not None)
        self.run(actor.fetch(self.http))

    def follow(
        self, actor: Actor, room: ModelRoom, after: int | None, epoch: str | None = None
    ) -> None:
        """Subscribe, perhaps once more, read the answer, and fetch what that leaves open."""
        actor.replica.follow(room.id, after)
        actor.replica.aware = True
        self.run(actor.client.send("subscribe", room_id=room.id, after=after, epoch=epoch))
        self.entered(actor, room, after, sync=True)
        self.run(actor.fetch(self.http))

    def entered(self, actor: Actor, room: ModelRoom, after: int | None, *, sync: bool) -> None:
        """Read what somebody is told who follows a room from now on."""
        if sync:
            frame = self.run(actor.until("sync", room_id=room.id))
            assert frame["version"] == room.version
            assert frame["reset"] is (after is not None and after > room.version)
            if after is not None and not frame["reset"]:
                assert frame["messages"] == room.changed_after(after)
        new = room.id not in actor.following
        actor.following[room.id] = room
        if new and room.enter(actor.name):
            self.run(actor.until("join", room_id=room.id, username=actor.name, guest=True))
        self.run(actor.until("user_list", room_id=room.id, users=room.users))

    def refused(self, actor: Actor, code: str, **echo: Any) -> None:
        """Read a refusal; a client that has had many of them goes before it is sent away."""
        frame = self.run(actor.refused(code))
        assert {name: frame.get(name) for name in echo} == echo
        if actor.faults == MAX_FAULTS:
            self.run(actor.leave())

    # What must be so after every rule

    @invariant()
    def fresh_state_is_the_models(self) -> None:
        """The rooms, their order, their versions and who is in them are as the model has them."""
        expected = [
            (room.id, room.name, room.version, len(room.people))
            for room in self.model.rooms.values()
        ]
        self.run(self._until_listed(expected))

    async def _until_listed(self, expected: list[tuple[int, str, int, int]]) -> None:
        # A lost connection is noticed a moment later: each look is one more round on the network.
        seen: list[Any] = []
        try:
            async with asyncio.timeout(scaled(5)):
                while seen != expected:
                    rooms = checked(await self.http.get("/api/chat/rooms"))
                    seen = [(r["id"], r["name"], r["version"], r["online"]) for r in rooms]
        except TimeoutError:
            assert seen == expected

    @invariant()
    def known_state_is_the_models(self) -> None:
        """Everybody's old state and the events since make exactly the state of the model."""
        for actor in self.online:
            self.run(actor.settle())
            views = actor.replica.views
            assert set(views) == set(actor.following)
            for room_id, room in actor.following.items():
                view = views[room_id]
                assert view.messages == room.messages, f"{actor.name} in {room.name}"
                assert (view.version, view.users) == (room.version, room.users)
            if actor.replica.rooms is not None:
                listed = {each["id"]: each["name"] for each in actor.replica.rooms.values()}
                assert listed == {room.id: room.name for room in self.model.rooms.values()}

    def teardown(self) -> None:
        """In the end everybody's list of rooms has the right number of people, by events alone."""
        try:
            for actor in self.online if self.counts else ():
                self.run(self._until_counted(actor))
        finally:
            for actor in self.online:
                self.run(actor.drop())

    async def _until_counted(self, actor: Actor) -> None:
        # The numbers may come a second late.
        expected = {room.id: len(room.people) for room in self.model.rooms.values()}
        while (rooms := actor.replica.rooms) is not None and expected != {
            room["id"]: room["online"] for room in rooms.values()
        }:
            await actor.read()
