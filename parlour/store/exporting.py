"""What an export is made of, read a portion at a time from one moment of the database."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.sql.expression import cast
from sqlalchemy.types import Text as AnyText

from parlour.carried import (
    MAX_LINE,
    Counts,
    File,
    Forwarded,
    Member,
    Message,
    Person,
    Reaction,
    Room,
    Small,
    Wording,
)
from parlour.store import wordings
from parlour.store.meta import EPOCH, read_values
from parlour.store.parted import Parted
from parlour.store.tables import (
    attachments,
    files,
    members,
    messages,
    reactions,
    rooms,
    users,
)

# Rows that are fetched at once.
PORTION: Final = 1_000
# Bytes of a line for what a message said earlier. All wordings that are usually kept have room; of
# one that is held there may be any number of them (`_wordings`).
_EARLIER: Final = MAX_LINE - 2 * 1024 * 1024
# Bytes that a character takes at most, written as JSON.
_CHARACTER: Final = 6


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be in it: rooms of these kinds or with these ids; or what one account has."""

    kinds: tuple[str, ...] = ("public",)
    room_ids: tuple[int, ...] | None = None
    user_id: int | None = None

    @property
    def author(self) -> str:
        """The one person, as the author of what they wrote."""
        return f"user:{self.user_id}"


class Stored(NamedTuple):
    """A file of the storage: its key, how many bytes it has, and what it is."""

    key: str
    size: int
    type: str
    sha256: str | None


class Exporting:
    """Reads what was chosen, in a transaction of a reader."""

    def __init__(self, connection: Connection, chosen: Chosen) -> None:
        self._connection = connection
        self._chosen = chosen
        self.history: str = read_values(connection, [EPOCH]).get(EPOCH, "")
        live = rooms.c.deleted_at.is_(None)
        if chosen.room_ids is not None:
            self._room = and_(live, rooms.c.id.in_(chosen.room_ids))
        elif chosen.user_id is not None:
            self._room = and_(live, self._of_person())
        else:
            self._room = and_(live, rooms.c.kind.in_(chosen.kinds))
        self._rooms = select(rooms.c.id).where(self._room)
        self._parted = Parted(connection, chosen.user_id, self._room)

    def _of_person(self) -> ColumnElement[bool]:
        """Rooms to which somebody belongs, or in which they have said something."""
        author, user_id = self._chosen.author, self._chosen.user_id
        said = select(messages.c.id).where(
            messages.c.room_id == rooms.c.id, messages.c.author == author
        )
        belongs = select(members.c.room_id).where(
            members.c.room_id == rooms.c.id, members.c.user_id == user_id
        )
        return or_(said.exists(), belongs.exists())

    def author(self, author: str) -> str:
        """An author as others may know them: nothing by which a guest is known is told."""
        if author.startswith("user:"):
            return author
        return f"guest:{hashlib.sha256(f'{self.history} {author}'.encode()).hexdigest()[:16]}"

    # Which of them

    def _own(self, column: Any) -> list[ColumnElement[bool]]:
        return [] if self._chosen.user_id is None else [column == self._chosen.author]

    def _messages(self) -> ColumnElement[bool]:
        return and_(messages.c.room_id.in_(self._rooms), *self._own(messages.c.author))

    def _members(self) -> ColumnElement[bool]:
        chosen = self._chosen
        whose = [] if chosen.user_id is None else [members.c.user_id == chosen.user_id]
        return and_(members.c.room_id.in_(self._rooms), *whose)

    def _reactions(self) -> tuple[FromClause, ColumnElement[bool]]:
        said = reactions.join(messages, messages.c.id == reactions.c.message_id)
        if self._chosen.user_id is not None:
            live = select(rooms.c.id).where(rooms.c.deleted_at.is_(None))
            return said, and_(
                messages.c.room_id.in_(live), reactions.c.author == self._chosen.author
            )
        return said, and_(messages.c.room_id.in_(self._rooms), messages.c.deleted_at.is_(None))

    def _sent(self) -> ColumnElement[bool]:
        if self._chosen.user_id is not None:
            return and_(files.c.author == self._chosen.author, files.c.waits_since.is_(None))
        there = select(attachments.c.file_id).select_from(
            attachments.join(messages, messages.c.id == attachments.c.message_id)
        )
        return files.c.id.in_(there.where(messages.c.room_id.in_(self._rooms)))

    def _people(self) -> ColumnElement[bool]:
        chosen = self._chosen
        if chosen.user_id is not None:
            return users.c.id == chosen.user_id
        if chosen.room_ids is None:
            return literal(value=True) == literal(value=True)
        said, condition = self._reactions()
        whose = literal("user:") + cast(users.c.id, AnyText)
        spoke = union(
            select(messages.c.author).where(messages.c.room_id.in_(self._rooms)),
            select(reactions.c.author).select_from(said).where(condition),
            # What is passed on may be by somebody who has never been there.
            select(files.c.author).where(self._sent()),
        ).subquery()
        belong = select(members.c.user_id).where(members.c.room_id.in_(self._rooms))
        return or_(users.c.id.in_(belong), whose.in_(select(spoke.c[0])))

    def counts(self) -> Counts:
        """How many there are of each."""

        def count(source: FromClause, where: ColumnElement[bool]) -> int:
            counted = select(func.count()).select_from(source).where(where)
            return self._connection.scalar(counted) or 0

        return Counts(
            people=count(users, self._people()),
            rooms=count(rooms, self._room),
            members=count(members, self._members()),
            files=count(files, self._sent()),
            messages=count(messages, self._messages()),
            reactions=count(*self._reactions()),
        )

    def count_of(self, room_id: int) -> int:
        """How many messages of one of the rooms there are."""
        where = and_(messages.c.room_id == room_id, *self._own(messages.c.author))
        return self._connection.scalar(select(func.count()).select_from(messages).where(where)) or 0

    def stored(self) -> Iterator[Stored]:
        """What of all that lies in the storage."""
        for row in self._all(files, files.c.id, self._sent()):
            yield Stored(row.id, row.size, row.type, row.sha256)
            if row.thumbnail_width is not None:
                yield Stored(f"{row.id}t", row.bytes - row.size, "image/webp", None)
        shown = and_(self._people(), users.c.avatar.is_not(None))
        for row in self._all(users, users.c.id, shown):
            yield Stored(row.avatar, row.avatar_size, "image/webp", None)

    # All of them, in the order of their ids

    def people(self) -> Iterator[Person]:
        """The accounts."""
        for row in self._all(users, users.c.id, self._people()):
            yield Person.model_construct(
                id=f"user:{row.id}", username=row.username, display_name=row.display_name,
                about=row.about, status_text=row.status_text, time_zone=row.time_zone, hue=row.hue,
                created_at=row.created_at, avatar=row.avatar,
            )  # fmt: skip

    def rooms(self) -> Iterator[Room]:
        """The rooms; of what somebody is in no longer nothing that was decided there since."""
        for row in self._all(rooms, rooms.c.id, self._room):
            if row.id in self._parted:
                yield Room.model_construct(
                    id=row.id, name=f"Room {row.id}", kind=row.kind, topic="",
                    created_at=row.created_at, archived_at=None, slow_seconds=0,
                )  # fmt: skip
                continue
            yield Room.model_construct(
                id=row.id, name=row.name, kind=row.kind, topic=row.topic,
                created_at=row.created_at, archived_at=row.archived_at,
                slow_seconds=row.slow_seconds,
            )  # fmt: skip

    def members(self) -> Iterator[Member]:
        """Who belongs to them."""
        asked = (
            select(members)
            .where(self._members())
            .order_by(members.c.room_id, members.c.user_id)
            .execution_options(yield_per=PORTION)
        )
        for row in self._connection.execute(asked):
            yield Member.model_construct(
                room=row.room_id, person=f"user:{row.user_id}", role=row.role,
                joined_at=row.joined_at,
            )  # fmt: skip

    def files(self) -> Iterator[File]:
        """What was sent there."""
        yield from map(self._file, self._all(files, files.c.id, self._sent()))

    def _file(self, row: Any) -> File:
        small = None
        if row.thumbnail_width is not None:
            small = Small(width=row.thumbnail_width, height=row.thumbnail_height)
        return File.model_construct(
                id=row.id, author=self.author(row.author), room=row.room_id, name=row.name,
                type=row.type, size=row.size, sha256=row.sha256, width=row.width,
                height=row.height, alt=row.alt, thumbnail=small, created_at=row.created_at,
            )  # fmt: skip

    def messages(self) -> Iterator[Message]:
        """What was said there."""
        return self._made(self._pages(messages, messages.c.id, self._messages()))

    def messages_of(self, room_id: int) -> Iterator[Message]:
        """What was said in one of the rooms, without earlier wordings."""
        where = and_(messages.c.room_id == room_id, *self._own(messages.c.author))
        return self._made(self._pages(messages, messages.c.id, where), earlier=False)

    def _made(self, pages: Iterator[Sequence[Any]], *, earlier: bool = True) -> Iterator[Message]:
        for page in pages:
            edited = [row.id for row in page if row.edited_at is not None] if earlier else []
            before = self._wordings(edited)
            for row in page:
                yield self._message(row, tuple(before.get(row.id, ())))

    def _message(self, row: Any, earlier: tuple[Wording, ...]) -> Message:
        passed = None if row.forwarded is None else json.loads(row.forwarded)
        pinned_at, pinned_by = self._parted.pin(row)
        return Message.model_construct(
            id=row.id, room=row.room_id, author=self.author(row.author), username=row.username,
            at=row.timestamp, text=row.content, edited_at=row.edited_at, deleted_at=row.deleted_at,
            earlier=earlier, reply_to=row.reply_to, chain=row.chain,
            mentions=tuple(json.loads(row.mentions or "[]")), files=_ids(row.files),
            forwarded=None if passed is None else Forwarded.model_validate_json(
                json.dumps({
                    "message": passed["message_id"], "room": passed["room_id"],
                    "username": passed["username"], "guest": passed["guest"],
                    "at": passed["timestamp"], "text": passed["content"],
                    "files": [each["id"] for each in passed["files"]],
                })
            ),
            pinned_at=pinned_at, pinned_by=pinned_by,
        )  # fmt: skip

    def _wordings(self, ids: Collection[int]) -> dict[int, list[Wording]]:
        found: dict[int, list[Wording]] = defaultdict(list)
        if not ids:
            return found
        # Of chosen rooms whoever runs the server reads what holds keep; nobody else notices any.
        whole = self._chosen.room_ids is not None and self._chosen.user_id is None
        asked = wordings.ALL if whole else wordings.TOLD
        for row in self._connection.execute(asked, {"ids": list(ids)}):
            made = Wording.model_construct(number=row.number, text=row.content, at=row.timestamp)
            found[row.message_id].append(made)
        return {message_id: _fitting(some) for message_id, some in found.items()}

    def reactions(self) -> Iterator[Reaction]:
        """What was put on messages there."""
        said, condition = self._reactions()
        last = (0, 0)
        columns = (
            reactions.c.message_id, reactions.c.id, reactions.c.emoji, reactions.c.author,
            reactions.c.username, reactions.c.created_at,
        )  # fmt: skip
        while True:
            behind = or_(
                reactions.c.message_id > last[0],
                and_(reactions.c.message_id == last[0], reactions.c.id > last[1]),
            )
            asked = (
                select(*columns)
                .select_from(said)
                .where(reactions.c.message_id >= last[0], behind, condition)
                .order_by(reactions.c.message_id, reactions.c.id)
                .limit(PORTION)
            )
            page = self._connection.execute(asked).all()
            for row in page:
                yield Reaction.model_construct(
                    message=row.message_id, emoji=row.emoji, author=self.author(row.author),
                    username=row.username, at=row.created_at,
                )  # fmt: skip
            if len(page) < PORTION:
                return
            last = page[-1].message_id, page[-1].id

    def answered(self, room_id: int, ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """Who said these messages of a room, and what they say: those that answers refer to."""
        if not ids:
            return {}
        asked = select(messages.c.id, messages.c.username, messages.c.content).where(
            messages.c.id.in_(ids), messages.c.room_id + 0 == room_id, *self._own(messages.c.author)
        )
        return {row.id: (row.username, row.content) for row in self._connection.execute(asked)}

    def reactions_on(self, ids: Collection[int]) -> dict[int, tuple[tuple[str, int, str], ...]]:
        """What is told of the reactions to messages: the emoji, how many, the first names."""
        asked = select(messages.c.id, messages.c.room_id, messages.c.reactions).where(
            messages.c.id.in_(ids), messages.c.reactions.is_not(None)
        )
        rows = self._connection.execute(asked).all()
        parted = {row.id: row.room_id for row in rows if row.room_id in self._parted}
        return self._parted.reactions_on(parted) | {
            row.id: tuple(
                (each["emoji"], each["count"], ", ".join(each["usernames"]))
                for each in json.loads(row.reactions)
            )
            for row in rows
            if row.id not in parted
        }

    def file(self, ids: Collection[str]) -> dict[str, File]:
        """Files by their ids, as messages refer to them."""
        if not ids:
            return {}
        asked = select(files).where(files.c.id.in_(ids), self._sent())
        return {row.id: self._file(row) for row in self._connection.execute(asked)}

    def _all(
        self, table: FromClause, key: ColumnElement[Any], where: ColumnElement[bool]
    ) -> Iterator[Any]:
        for page in self._pages(table, key, where):
            yield from page

    def _pages(
        self, table: FromClause, key: ColumnElement[Any], where: ColumnElement[bool]
    ) -> Iterator[Sequence[Any]]:
        asked = select(table).where(where).order_by(key).limit(PORTION)
        page = self._connection.execute(asked).all()
        while page:
            yield page
            if len(page) < PORTION:
                return
            last = page[-1].id
            page = self._connection.execute(asked.where(key > last)).all()


def _fitting(earlier: list[Wording]) -> list[Wording]:
    """The first wording of a message, and as many of the newest as have room in a line."""
    if sum(_CHARACTER * (len(each.text) + 20) for each in earlier) <= _EARLIER:
        return earlier
    kept = earlier[:1]
    left = _EARLIER - len(kept[0].line())
    for each in reversed(earlier[1:]):
        left -= len(each.line())
        if left < 0:
            break
        kept.insert(1, each)
    return kept


def _ids(text: str | None) -> tuple[str, ...]:
    return tuple(each["id"] for each in json.loads(text or "[]"))
