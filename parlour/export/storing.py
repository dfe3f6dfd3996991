"""The files of an export: which of them are needed, and how they come into the storage."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from parlour.database import Database, get_db
from parlour.export.checking import Visitor
from parlour.export.departed import Departed
from parlour.export.reaching import AT_ONCE, Reach
from parlour.store import importing as rows
from parlour.support.archive import Member, NewFile, copy
from parlour.support.lookups import Lookups
from parlour.support.mediatypes import media_type_of

if TYPE_CHECKING:
    import asyncio

    from parlour import carried
    from parlour.storage import Storage


class Brought(NamedTuple):
    """A file that lies in the storage now: its key here, its bytes, what it is, its first room."""

    key: str
    size: int
    type: str
    room: int

    def text(self) -> str:
        """As it is kept."""
        return " ".join(map(str, self))

    @classmethod
    def of(cls, text: str | None) -> "Brought | None":
        """As it was kept."""
        if text is None:
            return None
        key, size, kind, room = text.split()
        return cls(key, int(size), kind, int(room))


class Kept:
    """What the reading that stores files leaves to the one that stores rows."""

    def __init__(self, lookups: Lookups) -> None:
        self.lookups: Final = lookups
        # Rooms there that are not made here: not for everybody, and all who were in them have left.
        self.deserted: set[int] = set()
        # Files that are not what the archive says of them.
        self.other = 0

    def rooms_of(self, file_id: str) -> list[int]:
        """The rooms there of new messages that have a file."""
        found = self.lookups.text(f"rooms {file_id}")
        return [] if found is None else [int(each) for each in found.split()]

    def add_room(self, file_id: str, room_id: int) -> None:
        """One more of them."""
        known = self.rooms_of(file_id)
        if room_id not in known:
            self.lookups.put_text(f"rooms {file_id}", " ".join(map(str, [*known, room_id])))

    def brought(self, key: str) -> Brought | None:
        """What became of a file, a thumbnail or an avatar."""
        return Brought.of(self.lookups.text(f"file {key}"))

    def put(self, key: str, brought: Brought) -> None:
        """The same."""
        self.lookups.put_text(f"file {key}", brought.text())

    def told(self, file_id: str, room_id: int) -> str | None:
        """A file as it is told in a room of the archive: one that was there, or a new one."""
        there = self.lookups.text(f"told {file_id} {room_id}")
        return self.lookups.text(f"told {file_id}") if there is None else there

    def tell(self, file_id: str, told: str, room_id: int | None = None) -> None:
        """The same; of a new one without a room."""
        room = "" if room_id is None else f" {room_id}"
        self.lookups.put_text(f"told {file_id}{room}", told)


class Storing(Visitor):
    """Puts what new messages and accounts have into the storage, under keys of our own.

    By the id that an archive gives a file nothing that is here is ever found: whoever has heard of
    an id has no right to what it names. What an earlier import has made of it is used again only
    where a message of the same room has it.
    """

    def __init__(
        self,
        reach: Reach,
        database: Database,
        storage: "Storage",
        runner: "asyncio.Runner",
        folder: Path,
        kept: Kept,
    ) -> None:
        self._reach = reach
        self._database = database
        self._storage = storage
        self._runner = runner
        self._folder = folder
        self._kept = kept
        self._departed = Departed(reach)
        # Of new rooms that are not for everybody: whether there is nobody in them any more.
        self._closed: dict[int, bool | None] = {}
        # Our rooms, by the ids of those there.
        self._places: dict[int, int | None] = {}
        self._batch: list[carried.Message] = []

    def record(self, kind: str, record: Any) -> None:
        """As the interface says."""
        if kind == "people":
            self._departed.meet(record)
            if record.avatar is not None and self._reach.is_new(record):
                self._kept.lookups.put_text(f"avatar {record.avatar}", "")
        elif kind == "rooms":
            place = self._places[record.id] = self._reach.room(record)
            if place is None and record.kind != "public":
                self._closed[record.id] = None
        elif kind == "members":
            if self._closed.get(record.room, False) is not False:
                self._closed[record.room] = self._departed.mode(record.person) is not None
        elif kind == "files":
            self._kept.lookups.put_text(f"sent {record.id}", f"{record.sha256} {record.room}")
        elif kind == "messages" and record.room not in self._kept.deserted:
            self._batch.append(self._departed.told(record))
            if len(self._batch) == AT_ONCE:
                self._look()

    def end_of(self, kind: str) -> None:
        """As the interface says."""
        if kind == "members":
            self._kept.deserted |= {room for room, nobody in self._closed.items() if nobody}
        elif kind == "messages":
            self._look()
            # Files take a while.
            self._reach.connection.rollback()

    def _look(self) -> None:
        batch, self._batch = self._batch, []
        known = self._reach.messages(batch, self._places)
        for message in batch:
            if message.id in known or message.deleted_at is not None:
                continue
            passed = () if message.forwarded is None else message.forwarded.files
            for file_id in (*message.files, *passed):
                self._kept.add_room(file_id, message.room)

    def file(self, key: str, member: Member) -> None:
        """As the interface says."""
        file_id = key[:32]
        if key != file_id:
            large = self._kept.brought(file_id)
            if large is not None:
                with get_db(self._database) as connection:
                    rows.expect(connection, [f"{large.key}t"])
                self._put(key, f"{large.key}t", member, large.room)
            return
        left = self._kept.rooms_of(file_id)
        is_avatar = self._kept.lookups.text(f"avatar {file_id}") is not None
        number = 0
        while left or is_avatar:
            ours = key_from(self._reach.history, file_id, number)
            if self._is_free(ours):
                # Where it was sent first, if a new message there has it.
                home = int(self._sent(file_id)[1])
                self._put(key, ours, member, home if home in left else next(iter(left), 0))
                return
            left = [room for room in left if not self._is_there(file_id, room, ours)]
            number += 1

    def _is_free(self, ours: str) -> bool:
        """Whether nothing has a key, which is expected then."""
        with get_db(self._database) as connection:
            if rows.is_taken(connection, ours):
                return False
            rows.expect(connection, [ours])
            return True

    def _is_there(self, file_id: str, room: int, ours: str) -> bool:
        """Whether a message of a room has a file already, as which it is told there."""
        place = self._places[room]
        if place is None:
            return False
        with get_db(self._database) as connection:
            there = rows.attached(connection, place, ours)
        if there is not None:
            self._kept.tell(file_id, there.model_dump_json(), room)
        return there is not None

    def _sent(self, key: str) -> tuple[str, str]:
        """The hash that a file is to have, and the room that it was sent to; of others nothing."""
        sha256, _, room = (self._kept.lookups.text(f"sent {key}") or " 0").partition(" ")
        return sha256, room

    def _put(self, key: str, ours: str, member: Member, room: int) -> None:
        path = self._folder / ours
        with NewFile(path) as file:
            size = copy(member, file)
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        if self._sent(key)[0] not in ("", digest):
            # As one that the storage had no more, which its export has said.
            self._kept.other += 1
            path.unlink()
            return
        kind = media_type_of(path)
        self._runner.run(self._storage.put(ours, path))
        path.unlink(missing_ok=True)
        self._kept.put(key, Brought(ours, size, kind, room))


def key_from(history: str, file_id: str, number: int) -> str:
    """The key here of a file there: random as that, and the same each time.

    Where one that is taken may not be used, there is the one of the next number.
    """
    made = f"{history} {file_id}" + (f" {number}" if number else "")
    return hashlib.sha256(made.encode()).hexdigest()[:32]
