"""The operation that opens a direct conversation, inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from parlour import belonging, places
from parlour.errors import Refusal
from parlour.models import Room
from parlour.store import members as member_rows
from parlour.store import rooms as room_rows

# Conversations that one account may open; those that others open with it are not counted.
MAX_OPENED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation, whether it is new, and whether it comes into the list of who opens it."""

    told: places.Told
    new: bool
    listed: bool


def open_direct(connection: Connection, by: tuple[int, str], usernames: Sequence[str]) -> Opened:
    """The room of these people and the one who asks. Raises Refusal.

    A set of people has one room, whoever asks for it and how often. Until something is said in it,
    it is in the lists of those who have asked for it, so that nobody fills another's.
    """
    people = {by[0]: by[1]}
    for username in usernames:
        user = belonging.find_user(connection, username, "usernames")
        people[user.id] = user.username
    if len(people) == 1:
        raise Refusal("invalid", "usernames: Name somebody else.", field="usernames")
    key = ",".join(str(each) for each in sorted(people))
    room = room_rows.find_direct_room(connection, key)
    if room is not None:
        listed = not room.message_count and member_rows.put_on_list(connection, room.id, by[0])
        return Opened(places.tell(connection, room), new=False, listed=listed)
    # It counts for who opens it alone: nobody can leave one, or keep others from opening it.
    if room_rows.count_opened(connection, by[0]) >= MAX_OPENED:
        words = f"You have opened {MAX_OPENED} conversations, which is the most."
        raise Refusal("not_allowed", words)
    name = ", ".join(sorted(people.values()))
    room = room_rows.create_room(connection, name, kind="direct", direct_key=key, opened_by=by[0])
    others = people.keys() - {by[0]}
    member_rows.add_members(connection, room.id, people, unlisted=others)
    return Opened(places.tell(connection, room), new=True, listed=True)


def come_in(connection: Connection, user_id: int, room_id: int) -> Room | None:
    """Whoever has come into a conversation has opened it, too.

    The room, if it was in their list neither by that nor by anything said in it.
    """
    room = room_rows.get_room(connection, room_id)
    if room is None or room.message_count:
        return None
    return room if member_rows.put_on_list(connection, room_id, user_id) else None
