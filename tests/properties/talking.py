"""The rules by which actors of the state machine talk."""

import asyncio
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.actor import Actor
from tests.properties.machine import Machine, index, names
from tests.properties.model import Message, ModelRoom, key_of
from tests.support.people import checked

CLIENT_IDS = ["one", "two", "three", "f" * 64]
GARBAGE: list[tuple[str | bytes, str]] = [
    ("", "bad_json"),
    ("[]", "bad_json"),
    ("nonsense", "bad_json"),
    ('{"type":"message"', "bad_json"),
    ('{"type":"message","content":NaN}', "bad_json"),
    ("[" * 2_000, "bad_json"),
    (b'{"type":"ping"}', "bad_json"),
    ("{}", "unknown_type"),
    ('{"type":"explode"}', "unknown_type"),
    ('{"type":["message"]}', "unknown_type"),
    ('{"type":"ping","extra":1}', "invalid"),
    ('{"type":"ping","type":"ping"}', "invalid"),
    ('{"type":"message","content":5}', "invalid"),
    ('{"type":"message","content":" \\u200b "}', "empty"),
    ('{"type":"message","content":"\\ud800"}', "bad_json"),
    ('{"type":"message","content":"a\\u0000b"}', "invalid"),
    ('{"type":"message","content":"x","id":7}', "invalid"),
    ('{"type":"message","content":"x","client_id":""}', "invalid"),
    ('{"type":"subscribe","room_id":"1"}', "invalid"),
    ('{"type":"subscribe","room_id":0}', "invalid"),
    ('{"type":"subscribe","room_id":987654321}', "not_found"),
    ('{"type":"typing","room_id":987654321}', "not_allowed"),
]

client_ids = st.none() | st.sampled_from(CLIENT_IDS)
said = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


class Talking(Machine):
    """Messages over both doors, repeats, many at once, typing, garbage."""

    @precondition(lambda self: self.online and self.model.rooms)
    @rule(number=index, where=index, text=said, client_id=client_ids)
    def send(self, number: int, where: int, text: str, client_id: str | None) -> None:
        """Say something over the WebSocket, perhaps for the second time."""
        actor, room = self.actor(number), self.room(where)
        content, stored = self.words(text)
        fields: dict[str, Any] = {"content": content, "client_id": client_id}
        if room is not actor.door:
            fields["room_id"] = room.id
        self.run(actor.client.send("message", **fields))
        if room.id not in actor.following:
            self.refused(actor, "not_allowed", client_id=client_id)
            return
        before = room.sent_before(actor.name, client_id)
        if before is not None:
            frame = self.run(actor.until("message", message=before, repeated=True))
            assert frame["version"] == before["version"]
            return
        frame = self.run(actor.until("message", room_id=room.id, message={"content": stored}))
        assert frame["message"]["username"] == actor.name
        assert frame["message"]["client_id"] == client_id
        self.model.store(room, frame["message"])

    @precondition(lambda self: self.model.rooms)
    @rule(name=names, where=index, text=said, client_id=client_ids)
    def post(self, name: str, where: int, text: str, client_id: str | None) -> None:
        """Say something over HTTP, perhaps for the second time."""
        room = self.room(where)
        content, stored = self.words(text)
        body = {"content": content} | ({} if client_id is None else {"client_id": client_id})
        path = f"/api/chat/rooms/{room.id}/messages"
        answer = self.run(self.http.post(path, params={"username": name}, json=body))
        before = room.sent_before(name, client_id)
        if before is not None:
            assert (answer.status_code, answer.json()) == (200, before)
            return
        assert answer.status_code == 201
        message = answer.json()
        assert (message["content"], message["username"]) == (stored, name)
        self.model.store(room, message)

    @precondition(lambda self: any(actor.following for actor in self.online))
    @rule(
        where=index,
        counts=st.lists(st.integers(1, 8), min_size=1, max_size=4),
        posts=st.integers(0, 4),
        again=st.booleans(),
    )
    def talk_at_once(self, where: int, counts: list[int], posts: int, again: bool) -> None:
        """Several say several things at the same time, over both doors, while one asks again."""
        rooms = list(
            {room.id: room for actor in self.online for room in actor.following.values()}.values()
        )
        room = rooms[where % len(rooms)]
        talking = [actor for actor in self.online if room.id in actor.following]
        told = self.run(self._burst(talking, room, counts, posts, again=again))
        for message in sorted(told, key=lambda each: int(each["version"])):
            self.model.store(room, message)
        places = {message["client_id"]: message["version"] for message in told}
        for actor in talking:
            own = [place for key, place in places.items() if key.startswith(f"{id(actor)}-")]
            assert own == sorted(own), "what one connection sends keeps its order"

    async def _burst(
        self, talking: list[Actor], room: ModelRoom, counts: list[int], posts: int, *, again: bool
    ) -> list[Message]:
        """Send all, then read until all is answered; what was stored, each sender's in order."""
        waiting: list[tuple[Actor, str]] = []
        asking = talking[-1:] if again else []
        posting = []
        turns = max(*counts, posts)
        for turn in range(turns):
            for actor in [
                each for each, count in zip(talking, counts, strict=False) if turn < count
            ]:
                content, _ = self.words("at once")
                waiting.append((actor, f"{id(actor)}-{self.said}"))
                await actor.client.send(
                    "message", room_id=room.id, content=content, client_id=waiting[-1][1]
                )
            if turn < posts:
                posting.append(asyncio.create_task(self._post(room, f"post-{self.said}-{turn}")))
            if turn == min(1, turns - 1):
                for actor in asking:
                    await actor.ask_again(room.id)
        told = list(await asyncio.gather(*posting))
        told += [await actor.told_of(room.id, client_id) for actor, client_id in waiting]
        for actor in asking:
            await actor.until_asked(room.id)
        return told

    async def _post(self, room: ModelRoom, client_id: str) -> Message:
        path = f"/api/chat/rooms/{room.id}/messages"
        body = {"content": client_id, "client_id": client_id}
        return dict(checked(await self.http.post(path, params={"username": "poster"}, json=body)))

    @precondition(lambda self: self.online and self.model.rooms)
    @rule(number=index, where=index)
    def typing(self, number: int, where: int) -> None:
        """Type: all others in the room are told, once."""
        actor, room = self.actor(number), self.room(where)
        self.run(actor.client.send("typing", room_id=room.id))
        if room.id not in actor.following:
            self.refused(actor, "not_allowed", room_id=room.id)
            return
        self.run(actor.settle())
        for other in self.online:
            self.run(other.settle())
            told = room.id in other.following and key_of(other.name) != key_of(actor.name)
            assert other.replica.typing == ([(room.id, actor.name)] if told else [])
            other.replica.typing.clear()

    @precondition(lambda self: any(actor.following for actor in self.online))
    @rule(where=index)
    def say_too_much(self, where: int) -> None:
        """Say one character more than is allowed: it is refused and not stored."""
        talking = [actor for actor in self.online if actor.following]
        actor = talking[where % len(talking)]
        room_id = next(iter(actor.following))
        self.run(actor.client.send("message", room_id=room_id, content="x" * 1_001))
        self.refused(actor, "too_long", room_id=room_id, field="content")

    @precondition(lambda self: self.online)
    @rule(number=index, garbage=st.sampled_from(GARBAGE))
    def garbage(self, number: int, garbage: tuple[str | bytes, str]) -> None:
        """Send what no client should: it is refused, and nothing else happens."""
        actor = self.actor(number)
        text, code = garbage
        self.run(actor.client.send_text(text))
        self.refused(actor, code)
