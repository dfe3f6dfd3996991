"""What many people are to be notified of: noted in the event loop until it is told.

Whom a message is about by name is told at once. Members who are called, people of a conversation,
and those who want to hear everything in a room may be thousands: `features/notifications.py` reads
who they are beside the writer, and tells them once a second at most.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

# Of what is said in one room at once the newest are told of; calls are told of before all others.
MAX_SAID: Final = 8
MAX_CALLS: Final = 8


@dataclass(slots=True)
class Said:
    """What was said in one room."""

    ids: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    # A call was taken back: the numbers of unread mentions are others.
    uncalled: bool = False
    # The same of these alone, who were there when it was said.
    left: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Telling:
    """What happened since it was begun to read what is being told."""

    # Who was put out of which room.
    out: set[tuple[int, int]] = field(default_factory=set)
    # Who was told how far they have read in which room, or of a mention there: what was read of
    # them before is older.
    newer: set[tuple[int, int]] = field(default_factory=set)
    # Messages that were deleted.
    deleted: set[int] = field(default_factory=set)


class Crowds:
    """Collects what is to be told."""

    def __init__(self) -> None:
        self._rooms: dict[int, Said] = {}
        self._something = asyncio.Event()
        # Of what is being told: see `telling`.
        self._telling: Telling | None = None

    def said(self, room_id: int, message_id: int, *, calls: bool) -> None:
        """A message was stored, which perhaps calls many."""
        said = self._rooms.get(room_id)
        if said is None:
            said = self._rooms[room_id] = Said()
            self._something.set()
        ids, most = (said.calls, MAX_CALLS) if calls else (said.ids, MAX_SAID)
        ids.append(message_id)
        if len(ids) > most:
            del ids[0]

    def uncalled(self, room_id: int) -> None:
        """A message does not call a room any more."""
        self._rooms.setdefault(room_id, Said()).uncalled = True
        self._something.set()

    def left(self, room_id: int, user_ids: Iterable[int]) -> None:
        """A message does not call these any more."""
        self._rooms.setdefault(room_id, Said()).left.update(user_ids)
        self._something.set()

    async def wait(self) -> None:
        """Until there is something to tell."""
        await self._something.wait()

    def take(self, rooms: int) -> dict[int, Said]:
        """What there is to tell, of so many rooms; the rest stays for the next time."""
        taken = {room_id: self._rooms.pop(room_id) for room_id in list(self._rooms)[:rooms]}
        if not self._rooms:
            self._something.clear()
        return taken

    @contextmanager
    def telling(self) -> Iterator[Telling]:
        """From before it is read who is to be told of something until they have been told."""
        self._telling = Telling()
        try:
            yield self._telling
        finally:
            self._telling = None

    def put_out(self, author: str, room_id: int) -> None:
        """Somebody may know of a room no longer."""
        if self._telling is not None and author.startswith("user:"):
            self._telling.out.add((int(author.removeprefix("user:")), room_id))

    def told(self, user_id: int, room_id: int) -> None:
        """Somebody was told, with a commit, how far they have read a room or of a mention there."""
        if self._telling is not None:
            self._telling.newer.add((user_id, room_id))

    def deleted(self, message_id: int) -> None:
        """A message is there no longer."""
        if self._telling is not None:
            self._telling.deleted.add(message_id)
