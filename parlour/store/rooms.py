"""The rooms' rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from parlour.models import Room
from parlour.store.meta import epoch_of
from parlour.store.tables import rooms
from parlour.support.text import name_key

LIVE = rooms.c.deleted_at.is_(None)
TOLD = (rooms.c.id, rooms.c.name, rooms.c.created_at, rooms.c.version, rooms.c.kind)
_COLUMNS = tuple(column.name for column in TOLD)
_SET_VERSIONS = update(rooms).where(rooms.c.id == bindparam("room")).values(version=bindparam("at"))


def room_of(connection: Connection, row: Sequence[Any]) -> Room:
    """The room of a row of TOLD."""
    fields = dict(zip(_COLUMNS, row, strict=True))
    return Room.model_construct(epoch=epoch_of(connection), **fields)


def create_room(connection: Connection, name: str) -> Room:
    """A new public room. Raises IntegrityError when a public room of this name is there."""
    created_at = datetime.now(UTC)
    room_id = connection.scalar(
        insert(rooms)
        .values(
            name=name,
            name_key=name_key(name),
            kind="public",
            created_at=created_at,
            version=0,
            changed_version=0,
        )
        .returning(rooms.c.id)
    )
    assert room_id is not None  # noqa: S101 - RETURNING of an insert that did not raise
    return Room.model_construct(
        id=room_id, name=name, created_at=created_at, version=0, epoch=epoch_of(connection)
    )


def get_room(connection: Connection, room_id: int) -> Room | None:
    """One room, or None when it is not there or deleted."""
    row = connection.execute(select(*TOLD).where(rooms.c.id == room_id, LIVE)).first()
    return None if row is None else room_of(connection, row)


def list_rooms(connection: Connection) -> list[Room]:
    """All rooms in order of creation."""
    rows = connection.execute(select(*TOLD).where(LIVE).order_by(rooms.c.id))
    return [room_of(connection, row) for row in rows]


def room_versions(connection: Connection, room_ids: Collection[int]) -> dict[int, int]:
    """The version of each of `room_ids` that is there."""
    statement = select(rooms.c.id, rooms.c.version).where(rooms.c.id.in_(room_ids), LIVE)
    return {row.id: row.version for row in connection.execute(statement)}


def set_versions(connection: Connection, versions: Mapping[int, int]) -> None:
    """Write the counters of several rooms in one statement."""
    rows = [{"room": room_id, "at": version} for room_id, version in versions.items()]
    connection.execute(_SET_VERSIONS, rows)


def mark_deleted(connection: Connection, room_id: int) -> None:
    """Make the room invisible; its rows are taken away afterwards."""
    connection.execute(
        update(rooms).where(rooms.c.id == room_id).values(deleted_at=datetime.now(UTC))
    )


def deleted_room_ids(connection: Connection) -> list[int]:
    """Rooms that were deleted and still have rows to take away."""
    return list(connection.scalars(select(rooms.c.id).where(rooms.c.deleted_at.is_not(None))))


def remove_room(connection: Connection, room_id: int) -> None:
    """Take the row away; by the foreign key, whatever messages it still has go with it."""
    connection.execute(delete(rooms).where(rooms.c.id == room_id))
