"""How many unread messages of a room are about somebody, by a few rows, however many there are."""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from parlour.store.dialects import Listed, greater, small, total
from parlour.store.tables import addressings, reads

# As in `reads.py`: to the right of a position, at each level up to the end of the run of the next.
_STEP: Final = 4
_levels = Listed("heights", literal_column("'[0, 4, 8, 12, 16, 20, 24, 28]'"))


def _behind(user: ColumnElement[int], position: ColumnElement[int]) -> ColumnElement[int]:
    shift = _levels.shift
    end = (position.op(">>")(shift + small(_STEP)) + 1).op("<<")(small(_STEP))
    # Level by level: joined to the levels, either database may look at all of them in the room.
    at_level = (
        select(total(addressings.c.count))
        .where(
            addressings.c.room_id == reads.c.room_id,
            addressings.c.user_id == user,
            addressings.c.level == _levels.place,
            addressings.c.slot > position.op(">>")(shift),
            addressings.c.slot < end,
        )
        .correlate(reads, _levels.table)
        .scalar_subquery()
    )
    return (
        select(func.coalesce(total(at_level), 0))
        .select_from(_levels.table)
        .correlate(reads)
        .scalar_subquery()
    )


# Unread messages that are about whoever has this position; NULL where there is none. What calls
# everybody counts for members, since they are; who calls is counted out, under their id below zero.
MENTIONS: Final[ColumnElement[int | None]] = case(
    (
        reads.c.number.is_not(None),
        _behind(reads.c.user_id, reads.c.number)
        + _behind(literal_column("0"), greater(reads.c.number, reads.c.since))
        + _behind(-reads.c.user_id, greater(reads.c.number, reads.c.since)),
    )
)

_seats = Listed("seats")
# An outer join: in another order SQLite would look at everybody who was ever in the room.
_OF: Final = select(reads.c.user_id, MENTIONS).select_from(
    _seats.table.outerjoin(
        reads, and_(reads.c.user_id == _seats.number, reads.c.room_id == bindparam("room"))
    )
)


def mentions_of(connection: Connection, room_id: int, user_ids: Sequence[int]) -> dict[int, int]:
    """The same of some accounts that were in a room."""
    if not user_ids:
        return {}
    rows = connection.execute(_OF, {"seats": json.dumps(list(user_ids)), "room": room_id})
    return {user_id: count or 0 for user_id, count in rows if user_id is not None}
