"""The rows of files, of the messages that have them, and of what is in the storage."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from parlour.files import File, Thumbnail
from parlour.store.dialects import Listed, upsert
from parlour.store.jobs import now_ms
from parlour.store.meta import TAKEOUT
from parlour.store.tables import (
    attachments,
    discarded,
    files,
    members,
    messages,
    meta,
    restrictions,
    rooms,
    storage_use,
    users,
)
from parlour.support.text import name_key

_COLUMNS: Final = (
    files.c.id, files.c.room_id, files.c.author, files.c.name, files.c.type, files.c.size,
    files.c.width, files.c.height, files.c.thumbnail_width, files.c.thumbnail_height, files.c.alt,
    files.c.sha256, files.c.bytes, files.c.waits_since, files.c.message_id, files.c.described_at,
    files.c.scheduled_id,
)  # fmt: skip
_PENDING: Final = discarded.c.pending.is_not(None)
# Made once, because each file asks for them.
_EXPECTED: Final = (discarded.c.key.in_(bindparam("keys", expanding=True)), _PENDING)
_CLAIM: Final = delete(discarded).where(*_EXPECTED)
_DISCARD: Final = update(discarded).where(*_EXPECTED).values(pending=None)
_ids = Listed("ids")
_BY_ID = select(*_COLUMNS).select_from(_ids.table.join(files, files.c.id == _ids.words))


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is in the storage, and whose it is."""

    file: File
    room_id: int
    author: str
    sha256: str
    # What it takes, with its thumbnail.
    bytes: int
    attached: bool
    # By which it is there: the one that it came with, or the first that passes it on.
    message_id: int | None = None
    # When it was last described anew, while a message had it.
    described_at: datetime | None = None
    # Whether a message that is said later keeps it.
    held: bool = False


def _stored(row: Any) -> StoredFile:
    thumbnail = None
    if row.thumbnail_width is not None:
        thumbnail = Thumbnail(width=row.thumbnail_width, height=row.thumbnail_height)
    file = File(
        id=row.id, name=row.name, type=row.type, size=row.size, width=row.width,
        height=row.height, alt=row.alt, thumbnail=thumbnail,
    )  # fmt: skip
    return StoredFile(
        file, row.room_id, row.author, row.sha256, row.bytes, row.waits_since is None,
        row.message_id, row.described_at, row.scheduled_id is not None,
    )  # fmt: skip


def find(connection: Connection, ids: Collection[str]) -> dict[str, StoredFile]:
    """Those of these files that there are."""
    rows = connection.execute(_BY_ID, {"ids": json.dumps(list(ids))})
    return {row.id: _stored(row) for row in rows}


def insert_file(connection: Connection, stored: StoredFile, now: datetime) -> None:
    """A new file, which lies in the storage already."""
    file = stored.file
    small = file.thumbnail
    connection.execute(
        insert(files).values(
            **file.model_dump(exclude={"thumbnail"}),
            room_id=stored.room_id,
            author=stored.author,
            bytes=stored.bytes,
            charged=charged(stored.author),
            thumbnail_width=None if small is None else small.width,
            thumbnail_height=None if small is None else small.height,
            sha256=stored.sha256,
            created_at=now,
            waits_since=now,
        )
    )


def set_alt(connection: Connection, file_id: str, alt: str, described_at: datetime | None) -> None:
    """Say it in other words for who does not see it."""
    changed = update(files).where(files.c.id == file_id)
    connection.execute(changed.values(alt=alt, described_at=described_at))


def delete_file(connection: Connection, file_id: str) -> None:
    """Take away a file that no message has."""
    connection.execute(delete(files).where(files.c.id == file_id))


def delete_unattached(connection: Connection, before: datetime, limit: int) -> int:
    """Take away files that no message has since before then, at most `limit`; how many.

    What is said later keeps its own.
    """
    some = (
        select(files.c.id)
        .where(files.c.waits_since < before, files.c.scheduled_id.is_(None))
        .order_by(files.c.waits_since)
        .limit(limit)
    )
    return connection.execute(delete(files).where(files.c.id.in_(some))).rowcount


# Which messages have them


def attach(connection: Connection, pairs: Sequence[tuple[int, str]]) -> None:
    """Give messages their files: pairs of a message that is stored and a file."""
    connection.execute(
        insert(attachments),
        [{"message_id": message_id, "file_id": file_id} for message_id, file_id in pairs],
    )
    connection.execute(
        update(files)
        .where(files.c.id == bindparam("key"))
        .values(
            waits_since=None,
            message_id=func.coalesce(files.c.message_id, bindparam("message")),
        ),
        [{"key": file_id, "message": message_id} for message_id, file_id in pairs],
    )


def release(connection: Connection, message_id: int) -> None:
    """A message has its files no longer; those that no other has go.

    What others pass on is charged to the first of these from then on.
    """
    connection.execute(delete(attachments).where(attachments.c.message_id == message_id))


def release_some(connection: Connection, message_id: int, ids: Collection[str]) -> None:
    """The same of some of its files."""
    connection.execute(
        delete(attachments).where(
            attachments.c.message_id == message_id, attachments.c.file_id.in_(ids)
        )
    )


def room_for(
    connection: Connection, file_id: str, author: str | None, *, banned: bool = False
) -> int | None:
    """A room with a message that has a file, and which somebody may enter, or is `banned` from.

    Anybody may have passed a file on into thousands of rooms that are nothing to whoever asks.
    """
    given: dict[str, Any] = {"file_id": file_id, "author": author, "now": datetime.now(UTC)}
    if author is not None and author.startswith("user:"):
        given["user_id"] = int(author.removeprefix("user:"))
    statement = _room_for(banned=banned, member="user_id" in given)
    room_id: int | None = connection.scalar(statement, given)
    return room_id


@cache
def _room_for(*, banned: bool, member: bool) -> Select[Any]:
    # Made once: each new one leaves circles that stay in memory until all of it is gone through.
    theirs = rooms.c.kind == "public"
    if member:
        belonging = select(members.c.room_id).where(
            members.c.room_id == rooms.c.id, members.c.user_id == bindparam("user_id")
        )
        theirs = or_(theirs, belonging.exists())
    ban = (
        select(restrictions.c.id)
        .where(
            restrictions.c.room_id == rooms.c.id,
            restrictions.c.author == bindparam("author"),
            restrictions.c.kind == "ban",
            or_(restrictions.c.until.is_(None), restrictions.c.until > bindparam("now")),
        )
        .exists()
    )
    said = attachments.join(messages, messages.c.id == attachments.c.message_id)
    return (
        select(rooms.c.id)
        .select_from(said.join(rooms, rooms.c.id == messages.c.room_id))
        .where(
            attachments.c.file_id == bindparam("file_id"),
            rooms.c.deleted_at.is_(None),
            theirs,
            ban if banned else ~ban,
        )
        .limit(1)
    )


# The storage

# What a file is charged at least: it takes whole blocks of the disk, and an entry of a folder.
LEAST: Final = 4096
# Whom the files of guests are charged to: one of them is quickly somebody else.
GUESTS: Final = "guest"


def charged(author: str) -> str:
    """Whose quota the files of somebody take of."""
    return author if author.startswith("user:") else GUESTS


def used(connection: Connection, owner: str) -> int:
    """Bytes that are charged to somebody; those of all files with ''."""
    statement = select(storage_use.c.bytes).where(storage_use.c.owner == owner)
    return connection.scalar(statement) or 0


def expect(connection: Connection, keys: Iterable[str]) -> None:
    """Something is about to be put into the storage under these keys."""
    now = now_ms(connection) // 1000
    connection.execute(insert(discarded), [{"key": key, "pending": now} for key in keys])


def claim(connection: Connection, keys: Collection[str]) -> bool:
    """What was expected under these keys is there and gets a row; whether nobody has taken it.

    Another server that starts on this database meanwhile takes it for what a crash has left. Then
    it is (once more) to be taken away: it may have come after that was done.
    """
    if connection.execute(_CLAIM, {"keys": keys}).rowcount == len(keys):
        return True
    connection.execute(
        upsert(connection, discarded).on_conflict_do_nothing(index_elements=["key"]),
        [{"key": key, "pending": None} for key in keys],
    )
    return False


def settle(connection: Connection, keys: Collection[str]) -> None:
    """It is there no longer."""
    connection.execute(
        delete(discarded).where(discarded.c.key == bindparam("which")),
        [{"which": key} for key in keys],
    )


def discard(connection: Connection, keys: Collection[str]) -> None:
    """It is to be taken away, unless it has got its row: whoever asks may not have heard of it."""
    connection.execute(_DISCARD, {"keys": keys})


def throw_away(connection: Connection, keys: Collection[str]) -> None:
    """What lies in the storage under these keys, and has no row of its own, is to be taken away."""
    statement = upsert(connection, discarded)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"pending": None}),
        [{"key": key, "pending": None} for key in keys],
    )


def is_pending(connection: Connection) -> bool:
    """Whether something was being put into the storage when the server ended."""
    found = select(discarded.c.key).where(_PENDING).limit(1)
    return connection.scalar(found) is not None


def discard_pending(connection: Connection) -> int:
    """What was being put there when the server ended belongs to nothing; how much that was."""
    return connection.execute(update(discarded).where(_PENDING).values(pending=None)).rowcount


def discard_late(connection: Connection, seconds: int) -> int:
    """What has been put there for longer than that belongs to nothing; how much that was.

    Its node was killed, and no other one knows what that was at.
    """
    before = now_ms(connection) // 1000 - seconds
    # Nothing is known of those that an earlier release notes just now.
    late = discarded.c.pending.between(2, before)
    return connection.execute(update(discarded).where(late).values(pending=None)).rowcount


def discarded_keys(connection: Connection, behind: str, limit: int) -> list[str]:
    """What is to be taken from the storage next: the keys that come behind this one."""
    statement = select(discarded.c.key).where(
        discarded.c.pending.is_(None), discarded.c.key > behind
    )
    return list(connection.scalars(statement.order_by(discarded.c.key).limit(limit)))


def unknown(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of these keys that belong to no file and no account, and are not on their way either.

    A key that was in the storage before this is asked is known, or has been taken away since:
    whatever is put there is noted first.
    """
    found = find(connection, {key[:32] for key in keys})
    left = set()
    for key in keys:
        stored = found.get(key[:32])
        if stored is None or (len(key) > 32 and stored.file.thumbnail is None):
            left.add(key)
    if left:
        asked = Listed("ids")
        for known in (discarded.c.key, users.c.avatar):
            statement = select(known).select_from(
                asked.table.join(known.table, known == asked.words)
            )
            left -= set(connection.scalars(statement, {"ids": json.dumps(sorted(left))}))
        # What people take along.
        taken = select(meta.c.value).where(meta.c.name.startswith(TAKEOUT))
        left -= {json.loads(value)["key"] for value in connection.scalars(taken)}
    return left


# Avatars


@dataclass(frozen=True, slots=True)
class StoredAvatar:
    """An image of an account that is in the storage."""

    key: str
    size: int


def set_avatar(connection: Connection, user_id: int, avatar: StoredAvatar | None) -> None:
    """Show an account by another image, or by none."""
    key, size = (None, None) if avatar is None else (avatar.key, avatar.size)
    statement = update(users).where(users.c.id == user_id)
    connection.execute(statement.values(avatar=key, avatar_size=size))


def avatars(connection: Connection, names: Collection[str]) -> dict[str, StoredAvatar]:
    """The images of those accounts of these names that have one, by `name_key` of the name."""
    keys = Listed("names")
    rows = connection.execute(
        select(users.c.name_key, users.c.avatar, users.c.avatar_size)
        .select_from(keys.table.join(users, users.c.name_key == keys.words))
        .where(users.c.disabled_at.is_(None), users.c.avatar.is_not(None)),
        {"names": json.dumps([name_key(name) for name in names])},
    )
    return {row.name_key: StoredAvatar(row.avatar, row.avatar_size) for row in rows}
