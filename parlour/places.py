"""The operations on rooms of all kinds and their members, each inside one transaction.

Each asks the gate first, in the transaction in which it reads or changes, so that nobody gets
anything by a right that was taken away a moment before.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from parlour import audit
from parlour.database import ChatDatabase, room_exists
from parlour.errors import Refusal
from parlour.membership import Member
from parlour.models import Changes, History, Person, Room, RoomCreate
from parlour.people import User
from parlour.permissions import Act, RoomRole, Standing, check, check_over
from parlour.store import invites, users
from parlour.store import members as member_rows
from parlour.store import reads as read_rows
from parlour.store import rooms as room_rows
from parlour.store.standings import forget_spoken, standing_of

# Members that a room may have, and rooms that one account may be a member of.
MAX_MEMBERS: Final = 10_000
MAX_ROOMS: Final = 2_000

# The accounts that are told of a room; None for everybody, as of a public one.
Audience = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Told:
    """A room as it is now, and who may know of it."""

    room: Room
    audience: Audience


@dataclass(frozen=True, slots=True)
class Revised(Told):
    """A room that was changed, unless it is the `same`, and the role of whoever did it."""

    role: RoomRole | None
    same: bool


@dataclass(frozen=True, slots=True)
class Changed(Told):
    """What an act on a member did.

    `user` is whom it was done to; `role` theirs now, None for somebody who is no member any more.
    `gone` says that the room went with its last member, and `same` that nothing was changed.
    """

    user: User
    role: RoomRole | None
    others: tuple[tuple[int, RoomRole], ...] = ()
    gone: bool = False
    same: bool = False


def allow(connection: Connection, author: str | None, room_id: int, act: Act) -> Standing:
    """How somebody (None: nobody known) stands in a room. Raises Refusal when they may not."""
    standing = standing_of(connection, room_id, author)
    check(standing, act)
    assert standing is not None  # noqa: S101 - the gate lets nobody into what is not there
    return standing


def tell(connection: Connection, room: Room) -> Told:
    """A room and who may know of it."""
    audience = None
    if room.kind != "public":
        audience = frozenset(member_rows.member_ids(connection, room.id))
    return Told(room, audience)


# Rooms


def list_rooms(connection: Connection, user_id: int | None) -> list[Room]:
    """The rooms that somebody may see, with what they are to them, in order of creation."""
    return room_rows.visible_rooms(connection, user_id)


def get_room(connection: Connection, author: str | None, room_id: int) -> Room:
    """One of them. Raises Refusal `not_found`."""
    standing = allow(connection, author, room_id, "see")
    own: dict[str, Any] = {"role": standing.role}
    if author is not None and author.startswith("user:"):
        read = read_rows.state_of(connection, int(author.removeprefix("user:")), room_id)
        if read is not None:
            own |= {"unread": read.unread, "last_read": read.message_id}
    return ChatDatabase.get_room(connection, room_id).model_copy(update=own)


def describe(connection: Connection, room_id: int) -> Told:
    """A room for those who may know of it: for what the server tells by itself."""
    return tell(connection, ChatDatabase.get_room(connection, room_id))


def get_messages(
    connection: Connection, author: str | None, room_id: int, **place: int | None
) -> History:
    """A page of history, as `ChatDatabase.get_room_messages` has it. Raises Refusal."""
    allow(connection, author, room_id, "enter")
    return ChatDatabase.get_room_messages(connection, room_id, **place)  # type: ignore[arg-type]


def get_changes(
    connection: Connection, author: str, room_id: int, after: int | None, epoch: str | None
) -> Changes:
    """What changed in a room since a version, for somebody who may enter it. Raises Refusal."""
    allow(connection, author, room_id, "enter")
    recent = ChatDatabase.get_recent_changes(connection, room_id, [after], guarded=True)
    return recent.since(after, epoch)


def create_room(connection: Connection, new: RoomCreate, owner: tuple[int, str] | None) -> Told:
    """A new room; the account (id and name) that makes it owns it. Raises Refusal."""
    if owner is not None:
        _check_rooms(connection, *owner)
    try:
        room = room_rows.create_room(
            connection,
            new.name,
            kind=new.kind,
            topic=new.topic,
            owner=None if owner is None else owner[1],
        )
    except IntegrityError:
        raise room_exists(new.name) from None
    if owner is not None:
        member_rows.add_members(connection, room.id, [owner[0]], "owner")
    return tell(connection, room)


def change_room(
    connection: Connection, by: Person, room_id: int, changes: dict[str, Any]
) -> Revised:
    """Change what a room is called, is about, how fast it is, or whether it lives. Raises Refusal.

    Nothing is changed where one of the changes is refused.
    """
    values = dict(changes)
    if "archived" in values:
        values["archived_at"] = datetime.now(UTC) if values.pop("archived") else None
        allow(connection, by.author, room_id, "archive")
    if {"topic", "slow_seconds"} & set(values):
        allow(connection, by.author, room_id, "describe")
    if "name" in values:
        allow(connection, by.author, room_id, "rename")
    role = allow(connection, by.author, room_id, "see").role
    before = ChatDatabase.get_room(connection, room_id)
    values = {name: value for name, value in values.items() if _differs(before, name, value)}
    if not values:
        return Revised(before, None, role, same=True)
    try:
        room = room_rows.change_room(connection, room_id, **values)
    except IntegrityError:
        raise room_exists(values["name"]) from None
    if "archived_at" in values:
        action = "room.unarchive" if room.archived_at is None else "room.archive"
        audit.note(connection, by, action, room.name, room_id=room_id)
    if "slow_seconds" in values:
        detail = {"seconds": room.slow_seconds}
        if not room.slow_seconds:
            forget_spoken(connection, room_id)
        audit.note(connection, by, "room.slow", room.name, room_id=room_id, detail=detail)
    return Revised(room, tell(connection, room).audience, role, same=False)


def _differs(room: Room, name: str, value: object) -> bool:
    if name == "archived_at":
        return (room.archived_at is None) is not (value is None)
    return bool(getattr(room, name) != value)


def delete_room(
    connection: Connection, by: Person | None, author: str | None, room_id: int
) -> Told:
    """Delete a room; the room it was. Raises Refusal.

    `author` is who asks as far as it is known; the seed lets one ask without a name.

    It is gone for everybody at once; `ChatDatabase.purge_deleted_rooms` takes away what it had.
    """
    allow(connection, author, room_id, "delete_room")
    told = describe(connection, room_id)
    ChatDatabase.delete_room(connection, room_id)
    who = by or Person.model_construct(username="", author=author or "nobody", guest=True)
    audit.note(connection, who, "room.delete", told.room.name, room_id=room_id)
    return told


# Members


def find_user(connection: Connection, username: str, field: str = "username") -> User:
    """The account of a name. Raises Refusal `not_found`."""
    user = users.find_user(connection, username)
    if user is None:
        raise _nobody(username, field)
    return user


def _nobody(username: str, field: str = "username") -> Refusal:
    return Refusal("not_found", f"There is nobody called {username[:64]}.", field=field)


def list_members(
    connection: Connection, author: str | None, room_id: int, after: str | None, limit: int
) -> list[Member]:
    """A page of the members of a room that somebody may enter. Raises Refusal."""
    allow(connection, author, room_id, "enter")
    return member_rows.list_members(connection, room_id, after, limit)


def put_member(
    connection: Connection,
    by: Person,
    by_id: int,
    room_id: int,
    username: str,
    role: RoomRole | None,
) -> tuple[Changed, Member]:
    """Make somebody a member, or give a member another role. Raises Refusal.

    To make somebody the owner is to hand the room over: whoever gives it becomes a moderator.
    """
    own = allow(connection, by.author, room_id, "see")
    user = find_user(connection, username)
    before = member_rows.role_of(connection, room_id, user.id)
    role = role or before or "member"
    if before is None:
        itself = user.id == by_id and own.kind == "public"
        check(own, "join" if itself else "add_member")
        _check_comer(connection, room_id, user)
        if role != "member":
            check(own, "set_role")
        _add(connection, room_id, user)
    elif before == role:
        check(own, "enter")
        return unchanged(connection, room_id, user, before), _member(connection, room_id, user.id)
    others: tuple[tuple[int, RoomRole], ...] = ()
    if role != (before or "member"):
        check(own, "set_role")
        others = _give_role(connection, by, room_id, user, before, role)
    room = room_rows.change_room(connection, room_id, **_owner_of(role, before, user))
    told = tell(connection, room)
    changed = Changed(told.room, told.audience, user, role, others)
    return changed, _member(connection, room_id, user.id)


def _owner_of(role: str, before: str | None, user: User) -> dict[str, str | None]:
    if role == "owner":
        return {"owner": user.username}
    return {"owner": None} if before == "owner" else {}


def _check_comer(connection: Connection, room_id: int, user: User) -> None:
    there = standing_of(connection, room_id, f"user:{user.id}")
    if there is not None and there.banned:
        raise Refusal("not_allowed", f"{user.username} is banned from this room: lift that first.")


def _add(connection: Connection, room_id: int, user: User) -> None:
    if member_rows.count_members(connection, room_id) >= MAX_MEMBERS:
        raise Refusal("not_allowed", f"A room has at most {MAX_MEMBERS} members.")
    _check_rooms(connection, user.id, user.username)
    member_rows.add_members(connection, room_id, [user.id])


def _check_rooms(connection: Connection, user_id: int, username: str) -> None:
    if member_rows.count_rooms(connection, user_id) >= MAX_ROOMS:
        words = f"{username} belongs to {MAX_ROOMS} rooms, which is the most."
        raise Refusal("not_allowed", words)


def _give_role(
    connection: Connection,
    by: Person,
    room_id: int,
    user: User,
    before: RoomRole | None,
    role: RoomRole,
) -> tuple[tuple[int, RoomRole], ...]:
    """Give a role; who else got another one by that."""
    others: tuple[tuple[int, RoomRole], ...] = ()
    if before == "owner":
        words = "Make somebody else the owner instead: a room keeps one."
        raise Refusal("not_allowed", words, field="role")
    if role == "owner":
        owner = member_rows.owner_id(connection, room_id)
        if owner is not None:
            member_rows.set_role(connection, room_id, owner, "moderator")
            others = ((owner, "moderator"),)
    member_rows.set_role(connection, room_id, user.id, role)
    if role == "member":
        invites.delete_invites_of(connection, room_id, user.id)
    action = "room.owner" if role == "owner" else "member.role"
    audit.note(
        connection, by, action, user.username, room_id=room_id,
        detail={"role": role, "before": before},
    )  # fmt: skip
    return others


def give_owner(connection: Connection, by: Person, room_id: int, username: str) -> Changed:
    """Make somebody the owner of a room, a member or not, without asking the gate.

    Raises Refusal.
    """
    user = find_user(connection, username)
    before = member_rows.role_of(connection, room_id, user.id)
    if before == "owner":
        return unchanged(connection, room_id, user, before)
    if before is None:
        _check_comer(connection, room_id, user)
        _add(connection, room_id, user)
    others = _give_role(connection, by, room_id, user, before, "owner")
    told = tell(connection, room_rows.change_room(connection, room_id, owner=user.username))
    return Changed(told.room, told.audience, user, "owner", others)


def remove_member(
    connection: Connection, by: Person, by_id: int, room_id: int, username: str
) -> Changed:
    """Leave a room, or make somebody leave it, also one who cannot sign in. Raises Refusal."""
    own = allow(connection, by.author, room_id, "see")
    account = users.find_account(connection, username)
    if account is None:
        raise _nobody(username)
    user = account.user
    role = member_rows.role_of(connection, room_id, user.id)
    if role is None:
        check(own, "leave" if user.id == by_id else "remove_member")
        raise Refusal("not_found", f"{user.username} is no member of this room.")
    if user.id == by_id:
        check(own, "leave")
        # Those whose accounts were disabled keep nobody here.
        alone = member_rows.count_members(connection, room_id) == 1
        if role == "owner" and not alone:
            words = "Make somebody else the owner before you leave, or delete the room."
            raise Refusal("not_allowed", words)
        if alone and own.kind == "private":
            # Nobody could come in again.
            told = describe(connection, room_id)
            ChatDatabase.delete_room(connection, room_id)
            return Changed(told.room, told.audience, user, None, gone=True)
    else:
        check_over(own, "remove_member", Standing(own.kind, role))
        audit.note(connection, by, "member.remove", user.username, room_id=room_id)
    return take_out(connection, room_id, user, role)


def take_out(connection: Connection, room_id: int, user: User, role: str | None) -> Changed:
    """Make a member none, without asking; `audience` has them still."""
    told = describe(connection, room_id)
    # Or they would come back by their own link.
    invites.delete_invites_of(connection, room_id, user.id)
    member_rows.remove_member(connection, room_id, user.id)
    room = room_rows.change_room(connection, room_id, **_owner_of("", role, user))
    return Changed(room, told.audience, user, None)


def come_in(connection: Connection, room_id: int, user: User) -> Changed:
    """Make an account a member, without asking the gate. Raises Refusal when that is too much."""
    _add(connection, room_id, user)
    told = tell(connection, room_rows.change_room(connection, room_id))
    return Changed(told.room, told.audience, user, "member")


def unchanged(connection: Connection, room_id: int, user: User, role: RoomRole) -> Changed:
    """A member who stays what they are."""
    told = describe(connection, room_id)
    return Changed(told.room, told.audience, user, role, same=True)


def _member(connection: Connection, room_id: int, user_id: int) -> Member:
    member = member_rows.get_member(connection, room_id, user_id)
    assert member is not None  # noqa: S101 - made or found in this very transaction
    return member
