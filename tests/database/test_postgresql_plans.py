"""What is asked often looks at no more rows on PostgreSQL when there are very many.

The planner knows how many there are and does as it likes; what it looked at is counted.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

import pytest
from sqlalchemy import Connection

from parlour import (
    administration,
    attempts,
    belonging,
    editing,
    filing,
    indexing,
    logins,
    notifying,
    pinning,
    places,
    reacting,
    reading,
    replying,
    reporting,
    saving,
    searching,
)  # fmt: skip
from parlour.crowds import Said
from parlour.database import ChatDatabase, get_db, init_db
from parlour.models import Person, Room, RoomCreate
from parlour.query import parse
from parlour.searching import Search
from parlour.store import directory, invites, leftovers, restrictions, sessions
from parlour.store.members import add_members
from parlour.store.standings import standings
from parlour.storing import MessageDraft
from tests.database.lookups import Looks, looks
from tests.support.local import local_settings
from tests.support.postgres import postgres

PEOPLE, ROOMS, SAID, ACCOUNTS, INDEXED = 400, 30, 30_000, 4_000, 3_000
# Rows of a table that one act may look at, and rows that it may sort: some pages of 50.
BOUND: Final = 600
# What fills the tables that would take long to be filled by what people do.
FILLED: Final = """
INSERT INTO messages (id, room_id, username, author, content, timestamp, version, client_id,
    number, reply_to, chain) SELECT n, room, 'p' || person, 'user:' || person,
    'word' || n % 500 || ' common ' || n,
    to_char(timestamp '2026-01-01' + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS".000000Z"'),
    row_number() OVER (PARTITION BY room ORDER BY n), 'c' || n,
    row_number() OVER (PARTITION BY room ORDER BY n), answered, answered FROM (SELECT n,
    CASE WHEN n % 2 = 1 THEN 1 ELSE 1 + n % 30 END AS room, 1 + n % 300 AS person,
    CASE WHEN n % 4 = 1 AND n > 1 THEN 1 END AS answered FROM generate_series(1, 30000) n) AS said;
UPDATE rooms SET version = said.count, message_count = said.count FROM
    (SELECT room_id, count(*) FROM messages GROUP BY room_id) AS said WHERE room_id = rooms.id;
INSERT INTO addressed (user_id, message_id, room_id, reason, notified, because, level)
    SELECT 1 + id % 10, id, room_id, 'mention', true, 'level', 'mentions' FROM messages;
INSERT INTO reactions (message_id, emoji, author, username, created_at) SELECT 1 + n % 200,
    '+1', 'guest:' || n, 'g' || n, '2026-01-01T00:00:00Z' FROM generate_series(1, 6000) n;
INSERT INTO saved (user_id, message_id, saved_at) SELECT 1 + n % 300, 1 + n,
    '2026-01-01T00:00:00Z' FROM generate_series(1, 6000) n;
INSERT INTO wordings (message_id, number, content, timestamp) SELECT 1 + n, 1, 'before',
    '2026-01-01T00:00:00Z' FROM generate_series(1, 6000) n;
INSERT INTO files (id, room_id, author, name, type, size, bytes, alt, sha256, created_at,
    message_id) SELECT lpad(n::text, 32, '0'), m.room_id, m.author, 'a.txt', 'text/plain', 1, 1, '',
    repeat('0', 64), '2026-01-01T00:00:00Z', m.id FROM generate_series(1, 6000) n JOIN messages m ON
    m.id = n;
INSERT INTO attachments (message_id, file_id) SELECT n, lpad(n::text, 32, '0') FROM
    generate_series(1, 6000) n;
INSERT INTO discarded (key, pending) SELECT 'd' || n, CASE WHEN n % 2 = 0 THEN 1 END FROM
    generate_series(1, 6000) n;
INSERT INTO sessions (id, user_id, generation, rotated_at, key_id, created_at, last_seen_at,
    expires_at, address, user_agent) SELECT 's' || n, 1 + n % 300, 1, '2026-01-01T00:00:00Z', 'k',
    '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '192.0.2.1', '' FROM
    generate_series(1, 6000) n;
INSERT INTO login_failures (key, count, since) SELECT 'name ' || n, 1, '2099-01-01T00:00:00Z'
    FROM generate_series(1, 6000) n;
INSERT INTO invites (token_hash, kind, room_id, created_by, created_at, expires_at, uses_left)
    SELECT md5(n::text), 'room', 1 + n % 30, 1 + n % 300, '2026-01-01T00:00:00Z',
    '2099-01-01T00:00:00Z', 1 FROM generate_series(1, 6000) n;
INSERT INTO restrictions (room_id, author, username, kind, until, reason, created_at) SELECT 1 +
    n % 30, 'guest:' || n, 'g' || n, 'ban', '2099-01-01T00:00:00Z', '', '2026-01-01T00:00:00Z' FROM
    generate_series(1, 6000) n;
INSERT INTO reports (room_id, room_name, message_id, message_username, message_content,
    message_timestamp, author, reporter, reason, created_at, resolved_at) SELECT 1 + n % 30, 'r', n,
    'p', 'x', '2026-01-01T00:00:00Z', 'user:' || 1 + n % 300, 'p', '', '2026-01-01T00:00:00Z', CASE
    WHEN n % 50 <> 0 THEN '2026-01-01T00:00:00Z' END FROM generate_series(1, 6000) n;
INSERT INTO audit (at, actor, actor_name, action, subject, detail, previous, hash) SELECT
    '2026-01-01T00:00:00Z', 'user:1', 'p0', 'ban', 'x', '{}', '', ''
    FROM generate_series(1, 6000) n;
INSERT INTO deletions (room_id, level, slot, count) SELECT room_id, step, number >> (4 * step),
    count(*) FROM messages, generate_series(0, 7) step WHERE id % 3 = 0 GROUP BY 1, 2, 3;
INSERT INTO addressings (room_id, user_id, level, slot, count) SELECT messages.room_id, user_id,
    step, number >> (4 * step), count(*) FROM addressed JOIN messages ON id = message_id,
    generate_series(0, 7) step GROUP BY 1, 2, 3, 4;
INSERT INTO attention (user_id, room_id, after, member, level) SELECT 1 + n % 300, 1 + n % 30,
    n, true, 'all' FROM generate_series(1, 6000) n
"""


class Scene(NamedTuple):
    """A database in which very much was said, some of its people, and the ids of messages."""

    connection: Connection
    rooms: list[Room]
    chief: Person
    by: Person
    user_id: int
    said: list[int]
    root: int


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Yield it, in a transaction."""
    folder = tmp_path_factory.mktemp("plans")
    database = init_db(local_settings(folder, database_url=postgres().new_database()))
    with get_db(database) as connection:
        connection.exec_driver_sql(
            "INSERT INTO users (id, username, name_key, identity, display_name, password_hash,"
            " role, about, status_text, created_at, password_changed_at)"
            " SELECT n, 'p' || n, 'p' || n, 'p' || n, 'P' || n, '', CASE WHEN n = 1 THEN"
            " 'administrator' ELSE 'member' END, '', '', '2026-01-01T00:00:00Z',"
            f" '2026-01-01T00:00:00Z' FROM generate_series(1, {ACCOUNTS}) n"
        )
        made = [
            places.create_room(connection, RoomCreate(name=f"room {n}"), (1, "p1")).room
            for n in range(ROOMS)
        ]
        for room in made:
            add_members(connection, room.id, range(2, PEOPLE + 1))
    with get_db(database) as connection:
        for statement in FILLED.split(";\n"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    with get_db(database) as connection:
        # To bring all of them in would take long; those that are not are found by nothing.
        while indexing.index_some(connection) and _indexed(connection) < INDEXED:
            pass
        whole = "UPDATE search_state SET lowest = 1, highest = (SELECT max(id) FROM messages)"
        connection.exec_driver_sql(whole)
    with get_db(database) as connection:
        connection.exec_driver_sql("ANALYZE")
    with get_db(database) as connection:
        chief, by = Person.by_account("p1", 1), Person.by_account("p5", 5)
        hall = "SELECT id FROM messages WHERE room_id = 1 ORDER BY id"
        said = list(connection.exec_driver_sql(hall).scalars())
        yield Scene(connection, made, chief, by, 5, said, said[0])
    database.release()


def wasted(found: Looks) -> list[str]:
    """Return what looks at too many rows, or sorts them."""
    words = [
        line
        for place, count in found.rows().items()
        if count > BOUND
        for line in [f"{count} rows of {place}", *found.about(place)]
    ]
    return words + ([f"{found.sorted()} rows are sorted"] if found.sorted() > BOUND else [])


def _acts(scene: Scene) -> dict[str, Callable[[], object]]:
    """What people do, by name."""
    connection, rooms, chief, by, me, said, root = scene
    hall, middle, now = rooms[0].id, said[len(said) // 2], datetime.now(UTC)
    room = ChatDatabase.get_room(connection, hall)
    file_id = f"{said[10]:032d}"
    draft = MessageDraft(hall, by, "hello @p7", "new")
    page = ChatDatabase.get_room_messages
    seat = [(hall, by.author), (rooms[3].id, "guest:5"), (987, None)]

    def search(words: str) -> Callable[[], object]:
        """Look for something, with all the time there is."""
        asked = Search(parse(words), seconds=60)
        return lambda: searching.find_messages(connection, by.author, asked)

    def chain(**where: int) -> Callable[[], object]:
        """A page of replies."""
        bounds = {"before": None, "after": None, "around": None, **where}
        return lambda: replying.get_replies(connection, by.author, root, limit=50, **bounds)

    return {
        "newest": lambda: page(connection, hall, limit=50),
        "before": lambda: page(connection, hall, limit=50, before=middle),
        "after": lambda: page(connection, hall, limit=50, after=middle),
        "around": lambda: page(connection, hall, limit=50, around=middle),
        "by ids": lambda: replying.get_messages(connection, by.author, hall, said[:50:2]),
        "store": lambda: ChatDatabase.create_messages(connection, [draft, draft]),
        "answer": lambda: ChatDatabase.create_messages(
            connection, [MessageDraft(hall, by, "yes", "answer", reply_to=said[0])]
        ),
        "resume": lambda: ChatDatabase.get_changes(connection, hall, room.version - 50, None),
        "edit": lambda: editing.edit_message(connection, chief, _own(connection, 1), "other"),
        "wordings": lambda: editing.get_wordings(connection, None, said[20]),
        "delete": lambda: editing.delete_message(connection, by, _own(connection, me)),
        "rooms": lambda: places.list_rooms(connection, me),
        "room": lambda: places.get_room(connection, by.author, hall),
        "gate": lambda: standings(connection, seat),
        "read": lambda: reading.read(connection, by, me, said[-30]),
        "read back": lambda: reading.read(connection, by, me, said[-60], back=True),
        "read all": lambda: reading.read_all(connection, me),
        "speakers": lambda: reading.speakers(connection, [(hall, "p5"), (hall, "p6")]),
        "lately": lambda: reading.lately(connection, [rooms[3].id], 100),
        "mentions": lambda: notifying.get_mentions(connection, by, 7, 10**6, 50),
        "decision": lambda: notifying.get_decision(connection, by, me, said[-30]),
        "crowd": lambda: notifying.crowd(connection, {hall: Said([said[-2]])}, set(range(2, 50))),
        "rare": search("word77"),
        "never together": search("word77 word78"),
        "of somebody": search("from:p5 common"),
        "nowhere": search("nothingofthekind"),
        "react": lambda: reacting.react(connection, by, said[100], "+1"),
        "reactors": lambda: reacting.list_reactors(connection, None, said[100], "+1", 0, 50),
        "pin": lambda: pinning.pin(connection, chief, middle),
        "pins": lambda: pinning.list_pins(connection, by.author, hall, None, 50),
        "save": lambda: saving.save(connection, by, me, said[-5]),
        "saved": lambda: saving.list_saved(connection, by.author, me, None, 20),
        "saved ids": lambda: saving.list_ids(connection, by.author, me),
        "replies": chain(),
        "replies before": chain(before=middle),
        "replies around": chain(around=middle),
        "members": lambda: belonging.list_members(connection, by.author, hall, None, 50),
        "members after": lambda: belonging.list_members(connection, by.author, hall, "p200", 50),
        "people": lambda: directory.people(connection, "", "p2", 50),
        "people called": lambda: directory.people_named(connection, ["p5", "p6"]),
        "accounts": lambda: administration.list_users(connection, chief, "", "p2", 50),
        "sessions": lambda: sessions.address_is_live(connection, me, "192.0.2.1", now),
        "login": lambda: logins.begin_login(connection, "p9", "192.0.2.1"),
        "registration": lambda: attempts.count_registration(connection, "192.0.2.1"),
        "file": lambda: filing.get_file(connection, by.author, file_id),
        "discarded": lambda: filing.discarded(connection),
        "tidy files": lambda: filing.tidy(connection),
        "invite": lambda: invites.is_server_invite(connection, "0" * 64, now),
        "bans": lambda: restrictions.lift_ended(connection, now),
        "reports": lambda: reporting.list_room_reports(connection, chief.author, hall, None, 50),
        "all reports": lambda: administration.list_reports(connection, chief, None, 50),
        "log": lambda: administration.read_log(connection, chief, 3_000, 50),
        "leftovers": lambda: leftovers.take_some(connection, 50, 100),
    }


def _indexed(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM search").scalar_one())


def _own(connection: Connection, user_id: int) -> int:
    words = f"SELECT max(id) FROM messages WHERE author = 'user:{user_id}'"
    return int(connection.exec_driver_sql(words).scalar_one())


@pytest.mark.thorough
def test_what_is_done_often_looks_at_few_rows_of_many(scene: Scene) -> None:
    """History, storing, resuming, reading, searching, and all lists by their pages."""
    found = {}
    for name, act in _acts(scene).items():
        savepoint = scene.connection.begin_nested()
        found[name] = wasted(looks(scene.connection, act))
        savepoint.rollback()
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.thorough
def test_a_deleted_room_is_taken_away_by_indexes(scene: Scene) -> None:
    """Batch by batch, with all that goes with its messages, to the room itself."""
    room = scene.rooms[7]
    savepoint = scene.connection.begin_nested()
    ChatDatabase.delete_room(scene.connection, room.id)
    more, rounds = True, 0
    while more:

        def take() -> None:
            nonlocal more
            more = ChatDatabase.purge_deleted_rooms(scene.connection)

        found = looks(scene.connection, take)
        rounds += 1
        for place, count in found.rows().items():
            assert count <= 4 * BOUND, (rounds, found.about(place))
    savepoint.rollback()
    assert rounds > 5


@pytest.mark.thorough
def test_a_table_that_is_gone_through_is_seen(scene: Scene) -> None:
    """So that the tests above can fail."""
    words = "SELECT id FROM messages WHERE content = 'word7 1'"
    found = looks(scene.connection, lambda: scene.connection.exec_driver_sql(words).all())
    assert found.rows()["messages"] == SAID
    assert wasted(found)
    ordered = "SELECT id FROM messages ORDER BY content LIMIT 1"
    found = looks(scene.connection, lambda: scene.connection.exec_driver_sql(ordered).all())
    assert found.sorted() == SAID
