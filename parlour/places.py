"""The operations on rooms of all kinds, each inside one transaction.

Each asks the gate first, in the transaction in which it reads or changes, so that nobody gets
anything by a right that was taken away a moment before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from parlour import audit
from parlour.database import ChatDatabase, room_exists
from parlour.errors import Refusal
from parlour.models import Message, Person, Room, RoomCreate
from parlour.people import User
from parlour.permissions import Act, RoomRole, Standing, check
from parlour.store import members as member_rows
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.dialects import attempt
from parlour.store.standings import forget_spoken, standing_of
from parlour.storing import Changes, History
from parlour.support.kept import Kept

# Rooms that one account may be a member of.
MAX_ROOMS: Final = 2_000
# And public ones in all, of whomever: everybody is told of each, and guests may make them.
MAX_PUBLIC: Final = 10_000
# So many of these can be made by guests, whom a name costs nothing: accounts have the rest.
MAX_PUBLIC_OF_GUESTS: Final = 9_000

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


def find_message(connection: Connection, author: str | None, message_id: int, act: Act) -> Message:
    """A message that is there, for somebody who may do this in its room. Raises Refusal.

    One that was deleted, or of a room that they may not see, is `not_found` like any other.
    """
    found = message_rows.find_message(connection, message_id)
    if found is None:
        raise _no_message()
    message = found[0]
    try:
        allow(connection, author, message.room_id, act)
    except Refusal as refusal:
        # It says nothing of a room that they may not see.
        raise _no_message() if refusal.code == "not_found" else refusal from None
    if message.deleted_at is not None:
        raise _no_message()
    return message


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")


def tell(connection: Connection, room: Room) -> Told:
    """A room and who may know of it."""
    audience = None
    if room.kind != "public":
        audience = frozenset(member_rows.member_ids(connection, room))
    return Told(room, audience)


# Rooms


def list_rooms(connection: Connection, user_id: int | None) -> list[Room]:
    """The rooms that somebody may see, with what they are to them, in order of creation."""
    return room_rows.visible_rooms(connection, user_id)


def get_room(connection: Connection, author: str | None, room_id: int) -> Room:
    """One of them. Raises Refusal `not_found`."""
    standing = allow(connection, author, room_id, "see")
    if author is not None and author.startswith("user:"):
        user_id = int(author.removeprefix("user:"))
        room = room_rows.own_room(connection, user_id, room_id)
        if room is not None:
            return room
    return ChatDatabase.get_room(connection, room_id).model_copy(update={"role": standing.role})


def describe(connection: Connection, room_id: int) -> Told:
    """A room for those who may know of it: for what the server tells by itself."""
    return tell(connection, ChatDatabase.get_room(connection, room_id))


def get_messages(
    connection: Connection, author: str | None, room_id: int, **place: int | None
) -> History:
    """A page of history, as `ChatDatabase.get_room_messages` has it. Raises Refusal."""
    allow(connection, author, room_id, "enter")
    return ChatDatabase.get_room_messages(connection, room_id, **place)  # type: ignore[arg-type]


def newest_page(
    connection: Connection,
    author: str | None,
    room_id: int,
    limit: int,
    kept: Kept,
    encode: Callable[[list[Message]], bytes],
) -> tuple[Room, bytes]:
    """A room and its newest messages, encoded. Raises Refusal.

    They are the same for all who may enter, and as they were as long as the room's version is: it
    is read in the same moment, so it does not matter on which node they were changed.
    """
    allow(connection, author, room_id, "enter")
    room = ChatDatabase.get_room(connection, room_id)
    purged = room_rows.purged_to(connection, room_id)
    key, stamp = (room_id, limit), (room.epoch, room.version, purged)
    body = kept.get(key, stamp)
    if body is None:
        body = encode(message_rows.newest(connection, room_id, limit))
        kept.put(key, stamp, body)
    return room, body


def get_changes(
    connection: Connection, author: str, room_id: int, after: int | None, epoch: str | None
) -> Changes:
    """What changed in a room since a version, for somebody who may enter it. Raises Refusal."""
    allow(connection, author, room_id, "enter")
    recent = ChatDatabase.get_recent_changes(connection, room_id, [after], guarded=True)
    return recent.since(after, epoch)


def _check_public(count: int, owner: tuple[int, str] | None) -> None:
    """Whether there may be one more public room. Raises Refusal."""
    if count >= MAX_PUBLIC:
        words = f"There are {MAX_PUBLIC} public rooms, which is the most. Delete one first."
        raise Refusal("not_allowed", words)
    if owner is None and count >= MAX_PUBLIC_OF_GUESTS:
        words = f"There are {MAX_PUBLIC_OF_GUESTS} public rooms: a further one takes an account."
        raise Refusal("not_allowed", words)


def create_room(connection: Connection, new: RoomCreate, owner: tuple[int, str] | None) -> Told:
    """A new room; the account (id and name) that makes it owns it. Raises Refusal."""
    if owner is not None:
        check_rooms(connection, *owner)
    if new.kind == "public":
        _check_public(room_rows.count_public(connection), owner)
    try:
        with attempt(connection):
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


def check_rooms(connection: Connection, user_id: int, username: str) -> None:
    """Raises Refusal for who belongs to so many rooms that one more is too much."""
    if member_rows.count_rooms(connection, user_id) >= MAX_ROOMS:
        words = f"{username} belongs to {MAX_ROOMS} rooms, which is the most."
        raise Refusal("not_allowed", words)


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
        with attempt(connection):
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
