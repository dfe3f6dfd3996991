"""The rows of what an export brings in: found again by where they came from, or made."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from parlour.files import File
from parlour.models import MAX_TOLD_NAMES, MAX_TOLD_REACTORS, Reaction, Replies
from parlour.store import files as file_rows
from parlour.store import removal
from parlour.store.dialects import upsert
from parlour.store.jobs import now_ms
from parlour.store.messages import reactions_text
from parlour.store.meta import read_values, write_value
from parlour.store.tables import (
    attachments,
    discarded,
    files,
    members,
    messages,
    reactions,
    rooms,
    users,
    wordings,
)
from parlour.support.names import name_identity
from parlour.support.text import name_key

# What came from another history, before its name: people and rooms, theirs and ours.
_FROM: Final = "from "
_EXTRAS: Final = (
    "edited_at", "deleted_at", "mentions", "files", "forwarded", "pinned_at", "pinned_by",
)  # fmt: skip


def known_from(connection: Connection, history: str) -> dict[str, dict[str, Any]]:
    """Which people and rooms of another history are which here."""
    found = read_values(connection, [f"{_FROM}{history}"]).get(f"{_FROM}{history}")
    known: dict[str, dict[str, Any]] = json.loads(found) if found else {}
    return known


def know_from(connection: Connection, history: str, known: Mapping[str, Any]) -> None:
    """Keep that."""
    write_value(connection, f"{_FROM}{history}", json.dumps(known))


# People


def has_user(connection: Connection, user_id: int) -> bool:
    """Whether there is such an account."""
    return connection.scalar(select(users.c.id).where(users.c.id == user_id)) is not None


def username_of(connection: Connection, user_id: int) -> str:
    """What an account is called."""
    name: str = connection.execute(
        select(users.c.username).where(users.c.id == user_id)
    ).scalar_one()
    return name


def is_nobodys(connection: Connection, user_id: int) -> bool:
    """Whether an account is as an import made it, never given to anybody, or of who has gone."""
    asked = select(users.c.id).where(
        users.c.id == user_id,
        or_(users.c.disabled_at == users.c.password_changed_at, users.c.password_hash == ""),
    )
    return connection.scalar(asked) is not None


def is_free(connection: Connection, username: str) -> bool:
    """Whether no account has this name, nor one that looks like it."""
    if removal.is_left(connection, username):
        return False
    taken = or_(users.c.name_key == name_key(username), users.c.identity == name_identity(username))
    return connection.scalar(select(users.c.id).where(taken).limit(1)) is None


def create_user(connection: Connection, username: str, **values: Any) -> int:
    """A new account that cannot be used before somebody enables it; its id."""
    made = insert(users).values(
        username=username, name_key=name_key(username), identity=name_identity(username),
        role="member", disabled_at=values["password_changed_at"], **values,
    )  # fmt: skip
    user_id: int = connection.execute(made.returning(users.c.id)).scalar_one()
    return user_id


# Rooms


def has_room(connection: Connection, room_id: int) -> bool:
    """Whether there is such a room."""
    asked = select(rooms.c.id).where(rooms.c.id == room_id, rooms.c.deleted_at.is_(None))
    return connection.scalar(asked) is not None


def is_public(connection: Connection, room_id: int) -> bool:
    """Whether everybody may come into a room."""
    asked = select(rooms.c.id).where(rooms.c.id == room_id, rooms.c.kind == "public")
    return connection.scalar(asked) is not None


def has_public(connection: Connection, name: str) -> bool:
    """Whether a public room has this name."""
    asked = select(rooms.c.id).where(
        rooms.c.name_key == name_key(name), rooms.c.kind == "public", rooms.c.deleted_at.is_(None)
    )
    return connection.scalar(asked) is not None


def has_direct(connection: Connection, direct_key: str) -> bool:
    """Whether there is, or was, a conversation of these people."""
    asked = select(rooms.c.id).where(rooms.c.direct_key == direct_key)
    return connection.scalar(asked) is not None


def set_room(connection: Connection, room_id: int, **values: Any) -> None:
    """Set columns of a room that has just been made."""
    connection.execute(update(rooms).where(rooms.c.id == room_id).values(**values))


def add_members(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make accounts members, unless they are."""
    connection.execute(upsert(connection, members).on_conflict_do_nothing(), rows)


def counters(connection: Connection, room_id: int) -> tuple[int, int]:
    """The version of a room, and how many messages were said in it."""
    asked = select(rooms.c.version, rooms.c.message_count).where(rooms.c.id == room_id)
    row = connection.execute(asked).one()
    return row[0], row[1]


# Files


def expect(connection: Connection, keys: Iterable[str]) -> None:
    """Something is about to be put into the storage, perhaps once more after it was interrupted."""
    now = now_ms(connection) // 1000
    statement = upsert(connection, discarded)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[discarded.c.key], set_={"pending": statement.excluded.pending}
        ),
        [{"key": key, "pending": now} for key in keys],
    )


def is_taken(connection: Connection, key: str) -> bool:
    """Whether a file or an avatar has this key, held ones with them."""
    of_file = select(files.c.id).where(files.c.id == key)
    of_user = select(users.c.avatar).where(users.c.avatar == key)
    return connection.scalar(of_file.union_all(of_user).limit(1)) is not None


def attached(connection: Connection, room_id: int, key: str) -> File | None:
    """A file that a message of a room has."""
    asked = (
        select(messages.c.id)
        .join(attachments, attachments.c.message_id == messages.c.id)
        .where(attachments.c.file_id == key, messages.c.room_id == room_id)
        .limit(1)
    )
    if connection.scalar(asked) is None:
        return None
    return file_rows.find(connection, [key])[key].file


def insert_file(connection: Connection, values: Mapping[str, Any]) -> None:
    """A file that lies in the storage; no message has it yet."""
    connection.execute(insert(files).values(**values))


# Messages


def messages_there(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """The rooms of those of these messages that there are."""
    asked = select(messages.c.id, messages.c.room_id).where(messages.c.id.in_(ids))
    return {row.id: row.room_id for row in connection.execute(asked)}


def set_extras(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what only few messages have of such as have just been inserted, by their `key`."""
    if rows:
        connection.execute(
            update(messages)
            .where(messages.c.id == bindparam("key"))
            .values({name: bindparam(name) for name in _EXTRAS}),
            [dict.fromkeys(_EXTRAS) | dict(row) for row in rows],
        )


def add_wordings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What messages said before."""
    if rows:
        connection.execute(insert(wordings), rows)


def attach(connection: Connection, pairs: Sequence[tuple[int, str]]) -> None:
    """Give messages their files: pairs of a message and a file."""
    if not pairs:
        return
    connection.execute(
        insert(attachments), [{"message_id": one, "file_id": other} for one, other in pairs]
    )
    connection.execute(
        update(files)
        .where(files.c.id == bindparam("key"))
        .values(
            waits_since=None, message_id=func.coalesce(files.c.message_id, bindparam("message"))
        ),
        [{"key": other, "message": one} for one, other in pairs],
    )


def count_replies(connection: Connection, room_id: int, portion: int) -> None:
    """Say of each message that a chain of a room began with how long that is."""
    grouped = (
        select(messages.c.chain, func.count(), func.max(messages.c.id))
        .where(messages.c.room_id == room_id, messages.c.chain.is_not(None))
        .group_by(messages.c.chain)
        .order_by(messages.c.chain)
        .limit(portion)
    )
    last = 0
    while found := connection.execute(grouped.where(messages.c.chain > last)).all():
        last = found[-1][0]
        asked = select(messages.c.id, messages.c.timestamp).where(
            messages.c.id.in_([row[2] for row in found])
        )
        times: dict[int, datetime] = {row.id: row.timestamp for row in connection.execute(asked)}
        connection.execute(
            update(messages)
            .where(messages.c.id == bindparam("root"), messages.c.room_id == room_id)
            .values(replies=bindparam("told", type_=messages.c.replies.type)),
            [_replies(row, times) for row in found],
        )


def _replies(row: Any, times: Mapping[int, datetime]) -> dict[str, Any]:
    told = Replies.model_construct(count=row[1], last_id=row[2], last_at=times[row[2]])
    return {"root": row[0], "told": told.model_dump_json()}


def add_reactions(
    connection: Connection, message_id: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    """What people have put on a message that has just been brought in, and what is told of it."""
    statement = upsert(connection, reactions).on_conflict_do_nothing()
    connection.execute(statement, [{"message_id": message_id, **row} for row in rows])
    by_emoji: dict[str, list[str]] = {}
    for row in rows:
        by_emoji.setdefault(row["emoji"], []).append(row["username"])
    told, left = [], MAX_TOLD_NAMES
    for emoji, names in by_emoji.items():
        shown = tuple(names[: min(MAX_TOLD_REACTORS, left)])
        left -= len(shown)
        told.append(Reaction.model_construct(emoji=emoji, count=len(names), usernames=shown))
    connection.execute(
        update(messages).where(messages.c.id == message_id).values(reactions=reactions_text(told))
    )
