"""ConnectionManager: which connection follows which room, and frames to all of them."""

from collections.abc import Iterable

from parlour.realtime.connection import Connection
from parlour.realtime.feed import Feed
from parlour.realtime.frames import text_frame
from parlour.realtime.presence import Presence, Present
from parlour.support.counts import COUNTS


class _Room:
    """Who follows one room, how frames reach them, and where the room stands."""

    __slots__ = ("feed", "followers", "version")

    def __init__(self) -> None:
        self.feed = Feed()
        self.followers: dict[Connection, None] = {}
        self.version: int | None = None


class ConnectionManager:
    """The connections of this process, by room. Everything here runs in the event loop."""

    def __init__(self) -> None:
        self._rooms: dict[int, _Room] = {}
        # The news of the list of rooms go to all connections that asked for more than the
        # seed's frames.
        self._aware = Feed()
        self._connections: dict[Connection, None] = {}
        self._by_person: dict[str, dict[Connection, None]] = {}
        self.presence = Presence()

    # Connections

    def register(self, connection: Connection) -> None:
        """Know a connection, which follows no room yet."""
        COUNTS.connections += 1
        self._connections[connection] = None
        self._by_person.setdefault(connection.person_key, {})[connection] = None
        if connection.aware:
            self._follow(connection, self._aware)

    def make_aware(self, connection: Connection) -> None:
        """Tell a connection more than the seed's frames from here on."""
        if not (connection.aware or connection.ending):
            connection.aware = True
            self._follow(connection, self._aware)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many connections there are, of how many people, in how many rooms."""
        return len(self._connections), len(self._by_person), len(self._rooms)

    def connections(self) -> list[Connection]:
        """All connections just now."""
        return list(self._connections)

    def connections_of(self, person_key: str) -> list[Connection]:
        """All connections of one person just now."""
        return list(self._by_person.get(person_key, ()))

    def rooms_of(self, connection: Connection) -> set[int]:
        """The rooms that a connection follows."""
        return set(connection.rooms)

    def rooms_in(self, connection: Connection) -> set[int]:
        """Those of them that it was let into: their state has been read."""
        return {room_id for room_id, inside in connection.rooms.items() if inside}

    def forget(self, connection: Connection) -> None:
        """Know a connection no longer; it has left its rooms before."""
        connection.gone()
        connection.feeds.clear()
        self._connections.pop(connection, None)
        own = self._by_person.get(connection.person_key, {})
        own.pop(connection, None)
        if not own:
            self._by_person.pop(connection.person_key, None)

    # Following a room

    def connect(self, connection: Connection, room_id: int) -> bool:
        """Let a connection follow a room; whether it is new there.

        From here on the room's frames are held back for it, until `release` says from which
        version on it needs them: nothing that happens while its state is read can be missed.
        """
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = _Room()
        room.feed.hold(connection)
        if room_id in connection.rooms:
            return False
        connection.rooms[room_id] = False
        connection.feeds.append(room.feed)
        room.followers[connection] = None
        return True

    def release(self, connection: Connection, room_id: int, version: int | None = None) -> None:
        """Hand over what was held back: the changes after `version`, and all that has none.

        Every change up to `version` has been broadcast before. Without a `version` no state was
        given, and nothing of what was held back is left out.
        """
        room = self._rooms.get(room_id)
        if room is not None:
            room.feed.release(connection, version)

    def enter(self, connection: Connection, room_id: int) -> bool:
        """Count the connection's person as present; whether they were not in the room before."""
        if connection.rooms.get(room_id, True):
            return False
        connection.rooms[room_id] = True
        present = Present(connection.username, connection.guest)
        return self.presence.enter(room_id, connection.person_key, present)

    def disconnect(self, connection: Connection, room_id: int) -> Present | None:
        """Let a connection follow a room no longer; who left, when their last connection did."""
        entered = connection.rooms.pop(room_id, None)
        if entered is None:
            return None
        room = self._rooms[room_id]
        room.feed.catch_up(connection)
        room.feed.remove(connection)
        connection.feeds.remove(room.feed)
        del room.followers[connection]
        if not room.followers:
            del self._rooms[room_id]
        return self.presence.leave(room_id, connection.person_key) if entered else None

    # Frames

    def is_in(self, connection: Connection, room_id: int) -> bool:
        """Whether a connection follows a room and was let in: its state has been read."""
        return connection.rooms.get(room_id, False)

    def follows(self, connection: Connection, room_id: int) -> bool:
        """Whether a connection follows a room."""
        return room_id in connection.rooms

    def followers(self, room_id: int) -> list[Connection]:
        """Everybody who follows a room."""
        room = self._rooms.get(room_id)
        return [] if room is None else list(room.followers)

    def broadcast(
        self,
        room_id: int,
        payload: bytes,
        *,
        version: int | None = None,
        ephemeral: bool = False,
        but: str | None = None,
        aware_only: bool = False,
    ) -> None:
        """Send one frame to everybody in a room.

        `version` is that of the durable change which the frame tells of; `but` is the key of a
        person who is not told; `aware_only` leaves out those who get only the seed's frames.
        """
        room = self._rooms.get(room_id)
        if room is None:
            return
        if version is not None:
            self.note_version(room_id, version)
        left_out = [] if but is None else list(self._by_person.get(but, ()))
        room.feed.publish(
            text_frame(payload),
            version=version,
            ephemeral=ephemeral,
            but=left_out,
            reserved=aware_only,
        )

    def broadcast_to_aware(self, payload: bytes) -> None:
        """Send one frame to every connection that asked for more than the seed's frames."""
        self._aware.publish(text_frame(payload))

    def user_list(self, room_id: int) -> list[str]:
        """The names of everybody in a room, in the order in which they came."""
        return [present.username for present in self.presence.people(room_id)]

    def note_version(self, room_id: int, version: int) -> None:
        """Remember where a followed room stands, for the heartbeat."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.version = version if room.version is None else max(version, room.version)

    def versions(self, room_ids: Iterable[int]) -> dict[int, int]:
        """Where the given rooms stand, as far as this process knows."""
        rooms = ((room_id, self._rooms.get(room_id)) for room_id in room_ids)
        return {
            room_id: room.version
            for room_id, room in rooms
            if room is not None and room.version is not None
        }

    def _follow(self, connection: Connection, feed: Feed) -> None:
        feed.add(connection)
        connection.feeds.append(feed)
