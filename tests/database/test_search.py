"""The index of messages: brought up in batches, true to every change, and bounded in its cost."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from parlour import editing, indexing, searching
from parlour.database import ChatDatabase, Database, DatabaseUnusable, get_db
from parlour.models import Person, Room, format_time
from parlour.query import parse
from parlour.searching import Search
from parlour.store import search
from parlour.store.engine import Engine
from parlour.support import sqlite
from tests.database.test_plans import plans
from tests.support.local import draft, open_database
from tests.support.timing import scaled

ALICE = Person.by_name("alice")


def index_all(connection: Connection) -> int:
    """Bring everything into the index; in how many batches."""
    batches = 1
    while indexing.index_some(connection):
        batches += 1
    return batches


def found(connection: Connection, query: str, **options: object) -> list[int]:
    """Return the ids of what a guest finds, newest first."""
    asked = Search(parse(query), **options)  # type: ignore[arg-type]
    page = searching.find_messages(connection, None, asked)
    return [result.message.id for result in page.results]


def indexed_terms(connection: Connection) -> set[str]:
    """Return every term that the index has."""
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'search', 'row')"
    )
    return set(connection.exec_driver_sql("SELECT term FROM temp.terms").scalars())


@pytest.fixture
def said(connection: Connection, hall: Room) -> list[int]:
    """Return the ids of three messages, which are in the index."""
    texts = ["The budget of March", "a walrus", "budgets https://example.org"]
    stored = ChatDatabase.create_messages(connection, [draft(hall.id, text) for text in texts])
    index_all(connection)
    return [each.message.id for each in stored]  # type: ignore[union-attr]


def test_what_is_said_is_found_before_it_is_indexed_and_after(
    connection: Connection, hall: Room
) -> None:
    """The newest first; nothing has to be waited for."""
    index_all(connection)
    drafts = [draft(hall.id, f"budget {number}") for number in range(3)]
    ids = [each.message.id for each in ChatDatabase.create_messages(connection, drafts)]  # type: ignore[union-attr]
    before = found(connection, "budget")
    assert search.state(connection).highest < ids[0]
    index_all(connection)
    assert search.state(connection).highest == ids[-1]
    assert before == found(connection, "budget") == ids[::-1]


def test_a_changed_message_is_found_by_its_new_words_alone(
    connection: Connection, said: list[int]
) -> None:
    """Before the index has followed, and after."""
    editing.edit_message(connection, ALICE, said[1], "a narwhal")
    for _ in range(2):
        assert found(connection, "walrus") == []
        assert found(connection, "narwhal") == [said[1]]
        index_all(connection)
    assert not {"wal", "^walrus$"} & indexed_terms(connection)


def test_a_deleted_messages_words_are_in_no_index_afterwards(
    connection: Connection, said: list[int]
) -> None:
    """Neither as terms nor as what waits for being followed; the tombstone is never found."""
    editing.edit_message(connection, ALICE, said[1], "a walrus again")
    editing.delete_message(connection, ALICE, said[1])
    assert found(connection, "walrus") == []
    index_all(connection)
    assert not {"wal", "^walrus$", "^again$"} & indexed_terms(connection)
    assert search.to_change(connection, 10) == []
    assert found(connection, "from:alice") == [said[2], said[0]]


def test_what_a_deleted_room_had_leaves_the_index_with_it(
    connection: Connection, hall: Room, said: list[int]
) -> None:
    """Nobody has to think of it: the triggers do."""
    ChatDatabase.delete_room(connection, hall.id)
    assert found(connection, "budget") == []
    while ChatDatabase.purge_deleted_rooms(connection):
        pass
    index_all(connection)
    assert indexed_terms(connection) == set()
    assert said


def test_old_messages_are_indexed_from_the_newest_down_in_bounded_batches(
    connection: Connection, hall: Room
) -> None:
    """As after an upgrade; what is said meanwhile comes first, and all is found all the time."""
    old = [draft(hall.id, f"old {number}") for number in range(3 * indexing.BATCH)]
    ChatDatabase.create_messages(connection, old)
    assert indexing.index_some(connection)
    assert indexing.index_some(connection)
    state = search.state(connection)
    assert (state.lowest, state.highest) == (2 * indexing.BATCH + 1, 3 * indexing.BATCH)
    ChatDatabase.create_messages(connection, [draft(hall.id, "new")])
    assert len(found(connection, "old", limit=200)) == 200
    assert found(connection, '"old 3"') == [4]
    assert indexing.index_some(connection)
    assert search.state(connection).highest == 3 * indexing.BATCH + 1
    index_all(connection)
    assert search.state(connection).lowest == 1
    assert found(connection, '"old 3"') == [4]


def test_long_messages_make_small_batches(connection: Connection, hall: Room) -> None:
    """What a batch costs goes by its characters."""
    index_all(connection)
    long = "word " * (search.MAX_CHARACTERS // 10)
    ChatDatabase.create_messages(connection, [draft(hall.id, long) for _ in range(6)])
    assert index_all(connection) > 3


def test_indexing_goes_on_after_a_stop_where_it_stood(tmp_path: Path) -> None:
    """What was committed is not done again; other rules of making terms begin anew."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        room = ChatDatabase.create_room(connection, "Hall")
        drafts = [draft(room.id, f"number {number}") for number in range(2 * indexing.BATCH)]
        ChatDatabase.create_messages(connection, drafts)
        indexing.index_some(connection)
        indexing.index_some(connection)
        half = search.state(connection)
    with open_database(tmp_path) as database, get_db(database) as connection:
        assert search.state(connection) == half
        index_all(connection)
        assert search.state(connection).lowest == 1
        search.set_state(connection, search.state(connection)._replace(rules="older"))
        index_all(connection)
        assert search.state(connection).rules == indexing.RULES
        assert len(indexed_terms(connection)) > 100
        assert found(connection, '"number 7"') == [8]


def test_the_texts_are_not_stored_twice(connection: Connection, said: list[int]) -> None:
    """The index has terms alone, and no copy of what was said."""
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE name LIKE 'search%' AND type = 'table'"
    ).scalars()
    assert set(tables) == {
        "search", "search_data", "search_idx", "search_config", "search_state", "search_changes",
    }  # fmt: skip
    assert said


def test_a_sqlite_without_fts5_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line that says what is missing; the file is left as it was."""

    def unable(_connection: Connection) -> None:
        raise sqlite.Unable("The SQLite of this Python (3.0) was built without FTS5")

    monkeypatch.setattr("parlour.store.engine.check_able", unable)
    with pytest.raises(DatabaseUnusable, match="without FTS5"):
        Engine(tmp_path, tmp_path / "chat.db")


def test_a_search_scans_nothing_but_what_is_not_indexed(
    database: Database, connection: Connection, said: list[int]
) -> None:
    """Its steps go by the index of terms and by keys."""
    asked = Search(parse("budget from:alice in:Hall after:2020-01-01 -walrus"), before=10)
    steps = [
        step
        for steps in plans(
            connection, lambda: searching.find_messages(connection, "user:1", asked)
        ).values()
        for step in steps
    ]
    scans = [step for step in steps if step.startswith("SCAN")]
    # The highest id ever given stands in a table of a few rows.
    assert all("VIRTUAL TABLE" in step or "sqlite_sequence" in step for step in scans), scans
    assert any("search VIRTUAL TABLE" in step for step in scans)
    assert not any("TEMP B-TREE" in step for step in steps)
    assert said


def test_days_are_those_of_the_time_zone(connection: Connection, hall: Room) -> None:
    """At midnight in Auckland it is noon of the day before in UTC."""
    times = [datetime(2026, 1, 10, 10, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(4)]
    stored = ChatDatabase.create_messages(connection, [draft(hall.id, "x") for _ in times])
    ids = [each.message.id for each in stored]  # type: ignore[union-attr]
    for message_id, at in zip(ids, times, strict=True):
        connection.exec_driver_sql(
            "UPDATE messages SET timestamp = ? WHERE id = ?", (format_time(at), message_id)
        )
    index_all(connection)
    assert found(connection, "x on:2026-01-10") == [ids[2], ids[1], ids[0]]
    assert found(connection, "x on:2026-01-11", time_zone="Pacific/Auckland") == ids[:0:-1]
    assert found(connection, "x before:2026-01-11") == [ids[2], ids[1], ids[0]]
    assert found(connection, "x after:2026-01-10") == [ids[3]]
    assert found(connection, "x -on:2026-01-10") == [ids[3]]
    assert found(connection, "on:2026-01") == ids[::-1]
    assert found(connection, "x -before:2026-01-11") == [ids[3]]
    assert found(connection, "x after:0001") == ids[::-1]
    assert found(connection, "x before:0001-01-01") == []


def test_has_follows_reactions(connection: Connection, said: list[int]) -> None:
    """Whether anybody has reacted is in the index, too."""
    for reactions in ('[{"emoji":"👍","count":1,"usernames":["bob"]}]', None):
        connection.exec_driver_sql(
            "UPDATE messages SET reactions = ? WHERE id = ?", (reactions, said[0])
        )
        for _ in range(2):
            expected = [said[0]] if reactions else []
            assert found(connection, "has:reaction budget") == expected
            assert found(connection, "has:reaction") == expected
            assert said[0] in found(connection, "-has:reaction budget") or reactions
            index_all(connection)
    assert found(connection, "has:link") == [said[2]]
    assert found(connection, "-has:link budget") == [said[0]]


HARD = [
    "ab",
    "e",
    '"an the"',
    "ing -the -and -ing2 zz",
    "-nothing",
    '":)"',
    " ".join(f"t{n}" for n in range(20)),
    "a" * 290,
    "在",
    "before:2020",
]


def test_a_search_ends_in_its_time_whatever_is_asked(connection: Connection, hall: Room) -> None:
    """What it has not looked through can be asked for, and is then found as well."""
    words = ["the and ing an the", "在 ab e t1 t2 t3", ":( ing", "an e zz ing the"]
    for first in range(0, 20_000, 5_000):
        drafts = [draft(hall.id, words[n % 4]) for n in range(first, first + 5_000)]
        ChatDatabase.create_messages(connection, drafts)
    ChatDatabase.create_messages(connection, [draft(hall.id, "last one")])
    index_all(connection)
    for query in HARD:
        asked, steps = Search(parse(query), seconds=0.0), 0
        longest = 0.0
        while True:
            begun = time.perf_counter()
            page = searching.find_messages(connection, None, asked)
            longest = max(longest, time.perf_counter() - begun)
            steps += 1
            if page.results or page.next is None:
                break
            asked = Search(parse(query), before=page.next, seconds=0.0)
        # One step at a time, none of which is long.
        assert longest < scaled(0.25), query
        assert steps < 1_000
