"""The writer and the readers behind `Database`: told after the commit, in order, whatever fails."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event, current_thread
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from parlour import indexing, upkeep
from parlour.database import ChatDatabase, Database, init_db
from parlour.errors import Refusal
from parlour.models import Message, Room
from parlour.store.backends import backend_of
from parlour.store.messages import count
from parlour.store.readers import READERS
from parlour.storing import StoredMessage
from parlour.support.lock import DataDirInUse
from parlour.support.writer import WriterBusy
from tests.support.local import draft, local_settings, open_database, started_database
from tests.support.timing import scaled

Outcome = StoredMessage | Exception


@pytest.fixture
async def hall(started: Database) -> Room:
    """Return a new, empty room of the database with a writer."""
    return await started.write(ChatDatabase.create_room, "Hall")


def fail(connection: Connection) -> None:
    """Fail as no operation should."""
    raise KeyError("a fault")


async def test_a_sent_message_is_committed_when_its_answer_comes(
    started: Database, hall: Room, tmp_path: Path
) -> None:
    """Another connection, even another process, sees it by then."""
    answered: asyncio.Future[list[tuple[int, str]]] = asyncio.get_running_loop().create_future()

    def answer(outcome: Outcome) -> None:
        with other.begin() as connection:
            said = connection.execute(text("SELECT id, content FROM messages"))
            answered.set_result([tuple(row) for row in said])

    other = backend_of(local_settings(tmp_path)).open_readers(1)
    started.send(draft(hall.id, "hello"), answer)
    assert await answered == [(1, "hello")]
    other.dispose()


async def test_answers_come_in_the_order_of_the_versions(started: Database, hall: Room) -> None:
    """However the drafts fall into groups."""
    outcomes: list[Outcome] = []
    for number in range(1_500):
        started.send(draft(hall.id, f"{number}"), outcomes.append)
    await started.drain()
    stored = [outcome.message for outcome in outcomes if isinstance(outcome, StoredMessage)]
    assert [message.version for message in stored] == list(range(1, 1_501))
    assert [message.content for message in stored] == [f"{number}" for number in range(1_500)]


async def test_a_refused_draft_is_answered_with_its_refusal(started: Database, hall: Room) -> None:
    """Its neighbours in the group are stored."""
    outcomes: list[Outcome] = []
    for room_id in (hall.id, hall.id + 1, hall.id):
        started.send(draft(room_id), outcomes.append)
    await started.drain()
    assert [type(outcome) for outcome in outcomes] == [StoredMessage, Refusal, StoredMessage]


async def test_write_returns_the_result_after_telling_it(started: Database) -> None:
    """`then` comes before the caller goes on."""
    told: list[Room] = []
    room = await started.write(ChatDatabase.create_room, "Hall", then=told.append)
    assert told == [room]


async def test_then_comes_in_the_order_of_the_commits(started: Database, hall: Room) -> None:
    """A message sent after a deletion was handed in is refused after the deletion was told."""
    story: list[str] = []
    started.send(draft(hall.id), lambda _: story.append("first"))
    deleting = asyncio.ensure_future(
        started.write(ChatDatabase.delete_room, hall.id, then=lambda _: story.append("deleted"))
    )
    await asyncio.sleep(0)  # one turn, in which the deletion is handed in
    started.send(draft(hall.id), lambda outcome: story.append(type(outcome).__name__))
    await started.drain()
    assert story == ["first", "deleted", "Refusal"]
    assert (await deleting).id == hall.id


async def test_a_failed_operation_raises_and_stores_and_tells_nothing(started: Database) -> None:
    """What it did before it failed is undone."""
    told: list[None] = []

    def half(connection: Connection) -> None:
        ChatDatabase.create_room(connection, "Half")
        fail(connection)

    with pytest.raises(KeyError, match="a fault"):
        await started.write(half, then=told.append)
    assert told == []
    assert await started.read(ChatDatabase.get_rooms) == []


async def test_a_listener_that_fails_costs_the_caller_nothing(
    started: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The room is stored, its maker is answered, the fault is logged."""

    def listener(room: Room) -> None:
        raise KeyError("a faulty listener")

    room = await asyncio.wait_for(
        started.write(ChatDatabase.create_room, "Hall", then=listener), timeout=10
    )
    assert await started.read(ChatDatabase.get_rooms) == [room]
    assert "a faulty listener" in caplog.text


async def test_a_caller_that_goes_away_does_not_stop_its_write(started: Database) -> None:
    """It is committed and told all the same."""
    told: list[str] = []
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> str:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        return ChatDatabase.create_room(connection, "Hall").name

    writing = asyncio.ensure_future(started.write(slow, then=told.append))
    await begun.wait()
    writing.cancel()
    go_on.set()
    await started.drain()
    assert told == ["Hall"]
    assert writing.cancelled()
    assert len(await started.read(ChatDatabase.get_rooms)) == 1


async def test_a_failure_after_the_caller_has_gone_is_nobodys(started: Database) -> None:
    """It is neither raised nor logged as a fault."""
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        fail(connection)

    writing = asyncio.ensure_future(started.write(slow))
    await begun.wait()
    writing.cancel()
    go_on.set()
    await started.drain()
    assert writing.cancelled()


async def test_reads_do_not_wait_for_a_write(started: Database, hall: Room) -> None:
    """As many as there are readers go on beside a transaction that is open."""
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> Message:
        said = ChatDatabase.create_message(connection, hall.id, "alice", "hi")
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        return said

    writing = asyncio.ensure_future(started.write(slow))
    await begun.wait()
    reads = [started.read(count) for _ in range(2 * READERS)]
    assert await asyncio.wait_for(asyncio.gather(*reads), timeout=10) == [0] * 2 * READERS
    go_on.set()
    await writing
    assert await started.read(count) == 1


async def test_a_read_sees_one_moment(started: Database, hall: Room) -> None:
    """What is committed while it runs does not come into its second half."""
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def twice(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        return before, count(connection)

    reading = asyncio.ensure_future(started.read(twice))
    await begun.wait()
    started.send(draft(hall.id), lambda _: None)
    await started.drain()
    assert await started.read(count) == 1
    go_on.set()
    assert await reading == (0, 0)


async def test_nothing_of_the_database_runs_in_the_event_loop(started: Database) -> None:
    """Operations run in the writer's thread or a reader's."""

    def name(connection: Connection) -> str:
        return current_thread().name

    assert await started.write(name) == "writer"
    assert (await started.read(name)).startswith("reader")


@pytest.mark.sqlite
async def test_a_full_disk_is_told_as_that_and_costs_only_what_did_not_fit(
    started: Database, hall: Room
) -> None:
    """What was stored before is there, and when there is room again the next is stored."""
    outcomes: list[Outcome] = []

    def limit(connection: Connection, pages: int) -> None:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    used = await started.read(lambda connection: connection.scalar(text("PRAGMA page_count")))
    await started.write(limit, used)
    started.send(draft(hall.id, "x" * 20_000), outcomes.append)
    await started.drain()
    [refusal] = outcomes
    assert isinstance(refusal, Refusal)
    assert refusal.code == "storage_full"
    with pytest.raises(Refusal, match="disk is full"):
        await started.write(ChatDatabase.create_message, hall.id, "alice", "x" * 20_000)
    assert await started.read(count) == 0
    await started.write(limit, 1_000_000)
    started.send(draft(hall.id, "x" * 20_000), outcomes.append)
    await started.drain()
    assert isinstance(outcomes[-1], StoredMessage)
    assert outcomes[-1].message.version == 1


@pytest.mark.sqlite
async def test_a_database_locked_by_another_program_is_told_as_busy(
    started: Database, hall: Room, tmp_path: Path
) -> None:
    """The wait for it is bounded; afterwards everything goes on."""
    await started.write(lambda connection: connection.execute(text("PRAGMA busy_timeout = 1")))
    outcomes: list[Outcome] = []
    other = sqlite3.connect(tmp_path / "data" / "chat.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started.send(draft(hall.id), outcomes.append)
    await started.drain()
    other.execute("ROLLBACK")
    other.close()
    started.send(draft(hall.id), outcomes.append)
    await started.drain()
    refusal, stored = outcomes
    assert isinstance(refusal, Refusal)
    assert refusal.code == "busy"
    assert isinstance(stored, StoredMessage)


async def test_an_error_of_sql_is_raised_as_it_is(started: Database) -> None:
    """It is a fault of the program and has to reach the log."""

    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT * FROM no_such"))

    for run in (started.read, started.write):
        with pytest.raises(DatabaseError, match="no_such"):
            await run(wrong)


async def test_too_many_waiting_writes_are_refused_as_busy(
    started: Database, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was accepted is still stored; nothing of the refused one is."""
    monkeypatch.setattr("parlour.support.writer.MAX_WAITING", 2)
    outcomes: list[Outcome] = []
    for _ in range(2):
        started.send(draft(hall.id), outcomes.append)
    with pytest.raises(Refusal) as refused:
        started.send(draft(hall.id), outcomes.append)
    assert refused.value.code == "busy"
    assert not isinstance(refused.value.__cause__, WriterBusy)
    await started.drain()
    assert len(outcomes) == 2
    assert await started.read(count) == 2


async def test_writing_before_the_start_is_a_fault_of_the_program(tmp_path: Path) -> None:
    """There is no writer yet to take it."""
    with open_database(tmp_path) as database:
        with pytest.raises(RuntimeError, match="not started"):
            await database.write(ChatDatabase.get_rooms)
        await database.drain()


async def test_closing_finishes_what_was_handed_over(tmp_path: Path) -> None:
    """All of it is told and stored, and then the folder is free for the next."""
    outcomes: list[Outcome] = []
    async with started_database(tmp_path) as database:
        hall = await database.write(ChatDatabase.create_room, "Hall")
        with pytest.raises(DataDirInUse):
            init_db(local_settings(tmp_path))
        for _ in range(100):
            database.send(draft(hall.id), outcomes.append)
    assert len(outcomes) == 100
    assert not (tmp_path / "data" / "chat.db-wal").exists()
    async with started_database(tmp_path) as database:
        assert await database.read(count) == 100


async def test_a_broken_index_refuses_nobodys_message(started: Database, hall: Room) -> None:
    """What tends it fails by itself, also beside messages that come at the same time."""
    first = await started.store(draft(hall.id, "one"), then=lambda _: None)
    while await started.tend(indexing.index_some):
        pass
    await started.write(lambda connection: connection.execute(text("DROP TABLE search")))
    begun, go_on = Event(), Event()

    def hold_up(_connection: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    holding = asyncio.create_task(started.write(hold_up))
    await asyncio.to_thread(begun.wait)
    before = asyncio.create_task(started.store(draft(hall.id, "two"), then=lambda _: None))
    tending = asyncio.create_task(started.tend(indexing.index_some))
    after = asyncio.create_task(started.store(draft(hall.id, "three"), then=lambda _: None))
    await asyncio.sleep(0)
    go_on.set()
    done = await asyncio.gather(holding, before, tending, after, return_exceptions=True)
    assert isinstance(done[2], DatabaseError)
    ids = [each.message.id for each in (first, done[1], done[3])]  # type: ignore[union-attr]
    assert ids == [1, 2, 3]
    assert await started.read(count) == 3


async def test_the_index_takes_little_at_once_while_others_write(
    started: Database, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And much where nobody does: who writes waits for what is being indexed."""
    said = 2 * indexing.BATCH.messages
    drafts = (draft(hall.id, f"number {number}") for number in range(said))
    await asyncio.gather(*(started.store(each, then=lambda _: None) for each in drafts))
    tend, sizes, done = started.tend, list[indexing.Batch](), asyncio.Event()

    async def recorded(operation: Callable[..., bool], *args: Any) -> bool:
        if operation is not indexing.index_some:
            return await tend(operation, *args)
        sizes.extend(args)
        if len(sizes) < 3:
            # As somebody who writes does.
            started.written.set()
        more = await tend(operation, *args)
        if not more:
            done.set()
        return more

    monkeypatch.setattr(started, "tend", recorded)
    context: Any = SimpleNamespace(database=started)
    keeping = asyncio.create_task(upkeep.keep_index(context))
    await asyncio.wait_for(done.wait(), scaled(20))
    keeping.cancel()
    assert set(sizes[:3]) == {indexing.SMALL_BATCH}
    assert set(sizes[3:]) == {indexing.BATCH}
