"""What deleted rooms and messages left behind: taken away a bounded number of rows at a time."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    any_,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)

from parlour.store.dialects import is_sqlite
from parlour.store.tables import (
    addressed,
    addressings,
    attachments,
    attention,
    calls,
    cleared,
    deletions,
    files,
    members,
    messages,
    reactions,
    reads,
    removals,
    rooms,
    saved,
    search_changes,
    spoken,
    wordings,
)

# Messages whose deletion waits for the index to follow: a search looks at each by itself.
MAX_BEHIND: Final = 1_000


def clear(connection: Connection, message_id: int, limit: int) -> bool:
    """Take so much of what anybody has done with a message that is deleted; whether more is left.

    Later that goes as well, by `take_some`.
    """
    if _clear_some(connection, message_id, limit) < limit:
        return False
    connection.execute(insert(cleared).values(message_id=message_id))
    return True


def _clear_some(connection: Connection, message_id: int, limit: int) -> int:
    gone = 0
    for table in (reactions, saved):
        gone += _some(connection, table, table.c.message_id == message_id, limit - gone)
        if gone == limit:
            break
    return gone


def take_some(connection: Connection, messages_at_once: int, rows: int) -> bool:
    """Take away a few of what was left, of one kind and at most `rows`; whether there may be more.

    Messages go `messages_at_once`, because each is also taken out of the index, once nothing is
    left beside them that would go with them.
    """
    message_id = connection.scalar(select(cleared.c.message_id).limit(1))
    if message_id is not None:
        if _clear_some(connection, message_id, rows) < rows:
            connection.execute(delete(cleared).where(cleared.c.message_id == message_id))
        return True
    room_id = connection.scalar(select(rooms.c.id).where(rooms.c.deleted_at.is_not(None)).limit(1))
    if room_id is None:
        return False
    first = _first_messages(room_id, messages_at_once)
    for table in (reactions, wordings, addressed, calls, attachments, saved):
        if _some(connection, table, table.c.message_id.in_(first), rows):
            return True
    if connection.execute(delete(messages).where(messages.c.id.in_(first))).rowcount:
        return True
    if _hand_on(connection, room_id, rows):
        return True
    for table in (reads, deletions, addressings, attention, files, spoken, members, removals):
        if _some(connection, table, table.c.room_id == room_id, rows):
            return True
    connection.execute(delete(rooms).where(rooms.c.id == room_id))
    return True


def _hand_on(connection: Connection, room_id: int, limit: int) -> int:
    """Files that messages of other rooms pass on belong to one of these; how many were moved."""
    elsewhere = (
        select(messages.c.room_id)
        .select_from(attachments.join(messages, messages.c.id == attachments.c.message_id))
        .where(attachments.c.file_id == files.c.id)
        .limit(1)
        .scalar_subquery()
    )
    kept = select(attachments.c.file_id).where(attachments.c.file_id == files.c.id).exists()
    some = select(files.c.id).where(files.c.room_id == room_id, kept).limit(limit)
    moved = update(files).where(files.c.id.in_(some)).values(room_id=elsewhere)
    return connection.execute(moved).rowcount


def is_behind(connection: Connection) -> bool:
    """Whether the index has so much to follow that nothing more should be taken away now."""
    some = select(search_changes.c.message_id).limit(MAX_BEHIND)
    return len(connection.scalars(some).all()) == MAX_BEHIND


def _first_messages(room_id: int, limit: int) -> Select[tuple[int]]:
    return (
        select(messages.c.id)
        .where(messages.c.room_id == room_id)
        .order_by(messages.c.id)
        .limit(limit)
    )


def _some(connection: Connection, table: Table, where: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` of some rows; how many they were."""
    if not is_sqlite(connection):
        # By where they lie: by their keys all of a table might be gone through.
        place: ColumnElement[Any] = literal_column(f"{table.name}.ctid")
        some = select(place).select_from(table).where(where).limit(limit).scalar_subquery()
        return connection.execute(delete(table).where(place == any_(func.array(some)))).rowcount
    key = tuple_(*table.primary_key.columns)
    chosen = select(*table.primary_key.columns).where(where).limit(limit)
    return connection.execute(delete(table).where(key.in_(chosen))).rowcount


def some_of(connection: Connection, table: Table, where: ColumnElement[bool], limit: int) -> bool:
    """Delete at most `limit` of some rows of whoever has gone; whether there were any."""
    return _some(connection, table, where, limit) > 0
