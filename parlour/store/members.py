"""The rows of rooms' members."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Text,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from parlour.membership import Member
from parlour.models import Room
from parlour.permissions import RoomRole
from parlour.store import attention, reads
from parlour.store.dialects import upsert
from parlour.store.tables import members, removals, restrictions, rooms, users
from parlour.support.text import name_key

# As they are listed: the owner, moderators, the others, each by name.
_LAST: Final = 2
_ORDER: Final = case({"owner": 0, "moderator": 1}, value=members.c.role, else_=_LAST)
_TOLD: Final = (
    users.c.username, users.c.display_name, users.c.hue, members.c.role, members.c.joined_at,
    restrictions.c.until,
)  # fmt: skip


def add_members(
    connection: Connection,
    room_id: int,
    user_ids: Collection[int],
    role: RoomRole = "member",
    unlisted: Collection[int] = (),
) -> None:
    """Make accounts members, who begin with all read. Raises IntegrityError for one who is.

    For those of them that are `unlisted` the room is in no list until something is said in it.
    """
    now = datetime.now(UTC)
    rows = [
        {
            "room_id": room_id, "user_id": user_id, "role": role, "joined_at": now,
            "listed": user_id not in unlisted,
        }
        for user_id in user_ids
    ]  # fmt: skip
    connection.execute(insert(members), rows)
    connection.execute(
        delete(removals).where(removals.c.room_id == room_id, removals.c.user_id.in_(user_ids))
    )
    reads.begin(connection, room_id, user_ids)
    attention.change(connection, room_id, user_ids, member=True)


def role_of(connection: Connection, room_id: int, user_id: int) -> RoomRole | None:
    """An account's role in a room; None for one who is no member."""
    role: RoomRole | None = connection.scalar(
        select(members.c.role).where(members.c.room_id == room_id, members.c.user_id == user_id)
    )
    return role


def set_role(connection: Connection, room_id: int, user_id: int, role: RoomRole) -> None:
    """Give a member another role. Raises IntegrityError for a second owner."""
    connection.execute(
        update(members)
        .where(members.c.room_id == room_id, members.c.user_id == user_id)
        .values(role=role)
    )


def remove_member(connection: Connection, room_id: int, user_id: int) -> None:
    """Make an account a member no longer."""
    connection.execute(
        delete(members).where(members.c.room_id == room_id, members.c.user_id == user_id)
    )
    reads.forget(connection, room_id, user_id)
    attention.change(connection, room_id, [user_id], member=False)


def note_removed(connection: Connection, room_id: int, user_id: int) -> None:
    """Somebody else made an account leave: by an older link it does not come in again."""
    now = datetime.now(UTC)
    connection.execute(
        upsert(connection, removals)
        .values(room_id=room_id, user_id=user_id, at=now)
        .on_conflict_do_update(
            index_elements=[removals.c.room_id, removals.c.user_id], set_={"at": now}
        )
    )


def removed_at(connection: Connection, room_id: int, user_id: int) -> datetime | None:
    """When an account was made to leave, if it was and has not come back since."""
    at: datetime | None = connection.scalar(
        select(removals.c.at).where(removals.c.room_id == room_id, removals.c.user_id == user_id)
    )
    return at


def list_members(
    connection: Connection, room_id: int, after: str | None, limit: int
) -> list[Member]:
    """A page of the members of a room whose accounts may be used, with the end of a mute.

    `after` is a username of the page before; who is no member any more counts as one of the last
    kind.
    """
    statement = _members(room_id)
    if after is not None:
        key = name_key(after)
        place = connection.scalar(
            select(_ORDER)
            .select_from(members.join(users))
            .where(members.c.room_id == room_id, users.c.name_key == key)
        )
        place = _LAST if place is None else place
        statement = statement.where(tuple_(_ORDER, users.c.name_key) > tuple_(place, key))
    rows = connection.execute(statement.order_by(_ORDER, users.c.name_key).limit(limit))
    return [_member(row) for row in rows]


def get_member(connection: Connection, room_id: int, user_id: int) -> Member | None:
    """One of them."""
    row = connection.execute(_members(room_id).where(users.c.id == user_id)).first()
    return None if row is None else _member(row)


def _members(room_id: int) -> Any:
    muted = (
        (restrictions.c.room_id == room_id)
        & (restrictions.c.author == literal("user:") + cast(users.c.id, Text))
        & (restrictions.c.kind == "mute")
        & (restrictions.c.until > datetime.now(UTC))
    )
    return (
        select(*_TOLD)
        .select_from(members.join(users).outerjoin(restrictions, muted))
        .where(members.c.room_id == room_id, users.c.disabled_at.is_(None))
    )


def _member(row: Sequence[Any]) -> Member:
    username, display_name, hue, role, joined_at, muted_until = row
    return Member.model_construct(
        username=username, display_name=display_name, hue=hue, role=role, joined_at=joined_at,
        online=False, muted_until=muted_until,
    )  # fmt: skip


def member_ids(connection: Connection, room: Room) -> list[int]:
    """The accounts in whose lists a room is, as its members."""
    statement = select(members.c.user_id).where(members.c.room_id == room.id)
    if not room.message_count:
        statement = statement.where(members.c.listed)
    return list(connection.scalars(statement))


def put_on_list(connection: Connection, room_id: int, user_id: int) -> bool:
    """Have a room in the list of a member, whatever is said in it; whether it was in none."""
    wanted = members.c.room_id == room_id, members.c.user_id == user_id, ~members.c.listed
    return connection.execute(update(members).where(*wanted).values(listed=True)).rowcount > 0


def count_members(connection: Connection, room_id: int) -> int:
    """How many of them can use their accounts: those who are listed."""
    counted = (
        select(func.count())
        .select_from(members.join(users))
        .where(members.c.room_id == room_id, users.c.disabled_at.is_(None))
    )
    return connection.scalar(counted) or 0


def count_rooms(connection: Connection, user_id: int) -> int:
    """How many rooms an account is a member of, but for those into which others may put it."""
    counted = (
        select(func.count())
        .select_from(members.join(rooms))
        .where(members.c.user_id == user_id, rooms.c.deleted_at.is_(None), rooms.c.kind != "direct")
    )
    return connection.scalar(counted) or 0


def owner_id(connection: Connection, room_id: int) -> int | None:
    """The account that owns a room."""
    return connection.scalar(
        select(members.c.user_id).where(members.c.room_id == room_id, members.c.role == "owner")
    )
