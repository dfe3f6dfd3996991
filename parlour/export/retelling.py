"""What was said, brought in behind the people and rooms of which it is."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from parlour import carried
from parlour.export.placing import NOBODY, Place, Settling
from parlour.export.reaching import AT_ONCE, Reach
from parlour.export.storing import Brought, Kept
from parlour.export.wording import file_name_of, name_of, text_of, words_of
from parlour.fields import format_time
from parlour.files import File, Thumbnail
from parlour.models import Forwarded
from parlour.store import importing as rows
from parlour.store import messages as message_rows
from parlour.support.emojis import fully_qualified
from parlour.support.mediatypes import IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable


class Placing(Settling):
    """Stores what is read, in the one transaction of it."""

    def __init__(
        self,
        reach: Reach,
        kept: Kept,
        password_hash: str,
        since: "Callable[[int | None], datetime | None]",
    ) -> None:
        super().__init__(reach, kept, password_hash)
        # New messages that are older than their room keeps them.
        self.over = 0
        # Messages that were here until a rule took them away.
        self.gone = 0
        self._kept_since = cache(since)
        self._batch: list[carried.Message] = []
        self._reacting: tuple[int, list[carried.Reaction]] = (0, [])
        # The last message of each room there.
        self._last: dict[int, int] = {}
        # In which rooms here messages are that those of a portion refer to.
        self._rooms: dict[int, int] = {}
        # From here on messages are new.
        self._first = message_rows.last_id(self._connection) + 1

    def record(self, kind: str, record: Any) -> None:
        """As the interface says."""
        takes: dict[str, Callable[[Any], None]] = {
            "files": self._file, "messages": self._message, "reactions": self._reaction,
        }  # fmt: skip
        if kind in takes:
            takes[kind](record)
        else:
            super().record(kind, record)

    def end_of(self, kind: str) -> None:
        """As the interface says."""
        super().end_of(kind)
        if kind == "messages":
            self._store()
        elif kind == "reactions":
            self._react()

    def end(self) -> None:
        """As before."""
        last = self._reach.known["last"]
        for room, message in self._last.items():
            last[str(room)] = max(message, last.get(str(room), 0))
        super().end()

    # Files

    def _file(self, file: carried.File) -> None:
        there = self._kept.brought(file.id)
        if there is None or not there.room:
            return
        # What it is was found out from its bytes, whatever the archive says.
        is_image = there.type in IMAGES and there.type == file.type
        shown = {"width": file.width, "height": file.height} if is_image else {}
        small = self._kept.brought(f"{file.id}t") if is_image and file.thumbnail else None
        thumbnail = None
        if file.thumbnail and small is not None and small.type == "image/webp":
            thumbnail = Thumbnail(**file.thumbnail.model_dump())
        made = File(
            id=there.key, name=file_name_of(file.name), type=there.type, size=there.size,
            alt=text_of(file.alt), thumbnail=thumbnail, **shown,
        )  # fmt: skip
        self._kept.tell(file.id, made.model_dump_json())
        self._insert(file, made, there, small.size if thumbnail and small else 0)

    def _insert(self, file: carried.File, made: File, there: Brought, small: int) -> None:
        author = self._author(file.author)
        rows.insert_file(
            self._connection,
            made.model_dump(exclude={"thumbnail"})
            | {
                "room_id": self._places[there.room].id, "author": author,
                "bytes": there.size + small, "sha256": file.sha256,
                "created_at": file.created_at, "waits_since": datetime.now(UTC),
                "charged": author if author.startswith("user:") else "import",
                "thumbnail_width": made.thumbnail and made.thumbnail.width,
                "thumbnail_height": made.thumbnail and made.thumbnail.height,
            },
        )  # fmt: skip
        self.used += [made.id, f"{made.id}t"] if made.thumbnail else [made.id]
        self._counts["files"] += 1

    def _files(self, ids: tuple[str, ...], room: int) -> tuple[File, ...]:
        told = (self._kept.told(each, room) for each in dict.fromkeys(ids))
        return tuple(File.model_validate_json(each) for each in told if each is not None)

    # Messages

    def _message(self, message: carried.Message) -> None:
        if message.room in self._kept.deserted:
            return
        self._batch.append(self._departed.told(message))
        if len(self._batch) == AT_ONCE:
            self._store()

    def _store(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        places = {
            each.room: None if (place := self._places[each.room]).new else place.id
            for each in batch
        }  # fmt: skip
        known = self._reach.messages(batch, places)
        self._last |= {each.room: each.id for each in batch}
        next_id = message_rows.last_id(self._connection) + 1
        fresh: list[tuple[int, carried.Message]] = []
        for message in batch:
            if message.id not in known:
                fresh.append((next_id + len(fresh), message))
        self.gone += sum(ours is None for ours in known.values())
        ids = known | {message.id: ours for ours, message in fresh}
        self._kept.lookups.put_numbers(
            (theirs, ours) for theirs, ours in ids.items() if ours is not None
        )
        if not fresh:
            return
        self._counts["messages"] += len(fresh)
        self._find_rooms(fresh)
        stored = [self._row(ours, message) for ours, message in fresh]
        message_rows.insert_messages(self._connection, stored)
        wordings, pairs, extras = [], list[tuple[int, str]](), []
        for ours, message in fresh:
            if message.deleted_at is not None:
                extras.append({"key": ours, "deleted_at": message.deleted_at})
                continue
            numbered = {each.number: each for each in message.earlier}
            wordings += [
                {"message_id": ours, "number": n, "content": words_of(each.text),
                 "timestamp": each.at}
                for n, each in numbered.items()
            ]  # fmt: skip
            extra, files = self._extra(message)
            pairs += [(ours, each) for each in dict.fromkeys(files)]
            if extra:
                extras.append({"key": ours, **extra})
        rows.set_extras(self._connection, extras)
        rows.add_wordings(self._connection, wordings)
        rows.attach(self._connection, pairs)

    def _find_rooms(self, fresh: list[tuple[int, carried.Message]]) -> None:
        """In which rooms here those are that these messages refer to."""
        asked = set[int]()
        for _, message in fresh:
            passed = message.forwarded and message.forwarded.message
            asked |= {each for each in (message.reply_to, message.chain, passed) if each}
        ids = {ours for each in asked if (ours := self._kept.lookups.number(each)) is not None}
        self._rooms = rows.messages_there(self._connection, ids)
        self._rooms |= {ours: self._places[message.room].id for ours, message in fresh}

    def _within(self, theirs: int | None, place: Place | None) -> int | None:
        """A message here, if it is in a room."""
        ours = None if theirs is None else self._kept.lookups.number(theirs)
        is_there = ours is not None and place is not None and self._rooms.get(ours) == place.id
        return ours if is_there else None

    def _row(self, ours: int, message: carried.Message) -> message_rows.Row:
        place = self._places[message.room]
        since = self._kept_since(place.id)
        self.over += since is not None and message.at < since
        place.version, place.count, place.changed = place.version + 1, place.count + 1, True
        # What is said in a room answers what was said there.
        reply, chain = self._within(message.reply_to, place), self._within(message.chain, place)
        if reply is None or chain is None:
            reply = chain = None
        return (
            ours, place.id, self._username(message.author, message.username),
            self._author(message.author), "" if message.deleted_at else words_of(message.text),
            format_time(message.at), place.version, self._reach.client_id(message.id), place.count,
            reply, chain,
        )  # fmt: skip

    def _extra(self, message: carried.Message) -> tuple[dict[str, Any], list[str]]:
        """What few messages have, and the files that it has by that."""
        extra: dict[str, Any] = {}
        if message.edited_at is not None:
            extra["edited_at"] = message.edited_at
        calls = [each for each in message.mentions if each.startswith("@")]
        named = [name for each in message.mentions if (name := self._called(each)) is not None]
        if calls or named:
            extra["mentions"] = json.dumps([*named, *calls], ensure_ascii=False)
        files = self._files(message.files, message.room)
        if files:
            extra["files"] = message_rows.files_as_told(files)
        passed, others = message.forwarded, tuple[File, ...]()
        if passed is not None:
            others = self._files(passed.files, message.room)
            place = None if passed.room is None else self._places.get(passed.room)
            origin = self._within(passed.message, place)
            called = None if passed.guest else self._called(passed.username)
            # Nobody here is said to have said what somebody with no account there has.
            is_guest = passed.guest or (called is None and not self._reach.is_ours)
            told = Forwarded.model_construct(
                message_id=origin, room_id=place.id if origin is not None and place else None,
                username=called or name_of(passed.username) or NOBODY, guest=is_guest,
                timestamp=passed.at, content=words_of(passed.text), files=others,
            )  # fmt: skip
            extra["forwarded"] = told.model_dump_json()
        if message.pinned_at is not None and self._places[message.room].new:
            pinned_by = message.pinned_by or NOBODY
            extra["pinned_at"] = message.pinned_at
            extra["pinned_by"] = self._called(pinned_by) or name_of(pinned_by) or NOBODY
        return extra, [each.id for each in (*files, *others)]

    # Reactions

    def _reaction(self, reaction: carried.Reaction) -> None:
        if self._departed.mode(reaction.author) == "remove":
            return
        if reaction.message != self._reacting[0]:
            self._react()
            self._reacting = reaction.message, []
        self._reacting[1].append(reaction)

    def _react(self) -> None:
        theirs, given = self._reacting
        self._reacting = 0, []
        ours = self._kept.lookups.number(theirs)
        if ours is None or not given or not self._is_fresh(ours):
            return
        put: dict[tuple[str, str], dict[str, Any]] = {}
        for each in given:
            emoji = fully_qualified(each.emoji)
            author = self._author(each.author)
            if emoji is not None:
                put.setdefault((author, emoji), {
                    "emoji": emoji, "author": author, "created_at": each.at,
                    "username": self._username(each.author, each.username),
                })  # fmt: skip
        if put:
            rows.add_reactions(self._connection, ours, list(put.values()))
            self._counts["reactions"] += len(put)

    def _is_fresh(self, ours: int) -> bool:
        """Whether a message was brought in just now, so that nobody has reacted to it here."""
        return ours >= self._first
