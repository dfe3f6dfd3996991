"""What people are to rooms: one statement, for the gate in `permissions.py`."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    FromClause,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
)

from parlour.permissions import Standing
from parlour.store.dialects import Listed, upsert
from parlour.store.tables import members, restrictions, rooms, spoken, users
from parlour.store.tables.base import Integer

# Somebody in a room: nobody is known by no author, who may still see what all may see.
Seat = tuple[int, str | None]

_seats = Listed("seats")
_room = _seats.number_at(0)
_author = _seats.words_at(1)
_user = case((_author.like("user:%"), cast(func.substr(_author, 6), Integer)))


_ban, _mute = restrictions.alias("ban"), restrictions.alias("mute")


def _holds(each: FromClause, kind: str) -> Any:
    return and_(
        each.c.room_id == _room,
        each.c.author == _author,
        each.c.kind == kind,
        (each.c.until.is_(None)) | (each.c.until > bindparam("now")),
    )


# A row for each seat, under its place; the room's id is NULL where there is no such room.
_STANDINGS: Final = (
    select(
        _seats.place, rooms.c.id, rooms.c.kind, rooms.c.free, rooms.c.archived_at,
        rooms.c.slow_seconds, members.c.role, users.c.role, _ban.c.id, _mute.c.id, _mute.c.until,
    )
    .select_from(
        _seats.table.outerjoin(rooms, and_(rooms.c.id == _room, rooms.c.deleted_at.is_(None)))
        .outerjoin(users, and_(users.c.id == _user, users.c.disabled_at.is_(None)))
        .outerjoin(members, and_(members.c.room_id == _room, members.c.user_id == users.c.id))
        .outerjoin(_ban, _holds(_ban, "ban"))
        .outerjoin(_mute, _holds(_mute, "mute"))
    )
)  # fmt: skip


def standings(connection: Connection, seats: Sequence[Seat]) -> list[Standing | None]:
    """How each of `seats` stands; None where there is no such room."""
    if not seats:
        return []
    values = {"seats": json.dumps(seats), "now": datetime.now(UTC)}
    found = {row[0]: _standing(row) for row in connection.execute(_STANDINGS, values)}
    return [found[place] for place in range(len(seats))]


def standing_of(connection: Connection, room_id: int, author: str | None) -> Standing | None:
    """The same of one."""
    return standings(connection, [(room_id, author)])[0]


def _standing(row: Sequence[Any]) -> Standing | None:
    (_, room_id, kind, free, archived_at, slow_seconds, role, server_role, ban, mute, until) = row
    if room_id is None:
        return None
    return Standing(
        kind=kind,
        role=role,
        administrator=server_role == "administrator",
        free=bool(free),
        archived=archived_at is not None,
        slow_seconds=slow_seconds,
        banned=ban is not None,
        muted=mute is not None,
        muted_until=until,
    )


def spoke_last(connection: Connection, room_id: int, author: str) -> datetime | None:
    """When somebody last said something in a room that was slowed down then."""
    statement = select(spoken.c.at).where(spoken.c.room_id == room_id, spoken.c.author == author)
    return connection.scalar(statement)


def note_spoken(connection: Connection, seats: Collection[tuple[int, str]], at: datetime) -> None:
    """Note that these have said something just now."""
    statement = upsert(connection, spoken).on_conflict_do_update(
        index_elements=[spoken.c.room_id, spoken.c.author], set_={"at": at}
    )
    rows = [{"room_id": room_id, "author": author, "at": at} for room_id, author in seats]
    connection.execute(statement, rows)


def forget_spoken(connection: Connection, room_id: int) -> None:
    """A room is not slowed down any more."""
    connection.execute(delete(spoken).where(spoken.c.room_id == room_id))
