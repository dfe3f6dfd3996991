"""The messages' rows."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from parlour.fields import format_time
from parlour.files import File
from parlour.models import Forwarded, Message, Reaction, Replies
from parlour.store.dialects import Listed, is_sqlite
from parlour.store.spoken import shown_words
from parlour.store.tables import messages, rooms
from parlour.support.text import name_key

TOLD = (
    messages.c.id,
    messages.c.room_id,
    messages.c.username,
    messages.c.author,
    messages.c.content,
    messages.c.timestamp,
    messages.c.version,
    messages.c.client_id,
    messages.c.reply_to,
    messages.c.chain,
    messages.c.edited_at,
    messages.c.deleted_at,
    messages.c.reactions,
    messages.c.replies,
    messages.c.mentions,
    messages.c.files,
    messages.c.forwarded,
    messages.c.pinned_at,
    messages.c.pinned_by,
)

_COLUMNS: Final = tuple(column.name for column in TOLD)
# A new message has been neither edited nor deleted, nobody has reacted to it, answered or pinned
# it; and what few have (`RARE`) is written behind, so that the others do not pay for it.
_TOLD_AT_ONCE: Final = _COLUMNS[:-9]
# In the order of the table, in which an INSERT names them.
_INSERTED: Final = tuple(
    column.name for column in messages.c if column.name in {*_TOLD_AT_ONCE, "number"}
)
_INSERTED_NAMES = frozenset(_TOLD_AT_ONCE) | {"guest"}

ClientKey = tuple[int, str, str]
# A name is looked for in so many of a room's messages: nobody waits for a million of them.
LOOKED_THROUGH: Final = 2_000

# One statement for any number of keys, each of which is looked up in the index: SQLite answers
# `(room_id, author, client_id) IN (...)` by looking at every message there is.
_keys = Listed("keys")
_BY_CLIENT_ID = select(*TOLD).select_from(
    _keys.table.join(
        messages,
        and_(
            messages.c.room_id == _keys.number_at(0),
            messages.c.author == _keys.words_at(1),
            messages.c.client_id == _keys.words_at(2),
        ),
    )
)

_ids = Listed("ids")
_BY_ID = (
    select(*TOLD)
    .select_from(_ids.table.join(messages, messages.c.id == _ids.number))
    # With a bare column SQLite would go through all messages of the room instead.
    .where(messages.c.room_id + 0 == bindparam("room"))
    .order_by(_ids.number)
)

_THERE = select(*TOLD).select_from(
    _ids.table.join(messages, messages.c.id == _ids.number).join(
        rooms, and_(rooms.c.id == messages.c.room_id, rooms.c.deleted_at.is_(None))
    )
)


# What a new message does not have yet, or only few have, in the order in which it is told.
LATER: Final[dict[str, Any]] = {
    name: field.default
    for name, field in Message.model_fields.items()
    if name not in _INSERTED_NAMES or name == "chain"
}

_SET_RARE: Final = (
    update(messages)
    .where(messages.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("mentions", "files", "forwarded")})
)

Row = tuple[int | str | None, ...]
_reactions: Final = TypeAdapter(tuple[Reaction, ...])
# Kept as JSON, as they are told; null where there is nothing.
_JSON: Final[dict[str, TypeAdapter[Any]]] = {
    "reactions": _reactions,
    "replies": TypeAdapter(Replies),
    "mentions": TypeAdapter(tuple[str, ...]),
    "files": TypeAdapter(tuple[File, ...]),
    "forwarded": TypeAdapter(Forwarded),
}
# What a message is stored with, but few are.
RARE: Final = ("mentions", "files", "forwarded")


def message_of(row: Sequence[Any]) -> Message:
    """The message of a row of TOLD."""
    fields = dict(zip(_COLUMNS, row, strict=True))
    author: str = fields.pop("author")
    # Authors are `user:` accounts; all others (`guest:`, `name:`) are guests.
    fields["guest"] = not author.startswith("user:")
    for name, shape in _JSON.items():
        text: str | None = fields[name]
        fields[name] = LATER[name] if text is None else shape.validate_json(text)
    # In the order of the shape, as they are told.
    return Message.trusted({name: fields[name] for name in Message.model_fields})


def row_of(message: Message, author: str, number: int) -> Row:
    """The row of a message, in the order of `insert_messages`."""
    return (
        message.id, message.room_id, message.username, author, message.content,
        format_time(message.timestamp), message.version, message.client_id, number,
        message.reply_to, message.chain,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _insert_sql(dialect: Dialect) -> str:
    return str(insert(messages).compile(dialect=dialect, column_keys=_INSERTED))


# A trigger notes the last one where that message is gone.
_LAST_ID: Final = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'messages'",
    "postgresql": "SELECT greatest((SELECT max(id) FROM messages),"
    " (SELECT value::bigint FROM meta WHERE name = 'last_message'))",
}
# On PostgreSQL a list for each column: one statement on its way, however many rows.
_INSERT_COLUMNS: Final = (
    f"INSERT INTO messages ({', '.join(_INSERTED)}) SELECT * FROM unnest("  # noqa: S608
    + ", ".join(
        f"%s::{'bigint' if isinstance(messages.c[name].type, BigInteger) else 'text'}[]"
        for name in _INSERTED
    )
    + ")"
)


def last_id(connection: Connection) -> int:
    """The highest id ever given to a message, also when that message is gone."""
    return connection.exec_driver_sql(_LAST_ID[connection.dialect.name]).scalar() or 0


def insert_messages(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows whose `id` and `version` have been allotted, in one statement.

    Past SQLAlchemy's handling of parameters, which costs more than SQLite does to store them.
    """
    if is_sqlite(connection):
        connection.exec_driver_sql(_insert_sql(connection.dialect), list(rows))
    else:
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(_INSERT_COLUMNS, columns)


def set_rare(connection: Connection, told: Iterable[Message]) -> None:
    """Write what few messages have (`RARE`) of messages that have just been inserted."""
    rows = [
        {"key": each.id}
        | {
            name: _JSON[name].dump_json(value).decode() if (value := getattr(each, name)) else None
            for name in RARE
        }
        for each in told
    ]
    connection.execute(_SET_RARE, rows)


def messages_by_client_id(
    connection: Connection, keys: Collection[ClientKey]
) -> dict[ClientKey, Message]:
    """The messages that (room_id, author, client_id) made before."""
    if not keys:
        return {}
    rows = connection.execute(_BY_CLIENT_ID, {"keys": to_json(list(keys)).decode()})
    return {(row.room_id, row.author, row.client_id): message_of(row) for row in rows}


def find_message(connection: Connection, message_id: int) -> tuple[Message, str] | None:
    """A message, and its author; None when it is not there or its room is gone."""
    row = connection.execute(
        select(*TOLD)
        .join(rooms, rooms.c.id == messages.c.room_id)
        .where(messages.c.id == message_id, rooms.c.deleted_at.is_(None))
    ).first()
    return None if row is None else (message_of(row), row.author)


def those_there(connection: Connection, ids: Collection[int]) -> dict[int, Message]:
    """Those of these messages that are there, in rooms that are."""
    rows = connection.execute(_THERE, {"ids": json.dumps(sorted(ids))})
    return {row.id: message_of(row) for row in rows}


def change_message(connection: Connection, message_id: int, version: int, **values: Any) -> Message:
    """Set columns of a message that is there; the message as it is now."""
    row = connection.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(version=version, **values)
        .returning(*TOLD)
    ).one()
    return message_of(row)


def set_reactions(
    connection: Connection, message_id: int, version: int, reactions: Sequence[Reaction]
) -> Message:
    """Write what is told of the reactions to a message; the message as it is now."""
    return change_message(connection, message_id, version, reactions=reactions_text(reactions))


def reactions_text(reactions: Sequence[Reaction]) -> str | None:
    """As they are kept."""
    return _reactions.dump_json(tuple(reactions)).decode() if reactions else None


def mentions_text(mentions: tuple[str, ...]) -> str | None:
    """As they are kept."""
    return _JSON["mentions"].dump_json(mentions).decode() if mentions else None


def all_words(message: Message) -> str:
    """What a message says, what it passes on, and what is said of its files."""
    files, forwarded = message.files, message.forwarded
    return shown_words(
        message.content,
        files_as_told(files) if files else None,
        None if forwarded is None else _JSON["forwarded"].dump_json(forwarded).decode(),
    )


def files_as_told(files: tuple[File, ...]) -> str:
    """The text that is kept of the files of a message."""
    return _JSON["files"].dump_json(files).decode()


def last_author(connection: Connection, room_id: int, username: str) -> tuple[str, str] | None:
    """Who wrote last under a name, in any case, and as they spelled it.

    It is looked for in the newest LOOKED_THROUGH messages of a room.
    """
    newest = (
        select(messages.c.id, messages.c.author, messages.c.username)
        .where(messages.c.room_id == room_id)
        .order_by(messages.c.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    spoken = connection.execute(
        select(newest.c.author, newest.c.username)
        .group_by(newest.c.author, newest.c.username)
        .order_by(func.max(newest.c.id).desc())
    )
    wanted = name_key(username)
    return next((tuple(row) for row in spoken if name_key(row.username) == wanted), None)


def _page_of(bound: ColumnElement[bool] | None, *, up: bool) -> Select[Any]:
    statement = select(*TOLD).where(messages.c.room_id == bindparam("room"))
    if bound is not None:
        statement = statement.where(bound)
    order = messages.c.id.asc() if up else messages.c.id.desc()
    return statement.order_by(order).limit(bindparam("limit"))


# Made once: to make a statement costs more than to run it.
_NEWEST: Final = _page_of(None, up=False)
_BELOW: Final = _page_of(messages.c.id < bindparam("at"), up=False)
_ABOVE: Final = _page_of(messages.c.id > bindparam("at"), up=True)


def _page(connection: Connection, statement: Select[Any], **values: int) -> list[Message]:
    return [message_of(row) for row in connection.execute(statement, values)]


def newest(connection: Connection, room_id: int, limit: int) -> list[Message]:
    """The newest messages, oldest first."""
    return _page(connection, _NEWEST, room=room_id, limit=limit)[::-1]


def before(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """The messages next below `message_id`, oldest first."""
    return _page(connection, _BELOW, room=room_id, at=message_id, limit=limit)[::-1]


def after(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """The messages next above `message_id`, oldest first."""
    return _page(connection, _ABOVE, room=room_id, at=message_id, limit=limit)


def around(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """Up to `limit` messages with `message_id` in the middle; more of a side that has more."""
    older = before(connection, room_id, message_id + 1, limit)
    newer = after(connection, room_id, message_id, limit)
    return middle(older, newer, limit)


def middle(older: list[Message], newer: list[Message], limit: int) -> list[Message]:
    """Up to `limit` messages where two runs meet; more of a run where the other is short."""
    half = limit // 2
    take_newer = min(len(newer), max(half, limit - len(older)))
    take_older = min(len(older), limit - take_newer)
    return older[len(older) - take_older :] + newer[:take_newer]


def by_ids(connection: Connection, room_id: int, ids: Collection[int]) -> list[Message]:
    """Those of these messages that are in a room, by id."""
    rows = connection.execute(_BY_ID, {"ids": json.dumps(sorted(set(ids))), "room": room_id})
    return [message_of(row) for row in rows]


def count(connection: Connection) -> int:
    """How many messages there are in all."""
    return connection.scalar(select(func.count()).select_from(messages)) or 0
