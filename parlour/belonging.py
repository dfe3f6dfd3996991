"""The operations on the members of rooms, each inside one transaction and asked at the gate."""

from typing import Final

from sqlalchemy import Connection

from parlour import audit
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.membership import Member
from parlour.models import Person
from parlour.people import User
from parlour.permissions import RoomRole, Standing, check, check_over
from parlour.places import Changed, allow, check_rooms, describe, tell
from parlour.store import invites, users
from parlour.store import members as member_rows
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Members that a room may have.
MAX_MEMBERS: Final = 10_000


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
    check_rooms(connection, user.id, user.username)
    member_rows.add_members(connection, room_id, [user.id])


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
        member_rows.note_removed(connection, room_id, user.id)
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
