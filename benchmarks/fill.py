"""Fills a database of Parlour's, through Parlour's own store, up to a number of messages.

python -m benchmarks.fill DATA_DIR COUNT
"""

import sys
from pathlib import Path

from parlour.database import ChatDatabase, get_db, init_db
from parlour.indexing import index_some
from parlour.models import MessageDraft, Person
from parlour.settings import Settings

# Messages of one transaction.
GROUP = 10_000


def fill(data_dir: Path, count: int) -> None:
    """Bring room 1, made where it is missing, to `count` messages of 50 people."""
    database = init_db(Settings(data_dir=data_dir))
    people = [Person.by_name(f"person{number}") for number in range(50)]
    try:
        with get_db(database) as connection:
            rooms = ChatDatabase.get_rooms(connection)
            room = rooms[0] if rooms else ChatDatabase.create_room(connection, "Long")
        for first in range(room.version, count, GROUP):
            drafts = [
                MessageDraft(
                    room.id,
                    people[number % 50],
                    f"This is message {number} of a long talk, neither short nor long.",
                    f"fill-{number}",
                )
                for number in range(first, min(first + GROUP, count))
            ]
            with get_db(database) as connection:
                ChatDatabase.create_messages(connection, drafts)
        # Or the server would do it while it is measured.
        with get_db(database) as connection:
            while index_some(connection):
                pass
    finally:
        database.release()


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
