"""The operations of retention: rules, holds, what would go, and taking it; each in a transaction.

Rules and holds are read in the transaction that takes messages away: what was held a moment before
stays, and so does what a rule that was changed keeps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from parlour import administration, audit, places
from parlour.errors import Refusal
from parlour.lasting import (
    Hold,
    HoldCreate,
    Overdue,
    RetentionPreview,
    RoomRetention,
    kept_days,
)
from parlour.models import Person
from parlour.oversight import Policy
from parlour.permissions import no_room
from parlour.places import Told
from parlour.store import holds, users
from parlour.store import retention as rows
from parlour.store import rooms as room_rows
from parlour.store.holds import HoldRow, Scope
from parlour.store.jobs import now_ms
from parlour.store.retention import RoomRow

# Rows beside messages (reactions and the like) that go with them in one transaction.
MAX_BESIDE: Final = 400
# Rooms that a preview names.
MOST_NAMED: Final = 20
MAX_HOLDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Purged:
    """What one transaction took away; `told` where a room now begins later than people know."""

    count: int
    more: bool = False
    told: Told | None = None


# Rules


def _days(room: RoomRow, server: int) -> int:
    return kept_days(server, room.days, longer=room.longer)


def _find(connection: Connection, room_id: int) -> RoomRow:
    room = rows.find_room(connection, room_id)
    if room is None:
        raise no_room()
    return room


def _told(connection: Connection, room_id: int, given: Policy) -> RoomRetention:
    room = _find(connection, room_id)
    server = administration.load_policy(connection, given).retention_days
    return RoomRetention(days=_days(room, server), own=room.days, longer=room.longer, server=server)


def get_rule(
    connection: Connection, author: str | None, room_id: int, given: Policy
) -> RoomRetention:
    """For how long messages of a room are kept, for whoever may see it. Raises Refusal."""
    places.allow(connection, author, room_id, "see")
    return _told(connection, room_id, given)


def set_rule(
    connection: Connection, by: Person, room_id: int, given: Policy, days: int | None
) -> RoomRetention:
    """Let the owner of a room keep its messages for less long than the server. Raises Refusal.

    What administrators have decided for a room is changed by them.
    """
    standing = places.allow(connection, by.author, room_id, "set_retention")
    if not standing.administrator:
        room = _find(connection, room_id)
        server = administration.load_policy(connection, given).retention_days
        if room.longer:
            words = "Administrators have decided this for the room: ask them to change it."
            raise Refusal("not_allowed", words, field="days")
        if server and days is not None and not 0 < days <= server:
            words = (
                f"Messages are kept for {server} days here. A room may keep them for less long;"
                " only administrators let one keep them longer."
            )
            raise Refusal("not_allowed", words, field="days")
    return _set_rule(connection, by, room_id, given, days, longer=standing.administrator)


def decide_rule(
    connection: Connection, by: Person, room_id: int, given: Policy, days: int | None
) -> RoomRetention:
    """Let an administrator decide for a room, whatever the server's rule. Raises Refusal."""
    administration.check(connection, by)
    if _find(connection, room_id).kind == "direct":
        raise no_room()
    return _set_rule(connection, by, room_id, given, days, longer=True)


def _set_rule(
    connection: Connection, by: Person, room_id: int, given: Policy, days: int | None, *,
    longer: bool,
) -> RoomRetention:  # fmt: skip
    before = _find(connection, room_id)
    longer = longer and days is not None
    if (before.days, before.longer) != (days, longer):
        rows.set_rule(connection, room_id, days, longer=longer)
        detail = {"days": days, "before": before.days}
        audit.note(connection, by, "room.retention", before.name, room_id=room_id, detail=detail)
    return _told(connection, room_id, given)


# What would go


def preview(
    connection: Connection, by: Person, given: Policy, days: int | None, room_id: int | None
) -> RetentionPreview:
    """What would go just now, or with another rule, for an administrator.

    It is that of the server, or of one room alone, without one of its own where `days` is None.
    Raises Refusal.
    """
    administration.check(connection, by)
    if room_id is None:
        return count(connection, given, days)
    found = [
        # Who may see it is an administrator, whose rule may be longer than that of the server.
        room._replace(days=days, longer=days is not None)
        for room in rows.all_rooms(connection)
        if room.id == room_id and room.kind != "direct"
    ]
    if not found:
        raise no_room()
    return count(connection, given, None, found)


def count(
    connection: Connection, given: Policy, days: int | None, rooms: list[RoomRow] | None = None
) -> RetentionPreview:
    """The same for whoever runs the machine; of some rooms as they are given, or of all."""
    if days is None:
        days = administration.load_policy(connection, given).retention_days
    scope, now = holds.scope(connection), _now(connection)
    found, held_rooms = [], 0
    for room in rows.all_rooms(connection) if rooms is None else rooms:
        if not _is_over(room, days, now):
            continue
        if scope.all_of(room.id):
            held_rooms += 1
            continue
        lasting = _days(room, days)
        older = rows.count_older(connection, room.id, now - timedelta(days=lasting))
        if older:
            found.append(Overdue(room_id=room.id, name=room.name, days=lasting, messages=older))
    found.sort(key=lambda each: -each.messages)
    return RetentionPreview(
        days=days,
        rooms=len(found),
        messages=sum(each.messages for each in found),
        held_rooms=held_rooms,
        held_messages=holds.count_held(connection),
        largest=tuple(found[:MOST_NAMED]),
    )


def _now(connection: Connection) -> datetime:
    """By the database's clock: one node whose own is ahead takes nothing away too early."""
    return datetime.fromtimestamp(now_ms(connection) / 1000, UTC)


def kept_since(connection: Connection, given: Policy) -> Callable[[int | None], datetime | None]:
    """Tells of rooms, and of new ones by None, since when their messages stay; None: all do."""
    server = administration.load_policy(connection, given).retention_days
    scope, now = holds.scope(connection), _now(connection)

    def since(room_id: int | None) -> datetime | None:
        room = None if room_id is None else rows.find_room(connection, room_id)
        days = server if room is None else _days(room, server)
        if not days or scope.server or (room is not None and scope.all_of(room.id)):
            return None
        return now - timedelta(days=days)

    return since


def _is_over(room: RoomRow, server: int, now: datetime) -> bool:
    days = _days(room, server)
    return bool(days) and room.oldest is not None and room.oldest < now - timedelta(days=days)


# Taking it


def due(connection: Connection, given: Policy) -> tuple[list[int], int]:
    """The rooms of which something goes, or went and is not told yet; how much is set aside."""
    server = administration.load_policy(connection, given).retention_days
    scope, now = holds.scope(connection), _now(connection)
    found = [
        room.id
        for room in rows.all_rooms(connection)
        if room.purge_told < room.purged_number
        or (_is_over(room, server, now) and not scope.all_of(room.id))
    ]
    return found, holds.count_held(connection)


def purge_some(connection: Connection, room_id: int, given: Policy, size: int) -> Purged:
    """Take away the next messages of a room whose time is over, at most `size`.

    Where there are none (of 0), people are told what went before.
    """
    room = rows.find_room(connection, room_id)
    if room is None:
        return Purged(0)
    scope = holds.scope(connection)
    found = _oldest(connection, room, scope, given, size)
    if not found:
        told = None
        if room.purge_told < room.purged_number:
            changed = room_rows.change_room(connection, room_id, purge_told=room.purged_number)
            told = places.tell(connection, changed)
        return Purged(0, told=told)
    taken = rows.as_many(connection, found, MAX_BESIDE)
    aside = [each.id for each in taken or found[:1] if _is_aside(scope, room_id, each)]
    holds.set_aside(connection, aside, "retention")
    if taken:
        rows.take(connection, room_id, taken, scope.authors)
    else:
        rows.strip(connection, found[0], MAX_BESIDE)
    return Purged(len(taken), more=True)


def _oldest(
    connection: Connection, room: RoomRow, scope: Scope, given: Policy, size: int
) -> list[rows.Old]:
    days = _days(room, administration.load_policy(connection, given).retention_days)
    if not size or not days or scope.all_of(room.id):
        return []
    before = _now(connection) - timedelta(days=days)
    return rows.oldest(connection, room.id, before, size)


def _is_aside(scope: Scope, room_id: int, old: rows.Old) -> bool:
    """What was deleted before is set aside already, as it was then."""
    return not old.deleted and scope.covers(room_id, old.author)


# Holds


def list_holds(connection: Connection, by: Person) -> list[Hold]:
    """All of them, newest first."""
    administration.check(connection, by)
    return [_hold(row) for row in holds.list_holds(connection)]


def set_hold(connection: Connection, by: Person, new: HoldCreate) -> Hold:
    """Keep something until it is lifted. Raises Refusal."""
    administration.check(connection, by)
    if len(holds.list_holds(connection)) >= MAX_HOLDS:
        words = f"A server has at most {MAX_HOLDS} holds; lift one first."
        raise Refusal("not_allowed", words)
    given = {"server": (), "room": ("room_id",), "person": ("username",)}[new.kind]
    for name in ("room_id", "username"):
        if (getattr(new, name) is not None) != (name in given):
            words = f"{name}: It belongs to the kind {'room' if name == 'room_id' else 'person'}."
            raise Refusal("invalid", words, field=name)
    name, author = "", None
    if new.room_id is not None:
        found = holds.name_of(connection, new.room_id)
        if found is None:
            raise no_room()
        name = found
    if new.username is not None:
        account = users.find_account(connection, new.username)
        if account is None:
            raise Refusal("not_found", f"There is nobody called {new.username[:64]}.")
        name, author = account.user.username, f"user:{account.user.id}"
    hold_id = holds.add(
        connection, kind=new.kind, room_id=new.room_id, author=author, name=name,
        reason=new.reason, created_by=by.username,
    )  # fmt: skip
    _note(connection, by, "hold.set", holds.find(connection, hold_id), new.reason)
    return _get_hold(connection, hold_id)


def lift_hold(connection: Connection, by: Person, hold_id: int, reason: str) -> None:
    """Keep it no longer than anything else. Raises Refusal `not_found`."""
    administration.check(connection, by)
    _get_hold(connection, hold_id)
    _note(connection, by, "hold.lift", holds.find(connection, hold_id), reason)
    holds.lift(connection, hold_id)


def _get_hold(connection: Connection, hold_id: int) -> Hold:
    found = holds.find(connection, hold_id)
    if found is None:
        raise Refusal("not_found", "There is no such hold; it may have been lifted.")
    return _hold(found)


def _note(
    connection: Connection, by: Person, action: str, found: HoldRow | None, reason: str
) -> None:
    assert found is not None  # noqa: S101 - it was just made or found
    detail = {"hold": found.id, "kind": found.kind, "author": found.author, "reason": reason}
    audit.note(connection, by, action, found.name, room_id=found.room_id, detail=detail)


def _hold(row: HoldRow) -> Hold:
    return Hold(
        id=row.id, kind=row.kind, room_id=row.room_id, username=row.username, name=row.name,
        reason=row.reason, created_by=row.created_by, created_at=row.created_at,
    )  # fmt: skip
