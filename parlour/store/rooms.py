"""The rooms' rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from parlour.models import Room
from parlour.permissions import RoomKind
from parlour.store.attention import newest
from parlour.store.mentions import MENTIONS
from parlour.store.meta import epoch_of
from parlour.store.reads import UNREAD
from parlour.store.tables import attention, members, reads, restrictions, rooms
from parlour.support.text import name_key

LIVE = rooms.c.deleted_at.is_(None)
TOLD = (
    rooms.c.id, rooms.c.name, rooms.c.created_at, rooms.c.version, rooms.c.kind, rooms.c.topic,
    rooms.c.archived_at, rooms.c.owner, rooms.c.slow_seconds, rooms.c.message_count,
    rooms.c.deleted_count, rooms.c.purged_to,
)  # fmt: skip
# In the words of the partial index, which a bound parameter would not match.
_PUBLIC = and_(rooms.c.kind == literal_column("'public'"), LIVE)
_COLUMNS = tuple(column.name for column in TOLD)
_SET_COUNTERS = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(version=bindparam("at"), message_count=bindparam("messages"))
)
# Made once: to make a statement costs more than to run it.
_ONE = select(*TOLD, rooms.c.guarded).where(rooms.c.id == bindparam("room"), LIVE)
_PURGED_TO = select(rooms.c.purged_to).where(rooms.c.id == bindparam("room"))
# An operand that is bound anew each time leaves a circle for the collector.
_NEXT = rooms.c.version + 1
_COUNT_ONE = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(version=_NEXT)
    .returning(rooms.c.version)
)
_COUNTERS = select(rooms.c.id, rooms.c.version, rooms.c.message_count, rooms.c.guarded).where(
    rooms.c.id.in_(bindparam("rooms", expanding=True)), LIVE
)


# In the order of the wire, and all there is: of what is not asked for, what it is by default.
_BLANK: Final = {
    name: None if field.is_required() else field.default
    for name, field in Room.model_fields.items()
}


_NAMES: Final = set(_BLANK)


def room_of(connection: Connection, row: Sequence[Any]) -> Room:
    """The room of a row of TOLD."""
    return _made(_COLUMNS, row, epoch_of(connection))


def _made(names: Sequence[str], row: Sequence[Any], epoch: str) -> Room:
    # There may be thousands in a list, and the usual way to make one takes four times as long.
    fields = _BLANK.copy()
    fields.update(zip(names, row, strict=True))
    fields["epoch"] = epoch
    return Room.trusted(fields, _NAMES)


def create_room(
    connection: Connection,
    name: str,
    *,
    kind: RoomKind = "public",
    topic: str = "",
    owner: str | None = None,
    direct_key: str | None = None,
    opened_by: int | None = None,
) -> Room:
    """A new room. Raises IntegrityError when a public room of this name is there."""
    row = connection.execute(
        insert(rooms)
        .values(
            name=name,
            name_key=name_key(name),
            kind=kind,
            created_at=datetime.now(UTC),
            version=0,
            changed_version=0,
            topic=topic,
            owner=owner,
            direct_key=direct_key,
            opened_by=opened_by,
            guarded=int(kind != "public"),
            free=int(kind == "public" and owner is None),
        )
        .returning(*TOLD)
    ).one()
    return room_of(connection, row)


def find_direct_room(connection: Connection, direct_key: str) -> Room | None:
    """The room of a set of people."""
    row = connection.execute(select(*TOLD).where(rooms.c.direct_key == direct_key, LIVE)).first()
    return None if row is None else room_of(connection, row)


def count_public(connection: Connection) -> int:
    """How many public rooms there are."""
    counted = select(func.count()).select_from(rooms).where(_PUBLIC)
    return connection.execute(counted).scalar_one()


def count_opened(connection: Connection, user_id: int) -> int:
    """How many direct rooms an account has opened."""
    counted = select(func.count()).select_from(rooms).where(rooms.c.opened_by == user_id)
    return connection.scalar(counted) or 0


def change_room(connection: Connection, room_id: int, **values: Any) -> Room:
    """Set columns of a room that is there, at its next version; the room as it is now.

    Without columns it is the members that changed. Raises IntegrityError when another public
    room has the new name.
    """
    if "name" in values:
        values["name_key"] = name_key(values["name"])
    if values.get("owner") is not None:
        values["free"] = 0
    row = connection.execute(
        update(rooms)
        .where(rooms.c.id == room_id)
        .values(version=_NEXT, changed_version=_NEXT, **values)
        .returning(*TOLD)
    ).one()
    if values:
        guard(connection, room_id)
    return room_of(connection, row)


def next_version(connection: Connection, room_id: int) -> int:
    """Count one more change of a room that is there; its version now."""
    version: int | None = connection.scalar(_COUNT_ONE, {"room": room_id})
    assert version is not None  # noqa: S101 - RETURNING of the row that was just found
    return version


def guard(connection: Connection, room_id: int) -> None:
    """Note whether everybody may speak in a room at any time."""
    restricted = select(restrictions.c.id).where(restrictions.c.room_id == room_id).exists()
    kept = or_(
        rooms.c.kind != "public",
        rooms.c.archived_at.is_not(None),
        rooms.c.slow_seconds > 0,
        restricted,
    )
    connection.execute(
        update(rooms).where(rooms.c.id == room_id).values(guarded=case((kept, 1), else_=0))
    )


def find_room(connection: Connection, room_id: int) -> tuple[Room, bool] | None:
    """One room, and whether it is not for everybody at any time to speak in it.

    None when it is not there or deleted.
    """
    row = connection.execute(_ONE, {"room": room_id}).first()
    return None if row is None else (room_of(connection, row[:-1]), bool(row[-1]))


def was_made(connection: Connection, room_id: int) -> bool:
    """Whether there is a row of it, also of one that was deleted."""
    return connection.scalar(select(rooms.c.id).where(rooms.c.id == room_id)) is not None


def purged_to(connection: Connection, room_id: int) -> int:
    """The last message that was taken away for its age: that raises no version."""
    return connection.scalar(_PURGED_TO, {"room": room_id}) or 0


def get_room(connection: Connection, room_id: int) -> Room | None:
    """One room, or None when it is not there or deleted."""
    found = find_room(connection, room_id)
    return None if found is None else found[0]


def some_rooms(connection: Connection, room_ids: Collection[int]) -> list[Room]:
    """Those of the rooms that are there."""
    rows = connection.execute(select(*TOLD).where(rooms.c.id.in_(room_ids), LIVE))
    return [room_of(connection, row) for row in rows]


def list_rooms(connection: Connection) -> list[Room]:
    """All rooms in order of creation."""
    rows = connection.execute(select(*TOLD).where(LIVE).order_by(rooms.c.id))
    return [room_of(connection, row) for row in rows]


def _own(room: BindParameter[int] | None = None) -> Select[Any]:
    """The rooms that the account `user` may see, or one of all, with what they are to it."""
    user: BindParameter[int] = bindparam("user")
    own = (
        select(members.c.room_id, members.c.role, members.c.listed)
        .where(members.c.user_id == user)
        .subquery("own")
    )
    # By two indexes: rooms of others, which may be many, are not looked at.
    seen = select(rooms.c.id).where(_PUBLIC).union_all(select(own.c.room_id))
    listed = or_(rooms.c.message_count > 0, own.c.listed.is_not(False))
    read = and_(reads.c.user_id == user, reads.c.room_id == rooms.c.id)
    wanted = and_(
        attention.c.user_id == user,
        attention.c.room_id == rooms.c.id,
        attention.c.after == newest(attention.c.user_id, rooms.c.id),
    )
    return (
        select(*TOLD, own.c.role, UNREAD, MENTIONS, reads.c.message_id, attention.c.level)
        .select_from(
            rooms.outerjoin(own, own.c.room_id == rooms.c.id)
            .outerjoin(reads, read)
            .outerjoin(attention, wanted)
        )
        .where(*([rooms.c.id.in_(seen), listed] if room is None else [rooms.c.id == room]), LIVE)
        .order_by(rooms.c.id)
    )


# Made once: whoever opens the page asks for it, and to make it takes longer than to answer it.
_VISIBLE = _own()
_OWN = _own(bindparam("room"))
_ONE_VISIBLE = _VISIBLE.where(rooms.c.id == bindparam("room"))
_OWN_COLUMNS = (*_COLUMNS, "role", "unread", "mentions", "last_read", "level")


def visible_rooms(
    connection: Connection, user_id: int | None, room_id: int | None = None
) -> list[Room]:
    """The public rooms and those an account is a member of, in order of creation.

    With its role, and how far it has read them. With `room_id` that one alone, if it is one of
    them. A direct conversation in which nothing was said is there for those who have opened it.
    """
    values = {"user": user_id or 0}
    if room_id is None:
        rows = connection.execute(_VISIBLE, values)
    else:
        rows = connection.execute(_ONE_VISIBLE, values | {"room": room_id})
    epoch = epoch_of(connection)
    return [_made(_OWN_COLUMNS, row, epoch) for row in rows]


def own_room(connection: Connection, user_id: int, room_id: int) -> Room | None:
    """A room that is there, whoever may see it, as it is to an account."""
    row = connection.execute(_OWN, {"user": user_id, "room": room_id}).first()
    return None if row is None else _made(_OWN_COLUMNS, row, epoch_of(connection))


def newly_listed(connection: Connection, room_id: int) -> tuple[tuple[int, Room], ...]:
    """The members in whose lists a room is only because something was said in it.

    Each with the room as it is to them.
    """
    theirs = select(members.c.user_id).where(members.c.room_id == room_id, ~members.c.listed)
    return tuple(
        (user_id, room)
        for user_id in connection.scalars(theirs).all()
        for room in visible_rooms(connection, user_id, room_id)
    )


def room_counters(
    connection: Connection, room_ids: Collection[int]
) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """Version and number of messages of each of `room_ids` that is there; which are guarded."""
    counters, guarded = {}, set()
    rows = connection.execute(_COUNTERS, {"rooms": list(room_ids)})
    for room_id, version, count, is_guarded in rows:
        counters[room_id] = version, count
        if is_guarded:
            guarded.add(room_id)
    return counters, guarded


def set_counters(connection: Connection, counters: Mapping[int, tuple[int, int]]) -> None:
    """Write the counters of several rooms in one statement."""
    rows = [
        {"room": room_id, "at": version, "messages": count}
        for room_id, (version, count) in counters.items()
    ]
    connection.execute(_SET_COUNTERS, rows)


def mark_deleted(connection: Connection, room_id: int) -> None:
    """Make the room invisible; its rows are taken away afterwards."""
    connection.execute(
        update(rooms).where(rooms.c.id == room_id).values(deleted_at=datetime.now(UTC))
    )
