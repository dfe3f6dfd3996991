"""The operations on bans and mutes in a room, each inside one transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from parlour import audit, places
from parlour.errors import Refusal
from parlour.models import Person, Room
from parlour.oversight import Kind, Restriction, is_guest
from parlour.people import User
from parlour.permissions import check_over
from parlour.places import Changed
from parlour.store import members as member_rows
from parlour.store import messages as message_rows
from parlour.store import restrictions, users
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Bans, and as many mutes, that one room can have.
MAX_RESTRICTIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """A name; and the author and spelling of who is there under it just now, if somebody is."""

    username: str
    present: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a name means: an account with its row, or a guest."""

    author: str
    username: str
    user: User | None = None


@dataclass(frozen=True, slots=True)
class Restrained:
    """What a ban or mute did: the room, whom, and what became of a member who was banned."""

    room: Room
    author: str
    restriction: Restriction
    changed: Changed | None = None


def list_restrictions(
    connection: Connection, author: str, room_id: int, kind: Kind
) -> list[Restriction]:
    """The bans or mutes of a room, newest first. Raises Refusal."""
    places.allow(connection, author, room_id, "restrict")
    return restrictions.restrictions_of(connection, room_id, kind)


def restrict(
    connection: Connection,
    by: Person,
    by_id: int,
    room_id: int,
    kind: Kind,
    named: Named,
    until: datetime | None,
    reason: str,
) -> Restrained:
    """Ban or mute somebody who has less to say in a room. Raises Refusal.

    A ban takes membership away. One that was there is replaced.
    """
    own = places.allow(connection, by.author, room_id, "restrict")
    target = find_target(connection, named, room_id)
    other = standing_of(connection, room_id, target.author)
    assert other is not None  # noqa: S101 - the room was there for the one who asks
    check_over(own, "restrict", other)
    if restrictions.count_restrictions(connection, room_id, kind) >= MAX_RESTRICTIONS:
        words = f"A room has at most {MAX_RESTRICTIONS} of these; lift one first."
        raise Refusal("not_allowed", words)
    whom = target.author, target.username
    made = restrictions.restrict(connection, room_id, kind, whom, until, reason, by_id)
    room_rows.guard(connection, room_id)
    changed = None
    if kind == "ban" and target.user is not None:
        role = member_rows.role_of(connection, room_id, target.user.id)
        if role is not None:
            changed = places.take_out(connection, room_id, target.user, role)
    detail = {"author": target.author, "reason": reason, "seconds": _seconds(made)}
    audit.note(connection, by, f"room.{kind}", target.username, room_id=room_id, detail=detail)
    told = Restriction.model_construct(**made.model_dump(exclude={"id"}))
    return Restrained(places.describe(connection, room_id).room, target.author, told, changed)


def lift(connection: Connection, by: Person, room_id: int, kind: Kind, username: str) -> None:
    """Take every ban or mute of a name away. Raises Refusal."""
    places.allow(connection, by.author, room_id, "restrict")
    user = users.find_user(connection, username)
    author = None if user is None else f"user:{user.id}"
    found = restrictions.find_restrictions(connection, room_id, kind, username, author)
    if not found:
        done = "banned" if kind == "ban" else "muted"
        raise Refusal("not_found", f"{username[:64]} is not {done} here.")
    restrictions.lift(connection, [row_id for row_id, _ in found])
    room_rows.guard(connection, room_id)
    audit.note(connection, by, f"room.un{kind}", found[0][1], room_id=room_id)


def find_target(connection: Connection, named: Named, room_id: int | None) -> Target:
    """Whom a name means: an account, the guest who is there, or who wrote last under it.

    Raises Refusal `not_found`.
    """
    user = users.find_user(connection, named.username)
    if user is not None:
        return Target(f"user:{user.id}", user.username, user)
    author, username = named.present or (None, named.username)
    if author is None and room_id is not None:
        author = message_rows.last_author(connection, room_id, named.username)
    if author is None or not is_guest(author):
        raise Refusal("not_found", f"There is nobody called {named.username[:64]}.")
    return Target(author, username)


def tidy(connection: Connection) -> None:
    """Take away what has ended by itself: where nothing is left, everybody may speak again."""
    for room_id in restrictions.lift_ended(connection, datetime.now(UTC)):
        room_rows.guard(connection, room_id)


def _seconds(made: Restriction) -> int | None:
    return None if made.until is None else round((made.until - made.created_at).total_seconds())
