"""Fills a database of Parlour's, through Parlour's own store, up to a number of messages.

python -m benchmarks.fill DATA_DIR COUNT

Every hundredth message brings a file, every fiftieth answers another one, and every thousandth
mentions the reader, who has an account and read nothing.
"""

import sys
from pathlib import Path

from sqlalchemy import Connection

from benchmarks import reader
from parlour.database import ChatDatabase, get_db, init_db
from parlour.indexing import index_some, rules_of
from parlour.models import Person
from parlour.settings import Settings
from parlour.store import members, search
from parlour.store.messages import last_id
from parlour.store.search import State
from parlour.storing import MessageDraft

# Messages of one transaction.
GROUP = 10_000
# One in so many mentions the reader, brings a file, answers the one twenty before it.
MENTIONED, WITH_FILE, ANSWER = 1_000, 100, 50


def fill(settings: Settings, count: int, *, indexed: bool = True) -> None:
    """Bring room 1, made where it is missing, to `count` messages of 50 people.

    Those that are not to be `indexed` are taken for it: no search finds them.
    """
    database = init_db(settings)
    people = [Person.by_name(f"person{number}") for number in range(50)]
    try:
        with get_db(database) as connection:
            rooms = ChatDatabase.get_rooms(connection)
            room = rooms[0] if rooms else ChatDatabase.create_room(connection, "Long")
            if not rooms:
                members.add_members(connection, room.id, [reader.user_id(connection)])
        for first in range(room.version, count, GROUP):
            with get_db(database) as connection:
                drafts = [
                    _draft(connection, room.id, people[number % 50], number)
                    for number in range(first, min(first + GROUP, count))
                ]
                ChatDatabase.create_messages(connection, drafts)
        # Or the server would do it while it is measured.
        with get_db(database) as connection:
            if not indexed:
                search.set_state(connection, State(rules_of(connection), 1, last_id(connection)))
            while index_some(connection):
                pass
    finally:
        database.release()


def _draft(connection: Connection, room_id: int, person: Person, number: int) -> MessageDraft:
    words = f"This is message {number} of a long talk, neither short nor long."
    files: tuple[str, ...] = ()
    if number % WITH_FILE == 7:
        files = (reader.put_file(connection, room_id, person, number // WITH_FILE),)
    return MessageDraft(
        room_id,
        person,
        f"{words} @{reader.NAME}" if number % MENTIONED == 11 else words,
        f"fill-{number}",
        # Messages of the room have the ids from 1 on: there is no other room.
        reply_to=number - 19 if number % ANSWER == 33 else None,
        files=files,
    )


if __name__ == "__main__":
    fill(Settings(data_dir=Path(sys.argv[1])), int(sys.argv[2]))
