"""The messages' rows."""

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from parlour.models import Message, Reaction, Replies, format_time
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
)

_COLUMNS: Final = tuple(column.name for column in TOLD)
# A new message has been neither edited nor deleted, and nobody has reacted to it or answered it.
_TOLD_AT_ONCE: Final = _COLUMNS[:-4]
# In the order of the table, in which an INSERT names them.
_INSERTED: Final = tuple(
    column.name for column in messages.c if column.name in {*_TOLD_AT_ONCE, "number"}
)
_NAMES = frozenset(_COLUMNS) | {"guest"}
_INSERTED_NAMES = frozenset(_TOLD_AT_ONCE) | {"guest"}

ClientKey = tuple[int, str, str]
# A name is looked for in so many of a room's messages: nobody waits for a million of them.
LOOKED_THROUGH: Final = 2_000

# One statement for any number of keys, each of which is looked up in the index: SQLite answers
# `(room_id, author, client_id) IN (...)` by looking at every message there is.
_keys = func.json_each(bindparam("keys")).table_valued("value", name="keys")
_BY_CLIENT_ID = select(*TOLD).select_from(
    _keys.join(
        messages,
        and_(
            messages.c.room_id == func.json_extract(_keys.c.value, "$[0]"),
            messages.c.author == func.json_extract(_keys.c.value, "$[1]"),
            messages.c.client_id == func.json_extract(_keys.c.value, "$[2]"),
        ),
    )
)

_ids = func.json_each(bindparam("ids")).table_valued("value", name="ids")
_BY_ID = (
    select(*TOLD)
    .select_from(_ids.join(messages, messages.c.id == _ids.c.value))
    # With a bare column SQLite would go through all messages of the room instead.
    .where(messages.c.room_id + 0 == bindparam("room"))
)


# What is not stored with a message itself.
_ELSEWHERE: Final[dict[str, Any]] = {
    name: field.default for name, field in Message.model_fields.items() if name not in _NAMES
}
# What only later changes of a message set, in the order in which it is told.
LATER: Final[dict[str, Any]] = {
    name: field.default
    for name, field in Message.model_fields.items()
    if name not in _INSERTED_NAMES
}

Row = tuple[int | str | None, ...]
_reactions: Final = TypeAdapter(tuple[Reaction, ...])


def message_of(row: Sequence[Any]) -> Message:
    """The message of a row of TOLD."""
    fields = dict(zip(_COLUMNS, row, strict=True)) | _ELSEWHERE
    author: str = fields.pop("author")
    # Authors are `user:` accounts; all others (`guest:`, `name:`) are guests.
    fields["guest"] = not author.startswith("user:")
    reactions: str | None = fields["reactions"]
    fields["reactions"] = () if reactions is None else _reactions.validate_json(reactions)
    replies: str | None = fields["replies"]
    fields["replies"] = None if replies is None else Replies.model_validate_json(replies)
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


def last_id(connection: Connection) -> int:
    """The highest id ever given to a message, also when that message is gone."""
    statement = text("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
    return connection.scalar(statement) or 0


def insert_messages(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows whose `id` and `version` have been allotted, in one statement.

    Past SQLAlchemy's handling of parameters, which costs more than SQLite does to store them.
    """
    connection.exec_driver_sql(_insert_sql(connection.dialect), list(rows))


def messages_by_client_id(
    connection: Connection, keys: Collection[ClientKey]
) -> dict[ClientKey, Message]:
    """The messages that (room_id, author, client_id) made before."""
    if not keys:
        return {}
    rows = connection.execute(_BY_CLIENT_ID, {"keys": json.dumps(list(keys))})
    return {(row.room_id, row.author, row.client_id): message_of(row) for row in rows}


def find_message(connection: Connection, message_id: int) -> tuple[Message, str] | None:
    """A message, and its author; None when it is not there or its room is gone."""
    row = connection.execute(
        select(*TOLD)
        .join(rooms, rooms.c.id == messages.c.room_id)
        .where(messages.c.id == message_id, rooms.c.deleted_at.is_(None))
    ).first()
    return None if row is None else (message_of(row), row.author)


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
    text = _reactions.dump_json(tuple(reactions)).decode() if reactions else None
    return change_message(connection, message_id, version, reactions=text)


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


def _page(
    connection: Connection, room_id: int, bound: ColumnElement[bool] | None, limit: int, *, up: bool
) -> list[Message]:
    statement = select(*TOLD).where(messages.c.room_id == room_id)
    if bound is not None:
        statement = statement.where(bound)
    order = messages.c.id.asc() if up else messages.c.id.desc()
    rows = connection.execute(statement.order_by(order).limit(limit))
    page = [message_of(row) for row in rows]
    return page if up else page[::-1]


def newest(connection: Connection, room_id: int, limit: int) -> list[Message]:
    """The newest messages, oldest first."""
    return _page(connection, room_id, None, limit, up=False)


def before(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """The messages next below `message_id`, oldest first."""
    return _page(connection, room_id, messages.c.id < message_id, limit, up=False)


def after(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """The messages next above `message_id`, oldest first."""
    return _page(connection, room_id, messages.c.id > message_id, limit, up=True)


def around(connection: Connection, room_id: int, message_id: int, limit: int) -> list[Message]:
    """Up to `limit` messages with `message_id` in the middle; more of a side that has more."""
    older = _page(connection, room_id, messages.c.id <= message_id, limit, up=False)
    newer = _page(connection, room_id, messages.c.id > message_id, limit, up=True)
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


def delete_some(connection: Connection, room_id: int, limit: int) -> int:
    """Delete at most `limit` messages of a room; how many they were."""
    some = (
        select(messages.c.id)
        .where(messages.c.room_id == room_id)
        .order_by(messages.c.id)
        .limit(limit)
    )
    return connection.execute(delete(messages).where(messages.c.id.in_(some))).rowcount


def count(connection: Connection) -> int:
    """How many messages there are in all."""
    return connection.scalar(select(func.count()).select_from(messages)) or 0
