"""What is PostgreSQL's own: several who write, a server that goes away, and what is told of it."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from parlour import cli
from parlour.database import ChatDatabase, Database, DatabaseUnusable, get_db, init_db
from parlour.errors import Refusal
from parlour.store.messages import count
from parlour.storing import StoredMessage
from parlour.support import postgresql
from tests.support.local import at_last, draft, local_settings
from tests.support.people import Person, Room, http_client
from tests.support.postgres import Postgres, postgres
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

Outcome = StoredMessage | Exception

WRONG = [
    "mysql://u:Secret7@h/d", "postgresql://u:Secret7", "postgresql://u:Sec@ret7@h/d",
    "postgresql://u:Sec/ret7@h/d", "postgresql://u:Secret7/d", "postgresql://u:Secret7@h:port/d",
    "postgresql://u:Secret7@h/d e", "postgresql://u:50%offSecret7@h/d",
    "postgresql://u:Secret7%00@h/d", "postgresql://u:Secret[7@h/d",
    "postgresql://h/d?password=Sec%zzret7", "parlour",
]  # fmt: skip


@asynccontextmanager
async def opened(folder: Path, url: str) -> AsyncIterator[Database]:
    """Yield a database with its writer."""
    database = init_db(local_settings(folder, database_url=url))
    database.start()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def url() -> str:
    """Return the address of a new database."""
    return postgres().new_database()


@pytest.fixture
async def started(tmp_path: Path, url: str) -> AsyncIterator[Database]:
    """Yield one that is open on it."""
    async with opened(tmp_path, url) as database:
        yield database


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Yield a server that the test may stop, and that keeps what it has committed."""
    server = Postgres("fsync=on")
    yield server
    server.end()


def shorter(monkeypatch: pytest.MonkeyPatch, lock: int, idle: int) -> None:
    """Let nobody wait long: milliseconds for the lock, and until one is put out."""
    words = postgresql._BEGIN_WRITING
    words = words.replace(f"'{postgresql.LOCK_TIMEOUT_MS}'", f"'{lock}'")
    words = words.replace(f"'{postgresql.IDLE_TIMEOUT_MS}'", f"'{idle}'")
    monkeypatch.setattr(postgresql, "_BEGIN_WRITING", words)


def test_those_who_write_take_turns_on_several_nodes(tmp_path: Path, url: str) -> None:
    """Ids ascend in the order of the commits, versions have no gap, whoever gave them out."""
    nodes = [
        init_db(local_settings(tmp_path / name, database_url=url))
        for name in ("one", "two", "three")
    ]
    with get_db(nodes[0]) as connection:
        room = ChatDatabase.create_room(connection, "Hall")
    committed: list[tuple[int, int]] = []

    def talk(database: Database) -> None:
        for number in range(20):
            with get_db(database) as connection:
                group = [draft(room.id, f"{number}", client_id=f"{number}") for _ in range(3)]
                stored = ChatDatabase.create_messages(connection, group)
                # Still inside the lock, so in the order of the commits.
                committed.extend(
                    (each.message.id, each.message.version)
                    for each in stored
                    if isinstance(each, StoredMessage) and not each.repeated
                )

    threads = [threading.Thread(target=talk, args=[node]) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The same author sends the same under three roofs: it is one message.
    assert committed == [(number, number) for number in range(1, 21)]
    with get_db(nodes[1]) as connection:
        assert count(connection) == 20
        assert ChatDatabase.get_room(connection, room.id).version == 20
    for node in nodes:
        node.release()


def test_two_nodes_may_bring_the_schema_up_at_once(tmp_path: Path) -> None:
    """One of them does, the other finds it done; both have the same epoch."""
    url = postgres().new_database(empty=True)
    found: list[str] = []

    def start(name: str) -> None:
        database = init_db(local_settings(tmp_path / name, database_url=url))
        found.append(database.epoch)
        database.release()

    threads = [threading.Thread(target=start, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1


async def test_a_node_that_hangs_is_put_out_and_the_others_go_on(
    started: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the lock and says nothing more: the server ends its transaction."""
    room = await started.write(ChatDatabase.create_room, "Hall")
    shorter(monkeypatch, lock=20_000, idle=300)
    hanging = psycopg.connect(url)
    hanging.execute(postgresql._BEGIN_WRITING.encode())
    stored = await started.store(draft(room.id), then=lambda _: None)
    assert stored.message.version == 1
    with pytest.raises(psycopg.Error):
        hanging.execute("SELECT 1")
    hanging.close()


async def test_a_lock_that_is_held_for_too_long_is_told_as_busy(
    started: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for it is bounded; afterwards everything goes on."""
    room = await started.write(ChatDatabase.create_room, "Hall")
    shorter(monkeypatch, lock=50, idle=20_000)
    with psycopg.connect(url) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({postgresql.WRITE_LOCK})".encode())
        with pytest.raises(Refusal) as refused:
            await started.store(draft(room.id), then=lambda _: None)
        assert refused.value.code == "busy"
        # Whoever reads does not wait for whoever writes.
        assert await started.read(count) == 0
    assert (await started.store(draft(room.id), then=lambda _: None)).message.version == 1


async def test_a_connection_lost_in_the_middle_is_told_as_busy_and_sending_again_doubles_nothing(
    started: Database,
) -> None:
    """Whether it was stored is not known; the `client_id` makes one of both."""
    room = await started.write(ChatDatabase.create_room, "Hall")

    def lose(connection: Connection) -> None:
        end = "SELECT pg_terminate_backend(pg_backend_pid())"
        connection.exec_driver_sql(end)

    with pytest.raises(Refusal) as refused:
        await started.write(lose)
    assert refused.value.code == "busy"
    sent = draft(room.id, client_id="c1")
    first = await started.store(sent, then=lambda _: None)
    again = await started.store(sent, then=lambda _: None)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.message == first.message


def test_a_connection_that_ends_is_not_used_any_more(url: str) -> None:
    """Also where it is still there when the server has said so; else it is."""
    engine = postgresql.open_writer(url)
    for state, ended in (("57P01", True), ("22012", False)):
        words = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
        with engine.connect() as connection:
            with pytest.raises(DBAPIError):
                connection.exec_driver_sql(words)
            assert connection.invalidated is ended
    engine.dispose()


@pytest.mark.thorough
async def test_a_server_that_was_restarted_is_found_again(
    tmp_path: Path, own_postgres: Postgres
) -> None:
    """While it is away both reading and writing are busy; afterwards nobody has to do anything."""
    async with opened(tmp_path, own_postgres.new_database()) as database:
        room = await database.write(ChatDatabase.create_room, "Hall")
        await asyncio.gather(*(database.read(count) for _ in range(8)))
        await asyncio.to_thread(own_postgres.stop)
        with pytest.raises(Refusal) as writing:
            await database.store(draft(room.id), then=lambda _: None)
        with pytest.raises(Refusal) as read:
            await database.read(count)
        assert (writing.value.code, read.value.code) == ("busy", "busy")
        await asyncio.to_thread(own_postgres.start)
        stored = await at_last(lambda: database.store(draft(room.id), then=lambda _: None))
        assert stored.message.version == 1
        reading = [at_last(lambda: database.read(count)) for _ in range(8)]
        assert await asyncio.gather(*reading) == [1] * 8


@pytest.mark.thorough
async def test_a_running_server_outlives_its_database(
    own_postgres: Postgres,
    new_server: NewServer,
    new_room: Callable[..., Room],
    person: Callable[[str, Server], Person],
) -> None:
    """It refuses what it cannot do, says why in its log, and goes on by itself."""
    url = own_postgres.new_database().replace("parlour@", "parlour:Secret7@")
    server = new_server(env={"PARLOUR_DATABASE_URL": url}).start()
    room, alice = new_room(server), person("alice", server)
    await alice.post(room, "before")
    watcher = await person("bob", server).enter(room)
    await asyncio.to_thread(own_postgres.stop)
    with http_client(server) as http:
        path = f"/api/chat/rooms/{room['id']}/messages"
        said = {"content": "while it is away", "client_id": "c1"}
        answers = [
            http.post(path, params={"username": "alice"}, json=said),
            http.get(path),
            http.get("/readyz"),
        ]
        assert [each.status_code for each in answers] == [503] * 3
        assert {each.json()["code"] for each in answers} == {"busy"}
        assert http.get("/healthz").is_success
        await asyncio.to_thread(own_postgres.start)

        async def send() -> None:
            answer = http.post(path, params={"username": "alice"}, json=said)
            if not answer.is_success:
                raise Refusal(answer.json()["code"], "not yet")

        await at_last(send)
        assert [each["content"] for each in http.get(path).json()] == ["before", said["content"]]
    told = await watcher.expect("message")
    assert told["message"]["content"] == said["content"]
    server.process.wait_for_line("WARNING parlour.store.backends: the database does not answer")
    await server.astop()
    assert not [line for line in server.log if "Secret7" in line]


async def test_readers_see_one_moment_and_cannot_write(started: Database) -> None:
    """What is committed while somebody reads is not in what they read."""
    room = await started.write(ChatDatabase.create_room, "Hall")
    begun, go_on = threading.Event(), threading.Event()

    def read_twice(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        begun.set()
        assert go_on.wait(scaled(10))
        return before, count(connection)

    reading = asyncio.create_task(started.read(read_twice))
    await asyncio.to_thread(begun.wait)
    await started.store(draft(room.id), then=lambda _: None)
    go_on.set()
    assert await reading == (0, 0)
    assert await started.read(count) == 1
    with pytest.raises(Refusal):
        await started.read(ChatDatabase.create_room, "Another")


async def test_what_cannot_be_stored_takes_no_neighbour_with_it(started: Database) -> None:
    """A text that PostgreSQL cannot have fails alone in a group."""
    room = await started.write(ChatDatabase.create_room, "Hall")
    outcomes: list[Outcome] = []
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_connection: Connection) -> None:
        begun.set()
        assert go_on.wait(scaled(10))

    holding = asyncio.create_task(started.write(hold_up))
    await asyncio.to_thread(begun.wait)
    for words in ("one", "t\x00wo", "three"):
        started.send(draft(room.id, words), outcomes.append)
    go_on.set()
    await holding
    await started.drain()
    one, two, three = outcomes
    assert isinstance(one, StoredMessage)
    assert isinstance(two, DBAPIError)
    assert isinstance(three, StoredMessage)
    assert await started.read(count) == 2


def test_an_id_is_not_given_again_when_its_message_is_gone(tmp_path: Path, url: str) -> None:
    """Also when all are gone, and after a restart."""
    for wanted in (1, 2, 3):
        database = init_db(local_settings(tmp_path, database_url=url))
        with get_db(database) as connection:
            room = ChatDatabase.create_room(connection, "Hall")
            said = ChatDatabase.create_message(connection, room.id, "alice", "hi")
            assert said.id == wanted
            ChatDatabase.delete_room(connection, room.id)
            while ChatDatabase.purge_deleted_rooms(connection):
                pass
            assert count(connection) == 0
        database.release()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("127.0.0.1:1/parlour", "refused"),
        ("127.0.0.1:PORT/no_such_database", "does not exist"),
        ("127.0.0.1:PORT/parlour?no_such=1", "no_such"),
    ],
)
def test_a_database_that_cannot_be_used_costs_one_line_without_the_password(
    tmp_path: Path,
    place: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It names the place and the reason, and leaves the data directory free for the next."""
    monkeypatch.chdir(tmp_path)
    place = place.replace("PORT", str(postgres().port))
    monkeypatch.setenv("PARLOUR_DATABASE_URL", f"postgresql://parlour:Secret7@{place}")
    level = logging.getLogger().level
    assert cli.main(["serve", "--data-dir", str(tmp_path / "data")]) == 1
    logging.getLogger().setLevel(level)
    printed = capsys.readouterr()
    assert "Secret7" not in printed.out + printed.err
    [line] = printed.err.splitlines()
    assert line.startswith(
        f"parlour: postgresql://parlour@{place.partition('?')[0]} cannot be used:"
    )
    assert said in line
    url = postgres().new_database()
    init_db(local_settings(tmp_path, database_url=url)).release()


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_address_is_refused_without_being_shown(
    wrong: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a password ends cannot be told of an address that is none."""
    monkeypatch.setenv("PARLOUR_DATABASE_URL", wrong)
    assert cli.main(["serve"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("parlour: PARLOUR_DATABASE_URL is wrong: name a database such as")
    assert "Sec" not in line


def test_a_database_that_cannot_have_every_text_is_refused(tmp_path: Path) -> None:
    """The line says how to make one that can."""
    server = postgres()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )
    with pytest.raises(DatabaseUnusable, match="createdb --encoding=UTF8"):
        init_db(local_settings(tmp_path, database_url=server.url("ascii")))


def test_a_server_that_is_too_old_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says which it is, and which there has to be; nothing is made in its database."""
    version = postgres().run("postgres", "--version").partition(") ")[2].strip()
    url = postgres().new_database(empty=True)
    monkeypatch.setattr(postgresql, "OLDEST", 990_000)
    with pytest.raises(DatabaseUnusable) as refused:
        init_db(local_settings(tmp_path, database_url=url))
    assert f"It is PostgreSQL {version}; Parlour needs 99 or newer." in str(refused.value)
    with psycopg.connect(url) as connection:
        made = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(made).fetchone() == (0,)


def test_what_goes_into_a_statement_is_in_no_error(url: str) -> None:
    """An unexpected error is logged: it tells the statement, not what somebody wrote."""
    engine = postgresql.open_writer(url)
    wanted = text("SELECT * FROM nothing WHERE content = :content")
    with engine.connect() as connection, pytest.raises(DBAPIError) as failed:
        connection.execute(wanted, {"content": "Secret7"})
    engine.dispose()
    assert "nothing" in str(failed.value)
    assert "Secret7" not in str(failed.value)
