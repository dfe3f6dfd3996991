"""Where each line of an export goes: which of ours it is, or what is made of it."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

from parlour import carried
from parlour.carried import MAX_TITLE, MAX_WORDS
from parlour.export.checking import Visitor
from parlour.export.departed import Departed
from parlour.export.reaching import AT_ONCE, Reach
from parlour.export.storing import Kept
from parlour.export.wording import name_of, text_of, zone_of
from parlour.models import MAX_ROOM_NAME_LENGTH
from parlour.store import attention, reads, removal
from parlour.store import importing as rows
from parlour.store import members as member_rows
from parlour.store import rooms as room_rows
from parlour.support.names import (
    MAX_ACCOUNT_USERNAME,
    account_forms,
    account_username,
    reserved_forms,
)

if TYPE_CHECKING:
    from collections.abc import Callable


NOBODY: Final = "somebody"


class Place:
    """A room as messages come into it."""

    def __init__(self, room_id: int, version: int, count: int, *, new: bool) -> None:
        self.id = room_id
        self.version, self.count = version, count
        self.new = new
        self.changed = False
        self.kind = ""


class Settling(Visitor):
    """People and rooms; `made` says how much of what was new."""

    # All of it was looked at before, and others wait for whoever writes.
    only_lines = True

    def __init__(self, reach: Reach, kept: Kept, password_hash: str) -> None:
        self._reach = reach
        self._connection = reach.connection
        self._kept = kept
        self._hash = password_hash
        self._departed = Departed(reach)
        self._counts: Counter[str] = Counter()
        self.renamed: list[str] = []
        # By ids there: accounts and what they are called here, and by which names they are called
        # there; rooms.
        self._people: dict[str, tuple[int, str]] = {}
        self._names: dict[str, str] = {}
        # Those whose account is somebody's by now: they get another one once they say something.
        self._waiting: dict[str, carried.Person] = {}
        # What of the storage has a row.
        self.used: list[str] = []
        self._fresh: set[int] = set()
        self._places: dict[int, Place] = {}
        self._direct: dict[int, list[int]] = {}
        # Rooms whose owner has left, and all of which somebody has.
        self._orphaned: list[Place] = []
        self._lessened: set[int] = set()
        self._members: dict[int, list[int]] = {}

    @property
    def made(self) -> dict[str, int]:
        """How many of each kind are new."""
        return {kind: count for kind, count in self._counts.items() if count}

    def record(self, kind: str, record: Any) -> None:
        """As the interface says."""
        takes: dict[str, Callable[[Any], None]] = {
            "people": self._person, "rooms": self._room, "members": self._member,
        }  # fmt: skip
        takes[kind](record)

    def end_of(self, kind: str) -> None:
        """As the interface says."""
        if kind == "members":
            self._name_conversations()
            for place in self._orphaned:
                self._hand_over(place)

    def end(self) -> None:
        """All of it was read."""
        for place in self._places.values():
            if place.changed:
                counted = {place.id: (place.version, place.count)}
                room_rows.set_counters(self._connection, counted)
                rows.count_replies(self._connection, place.id, AT_ONCE)
        for room_id, user_ids in self._members.items():
            # They begin with all of it read.
            reads.begin(self._connection, room_id, user_ids)
            attention.change(self._connection, room_id, user_ids, member=True)
        rows.know_from(self._connection, self._reach.history, self._reach.known)

    # People

    def _person(self, person: carried.Person) -> None:
        self._names.setdefault(person.username, person.id)
        self._departed.meet(person)
        ours = self._reach.person(person)
        if ours is None and self._reach.was_here(person):
            self._waiting[person.id] = person
            return
        self._be(person, self._make(person) if ours is None else ours)

    def _be(self, person: carried.Person, ours: int) -> None:
        left = self._departed.mode(person.id) is not None
        name = removal.FORMER if left else rows.username_of(self._connection, ours)
        self._people[person.id] = ours, name
        self._reach.be(person, ours)

    def _account(self, person: str) -> tuple[int, str]:
        """Which account somebody is here, and what it is called."""
        waiting = self._waiting.pop(person, None)
        if waiting is not None:
            self._be(waiting, self._make(waiting))
        return self._people[person]

    def _called(self, name: str) -> str | None:
        """What somebody is called here; None where nothing is said of them."""
        person = self._names.get(name)
        return None if person is None else self._account(person)[1]

    def _make(self, person: carried.Person) -> int:
        username = self._free_name(person.username)
        if username != person.username:
            self.renamed.append(f"{person.username} is {username}")
        avatar = self._kept.brought(person.avatar) if person.avatar else None
        if avatar is None or avatar.type != "image/webp" or avatar.key in self.used:
            avatar = None
        else:
            self.used.append(avatar.key)
        self._counts["people"] += 1
        ours = rows.create_user(
            self._connection, username,
            display_name=name_of(person.display_name) or username, password_hash=self._hash,
            about=text_of(person.about), status_text=text_of(person.status_text),
            time_zone=zone_of(person.time_zone), hue=person.hue, created_at=person.created_at,
            password_changed_at=datetime.now(UTC), avatar=avatar and avatar.key,
            avatar_size=avatar and avatar.size,
        )  # fmt: skip
        self._fresh.add(ours)
        return ours

    def _free_name(self, name: str) -> str:
        try:
            wanted = account_username(name)[: MAX_ACCOUNT_USERNAME - 8]
        except PydanticCustomError:
            wanted = NOBODY
        if not account_forms(wanted).isdisjoint(reserved_forms()):
            wanted = f"{wanted}-2"
        chosen, number = wanted, 2
        while not rows.is_free(self._connection, chosen):
            chosen, number = f"{wanted}-{number}", number + 1
        return chosen

    def _author(self, author: str) -> str:
        if author.startswith("user:"):
            return f"user:{self._account(author)[0]}"
        return self._reach.guest(author)

    def _username(self, author: str, username: str) -> str:
        if author.startswith("user:"):
            return self._account(author)[1]
        return name_of(username) or NOBODY

    # Rooms

    def _room(self, room: carried.Room) -> None:
        if room.id in self._kept.deserted:
            return
        ours = self._reach.room(room)
        if ours is not None:
            version, count = rows.counters(self._connection, ours)
            self._places[room.id] = Place(ours, version, count, new=False)
            return
        name = self._room_name(room)
        kind = "private" if room.kind == "direct" else room.kind
        made = room_rows.create_room(
            self._connection, name, kind=kind, topic=name_of(room.topic, MAX_WORDS)
        )
        rows.set_room(
            self._connection, made.id, created_at=room.created_at, archived_at=room.archived_at,
            slow_seconds=room.slow_seconds, free=0,
        )  # fmt: skip
        room_rows.guard(self._connection, made.id)
        self._counts["rooms"] += 1
        place = self._places[room.id] = Place(made.id, 0, 0, new=True)
        place.kind = room.kind
        if room.kind == "direct":
            self._direct[made.id] = []
        self._reach.known["rooms"][str(room.id)] = made.id

    def _room_name(self, room: carried.Room) -> str:
        name = (
            name_of(room.name, MAX_TITLE if room.kind == "direct" else MAX_ROOM_NAME_LENGTH)
            or "room"
        )
        if room.kind == "direct":
            parts = [self._called(part) or part for part in name.split(", ")]
            return ", ".join(parts)[:MAX_TITLE]
        if room.kind != "public":
            return name
        chosen, number = name, 2
        while rows.has_public(self._connection, chosen):
            chosen = f"{name[: MAX_ROOM_NAME_LENGTH - 8]} ({number})"
            number += 1
        if chosen != name:
            self.renamed.append(f"#{name} is #{chosen}")
        return chosen

    def _member(self, member: carried.Member) -> None:
        if member.room in self._kept.deserted:
            return
        place = self._places[member.room]
        if not place.new and not self._may_join(place, member.person):
            return
        if self._departed.mode(member.person) is not None:
            self._lessened.add(place.id)
            if member.role == "owner" and place.kind != "direct":
                self._orphaned.append(place)
            return
        user_id, username = self._account(member.person)
        row = {
            "room_id": place.id, "user_id": user_id, "role": member.role,
            "joined_at": member.joined_at, "listed": True,
        }  # fmt: skip
        if not place.new or (member.role == "owner" and place.id in self._direct):
            row["role"] = "member"
        elif member.role == "owner":
            rows.set_room(self._connection, place.id, owner=username)
        rows.add_members(self._connection, [row])
        self._members.setdefault(place.id, []).append(user_id)
        if place.id in self._direct:
            self._direct[place.id].append(user_id)

    def _may_join(self, place: Place, person: str) -> bool:
        """Whether somebody comes into a room that was there before.

        Who has left since is not brought back; and who may read a private room is said by those who
        are in it, unless whoever brings it in vouches for people.
        """
        known = self._people.get(person)
        if known is None or known[0] not in self._fresh:
            return False
        return self._reach.match or rows.is_public(self._connection, place.id)

    def _name_conversations(self) -> None:
        """A set of people has one conversation: where they have one here, this is a room.

        So it is where somebody has left who was in it: the others had it with them.
        """
        for room_id, user_ids in self._direct.items():
            if room_id in self._lessened:
                continue
            key = ",".join(map(str, sorted(user_ids)))
            if len(user_ids) > 1 and not rows.has_direct(self._connection, key):
                rows.set_room(self._connection, room_id, kind="direct", direct_key=key)

    def _hand_over(self, place: Place) -> None:
        """A room whose owner has left goes to whoever it would have gone to then."""
        heir = removal.heir_of(self._connection, place.id, 0, disabled=place.kind != "public")
        if heir is not None:
            member_rows.set_role(self._connection, place.id, heir[0], "owner")
            rows.set_room(self._connection, place.id, owner=heir[1])
