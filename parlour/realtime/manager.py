"""ConnectionManager: which connection follows which room, and frames to all of them."""

from collections.abc import Iterable

from parlour.realtime.connection import OUTBOX_LIMIT, Connection
from parlour.realtime.presence import Presence, Present


class _Follower:
    """One connection in one room. While `held` is a list, frames wait in it for the state."""

    __slots__ = ("connection", "entered", "held", "held_bytes", "version")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.entered = False
        self.held: list[tuple[int | None, str]] | None = []
        self.held_bytes = 0
        # Where the state stood that the connection was given.
        self.version = 0

    def send(self, frame: str, version: int | None, *, ephemeral: bool) -> None:
        if version is not None and version <= self.version and self.held is None:
            # The state was read after this change was committed, and before it is told here.
            return
        if self.held is None:
            self.connection.send(frame, ephemeral=ephemeral)
        elif not ephemeral:
            # Ephemeral frames are not held: the list of people that ends the wait is newer.
            self.held.append((version, frame))
            self.held_bytes += len(frame)
            if self.held_bytes > OUTBOX_LIMIT:
                self.connection.abort()


class ConnectionManager:
    """The connections of this process, by room. Everything here runs in the event loop."""

    def __init__(self) -> None:
        self._followers: dict[int, dict[Connection, _Follower]] = {}
        self._connections: dict[Connection, set[int]] = {}
        self._versions: dict[int, int] = {}
        self.presence = Presence()

    # Connections

    def register(self, connection: Connection) -> None:
        """Know a connection, which follows no room yet."""
        self._connections[connection] = set()

    def connections(self) -> list[Connection]:
        """All connections just now."""
        return list(self._connections)

    def rooms_of(self, connection: Connection) -> set[int]:
        """The rooms that a connection follows."""
        return self._connections.get(connection, set())

    # Following a room

    def connect(self, connection: Connection, room_id: int) -> bool:
        """Let a connection follow a room; whether it is new there.

        From here on the room's frames are held back for it, until `release` says from which
        version on it needs them: nothing that happens while its state is read can be missed.
        """
        followers = self._followers.setdefault(room_id, {})
        follower = followers.get(connection)
        if follower is None:
            followers[connection] = _Follower(connection)
            self._connections[connection].add(room_id)
            return True
        if follower.held is None:
            follower.held = []
            follower.held_bytes = 0
        return False

    def release(self, connection: Connection, room_id: int, version: int | None = None) -> None:
        """Hand over what was held back: the changes after `version`, and all that has none.

        Without a `version` no state was given, and nothing of what was held back is left out.
        """
        follower = self._followers.get(room_id, {}).get(connection)
        if follower is None or follower.held is None:
            return
        held, follower.held = follower.held, None
        if version is not None:
            follower.version = version
        for frame_version, frame in held:
            follower.send(frame, frame_version, ephemeral=False)

    def enter(self, connection: Connection, room_id: int) -> bool:
        """Count the connection's person as present; whether they were not in the room before."""
        follower = self._followers.get(room_id, {}).get(connection)
        if follower is None or follower.entered:
            return False
        follower.entered = True
        present = Present(connection.username, connection.guest)
        return self.presence.enter(room_id, connection.person_key, present)

    def disconnect(self, connection: Connection, room_id: int) -> Present | None:
        """Let a connection follow a room no longer; who left, when their last connection did."""
        followers = self._followers.get(room_id, {})
        follower = followers.pop(connection, None)
        if follower is None:
            return None
        if not followers:
            del self._followers[room_id]
            self._versions.pop(room_id, None)
        self._connections[connection].discard(room_id)
        if not follower.entered:
            return None
        return self.presence.leave(room_id, connection.person_key)

    def forget(self, connection: Connection) -> None:
        """Know a connection no longer; it has left its rooms before."""
        self._connections.pop(connection, None)

    # Frames

    def follows(self, connection: Connection, room_id: int) -> bool:
        """Whether a connection follows a room."""
        return connection in self._followers.get(room_id, {})

    def followers(self, room_id: int) -> list[Connection]:
        """Everybody who follows a room."""
        return list(self._followers.get(room_id, {}))

    def broadcast(
        self,
        room_id: int,
        frame: str,
        *,
        version: int | None = None,
        ephemeral: bool = False,
        but: str | None = None,
    ) -> None:
        """Send one frame to everybody in a room.

        `version` is that of the durable change which the frame tells of; `but` is the key of a
        person who is not told.
        """
        if version is not None:
            self.note_version(room_id, version)
        for connection, follower in list(self._followers.get(room_id, {}).items()):
            if connection.person_key != but:
                follower.send(frame, version, ephemeral=ephemeral)

    def broadcast_to_aware(self, frame: str) -> None:
        """Send one frame to every connection that asked for more than the seed's frames."""
        for connection in self._connections:
            if connection.aware:
                connection.send(frame)

    def user_list(self, room_id: int) -> list[str]:
        """The names of everybody in a room, in the order in which they came."""
        return [present.username for present in self.presence.people(room_id)]

    def note_version(self, room_id: int, version: int) -> None:
        """Remember where a followed room stands, for the heartbeat."""
        if room_id in self._followers:
            self._versions[room_id] = max(version, self._versions.get(room_id, 0))

    def versions(self, room_ids: Iterable[int]) -> dict[int, int]:
        """Where the given rooms stand, as far as this process knows."""
        return {
            room_id: self._versions[room_id] for room_id in room_ids if room_id in self._versions
        }
