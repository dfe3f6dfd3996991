"""A PostgreSQL server that says nothing: whoever waits is told in time, and then it goes on."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError

from parlour.database import ChatDatabase, Database, get_db, init_db
from parlour.errors import Refusal
from parlour.store.messages import count
from parlour.store.tables import meta
from parlour.support import postgresql
from tests.support.brief import thorough_but
from tests.support.cutting import Cutting, cutting
from tests.support.local import at_last, draft, local_settings
from tests.support.postgres import Postgres, postgres
from tests.support.timing import scaled


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Yield a server of the test's own, which has written nothing more than it had to."""
    server = Postgres("fsync=on", "wal_writer_delay=10s", "autovacuum=off")
    yield server
    server.end()


@pytest.fixture
def way(own_postgres: Postgres) -> Iterator[Cutting]:
    """Yield a way to it that can fall silent."""
    with cutting(own_postgres.port) as opened:
        yield opened


@pytest.fixture
async def started(tmp_path: Path, own_postgres: Postgres, way: Cutting) -> AsyncIterator[Database]:
    """Yield a database at the end of that way."""
    url = own_postgres.new_database().replace(f":{own_postgres.port}/", f":{way.port}/")
    database = init_db(local_settings(tmp_path, database_url=url))
    database.start()
    try:
        yield database
    finally:
        await database.close()


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait as long as in life."""
    monkeypatch.setattr(postgresql, "SILENT_SECONDS", 1.5)
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(postgresql, "UNKNOWN_SECONDS", 1.0)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)


ROWS = [{"name": f"row {number}", "value": ""} for number in range(3)]


def several(connection: Connection) -> None:
    """Say several rows at once, in a pipeline: PostgreSQL does not look at the clock from then."""
    connection.execute(insert(meta), ROWS)


def one(connection: Connection) -> None:
    """Say one, after which PostgreSQL does."""
    connection.execute(insert(meta), ROWS[:1])


def half(connection: Connection) -> None:
    """Say one of several, and not that that was all."""
    pgconn = connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
    pgconn.enter_pipeline_mode()
    pgconn.send_query_params(b"INSERT INTO meta (name, value) VALUES ('row', '')", [])
    pgconn.send_flush_request()
    while pgconn.flush():
        pass
    # It has come there.
    pgconn.get_result()


@pytest.mark.thorough
@pytest.mark.parametrize("say", thorough_but([several], [several, one, half]))
def test_who_falls_silent_in_the_middle_of_writing_keeps_nobody_from_it_for_long(
    say: Callable[[Connection], None], own_postgres: Postgres
) -> None:
    """As where its machine hangs: it is put out, its rows are not there, and it hears of it."""
    url = own_postgres.new_database()
    silent, other = postgresql.open_writer(url), postgresql.open_writer(url)
    holding = silent.connect()
    try:
        begun = holding.begin()
        say(holding)
        with other.begin() as connection:
            one(connection)
            names = connection.scalars(select(meta.c.name).where(meta.c.name.like("row%"))).all()
            assert names == ["row 0"]
        with pytest.raises(DBAPIError) as error:
            one(holding)
        if say is not half:
            assert postgresql.meaning_of(error.value) == "lost"
            begun.close()
    finally:
        holding.invalidate()
        silent.dispose()
        other.dispose()


@pytest.mark.thorough
def test_who_takes_long_on_purpose_is_left_alone(own_postgres: Postgres) -> None:
    """A migration, in which much may be reckoned before anything is said."""
    url = own_postgres.new_database()
    patient, other = postgresql.open_writer(url), postgresql.open_writer(url)
    try:
        with patient.begin() as working:
            postgresql.let_take_its_time(working)
            several(working)
            with pytest.raises(DBAPIError) as error, other.begin():
                pass
            assert postgresql.meaning_of(error.value) == "locked"
            assert working.scalars(select(meta.c.name).where(meta.c.name == "row 2")).all()
    finally:
        patient.dispose()
        other.dispose()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", thorough_but(["hangs"], ["hangs", "is cut off"]))
async def test_a_server_that_says_nothing_is_given_up_and_found_again(
    started: Database,
    own_postgres: Postgres,
    way: Cutting,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of its connections are there, and nothing comes by them; nor by a new one."""
    impatient(monkeypatch)
    room = await started.write(ChatDatabase.create_room, "Hall")
    # From here on the connections have the shorter patience.
    assert await started.read(count) == 0
    own_postgres.freeze() if kind == "hangs" else way.fall_silent()
    try:
        for _ in range(2):
            begun = time.monotonic()
            with pytest.raises(Refusal) as writing:
                await started.store(draft(room.id, client_id="c1"), then=lambda _: None)
            with pytest.raises(Refusal) as reading:
                await started.read(count)
            assert (writing.value.code, reading.value.code) == ("busy", "busy")
            assert time.monotonic() - begun < scaled(8)
    finally:
        own_postgres.thaw() if kind == "hangs" else way.go_on()
    # Those who came just after nobody answered are still told so.
    stored = await at_last(
        lambda: started.store(draft(room.id, client_id="c1"), then=lambda _: None)
    )
    assert stored.message.version == 1
    assert await at_last(lambda: started.read(count)) == 1


@pytest.mark.thorough
async def test_who_waits_behind_what_is_not_answered_is_refused_with_it(
    started: Database, way: Cutting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits until the next try has failed, too."""
    impatient(monkeypatch)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 30)
    room = await started.write(ChatDatabase.create_room, "Hall")
    begun, held = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        begun.set()
        held.wait(scaled(10))

    holding = asyncio.create_task(started.write(hold))
    await asyncio.to_thread(begun.wait, scaled(10))
    # All of them wait by the time that nothing gets through any more, more than are one group.
    waiting = [
        asyncio.create_task(started.write(ChatDatabase.create_room, f"Room {number}"))
        for number in range(100)
    ]
    await asyncio.sleep(0)
    way.fall_silent()
    held.set()
    since = time.monotonic()
    refused = await asyncio.gather(holding, *waiting, return_exceptions=True)
    assert [getattr(each, "code", each) for each in refused] == ["busy"] * len(refused)
    assert time.monotonic() - since < scaled(8)
    way.go_on()
    monkeypatch.undo()
    stored = await at_last(lambda: started.store(draft(room.id), then=lambda _: None))
    assert stored.message.version == 1


@pytest.mark.thorough
async def test_who_waits_behind_a_commit_of_which_nobody_knows_is_refused_before(
    started: Database, way: Cutting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of that takes as long to find out as nobody answers; theirs has not begun."""
    impatient(monkeypatch)
    monkeypatch.setattr(postgresql, "UNKNOWN_SECONDS", 60.0)
    room = await started.write(ChatDatabase.create_room, "Hall")
    way.cut = "beyond"
    first = asyncio.create_task(started.store(draft(room.id, client_id="c1"), then=lambda _: None))
    assert await asyncio.to_thread(way.done.wait, scaled(10))
    for number in range(2):
        with pytest.raises(Refusal) as refused:
            await started.store(draft(room.id, client_id=f"d{number}"), then=lambda _: None)
        assert refused.value.code == "busy"
    told = asyncio.create_task(started.told())
    await asyncio.sleep(0)
    # Nobody takes it for told that somebody else was refused.
    assert (first.done(), told.done()) == (False, False)
    way.go_on()
    with pytest.raises(Refusal):
        await first
    await told
    stored = await at_last(lambda: started.store(draft(room.id), then=lambda _: None))
    assert stored.message.version == 1


@pytest.mark.thorough
def test_what_takes_its_time_is_not_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration does; what comes after it by the same connection does not."""
    monkeypatch.setattr(postgresql, "SILENT_SECONDS", 0.3)
    database = init_db(local_settings(tmp_path, database_url=postgres().new_database()))

    def sleep(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_sleep(1)")

    with get_db(database) as connection:
        postgresql.let_take_its_time(connection)
        sleep(connection)
    with pytest.raises(Exception, match=r"no answer for 0\.3 seconds"), get_db(database) as again:
        sleep(again)
    database.release()


@pytest.mark.thorough
async def test_a_number_that_was_given_again_after_a_crash_is_not_taken_for_a_commit(
    started: Database, own_postgres: Postgres, way: Cutting
) -> None:
    """What had not been flushed is gone, and somebody else's transaction has its number."""
    room = await started.write(ChatDatabase.create_room, "Hall")
    way.cut = "beyond"
    sent = draft(room.id, client_id="c1")
    sending = asyncio.create_task(started.store(sent, then=lambda _: None))
    # It is about to be committed when nothing gets through any more, and then the server crashes.
    await asyncio.to_thread(way.done.wait, scaled(10))
    await asyncio.to_thread(own_postgres.stop)
    await asyncio.to_thread(own_postgres.start)
    own_postgres.use_up_numbers(100)
    way.go_on()
    with pytest.raises(Refusal) as refused:
        await sending
    assert refused.value.code == "busy"
    assert await started.read(count) == 0
    stored = await started.store(sent, then=lambda _: None)
    assert (stored.message.version, stored.repeated) == (1, False)


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for it is told in time."""
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = postgresql.open_readers(
            f"postgresql://parlour@127.0.0.1:{silent.getsockname()[1]}/parlour", 1
        )
        begun = time.monotonic()
        with pytest.raises(DBAPIError) as failed, engine.begin():
            pass
        assert time.monotonic() - begun < scaled(10)
    engine.dispose()
    assert postgresql.meaning_of(failed.value) == "lost"
