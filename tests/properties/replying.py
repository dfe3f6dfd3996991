"""The rules by which actors of the state machine answer one another."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.changing import Changing
from tests.properties.machine import index, names
from tests.properties.model import Message, ModelRoom


class Replying(Changing):
    """Replies over both doors, to messages of all ages, and to what cannot be answered."""

    def parent(self, where: int, which: int) -> tuple[ModelRoom, Message]:
        """One of all messages, of whatever room, and the room in which it is to be answered."""
        every = [message for room in self.model.rooms.values() for message in room.messages]
        return self.room(where), every[which % len(every)]

    @precondition(
        lambda self: self.online and any(room.messages for room in self.model.rooms.values())
    )
    @rule(number=index, where=index, which=index)
    def reply(self, number: int, where: int, which: int) -> None:
        """Answer over the WebSocket; what is deleted or of another room is not there."""
        actor = self.actor(number)
        room, parent = self.parent(where, which)
        content, _ = self.words("answer")
        fields: dict[str, Any] = {"room_id": room.id, "content": content}
        self.run(actor.client.send("message", reply_to=parent["id"], **fields))
        if room.id not in actor.following:
            self.refused(actor, "not_allowed", room_id=room.id)
        elif parent["room_id"] != room.id or parent["deleted_at"]:
            self.refused(actor, "not_found", room_id=room.id, field="reply_to")
        else:
            frame = self.run(
                actor.until("message", room_id=room.id, message={"content": content.strip()})
            )
            assert frame["message"]["reply_to"] == parent["id"]
            self.model.store(room, frame["message"])

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(name=names, where=index, which=index)
    def post_reply(self, name: str, where: int, which: int) -> None:
        """The same over HTTP."""
        room, parent = self.parent(where, which)
        content, _ = self.words("answer")
        answer = self.run(
            self.http.post(
                f"/api/chat/rooms/{room.id}/messages",
                params={"username": name},
                json={"content": content, "reply_to": parent["id"]},
            )
        )
        if parent["room_id"] != room.id or parent["deleted_at"]:
            refusal = answer.json()
            assert (answer.status_code, refusal["code"]) == (404, "not_found")
            assert refusal["field"] == "reply_to"
            return
        assert answer.status_code == 201
        self.model.store(room, answer.json())

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(
        where=index,
        which=index,
        limit=st.integers(1, 6),
        place=st.sampled_from([None, "before", "after", "around"]),
        at=index,
    )
    def read_chain(self, where: int, which: int, limit: int, place: str | None, at: int) -> None:
        """Read a page of the chain that a message belongs to."""
        room, message = self.message(where, which)
        root = message["chain"] or message["id"]
        chain = [each for each in room.messages if root in (each["id"], each["chain"])]
        pivot = chain[at % len(chain)]["id"]
        query = {"limit": limit} | ({} if place is None else {place: pivot})
        page = self.get(f"/api/chat/messages/{message['id']}/replies", query)
        if place == "before":
            assert page == [each for each in chain if each["id"] < pivot][-limit:]
        elif place == "after":
            assert page == [each for each in chain if each["id"] > pivot][:limit]
        elif place == "around":
            assert len(page) == min(limit, len(chain))
            first = chain.index(page[0])
            assert page == chain[first : first + len(page)]
            assert pivot in [each["id"] for each in page]
        else:
            assert page == chain[-limit:]

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(where=index, wanted=st.lists(index, min_size=1, max_size=5))
    def read_by_ids(self, where: int, wanted: list[int]) -> None:
        """Read some messages by their ids: those of other rooms are left out."""
        room = self.room(where)
        every = [message for each in self.model.rooms.values() for message in each.messages]
        ids = {every[number % len(every)]["id"] for number in wanted}
        page = self.get(f"/api/chat/rooms/{room.id}/messages", {"ids": sorted(ids)})
        assert page == [message for message in room.messages if message["id"] in ids]
