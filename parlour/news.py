"""What has happened since it was last told: of rooms in the list, and how far people have read.

Only notes, in the event loop, in a few steps for each message; `features/news.py` tells it, at most
once a second.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from parlour.models import Message

# Deleted messages of one room that are told of at once; whom others concern reads the list anew.
MAX_DELETED: Final = 50
# Speakers whose positions are told of at once.
MAX_SPEAKERS: Final = 200


@dataclass(frozen=True, slots=True)
class Deleted:
    """The newest deletions of one room: ids, and the how-manieth of the room the last is."""

    count: int
    ids: tuple[int, ...]

    def after(self, older: "Deleted | None") -> "Deleted":
        """These behind those before them; of many the newest."""
        ids = self.ids if older is None else older.ids + self.ids
        return Deleted(self.count, ids[-MAX_DELETED:])


@dataclass(frozen=True, slots=True)
class Happened:
    """What there is to tell."""

    # By room: the newest message, 0 where none was said; and what was deleted.
    said: Mapping[int, int] = field(default_factory=dict)
    deleted: Mapping[int, "Deleted"] = field(default_factory=dict)
    # Who has said something: room and username.
    spoke: tuple[tuple[int, str], ...] = ()
    # By room and account: how far somebody has read, under which name.
    read: Mapping[int, Mapping[int, tuple[str, int]]] = field(default_factory=dict)


class News:
    """Collects what is to be told."""

    def __init__(self) -> None:
        self._said: dict[int, int] = {}
        self._deleted: dict[int, Deleted] = {}
        self._spoke: dict[tuple[int, str], None] = {}
        self._read: dict[int, dict[int, tuple[str, int]]] = {}
        self._something = asyncio.Event()
        # Who was put out of a room while news of it are on their way: they are not told any more.
        self._out: set[tuple[str, int]] | None = None
        # Accounts that let nobody know how far they have read.
        self.unshared: set[int] = set()

    def said(self, room_id: int, message_id: int, speaker: str | None) -> None:
        """A message was stored, of an account named `speaker` or of a guest."""
        # A room that waits keeps its place in the order, so each has its turn.
        self._said[room_id] = message_id
        if speaker is not None:
            self._spoke[room_id, speaker] = None
        self._something.set()

    def deleted(self, message: Message, count: int) -> None:
        """A message was deleted, as the `count`-th of its room."""
        room_id = message.room_id
        self._said.setdefault(room_id, 0)
        self._deleted[room_id] = Deleted(count, (message.id,)).after(self._deleted.get(room_id))
        # To its author it was never unread, which their page cannot know of it.
        if not message.guest:
            self._spoke[room_id, message.username] = None
        self._something.set()

    def count_told(self, room_id: int, taken: Deleted | None, count: int) -> int:
        """How many deletions of a room are told: `count`, but for those that are told later."""
        if taken is not None:
            return taken.count
        later = self._deleted.get(room_id)
        return count if later is None else min(count, later.count - len(later.ids))

    def share(self, user_id: int, *, shares: bool) -> None:
        """Somebody lets others know how far they have read, or does not."""
        if shares:
            self.unshared.discard(user_id)
        else:
            self.unshared.add(user_id)

    def read(self, room_id: int, user_id: int, username: str, message_id: int) -> None:
        """Somebody has read on."""
        if user_id not in self.unshared:
            self._read.setdefault(room_id, {})[user_id] = username, message_id
            self._something.set()

    async def wait(self) -> None:
        """Until there is something to tell."""
        await self._something.wait()

    def take(self, rooms: int) -> Happened:
        """What there is to tell, of so many rooms; the rest stays for the next time."""
        said = {room_id: self._said.pop(room_id) for room_id in list(self._said)[:rooms]}
        spoke = tuple(self._spoke)[:MAX_SPEAKERS]
        for seat in spoke:
            del self._spoke[seat]
        happened = Happened(
            said,
            {room_id: self._deleted.pop(room_id) for room_id in said if room_id in self._deleted},
            spoke,
            self._read,
        )
        self._read = {}
        if not (self._said or self._spoke):
            self._something.clear()
        return happened

    def again(self, said: Mapping[int, int], deleted: Mapping[int, Deleted]) -> None:
        """Rooms that could not be told of wait once more, before all others."""
        for room_id, before in deleted.items():
            later = self._deleted.get(room_id)
            self._deleted[room_id] = before if later is None else later.after(before)
        # Deleting something says 0: that is no newer message.
        newer = {room_id: max(at, self._said.pop(room_id, 0)) for room_id, at in said.items()}
        self._said = newer | self._said
        if self._said:
            self._something.set()

    def spoke_again(self, spoke: Iterable[tuple[int, str]]) -> None:
        """Speakers who could not be told wait once more, before all others."""
        self._spoke = dict.fromkeys(spoke) | self._spoke
        self._something.set()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """From before it is read who may know of something until they have been told."""
        self._out = set()
        try:
            yield
        finally:
            self._out = None

    def put_out(self, author: str, room_id: int) -> None:
        """Somebody may know of a room no longer."""
        if self._out is not None:
            self._out.add((author, room_id))

    def out_of(self, author: str) -> set[int]:
        """The rooms that they were put out of while it was being told."""
        return {room_id for who, room_id in self._out or () if who == author}
