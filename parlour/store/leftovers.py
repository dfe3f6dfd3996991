"""What deleted rooms and messages left behind: taken away a bounded number of rows at a time."""

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Delete,
    Integer,
    Table,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from parlour.store import holds
from parlour.store import wordings as wording_rows
from parlour.store.dialects import extent, is_sqlite, upsert
from parlour.store.tables import (
    addressed,
    addressings,
    attachments,
    attention,
    calls,
    cleared,
    deletions,
    files,
    held,
    held_files,
    members,
    messages,
    reactions,
    reads,
    removals,
    rooms,
    saved,
    search_changes,
    spoken,
)
from parlour.support.portions import MAX_EXTENT

# Messages whose deletion waits for the index to follow: a search looks at each by itself.
MAX_BEHIND: Final = 1_000


def clear(connection: Connection, message_id: int, limit: int) -> bool:
    """Take so much of what anybody has done with a message that is deleted; whether more is left.

    Later that goes as well, by `take_some`.
    """
    more = clear_some(connection, message_id, limit)
    if more:
        leave(connection, message_id)
    return more


def leave(connection: Connection, message_id: int) -> None:
    """All of that goes by `take_some`, of a message that is deleted."""
    statement = upsert(connection, cleared).values(message_id=message_id)
    connection.execute(statement.on_conflict_do_nothing())


def clear_some(connection: Connection, message_id: int, limit: int, most: int = MAX_EXTENT) -> bool:
    """Take so many rows of it at most, and so long together; whether there may be more."""
    gone, more = wording_rows.forget_some(connection, [message_id], limit, most)
    if more:
        return True
    for table in (reactions, saved):
        taking = _taking(table, is_sqlite=is_sqlite(connection))
        given = {"message_id": message_id, "most": limit - gone}
        gone += connection.execute(taking, given).rowcount
        if gone == limit:
            return True
    return False


def take_some(
    connection: Connection, messages_at_once: int, rows: int, most: int = MAX_EXTENT
) -> bool:
    """Take away a few of what was left, of one kind and at most `rows`; whether there may be more.

    Messages go `messages_at_once`, because each is also taken out of the index, once nothing is
    left beside them that would go with them; and fewer where they are longer than `most` together.
    """
    message_id = connection.scalar(select(cleared.c.message_id).limit(1))
    if message_id is not None:
        if not clear_some(connection, message_id, rows, most):
            connection.execute(delete(cleared).where(cleared.c.message_id == message_id))
        return True
    scope = holds.scope(connection)
    room_id = _next_room(connection, scope)
    if room_id is None:
        return False
    first = _first_messages(connection, room_id, messages_at_once, most)
    # By itself where there is much of it.
    if scope.authors and _set_aside(connection, first, scope):
        return True
    if wording_rows.forget_some(connection, first, rows, most)[0]:
        return True
    for table in (reactions, addressed, calls, attachments, saved):
        if some_of(connection, table, table.c.message_id.in_(first), rows):
            return True
    if connection.execute(delete(messages).where(messages.c.id.in_(first))).rowcount:
        return True
    return _take_beside(connection, room_id, rows)


def _take_beside(connection: Connection, room_id: int, rows: int) -> bool:
    """The same of a room without messages, and in the end the room."""
    if _hand_on(connection, room_id, rows):
        return True
    for table in (reads, deletions, addressings, attention, spoken, members, removals):
        if some_of(connection, table, table.c.room_id == room_id, rows):
            return True
    free = files.c.id.not_in(select(held_files.c.file_id))
    if some_of(connection, files, and_(files.c.room_id == room_id, free), rows):
        return True
    if holds.has_files(connection, room_id):
        # They stay in the storage, and of the room so much that they are somewhere.
        connection.execute(update(rooms).where(rooms.c.id == room_id).values(emptied=1))
        return True
    connection.execute(delete(rooms).where(rooms.c.id == room_id))
    return True


def _next_room(connection: Connection, scope: holds.Scope) -> int | None:
    """A deleted room of which something can be taken away: what is held stays as it is."""
    if scope.server:
        return None
    gone = select(rooms.c.id).where(rooms.c.deleted_at.is_not(None), rooms.c.emptied == 0)
    if scope.rooms:
        gone = gone.where(rooms.c.id.not_in(scope.rooms))
    found: int | None = connection.scalar(gone.limit(1))
    return found


def _set_aside(connection: Connection, some: list[int], scope: holds.Scope) -> bool:
    """Keep what these people have said, before anything of it goes; whether there was any."""
    kept = (
        select(held.c.message_id)
        .where(held.c.message_id == messages.c.id, held.c.why == "room")
        .exists()
    )
    theirs = select(messages.c.id).where(
        messages.c.id.in_(some),
        messages.c.author.in_(scope.authors),
        messages.c.deleted_at.is_(None),
        ~kept,
    )
    found = connection.scalars(theirs).all()
    holds.set_aside(connection, found, "room")
    return bool(found)


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


_FIRST: Final = (
    select(
        messages.c.id,
        (extent(messages.c.content) + func.coalesce(extent(messages.c.forwarded), 0)).label(
            "extent"
        ),
    )
    .where(messages.c.room_id == bindparam("room"))
    .order_by(messages.c.id)
    .limit(bindparam("limit"))
)


def _first_messages(connection: Connection, room_id: int, limit: int, most: int) -> list[int]:
    """The first of a room that are no longer than that with all they said before, one at least."""
    found, left = list[Any](), most
    with connection.execute(_FIRST, {"room": room_id, "limit": limit}) as rows:
        for row in rows:
            if found and left < row.extent:
                break
            left -= row.extent
            found.append(row)
    before = wording_rows.extents(connection, [row.id for row in found], most)
    ids: list[int] = []
    for row in found:
        most -= row.extent + before[row.id]
        if ids and most < 0:
            break
        ids.append(row.id)
    return ids


def some_of(connection: Connection, table: Table, where: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` of some rows; how many they were."""
    taking = _some_of(table, where, limit, is_sqlite=is_sqlite(connection))
    return connection.execute(taking).rowcount


def _some_of(
    table: Table, where: ColumnElement[bool], limit: int | BindParameter[int], *, is_sqlite: bool
) -> Delete:
    if not is_sqlite:
        # By where they lie: by their keys all of a table might be gone through.
        place: ColumnElement[Any] = literal_column(f"{table.name}.ctid")
        some = select(place).select_from(table).where(where).limit(limit).scalar_subquery()
        return delete(table).where(place == any_(func.array(some)))
    key = tuple_(*table.primary_key.columns)
    chosen = select(*table.primary_key.columns).where(where).limit(limit)
    return delete(table).where(key.in_(chosen))


@cache
def _taking(table: Table, *, is_sqlite: bool) -> Delete:
    # Made once, because it is asked for with each message that is deleted.
    where = table.c.message_id == bindparam("message_id")
    return _some_of(table, where, bindparam("most", type_=Integer), is_sqlite=is_sqlite)
