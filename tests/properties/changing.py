"""The rules by which actors of the state machine change what was said."""

from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from parlour.editing import MAX_EARLIER
from tests.properties.machine import index, names
from tests.properties.model import Message, ModelRoom, key_of
from tests.properties.talking import Talking, said
from tests.support.people import checked

# As they are written, and as they are kept.
EMOJI = [("👍", "👍"), ("❤", "❤️"), ("❤️", "❤️"), ("#️⃣", "#️⃣"), ("👩🏽‍🚀", "👩🏽‍🚀"), ("🇳🇴", "🇳🇴")]
emojis = st.sampled_from(EMOJI)


class Changing(Talking):
    """Edits, deletions and reactions over both doors, by authors and by others."""

    def message(self, where: int, which: int) -> tuple[ModelRoom, Message]:
        """One of the messages, and its room."""
        rooms = [room for room in self.model.rooms.values() if room.messages]
        room = rooms[where % len(rooms)]
        return room, room.messages[which % len(room.messages)]

    @precondition(
        lambda self: self.online and any(room.messages for room in self.model.rooms.values())
    )
    @rule(number=index, where=index, which=index, text=said)
    def edit(self, number: int, where: int, which: int, text: str) -> None:
        """Say a message in other words: its author may, until it is deleted."""
        actor = self.actor(number)
        room, message = self.message(where, which)
        content, stored = self.words(text)
        echo = {"room_id": room.id}
        self.run(actor.client.send("edit", message_id=message["id"], content=content, **echo))
        if key_of(actor.name) != key_of(message["username"]):
            self.refused(actor, "not_allowed", **echo)
        elif message["deleted_at"]:
            self.refused(actor, "not_found", **echo)
        else:
            told = self.run(actor.until("message_updated", message={"content": stored}))["message"]
            assert told["edited_at"]
            self.model.change(room, told, content=stored, edited_at=told["edited_at"])

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(where=index, which=index)
    def look_back(self, where: int, which: int) -> None:
        """Read what a message said from the first time on; of a deleted one nothing is left."""
        _, message = self.message(where, which)
        answer = self.run(self.http.get(f"/api/chat/messages/{message['id']}/edits"))
        if message["deleted_at"]:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            return
        now = message["content"], message["edited_at"] or message["timestamp"]
        spoken = [*self.model.earlier.get(message["id"], []), now]
        # The first, and the newest of the others.
        kept = [0, *range(max(1, len(spoken) - MAX_EARLIER), len(spoken))]
        assert checked(answer) == [
            {"number": place + 1, "content": spoken[place][0], "timestamp": spoken[place][1]}
            for place in kept
        ]

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(where=index, which=index, own=index)
    def delete(self, where: int, which: int, own: int) -> None:
        """Delete a message over HTTP: its author may, how often they like; a stranger may not."""
        room, message = self.message(where, which)
        name = message["username"] if own % 4 else "a stranger"
        path = f"/api/chat/messages/{message['id']}"
        answer = self.run(self.http.delete(path, params={"username": name}))
        if not own % 4:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
            return
        assert answer.status_code == 204
        if message["deleted_at"]:
            return
        page = self.get(
            f"/api/chat/rooms/{room.id}/messages", {"around": message["id"], "limit": 1}
        )
        deleted_at = page[0]["deleted_at"]
        assert deleted_at
        nothing: dict[str, Any] = {"forwarded": None, "pinned_at": None, "pinned_by": None}
        self.model.change(
            room, page[0], content="", deleted_at=deleted_at, reactions=[], files=[], **nothing
        )

    @precondition(lambda self: any(room.messages for room in self.model.rooms.values()))
    @rule(name=names, number=index, where=index, which=index, emoji=emojis, on=st.booleans())
    def react(
        self, name: str, number: int, where: int, which: int, emoji: tuple[str, str], *, on: bool
    ) -> None:
        """React, or take it back, by either door and in any form; twice is once."""
        room, message = self.message(where, which)
        written, kept = emoji
        actor = self.actor(number) if self.online and number % 2 else None
        name = name if actor is None else actor.name
        changed = not message["deleted_at"] and room.react(message, name, kept, on=on)
        version = room.version + 1 if changed else message["version"]
        if actor is None:
            how = "PUT" if on else "DELETE"
            path = f"/api/chat/messages/{message['id']}/reactions/{quote(written)}"
            answer = self.run(self.http.request(how, path, params={"username": name}))
            told = answer.json()
        else:
            fields = {"emoji": written, "on": on, "room_id": room.id}
            self.run(actor.client.send("react", message_id=message["id"], **fields))
            if message["deleted_at"]:
                self.refused(actor, "not_found", room_id=room.id)
                return
            this = {"id": message["id"]}
            told = self.run(actor.until("message_updated", message=this, version=version))[
                "message"
            ]
        if message["deleted_at"]:
            assert told["code"] == "not_found"
            return
        fresh = self.get(
            f"/api/chat/rooms/{room.id}/messages", {"around": message["id"], "limit": 1}
        )[0]
        assert told == fresh
        if changed:
            self.model.change(room, fresh, reactions=room.reactions_of(message))
        else:
            assert fresh == message
