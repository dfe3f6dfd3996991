"""Opening the database: its files and their rights, pragmas, lock, and what is refused."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from parlour.database import ChatDatabase, Database, DatabaseUnusable, get_db, init_db
from parlour.store import backends
from parlour.store.backends import File
from parlour.store.backups import renew_history
from parlour.store.jobs import now_ms
from parlour.support import readahead
from parlour.support.lock import DataDirInUse
from parlour.support.readahead import read_ahead
from parlour.support.sqlite import LOCK_TIMEOUT_MS, check_sound, open_writer
from tests.support.local import draft, local_settings, open_database
from tests.support.timing import scaled


def rights(path: Path) -> int:
    """Return the permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def pragma(engine: Engine, name: str) -> object:
    """Return what a pragma is set to on a connection of `engine`."""
    with engine.connect() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


@pytest.mark.sqlite
def test_everything_made_is_for_its_owner_only(tmp_path: Path) -> None:
    """The folder is 0700, every file in it 0600, however lax the umask of the process is."""
    before = os.umask(0)
    try:
        with open_database(tmp_path) as database, get_db(database) as connection:
            ChatDatabase.create_room(connection, "Hall")
            files = {path.name: rights(path) for path in (tmp_path / "data").iterdir()}
    finally:
        os.umask(before)
    assert rights(tmp_path / "data") == 0o700
    assert set(files) == {"chat.db", "chat.db-wal", "chat.db-shm", "parlour.lock"}
    assert set(files.values()) == {0o600}


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    """Whoever opened the folder to a group meant it."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o750)
    with open_database(tmp_path):
        assert rights(folder) == 0o750


@pytest.mark.sqlite
def test_writes_are_synced_to_a_write_ahead_log_at_every_commit(database: Database) -> None:
    """WAL with `synchronous=FULL` (2): a power cut loses nothing that was acknowledged."""
    engine = database.write_engine
    assert pragma(engine, "journal_mode") == "wal"
    assert pragma(engine, "synchronous") == 2
    assert pragma(engine, "foreign_keys") == 1
    assert pragma(engine, "trusted_schema") == 0
    assert pragma(engine, "busy_timeout") == LOCK_TIMEOUT_MS
    assert pragma(engine, "wal_autocheckpoint") == 1000
    assert pragma(engine, "query_only") == 0


@pytest.mark.sqlite
def test_readers_neither_write_nor_checkpoint(database: Database) -> None:
    """A reader never waits for a disk."""
    engine = database._readers.engine
    assert pragma(engine, "journal_mode") == "wal"
    assert pragma(engine, "query_only") == 1
    assert pragma(engine, "wal_autocheckpoint") == 0
    assert pragma(engine, "foreign_keys") == 1
    assert pragma(engine, "trusted_schema") == 0
    with pytest.raises(OperationalError, match="readonly"), engine.begin() as connection:
        ChatDatabase.create_room(connection, "Hall")


def test_a_second_opener_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    """The line names the process, the folder and the way out; the first goes on."""
    with open_database(tmp_path) as database:
        with pytest.raises(DataDirInUse) as refused:
            init_db(local_settings(tmp_path))
        words = str(refused.value)
        assert f"process {os.getpid()}" in words
        assert str(tmp_path / "data") in words
        assert "PARLOUR_DATA_DIR" in words
        assert "\n" not in words
        with get_db(database) as connection:
            assert ChatDatabase.get_rooms(connection) == []


@pytest.mark.sqlite
def test_a_locked_database_is_not_called_damaged(tmp_path: Path) -> None:
    """Nobody is told to put a backup in the place of a sound file."""
    with open_database(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "data" / "chat.db")) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseUnusable, match="locked") as refused:
            init_db(local_settings(tmp_path))
    assert "backup" not in str(refused.value)


@pytest.mark.sqlite
def test_a_refused_opener_keeps_no_lock(tmp_path: Path) -> None:
    """What could not be opened leaves the folder free for the next."""
    (tmp_path / "data").mkdir()
    broken = tmp_path / "data" / "chat.db"
    broken.write_bytes(b"no database at all, but long enough to be looked at" * 10)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        init_db(local_settings(tmp_path))
    broken.unlink()
    with open_database(tmp_path):
        pass


@pytest.mark.sqlite
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """A database with a page overwritten is told as damaged rather than written to."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        room = ChatDatabase.create_room(connection, "Hall")
        ChatDatabase.create_messages(connection, [draft(room.id, "x" * 500) for _ in range(100)])
    assert database.is_sound
    path = tmp_path / "data" / "chat.db"
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        [(page,)] = connection.execute("SELECT max(rootpage) FROM sqlite_schema").fetchall()
    start = (page - 1) * 4096
    damaged = whole[:start] + b"\xff" * 4096 + whole[start + 4096 :]
    path.write_bytes(damaged)
    with pytest.raises(DatabaseUnusable) as refused:
        init_db(local_settings(tmp_path))
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == damaged


def make_large(connection: Connection) -> None:
    """Let a database have so much in it that looking through it takes some tenths of a second."""
    connection.exec_driver_sql("CREATE TABLE numbers (number INTEGER, words TEXT)")
    connection.exec_driver_sql(
        "WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n LIMIT 400000)"
        " INSERT INTO numbers SELECT number, hex(randomblob(20)) FROM n"
    )
    connection.exec_driver_sql("CREATE INDEX by_words ON numbers (words)")


@pytest.mark.sqlite
async def test_who_stops_does_not_wait_until_all_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends at once, and nothing is said to have been given up."""
    monkeypatch.setattr(backends, "CHECK_SECONDS", 0)
    database = init_db(local_settings(tmp_path))
    with database.write_engine.begin() as connection:
        make_large(connection)
    database.start()
    looking = asyncio.create_task(database.look_through())
    while database._readers._checking is None:
        await asyncio.to_thread(time.sleep, 0.001)
    await database.close()
    await looking
    assert not database.is_sound
    assert caplog.messages == []


@pytest.mark.sqlite
def test_what_takes_longer_is_looked_at_no_further(tmp_path: Path) -> None:
    """And the connection is as good as before."""
    path = tmp_path / "large.db"
    engine = open_writer(path)
    with engine.begin() as connection:
        make_large(connection)
    with engine.begin() as connection:
        assert not check_sound(connection, 0)
        assert not check_sound(connection, 0.001)
        connection.exec_driver_sql("INSERT INTO numbers VALUES (0, 'none')")
        assert check_sound(connection)
    with engine.begin() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM numbers").scalar()
        assert found == 400_001
    engine.dispose()


@pytest.mark.sqlite
def test_what_is_looked_through_is_read_in_order_first_and_no_lock_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever else has had it open and goes is not the last, and takes no log away."""
    path = tmp_path / "large.db"
    engine, file = open_writer(path), File(path)
    begun = list[subprocess.Popen[bytes]]()

    def watched(path: Path) -> "subprocess.Popen[bytes] | None":
        process = read_ahead(path)
        assert process is not None
        begun.append(process)
        return process

    with engine.begin() as connection:
        make_large(connection)
    with engine.begin() as connection:
        # It is too small to be worth it, but for this test.
        assert read_ahead(path) is None
        monkeypatch.setattr(readahead, "FEW_BYTES", 1)
        monkeypatch.setattr(readahead, "read_ahead", watched)
        assert file.check(connection)
        assert [each.returncode for each in begun] == [0]
        other = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        other += "c.execute('SELECT 1 FROM numbers').fetchone(); c.close()"
        subprocess.run([sys.executable, "-c", other, str(path)], check=True)
        assert (tmp_path / "large.db-wal").exists()
    engine.dispose()


@pytest.mark.sqlite
def test_reading_in_order_ends_with_what_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may take as long as it likes, and a stop waits for none."""
    engine, pipe = open_writer(tmp_path / "small.db"), tmp_path / "endless"
    os.mkfifo(pipe)
    monkeypatch.setattr(readahead, "FEW_BYTES", 0)
    file, found = File(pipe), list[bool]()
    with engine.begin() as connection:
        looking = threading.Thread(target=lambda: found.append(file.check(connection)))
        looking.start()
        never = threading.Event()
        while file._ahead is None:
            never.wait(0.01)
        assert looking.is_alive()
        assert found == []
        file.interrupt(connection.connection.dbapi_connection)
        looking.join(scaled(10))
    assert found == [True]
    engine.dispose()


@pytest.mark.sqlite
@pytest.mark.parametrize("said", ["MemAvailable:      12 kB\n", "", None])
def test_what_memory_does_not_hold_is_not_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None
) -> None:
    """It would be gone again before it is looked at; where nobody knows, it may be."""
    path = tmp_path / "some.db"
    path.write_bytes(bytes(20_000))
    memory = tmp_path / "meminfo"
    if said is not None:
        memory.write_text(f"MemTotal: 24684512 kB\n{said}")
    monkeypatch.setattr(readahead, "FEW_BYTES", 1)
    monkeypatch.setattr(readahead, "_MEMORY", memory)
    assert read_ahead(path) is None


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(FileExistsError):
        init_db(local_settings(tmp_path))


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    """Rooms, messages and the epoch survive, to the microsecond and the last field."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        epoch = database.epoch
        room = ChatDatabase.create_room(connection, "Hall")
        said = ChatDatabase.create_message(connection, room.id, "alice", "hi", "c1")
    with open_database(tmp_path) as database, get_db(database) as connection:
        assert database.epoch == epoch
        history = ChatDatabase.get_room_messages(connection, room.id)
    assert history.messages == [said]
    assert history.room == room.model_copy(update={"version": 1, "message_count": 1})


def test_it_is_known_since_when_there_is_an_installation(tmp_path: Path) -> None:
    """However often it is opened; what was restored begins there and then."""
    with open_database(tmp_path) as database, get_db(database) as connection:
        now, begun = now_ms(connection), database.installed_at
        assert 0 <= now - begun < scaled(60_000)
    with open_database(tmp_path) as database, get_db(database) as connection:
        assert database.installed_at == begun
        renew_history(connection)
        now = now_ms(connection)
    with open_database(tmp_path) as database:
        assert database.installed_at >= now > begun


def test_each_new_database_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    """Two histories never pass for one."""
    with open_database(tmp_path / "one") as one, open_database(tmp_path / "two") as two:
        assert one.epoch != two.epoch
        assert len(one.epoch) == 16


def test_get_db_means_the_database_opened_last(tmp_path: Path) -> None:
    """A script that opened one database need not pass it around."""
    with open_database(tmp_path / "one"), open_database(tmp_path / "two"):
        with get_db() as connection:
            ChatDatabase.create_room(connection, "Hall")
        with get_db() as connection:
            assert [room.name for room in ChatDatabase.get_rooms(connection)] == ["Hall"]
    with open_database(tmp_path / "one") as one, get_db(one) as connection:
        assert ChatDatabase.get_rooms(connection) == []


def test_get_db_stores_nothing_of_a_block_that_fails(database: Database) -> None:
    """The transaction is whole or not at all."""

    def half() -> None:
        with get_db(database) as connection:
            ChatDatabase.create_room(connection, "Hall")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with get_db(database) as connection:
        assert ChatDatabase.get_rooms(connection) == []


def test_get_db_before_anything_is_opened_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the function to call first."""
    monkeypatch.setattr("parlour.database._default", None)
    with pytest.raises(RuntimeError, match="init_db"), get_db():
        pass


@pytest.mark.sqlite
def test_init_db_alone_opens_the_settings_of_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script calls `init_db()` and gets the data directory that PARLOUR_DATA_DIR names."""
    monkeypatch.setenv("PARLOUR_DATA_DIR", str(tmp_path / "there"))
    database = init_db()
    database.release()
    assert (tmp_path / "there" / "chat.db").is_file()


@pytest.mark.sqlite
def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Characters that mean something in a URL mean nothing here."""
    home = tmp_path / "a?b %41 #c"
    home.mkdir()
    with open_database(home):
        pass
    assert (home / "data" / "chat.db").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [home.name]


def test_what_goes_into_a_statement_is_in_no_error(tmp_path: Path) -> None:
    """An unexpected error is logged: it tells the statement, not what somebody wrote."""
    engine = open_writer(tmp_path / "chat.db")
    wanted = text("SELECT * FROM nothing WHERE content = :content")
    with engine.connect() as connection, pytest.raises(DBAPIError) as failed:
        connection.execute(wanted, {"content": "Secret7"})
    engine.dispose()
    assert "nothing" in str(failed.value)
    assert "Secret7" not in str(failed.value)


async def test_closing_ends_what_is_read_for_very_long(tmp_path: Path) -> None:
    """Whoever asked for it learns so, and the folder is free for the next."""
    database = init_db(local_settings(tmp_path))
    database.start()
    begun = threading.Event()

    def count_for_ever(connection: Connection) -> object:
        begun.set()
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        return connection.exec_driver_sql(f"{numbers} SELECT count(*) FROM n").scalar()

    reading = asyncio.create_task(database.read(count_for_ever))
    await asyncio.to_thread(begun.wait)
    await asyncio.wait_for(database.close(), scaled(5))
    [outcome] = await asyncio.gather(reading, return_exceptions=True)
    assert isinstance(outcome, Exception)
    init_db(local_settings(tmp_path)).release()
