"""The operations on bans and mutes in a room, each inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from parlour import audit, belonging, places
from parlour.errors import Refusal
from parlour.models import Person, Room
from parlour.oversight import Kind, Restriction, is_guest
from parlour.people import User
from parlour.permissions import Standing, check_over
from parlour.places import Changed
from parlour.store import members as member_rows
from parlour.store import messages as message_rows
from parlour.store import reads, restrictions, users
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Bans, and as many mutes, that one room can have.
MAX_RESTRICTIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """A name; and the author and spelling of everybody who is there under it just now."""

    username: str
    present: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a name means: an account with its row, or a guest."""

    author: str
    username: str
    user: User | None = None


@dataclass(frozen=True, slots=True)
class Restrained:
    """What a ban or mute did: the room, whom, and what became of a member who was banned.

    Of several guests of one name, `restriction` is that of the first.
    """

    room: Room
    authors: tuple[str, ...]
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

    A ban takes membership away. One that was there is replaced. Where several guests have the
    name, nobody can tell which of them is meant: it holds for all.
    """
    own = places.allow(connection, by.author, room_id, "restrict")
    targets = find_targets(connection, named, room_id)
    for target in targets:
        _check_over(connection, own, room_id, target.author)
    there = restrictions.count_restrictions(connection, room_id, kind)
    if there + len(targets) > MAX_RESTRICTIONS:
        words = f"A room has at most {MAX_RESTRICTIONS} of these; lift one first."
        raise Refusal("not_allowed", words)
    made = [
        _restrict(connection, (by, by_id), room_id, kind, target, until, reason)
        for target in targets
    ]
    room_rows.guard(connection, room_id)
    changed, user = None, targets[0].user
    if kind == "ban" and user is not None:
        role = member_rows.role_of(connection, room_id, user.id)
        if role is not None:
            changed = belonging.take_out(connection, room_id, user, role)
            member_rows.note_removed(connection, room_id, user.id)
        # Who was no member may have been there all the same.
        reads.forget(connection, room_id, user.id)
    told = Restriction.model_construct(**made[0].model_dump(exclude={"id"}))
    authors = tuple(target.author for target in targets)
    return Restrained(places.describe(connection, room_id).room, authors, told, changed)


def _restrict(
    connection: Connection,
    by: tuple[Person, int],
    room_id: int,
    kind: Kind,
    target: Target,
    until: datetime | None,
    reason: str,
) -> Restriction:
    whom = target.author, target.username
    made = restrictions.restrict(connection, room_id, kind, whom, until, reason, by[1])
    detail = {"author": target.author, "reason": reason, "seconds": _seconds(made)}
    audit.note(connection, by[0], f"room.{kind}", target.username, room_id=room_id, detail=detail)
    return made


def _check_over(connection: Connection, own: Standing, room_id: int, author: str) -> None:
    other = standing_of(connection, room_id, author)
    assert other is not None  # noqa: S101 - the room was there for the one who asks
    check_over(own, "restrict", other)


def lift(connection: Connection, by: Person, room_id: int, kind: Kind, named: Named) -> None:
    """Take every ban or mute of a name away, of people who have less to say. Raises Refusal."""
    own = places.allow(connection, by.author, room_id, "restrict")
    targets = _named(connection, named, room_id)
    authors = {target.author for target in targets}
    found = restrictions.find_restrictions(connection, room_id, kind, named.username, authors)
    if not found:
        done = "banned" if kind == "ban" else "muted"
        raise Refusal("not_found", f"{named.username[:64]} is not {done} here.")
    for lifted in found:
        _check_over(connection, own, room_id, lifted.author)
    restrictions.lift(connection, [lifted.id for lifted in found])
    room_rows.guard(connection, room_id)
    for lifted in found:
        audit.note(
            connection, by, f"room.un{kind}", lifted.username, room_id=room_id,
            detail={"author": lifted.author},
        )  # fmt: skip


def find_targets(connection: Connection, named: Named, room_id: int | None) -> list[Target]:
    """Whom a name means: an account, every guest who is there, or who wrote last under it.

    Guests are told by the name that they have there. Raises Refusal `not_found`.
    """
    targets = _named(connection, named, room_id)
    if not targets:
        raise Refusal("not_found", f"There is nobody called {named.username[:64]}.")
    return targets


def _named(connection: Connection, named: Named, room_id: int | None) -> list[Target]:
    user = users.find_user(connection, named.username)
    if user is not None:
        return [Target(f"user:{user.id}", user.username, user)]
    targets = [Target(*each) for each in named.present if is_guest(each[0])]
    if not targets and room_id is not None:
        last = message_rows.last_author(connection, room_id, named.username)
        if last is not None and is_guest(last[0]):
            targets.append(Target(*last))
    return targets


def tidy(connection: Connection) -> None:
    """Take away what has ended by itself: where nothing is left, everybody may speak again."""
    for room_id in restrictions.lift_ended(connection, datetime.now(UTC)):
        room_rows.guard(connection, room_id)


def _seconds(made: Restriction) -> int | None:
    return None if made.until is None else round((made.until - made.created_at).total_seconds())
