"""The rules by which actors of the state machine pin what was said, and pass it on."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.machine import index, names
from tests.properties.model import Message
from tests.properties.replying import Replying


def some_message(machine: Replying) -> bool:
    """Whether anything was said."""
    return any(room.messages for room in machine.model.rooms.values())


class PassingOn(Replying):
    """Pins over both doors, also of what is pinned; forwards from every room into every other."""

    @precondition(some_message)
    @rule(name=names, number=index, where=index, which=index, on=st.booleans())
    def pin(self, name: str, number: int, where: int, which: int, *, on: bool) -> None:
        """In a room of nobody's everybody pins and unpins; twice is once."""
        room, message = self.message(where, which)
        actor = self.actor(number) if self.online and number % 2 else None
        changed = not message["deleted_at"] and (message["pinned_at"] is not None) is not on
        version = room.version + 1 if changed else message["version"]
        if actor is None:
            path = f"/api/chat/messages/{message['id']}/pin"
            how = "PUT" if on else "DELETE"
            told = self.run(self.http.request(how, path, params={"username": name})).json()
        else:
            name = actor.name
            self.run(actor.client.send("pin", message_id=message["id"], on=on, room_id=room.id))
            if message["deleted_at"]:
                self.refused(actor, "not_found", room_id=room.id)
                return
            this = {"id": message["id"]}
            told = self.run(actor.until("message_updated", message=this, version=version))
            told = told["message"]
        if message["deleted_at"]:
            assert told["code"] == "not_found"
        elif changed:
            assert (told["pinned_at"] is not None) is on
            by = name if on else None
            self.model.change(room, told, pinned_at=told["pinned_at"], pinned_by=by)
        else:
            assert told == message

    @precondition(lambda self: self.model.rooms)
    @rule(where=index, limit=st.integers(1, 4))
    def read_pins(self, where: int, limit: int) -> None:
        """All pages of the pins of a room are those of the model, the last one first."""
        room = self.room(where)
        told: list[Message] = []
        before: dict[str, Any] = {}
        while page := self.get(f"/api/chat/rooms/{room.id}/pins", {"limit": limit, **before}):
            assert len(page) <= limit
            told += page
            before = {"before": page[-1]["pinned_at"]}
        pinned = [each for each in room.messages if each["pinned_at"]]
        assert told == sorted(pinned, key=lambda each: str(each["pinned_at"]), reverse=True)

    @precondition(some_message)
    @rule(name=names, number=index, where=index, which=index, words=st.booleans())
    def forward(self, name: str, number: int, where: int, which: int, *, words: bool) -> None:
        """Pass a message of any room on, with words of one's own or without."""
        room, source = self.parent(where, which)
        actor = self.actor(number) if self.online and number % 2 else None
        fields: dict[str, Any] = {"forward": source["id"]}
        if words:
            fields["content"] = self.words("look")[0]
        if actor is None:
            answer = self.run(
                self.http.post(
                    f"/api/chat/rooms/{room.id}/messages", params={"username": name}, json=fields
                )
            )
            told = answer.json()
            if source["deleted_at"]:
                assert (answer.status_code, told["code"]) == (404, "not_found")
                assert told["field"] == "forward"
                return
        else:
            self.run(actor.client.send("message", room_id=room.id, **fields))
            if room.id not in actor.following:
                self.refused(actor, "not_allowed", room_id=room.id)
                return
            if source["deleted_at"]:
                self.refused(actor, "not_found", room_id=room.id, field="forward")
                return
            new = {"id": self.model.last_message_id + 1}
            told = self.run(actor.until("message", room_id=room.id, message=new))["message"]
        assert told["content"] == fields.get("content", "").strip()
        assert told["forwarded"] == self.passed_on(source)
        self.model.store(room, told)

    def passed_on(self, source: Message) -> Message:
        """What is told of a message that is passed on: here all rooms are public."""
        if source["forwarded"] and not source["content"]:
            return dict(source["forwarded"])
        told = ("room_id", "username", "guest", "timestamp", "content", "files")
        return {"message_id": source["id"], **{name: source[name] for name in told}}
