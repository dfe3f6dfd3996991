"""The index of messages on SQLite: lists that are bounded, however many messages there are."""

import pytest
from sqlalchemy import Connection, text

from parlour.database import ChatDatabase
from parlour.models import Room
from parlour.storing import StoredMessage
from tests.database.test_search import found, index_all
from tests.support.local import draft

# As many ids are in one list of a term.
SPAN = 1 << 18


@pytest.mark.sqlite
def test_what_is_far_apart_is_found_together_and_listed_apart(
    connection: Connection, hall: Room
) -> None:
    """No list of a term goes beyond a block of ids, or merging it would keep all who write."""
    said = []
    for number in (1, SPAN - 1, SPAN, 3 * SPAN + 5):
        connection.execute(text("UPDATE sqlite_sequence SET seq = :seq WHERE name = 'messages'"),
                           {"seq": number - 1})  # fmt: skip
        [stored] = ChatDatabase.create_messages(connection, [draft(hall.id, "a walrus")])
        assert isinstance(stored, StoredMessage)
        said.append(stored.message.id)
    assert said == [1, SPAN - 1, SPAN, 3 * SPAN + 5]
    for _ in range(2):
        assert found(connection, "walrus") == said[::-1]
        assert found(connection, "walrus", before=said[3]) == said[2::-1]
        assert found(connection, "walrus", before=said[1]) == said[:1]
        assert found(connection, "walrus", limit=2) == said[:1:-1]
        assert found(connection, "walrus -is:pinned") == said[::-1]
        index_all(connection)
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE temp.lists USING fts5vocab('main', 'search', 'row')"
    )
    lists = connection.exec_driver_sql(
        "SELECT term, doc FROM temp.lists WHERE term LIKE '%!wal' ORDER BY term"
    ).all()
    assert [tuple(each) for each in lists] == [("0!wal", 2), ("1!wal", 1), ("3!wal", 1)]
