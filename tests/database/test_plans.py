"""Each query uses the index that stands beside it: asked of SQLite itself."""

from typing import Any

import pytest
from sqlalchemy import Connection

from parlour import administration, editing, places, reading, replying
from parlour.database import ChatDatabase
from parlour.models import Person, Room
from parlour.store import directory, reports
from parlour.store.standings import standings
from parlour.store.users import create_user
from tests.database.plans import plans
from tests.support.local import draft

# In the words of SQLite.
pytestmark = pytest.mark.sqlite

BY_ID = "INDEX ix_messages_room_id_id"
BY_VERSION = "INDEX ix_messages_room_id_version"
# SQLite's own name for the index of the table's one UNIQUE constraint.
BY_CLIENT_ID = "INDEX sqlite_autoindex_messages_1"
BY_KEY = "rooms USING INTEGER PRIMARY KEY"


@pytest.mark.parametrize("query", [{}, {"before": 300}, {"after": 300}, {"around": 300}], ids=str)
def test_a_page_of_history_reads_only_the_page(
    connection: Connection, busy: Room, query: dict[str, int]
) -> None:
    """By room and id, already in order: nothing is scanned and nothing is sorted."""
    found = plans(
        connection, lambda: ChatDatabase.get_room_messages(connection, busy.id, limit=20, **query)
    )
    steps = [steps for sql, steps in found.items() if "FROM messages" in sql]
    assert len(steps) == (2 if "around" in query else 1)
    for [step] in steps:
        assert step.startswith("SEARCH messages")
        assert BY_ID in step
        assert "room_id=?" in step
        assert "AND id" in step or not query


def test_resuming_reads_only_what_changed(connection: Connection, busy: Room) -> None:
    """One statement: the room by its key, its messages by version, already in order."""
    found = plans(connection, lambda: ChatDatabase.get_changes(connection, busy.id, 290, None))
    [[room, changed, *bounds]] = found.values()
    assert room == f"SEARCH {BY_KEY} (rowid=?)"
    since = f"{BY_VERSION} (room_id=? AND version>?)"
    assert changed.startswith(f"SEARCH messages USING {since}")
    # Whether they are too many is seen in the index alone.
    searches = [step for step in bounds if not step.startswith("SCALAR SUBQUERY")]
    assert set(searches) == {f"SEARCH changed USING COVERING {since}"}


def test_storing_a_group_scans_nothing(connection: Connection, busy: Room) -> None:
    """Repeats are found by their index, rooms by their key; the statements are five."""
    group = [draft(busy.id, client_id=f"{n}") for n in range(295, 305)]
    found = plans(connection, lambda: ChatDatabase.create_messages(connection, group))
    assert len(found) == 5
    for sql, steps in found.items():
        # The table of sequences has one row for each of two tables.
        if "sqlite_sequence" not in sql:
            assert "SCAN messages" not in steps
            assert "SCAN rooms" not in steps
    [repeats] = [steps for sql, steps in found.items() if "json_each" in sql]
    keyed = "(room_id=? AND author=? AND client_id=?)"
    assert f"SEARCH messages USING {BY_CLIENT_ID} {keyed}" in repeats


def test_replies_cost_two_statements_and_scan_nothing(connection: Connection, busy: Room) -> None:
    """Parents and what their chains began with are found by key."""
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=3).messages
    group = [draft(busy.id, reply_to=message.id) for message in said]
    found = plans(connection, lambda: ChatDatabase.create_messages(connection, group))
    # Without a `client_id` there is none to be looked for. Who is answered is looked up once.
    assert len(found) == 7
    [parents] = [steps for sql, steps in found.items() if "AS parent" in sql]
    assert [step for step in parents if step.startswith("SCAN")] == [
        "SCAN wanted VIRTUAL TABLE INDEX 1:"
    ]
    assert len([step for step in parents if "USING INTEGER PRIMARY KEY" in step]) == 2
    [longer] = [steps for sql, steps in found.items() if "SET replies" in sql]
    assert longer == ["SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)"]


@pytest.mark.parametrize("query", [{}, {"before": 900}, {"after": 1}, {"around": 900}], ids=str)
def test_a_page_of_a_chain_reads_only_the_page(
    connection: Connection, busy: Room, query: dict[str, int]
) -> None:
    """By the chain's index, already in order."""
    [root] = ChatDatabase.get_room_messages(connection, busy.id, limit=1).messages
    replies = [draft(busy.id, reply_to=root.id) for _ in range(50)]
    ChatDatabase.create_messages(connection, replies)
    where: dict[str, Any] = {"limit": 5, "before": None, "after": None, "around": None, **query}
    found = plans(
        connection, lambda: replying.get_replies(connection, "name:alice", root.id, **where)
    )
    pages = [steps for sql, steps in found.items() if "ORDER BY messages.id" in sql]
    assert pages
    for [step] in pages:
        assert step.startswith("SEARCH messages USING INDEX ix_messages_chain_id (chain=?")
    for sql, steps in found.items():
        assert not [step for step in steps if step.startswith("SCAN messages")], sql


def test_messages_are_found_by_their_ids(connection: Connection, busy: Room) -> None:
    """Each by its key, however many others the room has."""
    said = ChatDatabase.get_room_messages(connection, busy.id, limit=3).messages
    ids = [message.id for message in said]
    found = plans(connection, lambda: replying.get_messages(connection, None, busy.id, ids))
    [steps] = [steps for sql, steps in found.items() if "AS ids" in sql]
    assert "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)" in steps


def test_a_room_is_found_by_its_key(connection: Connection, busy: Room) -> None:
    """However many rooms there are."""
    for operation in (ChatDatabase.get_room, ChatDatabase.delete_room):
        for steps in plans(connection, lambda: operation(connection, busy.id)).values():  # noqa: B023 - run at once
            assert steps == [f"SEARCH {BY_KEY} (rowid=?)"]


def test_the_list_of_rooms_is_read_in_its_order(connection: Connection, busy: Room) -> None:
    """All of it is wanted; at least nothing is sorted."""
    [steps] = plans(connection, lambda: ChatDatabase.get_rooms(connection)).values()
    assert steps == ["SCAN rooms"]


def test_a_taken_name_is_found_by_its_index(connection: Connection, busy: Room) -> None:
    """The partial index over live public rooms answers for it."""
    rows = connection.exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT 1 FROM rooms"
        " WHERE name_key = 'hall' AND kind = 'public' AND deleted_at IS NULL"
    )
    [step] = [row[-1] for row in rows]
    assert "uq_rooms_public_name_key (name_key=?)" in step


def test_purging_finds_its_batch_by_index(connection: Connection, busy: Room) -> None:
    """Neither the batch nor the cascade looks at other rooms' messages."""
    ChatDatabase.delete_room(connection, busy.id)
    found = plans(connection, lambda: ChatDatabase.purge_deleted_rooms(connection))
    steps = [step for sql, steps in found.items() if "messages" in sql for step in steps]
    assert not [step for step in steps if step.startswith("SCAN")]
    assert any(BY_ID in step for step in steps)


def test_what_a_message_said_before_is_found_by_its_key(connection: Connection, busy: Room) -> None:
    """To keep a wording, to read them and to forget them, however many messages were edited."""
    by = Person.by_name("alice")
    [message] = ChatDatabase.get_room_messages(connection, busy.id, limit=1).messages
    for run in (
        lambda: editing.edit_message(connection, by, message.id, "other words"),
        lambda: editing.get_wordings(connection, None, message.id),
        lambda: editing.delete_message(connection, by, message.id),
    ):
        found = plans(connection, run)
        [*steps] = [step for sql, steps in found.items() if "wordings" in sql for step in steps]
        assert [step for step in steps if "(message_id=?" in step]
        assert not [step for step in steps if step.startswith("SCAN")]


def test_messages_between_two_times_are_found_by_index(connection: Connection, busy: Room) -> None:
    """The seed's index on time serves retention and export."""
    rows = connection.exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE room_id = 1 AND timestamp > 'x'"
    )
    [step] = [row[-1] for row in rows]
    assert "ix_messages_room_id_timestamp (room_id=? AND timestamp>?)" in step


def test_whoever_asks_for_rooms_does_not_pay_for_those_of_others(
    connection: Connection, busy: Room
) -> None:
    """Public rooms and memberships are found by their indexes."""
    found = plans(connection, lambda: places.list_rooms(connection, 7))
    [steps] = [steps for sql, steps in found.items() if "members" in sql]
    assert any("uq_rooms_public_name_key" in step for step in steps)
    assert sum("INDEX ix_members_user_id (user_id=?)" in step for step in steps) >= 1
    assert "SCAN rooms" not in steps
    assert "SCAN members" not in steps


def test_what_is_unread_is_found_by_keys(connection: Connection, busy: Room) -> None:
    """By the position, the room and a few counts of what was deleted: never by the messages."""
    user = create_user(connection, "rita", "Rita", "", "member")
    by = Person.by_account("rita", user.id)
    [first] = ChatDatabase.get_room_messages(connection, busy.id, limit=1, after=100).messages
    reading.read(connection, by, user.id, first.id)
    listed = plans(connection, lambda: places.list_rooms(connection, user.id))
    one = plans(connection, lambda: places.get_room(connection, by.author, busy.id))
    lately = plans(connection, lambda: reading.lately(connection, [busy.id], 100))
    spoke = plans(connection, lambda: reading.speakers(connection, [(busy.id, "rita")]))
    asked = [steps for found in (listed, one, lately, spoke) for steps in found.values()]
    counted = [steps for steps in asked if any("SEARCH deletions" in step for step in steps)]
    assert len(counted) == 3
    for steps in asked:
        scanned = [step for step in steps if step.startswith("SCAN") and "VIRTUAL" not in step]
        # What a statement makes for itself, such as the rooms that one may see, is as long as that.
        assert not {"SCAN rooms", "SCAN messages", "SCAN reads", "SCAN deletions"} & set(scanned)
        assert not any("SEARCH messages" in step for step in steps)
    for steps in counted:
        keyed = "(room_id=? AND level=? AND slot>? AND slot<?)"
        assert f"SEARCH deletions USING PRIMARY KEY {keyed}" in " ".join(steps)
        assert "SEARCH reads USING PRIMARY KEY (user_id=? AND room_id=?)" in " ".join(steps)


def test_reading_on_and_back_looks_at_keys_and_at_what_lies_behind(
    connection: Connection, busy: Room
) -> None:
    """Also everything at once, and how far others have read."""
    user = create_user(connection, "rita", "Rita", "", "member")
    by = Person.by_account("rita", user.id)
    page = ChatDatabase.get_room_messages(connection, busy.id, limit=9).messages
    acts = (
        lambda: reading.read(connection, by, user.id, page[0].id),
        lambda: reading.read(connection, by, user.id, page[2].id, back=True),
        lambda: reading.read_all(connection, user.id),
        lambda: reading.receipts(connection, by, user.id, busy.id),
    )
    for act in acts:
        for steps in plans(connection, act).values():
            scans = [step for step in steps if step.startswith("SCAN ")]
            assert not [step for step in scans if "VIRTUAL" not in step and "anon" not in step]
            behind = [step for step in steps if step.startswith("SEARCH messages")]
            assert all(BY_ID in step or "PRIMARY KEY" in step for step in behind)


def test_the_gate_reads_by_keys_alone(connection: Connection, busy: Room) -> None:
    """However many rooms, members and bans there are, and however many are asked about."""
    seats = [(busy.id, "user:1"), (busy.id, None), (987, "guest:x")]
    [steps] = plans(connection, lambda: standings(connection, seats)).values()
    scanned = [step for step in steps if step.startswith("SCAN")]
    assert scanned == ["SCAN seats VIRTUAL TABLE INDEX 1:"]
    assert not [step for step in steps if "TEMP B-TREE" in step]


@pytest.mark.parametrize("before", [None, 7])
@pytest.mark.parametrize("room_id", [None, 1])
def test_a_page_of_reports_is_read_in_its_order(
    connection: Connection, room_id: int | None, before: int | None
) -> None:
    """Open ones by their own indexes, the others by id: nothing is scanned and nothing sorted."""
    found = plans(connection, lambda: reports.list_reports(connection, room_id, before, 20))
    pages = [steps for sql, steps in found.items() if "LIMIT" in sql]
    assert len(pages) == 2
    for [step] in pages:
        assert step.startswith("SEARCH reports")
    of_open = "ix_reports_all_open" if room_id is None else "ix_reports_room_open"
    assert of_open in pages[0][0]


def test_the_open_reports_of_guests_are_counted_by_their_index(connection: Connection) -> None:
    """Those that were seen to, which are most, are not looked at."""
    found = plans(connection, lambda: reports.count_open_of_guests(connection, 1, 100))
    [steps] = found.values()
    assert any("ix_reports_room_open (room_id=?)" in step for step in steps)


def test_administrators_count_messages_in_no_write(connection: Connection, busy: Room) -> None:
    """Which is the newest is all that these may have to know; a page is read by key."""
    chief = create_user(connection, "root", "Root", "", "administrator")
    by = Person.by_account("root", chief.id)
    acts = (
        lambda: administration.give_owner(connection, by, busy.id, "root"),
        lambda: administration.delete_room(connection, by, busy.id),
    )
    for act in acts:
        for sql, steps in plans(connection, act).items():
            assert "count(messages" not in sql
            if "FROM messages" in sql:
                assert f"SEARCH messages USING COVERING {BY_ID} (room_id=?)" in steps
    found = plans(connection, lambda: directory.all_rooms(connection, 1, 20))
    [steps] = found.values()
    assert f"SEARCH {BY_KEY} (rowid>?)" in steps
