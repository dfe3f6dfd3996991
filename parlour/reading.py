"""The operations on how far somebody has read, each inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from parlour import places
from parlour.errors import Refusal
from parlour.membership import Receipt
from parlour.models import Person, Room
from parlour.permissions import Standing, check
from parlour.places import Audience
from parlour.store import reads, restrictions, users
from parlour.store import rooms as room_rows
from parlour.store.reads import Place, Position, ReadState
from parlour.store.standings import standings

# One may mark as unread what is among so many of a room's newest messages: one's own behind it are
# counted then, message by message.
MAX_BACK: Final = 1_000
# Rooms that are marked as read in one transaction.
MAX_AT_ONCE: Final = 2_000
# A room where more accounts have been does not tell how far each has read; told of are so many.
MAX_READERS: Final = 1_000
MAX_RECEIPTS: Final = 100


@dataclass(frozen=True, slots=True)
class Read:
    """How far somebody has read a room now, unless it is the `same` as before."""

    state: ReadState
    same: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Lately:
    """Where rooms stand that have news, and who may know of each; `rest` was not looked at.

    `banned` are authors who are not told of public rooms, which have everybody else for audience.
    """

    rooms: list[tuple[Room, Audience]]
    rest: list[int]
    banned: dict[str, set[int]]


def read(
    connection: Connection,
    by: Person,
    user_id: int,
    message_id: int,
    room_id: int | None = None,
    *,
    back: bool = False,
) -> Read:
    """Read up to a message: one only moves on, unless it is marked as unread (`back`).

    Raises Refusal `not_found` for a message that is not there, not in `room_id` where that is
    given, or not theirs to see.
    """
    place = reads.place_of(connection, message_id)
    if place is None or room_id not in (None, place.room_id):
        raise _no_message()
    try:
        places.allow(connection, by.author, place.room_id, "enter")
    except Refusal as refusal:
        # It says nothing of a room that they may not see.
        raise _no_message() if refusal.code == "not_found" else refusal from None
    before = reads.find_position(connection, user_id, place.room_id)
    if back:
        after = _back(connection, by.author, place, message_id, before)
    else:
        after = _on(connection, by.author, place, message_id, before)
    if after != before:
        reads.set_position(connection, user_id, place.room_id, after)
    state = reads.state_of(connection, user_id, place.room_id)
    assert state is not None  # noqa: S101 - put there in this very transaction
    return Read(state, same=after == before, back=back)


def _on(
    connection: Connection, author: str, place: Place, message_id: int, before: Position | None
) -> Position:
    if before is None:
        # Who was here before and left may have said something behind it.
        own, until = _own_behind(connection, author, place, message_id)
        return Position(message_id, place.number, own, until, seen=message_id)
    seen = max(before.seen, message_id)
    if before.number >= place.number:
        return replace(before, seen=seen)
    # What one has said oneself is behind the position only where that was marked back.
    own = 0
    if before.own and before.until is not None and before.until > message_id:
        own, _ = reads.count_own(connection, place.room_id, author, message_id, before.until)
    return Position(message_id, place.number, own, before.until if own else None, seen)


def _back(
    connection: Connection, author: str, place: Place, message_id: int, before: Position | None
) -> Position:
    previous = reads.id_before(connection, place.room_id, message_id)
    own, until = _own_behind(connection, author, place, previous)
    seen = 0 if before is None else before.seen
    return Position(previous, place.number - 1, own, until, seen)


def _own_behind(
    connection: Connection, author: str, place: Place, after: int
) -> tuple[int, int | None]:
    """How many of one's own messages are behind one, and up to which id they were looked for."""
    if place.message_count - place.number >= MAX_BACK:
        words = f"A position has to be among the newest {MAX_BACK} messages of its room."
        raise Refusal("not_allowed", f"message_id: {words}", field="message_id")
    own, newest = reads.count_own(connection, place.room_id, author, after)
    return own, newest if own else None


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")


def read_all(connection: Connection, user_id: int) -> list[ReadState]:
    """Read all rooms to their ends, MAX_AT_ONCE of them; those that were not read so far."""
    behind = reads.behind(connection, user_id, MAX_AT_ONCE)
    there = standings(connection, [(row[1], f"user:{user_id}") for row in behind])
    rows = [row for row, each in zip(behind, there, strict=True) if _may_enter(each)]
    if not rows:
        return []
    reads.read_to(connection, rows)
    user = users.get_user(connection, user_id)
    name = "" if user is None else user.username
    return reads.states_of(connection, [(room_id, name) for _, room_id, _, _ in rows])


def _may_enter(standing: Standing | None) -> bool:
    try:
        check(standing, "enter")
    except Refusal:
        return False
    return True


def receipts(connection: Connection, by: Person, user_id: int, room_id: int) -> list[Receipt]:
    """How far those have read who let others know, for one who does so too. Raises Refusal."""
    places.allow(connection, by.author, room_id, "enter")
    user = users.get_user(connection, user_id)
    if user is None or not user.read_receipts:
        words = "You let nobody know how far you have read, so you cannot see it of others."
        raise Refusal("not_allowed", f"{words} Your account's settings have both.")
    if reads.has_more_than(connection, room_id, MAX_READERS):
        return []
    return reads.shared_positions(connection, room_id, MAX_RECEIPTS)


def speakers(connection: Connection, seats: Sequence[tuple[int, str]]) -> list[ReadState]:
    """How far those are who have said something: (room_id, username)."""
    return reads.states_of(connection, seats)


def lately(connection: Connection, room_ids: Sequence[int], members: int) -> Lately:
    """Where rooms stand and who may know it; once `members` were found, the rest is left."""
    found: list[tuple[Room, Audience]] = []
    rest: list[int] = []
    banned: dict[str, set[int]] = {}
    there = {room.id: room for room in room_rows.some_rooms(connection, room_ids)}
    _, guarded = room_rows.room_counters(connection, there)
    # In the order in which they have waited, or those with many members would keep others waiting
    # for ever; public ones from which nobody is banned need no looking up, and never wait.
    for room_id in room_ids:
        room = there.get(room_id)
        if room is None:
            continue
        if members <= 0 and room.id in guarded:
            rest.append(room.id)
            continue
        audience = places.tell(connection, room).audience
        found.append((room, audience))
        members -= len(audience or ())
        if room.kind == "public" and room.id in guarded:
            out = restrictions.banned_authors(connection, room.id)
            members -= len(out)
            for author in out:
                banned.setdefault(author, set()).add(room.id)
    return Lately(found, rest, banned)
