"""The index of messages: brought up in batches, true to every change, and bounded in its cost."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from parlour import editing, indexing, pinning, places, searching
from parlour.database import ChatDatabase, Database, DatabaseUnusable, get_db
from parlour.models import Person, Room, RoomCreate
from parlour.query import parse
from parlour.searching import CELL, Search
from parlour.store import search, terms
from parlour.store.backends import File
from parlour.store.engine import Engine
from parlour.store.messages import change_message
from parlour.store.users import create_user
from parlour.storing import MessageDraft
from parlour.support import sqlite
from tests.database.plans import plans
from tests.support.databases import ON_SQLITE
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
    # As long as it takes: how long that may be is a test of its own.
    asked = Search(parse(query), **{"seconds": 60.0} | options)  # type: ignore[arg-type]
    page = searching.find_messages(connection, None, asked)
    return [result.message.id for result in page.results]


def indexed(connection: Connection, asked: set[str]) -> set[str]:
    """Return those terms that the index has."""
    if not ON_SQLITE:
        numbers = set(connection.execute(text("SELECT unnest(terms) FROM search")).scalars())
        return {term for term in asked if terms.number_of(term, 1) in numbers}
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'search', 'row')"
    )
    had = connection.exec_driver_sql("SELECT term FROM temp.terms").scalars()
    return asked & {term.partition("!")[2] for term in had}


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
    assert not indexed(connection, {"wal", "^walrus$"})


def test_a_deleted_messages_words_are_in_no_index_afterwards(
    connection: Connection, said: list[int]
) -> None:
    """Neither as terms nor as what waits for being followed; the tombstone is never found."""
    editing.edit_message(connection, ALICE, said[1], "a walrus again")
    editing.delete_message(connection, ALICE, said[1])
    assert found(connection, "walrus") == []
    index_all(connection)
    assert not indexed(connection, {"wal", "^walrus$", "^again$"})
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
    assert indexed(connection, {"bud", "wal", "^a", "^budgets$", "!link"}) == set()
    assert said


def test_old_messages_are_indexed_from_the_newest_down_in_bounded_batches(
    connection: Connection, hall: Room
) -> None:
    """As after an upgrade; what is said meanwhile comes first, and all is found all the time."""
    old = [draft(hall.id, f"old {number}") for number in range(3 * indexing.BATCH.messages)]
    ChatDatabase.create_messages(connection, old)
    assert indexing.index_some(connection)
    assert indexing.index_some(connection)
    state = search.state(connection)
    batch = terms.at_once(connection, indexing.BATCH.messages)
    assert (state.lowest, state.highest) == (len(old) - batch + 1, len(old))
    ChatDatabase.create_messages(connection, [draft(hall.id, "new")])
    assert len(found(connection, "old", limit=200)) == 200
    assert found(connection, '"old 3"') == [4]
    assert indexing.index_some(connection)
    assert search.state(connection).highest == 3 * indexing.BATCH.messages + 1
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
        drafts = [
            draft(room.id, f"number {number}") for number in range(2 * indexing.BATCH.messages)
        ]
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
        assert search.state(connection).rules == indexing.rules_of(connection)
        assert indexed(connection, {"num", "wal"}) == {"num"}
        assert found(connection, '"number 7"') == [8]


@pytest.mark.sqlite
def test_the_texts_are_not_stored_twice(connection: Connection, said: list[int]) -> None:
    """The index has terms alone, and no copy of what was said."""
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE name LIKE 'search%' AND type = 'table'"
    ).scalars()
    assert set(tables) == {
        "search", "search_data", "search_idx", "search_config", "search_state", "search_changes",
    }  # fmt: skip
    assert said


@pytest.mark.sqlite
def test_a_sqlite_without_fts5_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line that says what is missing; the file is left as it was."""

    def unable(_connection: Connection) -> None:
        raise sqlite.Unable("The SQLite of this Python (3.0) was built without FTS5")

    monkeypatch.setattr("parlour.support.sqlite.check_able", unable)
    with pytest.raises(DatabaseUnusable, match="without FTS5"):
        Engine(tmp_path, File(tmp_path / "chat.db"))


@pytest.mark.sqlite
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
        change_message(connection, message_id, message_id, timestamp=at)
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
        change_message(connection, said[0], said[0], reactions=reactions)
        for _ in range(2):
            expected = [said[0]] if reactions else []
            assert found(connection, "has:reaction budget") == expected
            assert found(connection, "has:reaction") == expected
            assert said[0] in found(connection, "-has:reaction budget") or reactions
            index_all(connection)
    assert found(connection, "has:link") == [said[2]]
    assert found(connection, "-has:link budget") == [said[0]]


@pytest.mark.sqlite
def test_what_was_taken_out_goes_for_good_in_small_steps(
    connection: Connection, hall: Room
) -> None:
    """However large the index is; and nothing is written anew where nothing was taken out."""
    words = [f"word{number} and {number * number} more" for number in range(4_000)]
    drafts = [draft(hall.id, each) for each in [*words, "qxzjkvw"]]
    stored = ChatDatabase.create_messages(connection, drafts)
    index_all(connection)
    search.set_untidy(connection, untidy=False)
    assert not indexing.tidy_some(connection)
    editing.delete_message(connection, ALICE, stored[-1].message.id)  # type: ignore[union-attr]
    index_all(connection)
    assert b"\x03xzj" in pages(connection)
    steps, longest = 0, 0
    more = True
    while more:
        before = len(connection.exec_driver_sql("SELECT id FROM search_data").all())
        more = indexing.tidy_some(connection)
        after = len(connection.exec_driver_sql("SELECT id FROM search_data").all())
        steps, longest = steps + 1, max(longest, abs(after - before))
    assert b"\x03xzj" not in pages(connection)
    # It has dozens of pages, and a step writes and takes away a few.
    assert steps > 4
    assert longest < 4 * indexing.TIDIED
    assert len(found(connection, "word39", limit=100)) == 100
    assert not indexing.tidy_some(connection)


def pages(connection: Connection) -> bytes:
    """Return everything that the index is kept in."""
    return b"".join(connection.exec_driver_sql("SELECT block FROM search_data").scalars())


def test_where_to_go_on_from_is_no_message_that_one_may_not_see(
    connection: Connection, hall: Room
) -> None:
    """However little time there is, and wherever the hidden ones stand."""
    owner = create_user(connection, "olga", "Olga", "", "member")
    new = RoomCreate(name="Secret", kind="private")
    secret = places.create_room(connection, new, (owner.id, "olga")).room
    by = Person.by_account("olga", owner.id)
    ChatDatabase.create_messages(connection, [draft(hall.id, "budget of all")])
    for _ in range(4):
        hidden = [MessageDraft(secret.id, by, "budget of few") for _ in range(701)]
        ChatDatabase.create_messages(connection, hidden)
    [last] = ChatDatabase.create_messages(connection, [draft(hall.id, "budget at last")])
    index_all(connection)
    for query in ("budget", "-nothing"):
        told, before = [], None
        while True:
            asked = Search(parse(query), before=before, limit=1, seconds=0.0)
            page = searching.find_messages(connection, None, asked)
            before = page.next
            if before is None:
                break
            told.append(before)
        assert all(each % CELL == 0 or each == last.message.id for each in told)  # type: ignore[union-attr]
        assert len(told) > 1


def test_what_a_deleted_room_leaves_hides_no_change(connection: Connection, hall: Room) -> None:
    """However much of it the index has not followed yet."""
    [message] = ChatDatabase.create_messages(connection, [draft(hall.id, "one word")])
    gone = ChatDatabase.create_room(connection, "Gone")
    drafts = [draft(gone.id, "words") for _ in range(search.MAX_CHANGED + 200)]
    ChatDatabase.create_messages(connection, drafts)
    index_all(connection)
    editing.edit_message(connection, ALICE, message.message.id, "another")  # type: ignore[union-attr]
    ChatDatabase.delete_room(connection, gone.id)
    while ChatDatabase.purge_deleted_rooms(connection):
        pass
    assert found(connection, "another") == [message.message.id]  # type: ignore[union-attr]


def test_files_pins_and_what_is_passed_on_are_followed(
    connection: Connection, said: list[int]
) -> None:
    """Before the index has followed, and after; a message taken out of it leaves no term."""
    image = '[{"id":"a","name":"Plan.png","type":"image/png","size":9,"alt":"a floor"}]'
    text = image.replace("image/png", "text/plain").replace("Plan.png", "Plan.txt")
    for files, of_images in ((image, [said[0]]), (text, []), (None, [])):
        change_message(connection, said[0], said[0], files=files)
        for _ in range(2):
            assert found(connection, "has:image") == of_images
            assert found(connection, "has:file budget") == ([said[0]] if files else [])
            assert found(connection, "plan floor") == ([said[0]] if files else [])
            assert (said[0] in found(connection, "-has:file budget")) is (files is None)
            index_all(connection)
    for on in (True, False):
        pinning.pin(connection, ALICE, said[1], on=on)
        for _ in range(2):
            assert found(connection, "is:pinned") == ([said[1]] if on else [])
            assert found(connection, "is:pinned walrus") == ([said[1]] if on else [])
            assert (said[1] in found(connection, "-is:pinned walrus")) is not on
            index_all(connection)
    room_id = ChatDatabase.get_rooms(connection)[0].id
    copied = draft(room_id, "look", forward=said[2])
    [stored] = ChatDatabase.create_messages(connection, [copied])
    copy = stored.message.id  # type: ignore[union-attr]
    for _ in range(2):
        assert found(connection, "budgets look") == [copy]
        assert found(connection, "budgets has:link") == [copy, said[2]]
        assert found(connection, '"look budgets"') == []
        index_all(connection)
    for message_id in (copy, *said):
        editing.delete_message(connection, ALICE, message_id)
    index_all(connection)
    assert indexed(connection, {"bud", "wal", "^a", "^budgets$", "!link"}) == set()


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
    "is:pinned",
    "has:image -is:pinned",
]


@pytest.mark.thorough
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
            begun = time.thread_time()
            page = searching.find_messages(connection, None, asked)
            longest = max(longest, time.thread_time() - begun)
            steps += 1
            if page.results or page.next is None:
                break
            asked = Search(parse(query), before=page.next, seconds=0.0)
        # One step at a time, none of which is long.
        assert longest < scaled(0.25), query
        assert steps < 1_000
