"""Random commands of several clients at both doors, compared with a model after every one.

`TEST_LONG=1` runs many more of them.
"""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests.properties.actor import Actor
from tests.properties.bringing import Bringing
from tests.properties.machine import index, names
from tests.properties.model import ModelRoom
from tests.support.aside import LoopAside
from tests.support.people import async_http_client
from tests.support.server import Server
from tests.support.timing import BRIEF, LONG

EXAMPLES, STEPS = (500, 100) if LONG else (4, 40) if BRIEF else (20, 40)
# What fails waits for what does not come, so to make an example smaller takes minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else [])]
MAX_ONLINE = 6

ROOM_NAMES = ["General", "general", "Ünder", "Straße", "STRASSE", "静か", "a" * 100]


class Chat(Bringing):
    """Clients come, talk, change what they said, get lost, come back; servers restart."""

    restarts = 0
    may_restart = False

    @initialize(one_of=st.integers(0, 5))
    def begin(self, one_of: int) -> None:
        """Begin with one room, on the server that the examples before have used."""
        # What takes long is not done in each of them.
        self.may_restart, self.counts = one_of == 0, one_of == 1
        for room in self.get("/api/chat/rooms"):
            self.run(self.http.delete(f"/api/chat/rooms/{room['id']}"))
        self.create_room("General")

    # Rooms

    @rule(name=st.sampled_from(ROOM_NAMES))
    def create_room(self, name: str) -> None:
        """Make a room, or be told that there is one of this name."""
        answer = self.run(self.http.post("/api/chat/rooms", json={"name": name}))
        if self.model.named(name):
            assert (answer.status_code, answer.json()["code"]) == (409, "room_exists")
            return
        assert answer.status_code == 201
        room = ModelRoom(answer.json()["id"], name)
        assert room.id not in self.model.rooms
        self.model.rooms[room.id] = room

    @precondition(lambda self: len(self.model.rooms) > 1)
    @rule(number=index, name=st.none() | names)
    def delete_room(self, number: int, name: str | None) -> None:
        """Delete a room: all in it are told, and those who came for it alone are sent away."""
        room = self.room(number)
        by = {} if name is None else {"username": name}
        answer = self.run(self.http.delete(f"/api/chat/rooms/{room.id}", params=by))
        assert answer.status_code == 204
        words = f"#{room.name} was deleted" + ("." if name is None else f" by {name}.")
        del self.model.rooms[room.id]
        for actor in self.online:
            if room.id in actor.following:
                self.run(actor.until("room_deleted", room_id=room.id, message=words))
                del actor.following[room.id]
                if actor.door is not None and not actor.following:
                    assert self.run(actor.read_to_the_end()) == 4504

    @precondition(lambda self: self.model.rooms)
    @rule(
        where=index,
        limit=st.integers(1, 8),
        place=st.sampled_from([None, "before", "after", "around"]),
        at=st.integers(0, 60),
    )
    def read_page(self, where: int, limit: int, place: str | None, at: int) -> None:
        """Read a page of history."""
        room = self.room(where)
        ids = [message["id"] for message in room.messages]
        pivot = ids[at % len(ids)] if ids else 1 + at
        query = {"limit": limit} | ({} if place is None else {place: pivot})
        page = self.get(f"/api/chat/rooms/{room.id}/messages", query)
        if place == "before":
            expected = [each for each in room.messages if each["id"] < pivot][-limit:]
        elif place == "after":
            expected = [each for each in room.messages if each["id"] > pivot][:limit]
        elif place == "around" and ids:
            assert len(page) == min(limit, len(ids))
            first = ids.index(page[0]["id"])
            expected = room.messages[first : first + len(page)]
            assert pivot in [each["id"] for each in expected]
        else:
            expected = room.messages[-limit:]
        assert page == expected

    # Connections

    @precondition(lambda self: len(self.online) < MAX_ONLINE and self.model.rooms)
    @rule(name=names, number=index, door=st.sampled_from(["seed", "sync", "many"]))
    def connect(self, name: str, number: int, door: str) -> None:
        """Come for the first time, by one of the doors."""
        actor = Actor(name)
        self.actors.append(actor)
        room = None if door == "many" else self.room(number)
        self.come(actor, room, 0 if door == "sync" else None)

    @precondition(
        lambda self: (
            any(not actor.online for actor in self.actors)
            and len(self.online) < MAX_ONLINE
            and self.model.rooms
        )
    )
    @rule(number=index, where=index, many=st.booleans())
    def resume(self, number: int, where: int, many: bool) -> None:
        """Come back after a loss, with the version and epoch of what is known."""
        lost = [actor for actor in self.actors if not actor.online]
        actor, room = lost[number % len(lost)], self.room(where)
        after, epoch = actor.knows(room.id)
        if many:
            self.come(actor, None, None)
            self.follow(actor, room, after, epoch)
        else:
            self.come(actor, room, after or 0, epoch)

    @precondition(lambda self: self.online and self.model.rooms)
    @rule(number=index, where=index, after=st.none() | st.integers(0, 5))
    def subscribe(self, number: int, where: int, after: int | None) -> None:
        """Follow one more room, or ask again, from some version on or from none."""
        self.follow(self.actor(number), self.room(where), after)

    @precondition(lambda self: self.online and self.model.rooms)
    @rule(number=index, where=index)
    def ask_again(self, number: int, where: int) -> None:
        """Follow a room from where one stands, as after a jump."""
        actor, room = self.actor(number), self.room(where)
        self.follow(actor, room, *actor.knows(room.id))

    @precondition(lambda self: self.online and self.model.rooms)
    @rule(number=index, where=index)
    def unsubscribe(self, number: int, where: int) -> None:
        """Follow a room no longer; the others see the person leave, if it was all of them."""
        actor, room = self.actor(number), self.room(where)
        self.run(actor.client.send("unsubscribe", room_id=room.id))
        self.run(actor.settle())
        actor.replica.unfollow(room.id)
        if actor.following.pop(room.id, None):
            room.leave(actor.name)

    @precondition(lambda self: self.online)
    @rule(number=index, how=st.sampled_from(["leave", "drop", "too big"]))
    def disconnect(self, number: int, how: str) -> None:
        """Lose a connection: in order, without a word, or by breaking the limit of a frame."""
        actor = self.actor(number)
        if how == "leave":
            self.run(actor.leave())
        elif how == "drop":
            self.run(actor.drop())
        else:
            self.run(actor.client.send_text("x" * 8_097))
            assert self.run(actor.read_to_the_end()) == 1009

    @precondition(lambda self: self.may_restart and self.restarts < 2)
    @rule(kill=st.booleans())
    def restart(self, kill: bool) -> None:
        """Stop or kill the server and start it on the same data: everybody has to come back."""
        self.restarts += 1
        online = self.online

        async def end() -> list[int]:
            how = self.server.akill() if kill else self.server.astop()
            ended = await asyncio.gather(how, *(actor.read_to_the_end() for actor in online))
            return [code for code in ended if isinstance(code, int)]

        try:
            codes = self.run(end())
        finally:
            self.server.start()
        assert codes == ([1006] * len(online) if kill else [0, *[1012] * len(online)])
        assert all(actor.replica.goodbye is not kill for actor in online)


@pytest.mark.timeout(7_200 if LONG else 240)
def test_random_commands_match_the_model(new_server: Callable[..., Server]) -> None:
    """Whatever clients do, all of them know what the model says they must know."""
    server = new_server(env={"PARLOUR_GUEST_FILES": "on"}).start()
    with LoopAside() as aside:
        http = async_http_client(server)

        class Running(Chat):
            """The machine at this server."""

            def __init__(self) -> None:
                super().__init__(server, aside, http)

        try:
            run_state_machine_as_test(
                Running,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    phases=PHASES,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            aside.run(http.aclose())
