"""What was said, brought in behind the people and rooms of which it is."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from parlour import carried
from parlour.export.placing import (
    AT_ONCE,
    NOBODY,
    Reach,
    Settling,
    file_name_of,
    name_of,
    text_of,
    words_of,
)
from parlour.fields import format_time
from parlour.files import File, Thumbnail
from parlour.models import Forwarded
from parlour.store import importing as rows
from parlour.store import messages as message_rows
from parlour.support.emojis import fully_qualified
from parlour.support.lookups import Lookups
from parlour.support.mediatypes import IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable


class Placing(Settling):
    """Stores what is read, in the one transaction of it."""

    def __init__(self, reach: Reach, kept: Lookups, password_hash: str) -> None:
        super().__init__(reach, kept, password_hash)
        self._batch: list[carried.Message] = []
        self._reacting: tuple[int, list[carried.Reaction]] = (0, [])
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

    # Files

    def _file(self, file: carried.File) -> None:
        there = self._kept.text(f"file {file.id}")
        if there is None:
            return
        key, size, kind = there.split()
        small = self._kept.text(f"file {file.id}t")
        is_known = kind == "known"
        is_image = file.type in IMAGES and (is_known or kind == file.type)
        shown = {"width": file.width, "height": file.height} if is_image else {}
        thumbnail = None
        if is_image and small is not None and small.split()[2] in ("known", "image/webp"):
            thumbnail = file.thumbnail
        made = File(
            id=key, name=file_name_of(file.name), type=file.type if is_known else kind,
            size=int(size), alt=text_of(file.alt),
            thumbnail=None if thumbnail is None else Thumbnail(**thumbnail.model_dump()),
            **shown,
        )  # fmt: skip
        self._kept.put_text(f"told {file.id}", made.model_dump_json())
        if is_known:
            return
        author = self._author(file.author)
        place = self._places.get(file.room)
        now = datetime.now(UTC)
        taken = int(size) + (int(small.split()[1]) if thumbnail and small else 0)
        rows.insert_file(
            self._connection,
            made.model_dump(exclude={"thumbnail"})
            | {
                "room_id": (place or next(iter(self._places.values()))).id, "author": author,
                "bytes": taken, "sha256": file.sha256, "created_at": file.created_at,
                "waits_since": now, "charged": author if author.startswith("user:") else "import",
                "thumbnail_width": made.thumbnail and made.thumbnail.width,
                "thumbnail_height": made.thumbnail and made.thumbnail.height,
            },
        )  # fmt: skip
        self._counts["files"] += 1

    def _files(self, ids: tuple[str, ...]) -> tuple[File, ...]:
        told = (self._kept.text(f"told {each}") for each in dict.fromkeys(ids))
        return tuple(File.model_validate_json(each) for each in told if each is not None)

    # Messages

    def _message(self, message: carried.Message) -> None:
        self._batch.append(message)
        if len(self._batch) == AT_ONCE:
            self._store()

    def _store(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        known = self._known(batch)
        next_id = message_rows.last_id(self._connection) + 1
        fresh: list[tuple[int, carried.Message]] = []
        for message in batch:
            if message.id not in known:
                fresh.append((next_id + len(fresh), message))
        ids = known | {message.id: ours for ours, message in fresh}
        self._kept.put_numbers(ids.items())
        if not fresh:
            return
        self._counts["messages"] += len(fresh)
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

    def _known(self, batch: list[carried.Message]) -> dict[int, int]:
        """Those that are here already, and which they are."""
        found: dict[int, int] = {}
        if self._reach.is_ours:
            there = rows.messages_there(self._connection, [each.id for each in batch])
            found = {
                each.id: each.id
                for each in batch
                if there.get(each.id) == self._places[each.room].id
            }
        keys = {
            (self._places[each.room].id, self._author(each.author), self._reach.client_id(each.id)):
            each.id
            for each in batch
            if not self._places[each.room].new and each.id not in found
        }  # fmt: skip
        by_key = message_rows.messages_by_client_id(self._connection, keys)
        return found | {keys[key]: message.id for key, message in by_key.items()}

    def _row(self, ours: int, message: carried.Message) -> message_rows.Row:
        place = self._places[message.room]
        place.version, place.count, place.changed = place.version + 1, place.count + 1, True
        reply = chain = None
        if message.reply_to is not None and message.chain is not None:
            reply, chain = self._kept.number(message.reply_to), self._kept.number(message.chain)
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
        named = [self._names[each] for each in message.mentions if each in self._names]
        if calls or named:
            extra["mentions"] = json.dumps([*named, *calls], ensure_ascii=False)
        files = self._files(message.files)
        if files:
            extra["files"] = message_rows.files_as_told(files)
        passed, others = message.forwarded, tuple[File, ...]()
        if passed is not None:
            others = self._files(passed.files)
            place = None if passed.room is None else self._places.get(passed.room)
            origin = None if passed.message is None else self._kept.number(passed.message)
            is_told = place is not None and origin is not None
            told = Forwarded.model_construct(
                message_id=origin if is_told else None, room_id=place.id if is_told and place else
                None, username=self._names.get(passed.username, name_of(passed.username) or NOBODY)
                if not passed.guest else name_of(passed.username) or NOBODY, guest=passed.guest,
                timestamp=passed.at, content=words_of(passed.text), files=others,
            )  # fmt: skip
            extra["forwarded"] = told.model_dump_json()
        if message.pinned_at is not None and self._places[message.room].new:
            pinned_by = message.pinned_by or NOBODY
            extra["pinned_at"] = message.pinned_at
            extra["pinned_by"] = self._names.get(pinned_by, name_of(pinned_by) or NOBODY)
        return extra, [each.id for each in (*files, *others)]

    # Reactions

    def _reaction(self, reaction: carried.Reaction) -> None:
        if reaction.message != self._reacting[0]:
            self._react()
            self._reacting = reaction.message, []
        self._reacting[1].append(reaction)

    def _react(self) -> None:
        theirs, given = self._reacting
        self._reacting = 0, []
        ours = self._kept.number(theirs)
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
