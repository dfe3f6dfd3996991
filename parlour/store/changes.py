"""A room and what changed in it: what a resume reads, in one statement."""

from typing import Final

from sqlalchemy import Connection, and_, bindparam, select

from parlour.models import Message, Room
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.tables import messages, rooms

_ROOM: Final = len(room_rows.TOLD)
# The room is found by its key, so the order is that in which the index gives its messages.
_NEWEST: Final = (
    select(*room_rows.TOLD, rooms.c.guarded, *message_rows.TOLD)
    .select_from(
        rooms.outerjoin(
            messages,
            and_(
                messages.c.room_id == rooms.c.id,
                messages.c.version > bindparam("version"),
                rooms.c.guarded <= bindparam("guarded"),
            ),
        )
    )
    .where(rooms.c.id == bindparam("room"), room_rows.LIVE)
    .order_by(messages.c.version.desc())
    .limit(bindparam("limit"))
)


def newest_changes(
    connection: Connection, room_id: int, version: int, limit: int, *, guarded: bool
) -> tuple[Room, bool, list[Message]] | None:
    """A room, whether it is guarded, and the messages changed last after `version`, by version.

    None when the room is not there or deleted. Without `guarded` none of a guarded room: nothing
    of it is looked at before it is known who asks.
    """
    values = {"room": room_id, "version": version, "limit": limit, "guarded": int(guarded)}
    rows = connection.execute(_NEWEST, values).all()
    if not rows:
        return None
    room = room_rows.room_of(connection, rows[0][:_ROOM])
    guarded = bool(rows[0][_ROOM])
    changed = [row[_ROOM + 1 :] for row in reversed(rows)]
    if changed[0][0] is None:
        # There is none: it is the room alone.
        return room, guarded, []
    return room, guarded, [message_rows.message_of(row) for row in changed]
