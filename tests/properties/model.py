"""The model: what the server should hold and tell, in plain dictionaries and lists."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]


def key_of(name: str) -> str:
    """Return the form in which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold()


@dataclass
class ModelRoom:
    """One room: its messages in the order of their ids, and who is in it."""

    id: int
    name: str
    # How many durable changes there were: messages said, edited, deleted, reacted to.
    version: int = 0
    messages: list[Message] = field(default_factory=list)
    # By message and emoji, in the order of coming: the people and the names they reacted under.
    reactors: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    # By person: the name that shows, and the number of connections; in the order of coming.
    people: dict[str, tuple[str, int]] = field(default_factory=dict)

    def changed_after(self, version: int) -> list[Message]:
        """The messages that changed since a version, in the order of their last changes."""
        changed = [each for each in self.messages if each["version"] > version]
        return sorted(changed, key=lambda each: int(each["version"]))

    def react(self, message: Message, name: str, emoji: str, *, on: bool) -> bool:
        """Put somebody's emoji on a message or take it away; whether that changes anything."""
        everybody = self.reactors.setdefault(message["id"], {})
        held = everybody.get(emoji, {})
        if (key_of(name) in held) is on:
            return False
        if on:
            everybody.setdefault(emoji, {})[key_of(name)] = name
        else:
            del held[key_of(name)]
            if not held:
                del everybody[emoji]
        return True

    def reactions_of(self, message: Message) -> list[dict[str, Any]]:
        """What a message has to tell of its reactions; no more react than are told by name."""
        return [
            {"emoji": emoji, "count": len(held), "usernames": list(held.values())}
            for emoji, held in self.reactors.get(message["id"], {}).items()
        ]

    def named(self, message_id: int | None) -> Message | None:
        """The message with this id, if it is one of the room's."""
        return next((each for each in self.messages if each["id"] == message_id), None)

    def count(self, message: Message) -> None:
        """A new message makes the chain longer that its parent belongs to; assert that it does."""
        assert message["replies"] is None
        parent = self.named(message["reply_to"])
        if parent is None:
            assert (message["reply_to"], message["chain"]) == (None, None)
            return
        chain = parent["chain"] or parent["id"]
        assert message["chain"] == chain
        members = [each for each in self.messages if each["chain"] == chain]
        place = self.messages.index(self.named(chain) or {})
        replies = {"count": len(members), "last_id": message["id"], "last_at": message["timestamp"]}
        self.messages[place] = {**self.messages[place], "replies": replies}

    @property
    def users(self) -> list[str]:
        """The names of the people who are here."""
        return [name for name, _ in self.people.values()]

    def enter(self, name: str) -> bool:
        """Count a connection in; whether it is its person's first here."""
        shown, count = self.people.get(key_of(name), (name, 0))
        self.people[key_of(name)] = shown, count + 1
        return count == 0

    def leave(self, name: str) -> None:
        """Count a connection out."""
        shown, count = self.people[key_of(name)]
        if count > 1:
            self.people[key_of(name)] = shown, count - 1
        else:
            del self.people[key_of(name)]

    def sent_before(self, name: str, client_id: str | None) -> Message | None:
        """The message that this person made here with this `client_id`."""
        for message in self.messages:
            same = message["client_id"] == client_id, key_of(message["username"]) == key_of(name)
            if client_id is not None and all(same):
                return message
        return None


@dataclass
class Model:
    """The whole server."""

    rooms: dict[int, ModelRoom] = field(default_factory=dict)
    last_message_id: int = 0
    # What messages said before, and when they said it, by message.
    earlier: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def named(self, name: str) -> ModelRoom | None:
        """The room that has this name, without regard to case."""
        for room in self.rooms.values():
            if key_of(room.name) == key_of(name):
                return room
        return None

    def store(self, room: ModelRoom, message: Message) -> None:
        """Take in a new message as the server tells it; assert what the model knows of it."""
        assert message["room_id"] == room.id
        assert message["version"] == room.version + 1
        assert message["id"] > self.last_message_id
        self.last_message_id = message["id"]
        room.version += 1
        room.messages.append(message)
        room.count(message)

    def change(self, room: ModelRoom, message: Message, **expected: Any) -> None:
        """Take in a message as it is told after a change; assert what the model knows of it."""
        assert message["version"] == room.version + 1
        room.version += 1
        [place] = [n for n, each in enumerate(room.messages) if each["id"] == message["id"]]
        before = room.messages[place]
        assert message == {**before, **expected, "version": room.version}
        room.messages[place] = message
        if message["deleted_at"]:
            self.earlier.pop(message["id"], None)
        elif message["content"] != before["content"]:
            said = before["content"], before["edited_at"] or before["timestamp"]
            self.earlier.setdefault(message["id"], []).append(said)

    def nobody_here(self) -> None:
        """Every connection is gone."""
        for room in self.rooms.values():
            room.people.clear()
