"""The operation that opens a direct conversation, inside one transaction."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from parlour import places
from parlour.errors import Refusal
from parlour.store import members as member_rows
from parlour.store import rooms as room_rows

# Conversations that one account may open; those that others open with it are not counted.
MAX_OPENED: Final = 2_000


def open_direct(
    connection: Connection, by: tuple[int, str], usernames: Sequence[str]
) -> tuple[places.Told, bool]:
    """The room of these people and the one who asks; whether it is new. Raises Refusal.

    A set of people has one room, whoever asks for it and how often.
    """
    people = {by[0]: by[1]}
    for username in usernames:
        user = places.find_user(connection, username, "usernames")
        people[user.id] = user.username
    if len(people) == 1:
        raise Refusal("invalid", "usernames: Name somebody else.", field="usernames")
    key = ",".join(str(each) for each in sorted(people))
    room = room_rows.find_direct_room(connection, key)
    if room is not None:
        return places.tell(connection, room), False
    # It counts for who opens it alone: nobody can leave one, or keep others from opening it.
    if room_rows.count_opened(connection, by[0]) >= MAX_OPENED:
        words = f"You have opened {MAX_OPENED} conversations, which is the most."
        raise Refusal("not_allowed", words)
    name = ", ".join(sorted(people.values()))
    room = room_rows.create_room(connection, name, kind="direct", direct_key=key, opened_by=by[0])
    member_rows.add_members(connection, room.id, people)
    return places.tell(connection, room), True
