"""What a client knows of the server: built from nothing but frames and what it fetched.

It holds the server to the protocol with every frame it applies, and at any quiet moment it must be
equal to what a fresh client fetches: old state + events == fresh state.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.support.websocket import Frame

Message = dict[str, Any]
Room = dict[str, Any]


@dataclass
class View:
    """One followed room. `version` is None until its history has been read or synced."""

    room_id: int
    version: int | None = None
    epoch: str | None = None
    messages: list[Message] = field(default_factory=list)
    users: list[str] | None = None
    # Frames that came before the history did.
    early: list[Frame] = field(default_factory=list)


def count_replies(messages: list[Message], told: list[Message]) -> None:
    """Count the replies among what was told, by the rule of the protocol, where they belong."""
    places = {message["id"]: place for place, message in enumerate(messages)}
    for reply in sorted(told, key=lambda each: int(each["id"])):
        place = places.get(reply["chain"])
        if place is None:
            continue
        known = messages[place]["replies"] or {"count": 0, "last_id": 0}
        if reply["id"] > known["last_id"]:
            replies = {
                "count": known["count"] + 1, "last_id": reply["id"], "last_at": reply["timestamp"]
            }  # fmt: skip
            messages[place] = {**messages[place], "replies": replies}


class Replica:
    """The state of one client, which lives on over its reconnects."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.views: dict[int, View] = {}
        # What it knew of rooms that it has left, to resume from.
        self.left: dict[int, View] = {}
        # Whether its connection is told more than the seed's frames.
        self.aware = False
        # The list of rooms; None until it was fetched, and what was told of it meanwhile.
        self.rooms: dict[int, Room] | None = None
        self.early: list[Frame] = []
        # The `after` with which each room's next `sync` was asked for.
        self.asked: dict[int, int | None] = {}
        self.typing: list[tuple[int, str]] = []
        self.errors: list[Frame] = []
        self.goodbye = False

    # What the client does

    def follow(self, room_id: int, after: int | None) -> None:
        """Note that it asks to follow a room, perhaps once more."""
        self.asked[room_id] = after
        if room_id not in self.views:
            known = self.left.pop(room_id) if room_id in self.left else View(room_id)
            if after is not None and known.version is not None and after > known.version:
                # It asks for less than it missed, so what it kept joins on to nothing.
                known = View(room_id)
            self.views[room_id] = known

    def unfollow(self, room_id: int) -> None:
        """Note that it has left a room, of which it keeps what it knows."""
        view = self.views.pop(room_id, None)
        if view is not None:
            view.users = None
            self.left[room_id] = view

    def lose_connection(self) -> None:
        """Note that nothing more will come."""
        for room_id in list(self.views):
            self.unfollow(room_id)
        self.aware, self.rooms, self.early = False, None, []
        self.asked.clear()

    def fetched(self, room_id: int, version: int, epoch: str, messages: list[Message]) -> None:
        """Take in the whole history of a followed room, as it stood at `version`."""
        view = self.views[room_id]
        view.version, view.epoch, view.messages = version, epoch, list(messages)
        early, view.early = view.early, []
        for frame in early:
            if frame["version"] > version:
                self.apply(frame)

    def fetched_rooms(self, rooms: list[Room]) -> None:
        """Take in the list of rooms."""
        self.rooms = {room["id"]: room for room in rooms}
        early, self.early = self.early, []
        for frame in early:
            # It may tell of what the list had already.
            room = frame["room"]
            if frame["type"] == "room_removed":
                self.rooms.pop(room["id"], None)
            elif frame["type"] == "room_created" or room["id"] in self.rooms:
                self.rooms[room["id"]] = room

    # What the server tells

    def apply(self, frame: Frame) -> None:
        """Take in one frame, and assert that it may come now and with this content."""
        handler = getattr(self, f"_{frame['type']}", None)
        assert handler is not None, f"{self.name} got a frame of no known type: {frame}"
        handler(frame)

    def _view(self, frame: Frame) -> View:
        view = self.views.get(frame["room_id"])
        assert view is not None, f"{self.name} got a frame of a room it does not follow: {frame}"
        return view

    def _message(self, frame: Frame) -> None:
        view = self._view(frame)
        message = frame["message"]
        assert frame["version"] == message["version"]
        assert frame["room_id"] == message["room_id"]
        if frame.get("repeated"):
            # It says what became of an earlier send, and is at no place in the order.
            assert frame["version"] <= (view.version or frame["version"])
            return
        if view.version is None:
            view.early.append(frame)
            return
        assert frame["version"] == view.version + 1, (
            f"{self.name} stands at {view.version} in room {view.room_id} and got {frame}"
        )
        view.version += 1
        view.messages.append(message)
        count_replies(view.messages, [message])

    def _message_updated(self, frame: Frame) -> None:
        message = frame["message"]
        assert frame["version"] == message["version"]
        view = self.views.get(frame["room_id"])
        if view is None or (view.version is not None and frame["version"] <= view.version):
            # The answer to whoever asked for a change elsewhere, or for none.
            return
        if view.version is None:
            view.early.append(frame)
            return
        assert frame["version"] == view.version + 1
        view.version += 1
        places = [each["id"] for each in view.messages]
        view.messages[places.index(message["id"])] = message

    def _sync(self, frame: Frame) -> None:
        view = self._view(frame)
        after = self.asked.pop(view.room_id)
        room, messages = frame["room"], frame["messages"]
        assert (room["id"], room["version"]) == (view.room_id, frame["version"])
        assert room["epoch"] == frame["epoch"]
        assert after is not None or not (messages or frame["reset"])
        versions = [message["version"] for message in messages]
        if frame["reset"]:
            assert not messages
            view.version, view.messages = None, []
        elif after is not None:
            # A message that changed more than once comes once: numbers rise, and may skip.
            assert versions == sorted(set(versions)), f"{self.name}: {versions}"
            assert all(after < each <= frame["version"] for each in versions), (
                f"{self.name} asked after {after} and got {versions} up to {frame['version']}"
            )
            if view.version is not None:
                known = [each for each in view.messages if each["version"] <= after]
                merged = {each["id"]: each for each in [*known, *messages]}
                view.version = frame["version"]
                view.messages = [merged[each] for each in sorted(merged)]
                count_replies(view.messages, messages)
        elif view.version is not None and view.version != frame["version"]:
            # It asked for nothing that it missed, so it has to read the history again.
            view.version, view.messages = None, []
        view.epoch = frame["epoch"]
        # Who came and went while the state was read is told by the list that follows it.
        view.users = None

    def _join(self, frame: Frame) -> None:
        view = self._view(frame)
        if view.users is not None:
            assert frame["username"] not in view.users, f"{self.name}: joined twice: {frame}"
            view.users.append(frame["username"])

    def _leave(self, frame: Frame) -> None:
        view = self._view(frame)
        if view.users is not None:
            view.users.remove(frame["username"])

    def _user_list(self, frame: Frame) -> None:
        view = self._view(frame)
        assert frame["guests"] == frame["users"]
        assert view.users is None or view.users == frame["users"], (
            f"{self.name} knows {view.users} in room {view.room_id}, is told {frame['users']}"
        )
        view.users = list(frame["users"])

    def _typing(self, frame: Frame) -> None:
        self.typing.append((self._view(frame).room_id, frame["username"]))

    def _room_deleted(self, frame: Frame) -> None:
        self._view(frame)
        del self.views[frame["room_id"]]
        self.asked.pop(frame["room_id"], None)

    def _list_event(self, frame: Frame) -> None:
        assert self.aware, f"{self.name} is told only the seed's frames, and got {frame}"
        room = frame["room"]
        if self.rooms is None:
            self.early.append(frame)
            return
        known = room["id"] in self.rooms
        assert known is (frame["type"] != "room_created"), f"{self.name}: {frame}"
        if frame["type"] == "room_removed":
            del self.rooms[room["id"]]
        else:
            self.rooms[room["id"]] = room

    _room_created = _room_changed = _room_removed = _list_event

    def _heartbeat(self, frame: Frame) -> None:
        assert self.aware
        for room_id, version in frame["versions"].items():
            view = self.views.get(int(room_id))
            assert view is not None
            assert view.version in (None, version)

    def _error(self, frame: Frame) -> None:
        self.errors.append(frame)

    def _pong(self, frame: Frame) -> None:
        """Nothing changes."""

    def _closing(self, frame: Frame) -> None:
        assert frame["retry_after_ms"] > 0
        self.goodbye = True
