"""What features hand to the database to be stored, and what they read of it."""

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from parlour.models import Message, Person, Room


# Not frozen, as nobody changes them all the same: that would cost each message three times as much.
@dataclass(eq=False, slots=True)
class MessageDraft:
    """A message on its way to the writer, which gives it an id, a version and a time."""

    room_id: int
    person: Person
    content: str
    client_id: str | None = None
    reply_to: int | None = None
    # The accounts that are in the room just now, where it calls them (`@here`); and what takes
    # whom its message addresses, to be told after the commit.
    here: tuple[int, ...] = ()
    notices: list[Any] | None = None
    files: tuple[str, ...] = ()
    forward: int | None = None
    # Whether its author is not there to have read what was said before.
    away: bool = False


@dataclass(eq=False, slots=True)
class StoredMessage:
    """What became of a draft: its message, which `repeated` says was there before."""

    message: Message
    repeated: bool = False
    # The accounts in whose lists the room is only now that something was said in it, with the room
    # as it is to each.
    listed: tuple[tuple[int, Room], ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """A page of a room's messages, oldest first, and the room as it stood at that moment."""

    room: Room
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a room since a version, by version; `reset`: too much, read it again."""

    room: Room
    messages: list[Message]
    reset: bool = False
    # Whether it is not for everybody to be in the room: ask the gate.
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """The newest changes of a room, by version: all those after the version `whole_after`."""

    room: Room
    messages: list[Message]
    whole_after: int
    guarded: bool = False

    def since(self, after: int | None, epoch: str | None) -> Changes:
        """What it means for a client that has all up to `after` of the history `epoch`."""
        if after is None:
            return Changes(self.room, [], guarded=self.guarded)
        elsewhere = epoch is not None and epoch != self.room.epoch
        if elsewhere or not self.whole_after <= after <= self.room.version:
            return Changes(self.room, [], reset=True, guarded=self.guarded)
        first = bisect_right(self.messages, after, key=attrgetter("version"))
        return Changes(self.room, self.messages[first:], guarded=self.guarded)
