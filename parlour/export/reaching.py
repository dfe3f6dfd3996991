"""What of an export is here already: people, rooms and messages, found again by where they came."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from parlour import carried
from parlour.export.sealing import Origin
from parlour.store import importing as rows
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.users import find_account

# Messages that are looked up and stored at once.
AT_ONCE: Final = 500


class Reach:
    """What of an archive is known here already."""

    def __init__(self, connection: Connection, origin: Origin, *, match: bool) -> None:
        self.connection: Final = connection
        self.history: Final = origin.history
        self.is_ours: Final = origin.is_ours
        self.match: Final = match
        # Up to which message rooms here were emptied.
        self._purged: dict[int, int] = {}
        self.known: Final[dict[str, dict[str, Any]]] = {
            "people": {}, "before": {}, "rooms": {}, "last": {},
        } | rows.known_from(connection, origin.history)  # fmt: skip

    # People

    def person(self, person: carried.Person) -> int | None:
        """The account here that may say what one there has said.

        Anybody can write an archive of a history that we know. So an account that an earlier one
        made speaks on only while it is nobody's, unless whoever brings it in vouches for people.
        """
        theirs = int(person.id.removeprefix("user:"))
        if self.is_ours and rows.has_user(self.connection, theirs):
            return theirs
        ours = self.known["people"].get(str(theirs))
        if ours is not None and rows.has_user(self.connection, ours):
            if self.match or rows.is_nobodys(self.connection, ours):
                return int(ours)
            return None
        found = find_account(self.connection, person.username) if self.match else None
        return None if found is None else found.user.id

    def is_new(self, person: carried.Person) -> bool:
        """Whether an account has to be made, whatever they say."""
        return self.person(person) is None and not self.was_here(person)

    def was_here(self, person: carried.Person) -> bool:
        """Whether an account that was made of somebody was given to its owner since."""
        return person.id.removeprefix("user:") in self.known["people"]

    def be(self, person: carried.Person, ours: int) -> None:
        """Somebody there is this account here, from now on."""
        theirs = person.id.removeprefix("user:")
        if self.is_ours and ours == int(theirs):
            return
        before = self.known["people"].get(theirs)
        if before not in (None, ours):
            self.known["before"].setdefault(theirs, []).append(before)
        self.known["people"][theirs] = ours

    def _authors(self, author: str) -> list[str]:
        """By whom a message of somebody may be here."""
        if author.startswith("guest:"):
            return [self.guest(author)]
        theirs = author.removeprefix("user:")
        ids = [self.known["people"].get(theirs), *self.known["before"].get(theirs, ())]
        return [f"user:{each}" for each in ids if each is not None]

    def guest(self, author: str) -> str:
        """As whom nobody comes in."""
        return f"guest:import-{self.history}-{author.removeprefix('guest:')}"

    # Rooms

    def room(self, room: carried.Room) -> int | None:
        """The room here that is one there, or was made of it.

        What was not for everybody does not come into one that is by now.
        """
        if self.is_ours and rows.has_room(self.connection, room.id):
            return room.id
        ours = self.known["rooms"].get(str(room.id))
        if ours is None or not rows.has_room(self.connection, ours):
            return None
        is_opened = room.kind != "public" and rows.is_public(self.connection, ours)
        return None if is_opened else int(ours)

    # Messages

    def client_id(self, theirs: int) -> str:
        """By which a message is found that was brought in before."""
        return f"import-{self.history}-{theirs}"

    def messages(
        self, batch: Sequence[carried.Message], places: Mapping[int, int | None]
    ) -> dict[int, int | None]:
        """Those that are here already, and which they are; None: were here, until they were old.

        `places` are the rooms here; None for those that are made just now.
        """
        found: dict[int, int | None] = {}
        if self.is_ours:
            there = rows.messages_there(self.connection, [each.id for each in batch])
            found = {
                each.id: each.id
                for each in batch
                if each.id in there and there[each.id] == places[each.room]
            }
        keys = {
            (place, author, self.client_id(each.id)): each.id
            for each in batch
            if (place := places[each.room]) is not None and each.id not in found
            for author in self._authors(each.author)
        }
        by_key = message_rows.messages_by_client_id(self.connection, keys)
        found |= {keys[key]: message.id for key, message in by_key.items()}
        for message in batch:
            place = places[message.room]
            if message.id not in found and place is not None and self._is_over(message, place):
                found[message.id] = None
        return found

    def _is_over(self, message: carried.Message, place: int) -> bool:
        """Whether a message that is not here was, until a rule took it away."""
        if place not in self._purged:
            self._purged[place] = room_rows.purged_to(self.connection, place)
        purged = self._purged[place]
        if self.is_ours and place == message.room:
            return message.id <= purged
        # All of the room came up to there.
        return purged > 0 and message.id <= self.known["last"].get(str(message.room), 0)
