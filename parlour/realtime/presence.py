"""Who is in which room, on this node and on others: people, however many connections each has."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from parlour.models import Person
from parlour.support.text import name_key

Seat = tuple[int, str]

# The room in which everybody is who is connected at all.
EVERYWHERE: Final = 0


def everywhere(person: Person) -> str:
    """The key under which somebody is there: a guest is so under each of their names."""
    return f"{person.author}\n{person.username}"


def author_everywhere(key: str) -> str:
    """Whose it is."""
    return key.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Present:
    """One person in a room, under the name of their first connection there."""

    username: str
    guest: bool


class Presence:
    """Counts connections by person and room; of other nodes it knows who is there."""

    def __init__(self) -> None:
        self._people: dict[int, dict[str, Present]] = {}
        self._connections: Counter[Seat] = Counter()
        # By node, who is there; and on how many nodes somebody is.
        self._elsewhere: dict[str, dict[Seat, Present]] = {}
        self._nodes: Counter[Seat] = Counter()
        # Called with whoever is on this node as of now, and with None for whoever is no longer.
        self.changed: Callable[[Seat, Present | None], None] | None = None

    def enter(self, room_id: int, key: str, present: Present) -> bool:
        """Count a connection in; whether it is the person's first in this room."""
        self._connections[room_id, key] += 1
        if self._connections[room_id, key] > 1:
            return False
        if self.changed is not None:
            self.changed((room_id, key), present)
        return self._add((room_id, key), present)

    def leave(self, room_id: int, key: str) -> Present | None:
        """Count a connection out; who left, when it was their last in this room."""
        self._connections[room_id, key] -= 1
        if self._connections[room_id, key] > 0:
            return None
        del self._connections[room_id, key]
        if self.changed is not None:
            self.changed((room_id, key), None)
        return self._remove((room_id, key))

    # Other nodes

    def here(self) -> Iterator[tuple[Seat, Present]]:
        """Whoever is on this node."""
        for room_id, key in self._connections:
            yield (room_id, key), self._people[room_id][key]

    def enter_elsewhere(self, node: str, seat: Seat, present: Present) -> bool:
        """Somebody is in a room on another node; whether they were not there on any."""
        known = self._elsewhere.setdefault(node, {})
        if seat in known:
            return False
        known[seat] = present
        self._nodes[seat] += 1
        return self._add(seat, present)

    def leave_elsewhere(self, node: str, seat: Seat) -> Present | None:
        """They are there no longer; who left, when that was the last node."""
        if self._elsewhere.get(node, {}).pop(seat, None) is None:
            return None
        self._nodes[seat] -= 1
        if not self._nodes[seat]:
            del self._nodes[seat]
        return self._remove(seat)

    def on_node(self, node: str) -> Mapping[Seat, Present]:
        """Whoever is on another node."""
        return self._elsewhere.get(node, {})

    def nodes(self) -> Iterable[str]:
        """The nodes on which somebody is known to be."""
        return [node for node, known in self._elsewhere.items() if known]

    def _add(self, seat: Seat, present: Present) -> bool:
        room_id, key = seat
        people = self._people.setdefault(room_id, {})
        new = key not in people
        if new:
            people[key] = present
        return new

    def _remove(self, seat: Seat) -> Present | None:
        room_id, key = seat
        if seat in self._connections or seat in self._nodes:
            return None
        people = self._people[room_id]
        present = people.pop(key)
        if not people:
            del self._people[room_id]
        return present

    # Everybody

    def people(self, room_id: int) -> list[Present]:
        """Everybody in the room, in the order in which they came."""
        return list(self._people.get(room_id, {}).values())

    def keys(self, room_id: int) -> list[str]:
        """The keys of the same."""
        return list(self._people.get(room_id, ()))

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
