"""A room and what changed in it: what a resume reads, in one statement."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, select

from parlour.models import Message, Room
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.tables import messages, rooms

_ROOM: Final = len(room_rows.TOLD)
_COLUMNS: Final = _ROOM + 3
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
    select(*room_rows.TOLD, rooms.c.guarded, rooms.c.oldest_version, _BOUND, *message_rows.TOLD)
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


class Newest(NamedTuple):
    """What changed in a room, and what is known of what changed before."""

    room: Room
    guarded: bool
    # What changed after that version is all there; of what changed before, some was taken away.
    oldest: int
    bound: int | None
    messages: list[Message]


def newest_changes(
    connection: Connection, room_id: int, version: int, most: int, *, guarded: bool
) -> Newest | None:
    """A room, and the messages that changed after `version`, by version.

    Where more than `most` did, none of them, but in `bound` the version after which just `most`
    did. None when the room is not there or deleted. Without `guarded` no messages of a guarded
    room: nothing of it is told before it is known who asks.
    """
    values = {"room": room_id, "version": version, "most": most, "guarded": int(guarded)}
    rows = connection.execute(_NEWEST, values).all()
    if not rows:
        return None
    room = room_rows.room_of(connection, rows[0][:_ROOM])
    is_guarded, oldest, bound = rows[0][_ROOM:_COLUMNS]
    changed = [row[_COLUMNS:] for row in reversed(rows)]
    # Where there is none, it is the room alone.
    found = [] if changed[0][0] is None else [message_rows.message_of(row) for row in changed]
    return Newest(room, bool(is_guarded), oldest, bound, found)
