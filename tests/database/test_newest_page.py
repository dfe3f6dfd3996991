"""The newest page of a room is kept, and what is taken away for its age is not in it any more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from parlour import places
from parlour.database import ChatDatabase, get_db
from parlour.models import Message
from parlour.store import retention
from parlour.support.kept import Kept
from tests.support.local import draft, open_database


def test_what_is_taken_away_for_its_age_is_not_kept(tmp_path: Path) -> None:
    """That raises no version of the room, so it is told by how far they are gone."""
    kept, soon = Kept(100_000, 60), datetime.now(UTC) + timedelta(hours=1)

    def encode(page: list[Message]) -> bytes:
        return ",".join(message.content for message in page).encode()

    with open_database(tmp_path) as database, get_db(database) as connection:
        room = ChatDatabase.create_room(connection, "Hall")
        words = ("one", "two", "three")
        ChatDatabase.create_messages(connection, [draft(room.id, each) for each in words])

        def page() -> bytes:
            return places.newest_page(connection, "guest:ann", room.id, 50, kept, encode)[1]

        assert page() == page() == b"one,two,three"
        retention.take(connection, room.id, retention.oldest(connection, room.id, soon, 2))
        assert page() == b"three"
