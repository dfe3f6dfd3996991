"""Who is in which room on this node: people, however many connections each of them has."""

from collections import Counter
from dataclasses import dataclass

from parlour.support.text import name_key


@dataclass(frozen=True, slots=True)
class Present:
    """One person in a room, under the name of their first connection there."""

    username: str
    guest: bool


class Presence:
    """Counts connections by person and room."""

    def __init__(self) -> None:
        self._people: dict[int, dict[str, Present]] = {}
        self._connections: Counter[tuple[int, str]] = Counter()

    def enter(self, room_id: int, key: str, present: Present) -> bool:
        """Count a connection in; whether it is the person's first in this room."""
        self._connections[room_id, key] += 1
        if self._connections[room_id, key] > 1:
            return False
        self._people.setdefault(room_id, {})[key] = present
        return True

    def leave(self, room_id: int, key: str) -> Present | None:
        """Count a connection out; who left, when it was their last in this room."""
        self._connections[room_id, key] -= 1
        if self._connections[room_id, key] > 0:
            return None
        del self._connections[room_id, key]
        people = self._people[room_id]
        present = people.pop(key)
        if not people:
            del self._people[room_id]
        return present

    def people(self, room_id: int) -> list[Present]:
        """Everybody in the room, in the order in which they came."""
        return list(self._people.get(room_id, {}).values())

    def named(self, room_id: int, name: str) -> list[tuple[str, str]]:
        """The keys and names of those in the room who are called so, in any case."""
        wanted = name_key(name)
        return [
            (key, present.username)
            for key, present in self._people.get(room_id, {}).items()
            if name_key(present.username) == wanted
        ]

    def online(self, room_id: int) -> int:
        """How many people are in the room."""
        return len(self._people.get(room_id, ()))
