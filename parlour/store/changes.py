"""A room and what changed in it: what a resume reads, in one statement."""

from typing import Final

from sqlalchemy import Connection, and_, bindparam, select

from parlour.models import Message, Room
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.tables import messages, rooms

_ROOM: Final = len(room_rows.TOLD)
_COLUMNS: Final = _ROOM + 2
# More than the last so many changes are nothing that anybody is told: of them it is only looked, in
# the index, whether there are more.
_CHANGED: Final = messages.alias("changed")
_BOUND: Final = (
    select(_CHANGED.c.version)
    .where(_CHANGED.c.room_id == bindparam("room"), _CHANGED.c.version > bindparam("version"))
    .order_by(_CHANGED.c.version.desc())
    .limit(1)
    .offset(bindparam("most"))
    .scalar_subquery()
)
# The room is found by its key, so the order is that in which the index gives its messages.
_NEWEST: Final = (
    select(*room_rows.TOLD, rooms.c.guarded, _BOUND, *message_rows.TOLD)
    .select_from(
        rooms.outerjoin(
            messages,
            and_(
                messages.c.room_id == rooms.c.id,
                messages.c.version > bindparam("version"),
                rooms.c.guarded <= bindparam("guarded"),
                _BOUND.is_(None),
            ),
        )
    )
    .where(rooms.c.id == bindparam("room"), room_rows.LIVE)
    .order_by(messages.c.version.desc())
)


def newest_changes(
    connection: Connection, room_id: int, version: int, most: int, *, guarded: bool
) -> tuple[Room, bool, int | None, list[Message]] | None:
    """A room, whether it is guarded, and the messages that changed after `version`, by version.

    Where more than `most` did, none of them, but before these the version after which just `most`
    did. None when the room is not there or deleted. Without `guarded` no messages of a guarded
    room: nothing of it is told before it is known who asks.
    """
    values = {"room": room_id, "version": version, "most": most, "guarded": int(guarded)}
    rows = connection.execute(_NEWEST, values).all()
    if not rows:
        return None
    room = room_rows.room_of(connection, rows[0][:_ROOM])
    guarded, bound = bool(rows[0][_ROOM]), rows[0][_ROOM + 1]
    changed = [row[_COLUMNS:] for row in reversed(rows)]
    if changed[0][0] is None:
        # There is none: it is the room alone.
        return room, guarded, bound, []
    return room, guarded, bound, [message_rows.message_of(row) for row in changed]
