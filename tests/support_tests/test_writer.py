"""The writer: many jobs to a commit, one failure to its job, nothing told that is not stored."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from parlour.support.sqlite import open_writer
from parlour.support.writer import MAX_GROUP, SINGLE, Job, Writer, WriterBusy

Answer = Callable[[Any], None]


class Bench:
    """A writer on a table of numbers, which can be held up so that jobs have to wait."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine, asyncio.get_running_loop())
        self.commits = 0
        self.outcomes: list[Any] = []
        self.go_on = threading.Event()
        event.listen(engine, "commit", self._count)

    def _count(self, _connection: Connection) -> None:
        self.commits += 1

    def submit(
        self,
        operation: Callable[..., Any],
        *arguments: Any,
        bulk: bool = False,
        answer: Answer | None = None,
        weight: int = 1,
    ) -> None:
        """Hand a job to the writer; its outcome is kept unless it has an `answer` of its own."""
        answer = answer or self.outcomes.append
        self.writer.submit(Job(operation, arguments, bulk, answer, weight=weight))

    async def hold_up(self) -> None:
        """Let the writer be in the middle of a job until `go_on` is set."""
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(_connection: Connection) -> None:
            loop.call_soon_threadsafe(begun.set)
            assert self.go_on.wait(10)

        self.submit(wait, answer=lambda _outcome: None)
        await begun.wait()

    async def run(self) -> list[Any]:
        """Let the writer go on; return all outcomes when every job is answered."""
        # What tells of the end is in the queue before the writer looks into it.
        drained = asyncio.create_task(self.writer.drain())
        await asyncio.sleep(0)
        self.go_on.set()
        await drained
        return self.outcomes

    def stored(self) -> list[int]:
        """Return the numbers that are in the table, in the order in which they came."""
        with self.engine.connect() as connection:
            return list(connection.scalars(text("SELECT number FROM numbers ORDER BY rowid")))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a writer on an empty table."""
    engine = open_writer(tmp_path / "numbers.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY)"))
        connection.execute(
            text(
                "CREATE TABLE numbers (number INTEGER UNIQUE CHECK (number < 1000000),"
                " parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
            )
        )
    bench = Bench(engine)
    yield bench
    bench.go_on.set()
    await bench.writer.close(10)
    engine.dispose()


def insert(connection: Connection, number: int, parent: int | None = None) -> int:
    """Store one number; a parent that is not there makes the commit fail, not the statement."""
    connection.execute(
        text("INSERT INTO numbers VALUES (:number, :parent)"), {"number": number, "parent": parent}
    )
    return number


def insert_all(connection: Connection, numbers: list[int]) -> list[int]:
    """Store many in one call, as the bulk operation of messages does."""
    return [insert(connection, number) for number in numbers]


def poison(connection: Connection, number: int) -> None:
    """Store a number, then fail as a faulty operation does."""
    insert(connection, number)
    raise KeyError(number)


async def test_what_waits_is_committed_as_one_group(bench: Bench) -> None:
    """A hundred jobs that came during one commit are the next one."""
    await bench.hold_up()
    for number in range(100):
        bench.submit(insert, number)
    assert await bench.run() == list(range(100))
    assert bench.commits == 2
    assert bench.stored() == list(range(100))


async def test_jobs_that_come_alone_are_committed_alone(bench: Bench) -> None:
    """Nothing waits for company."""
    for number in range(3):
        bench.submit(insert, number)
        await bench.writer.drain()
    assert bench.commits == 3


async def test_a_group_is_bounded(bench: Bench) -> None:
    """The first of a long queue does not wait for the last."""
    await bench.hold_up()
    for number in range(2 * MAX_GROUP + 1):
        bench.submit(insert, number)
    await bench.run()
    assert bench.commits == 4
    assert len(bench.stored()) == 2 * MAX_GROUP + 1


async def test_a_group_has_less_of_what_is_more_work(bench: Bench) -> None:
    """By weight: two halves and a little are two commits, what is too much by itself is one."""
    await bench.hold_up()
    for number, weight in enumerate([MAX_GROUP // 2, MAX_GROUP // 2, 1, MAX_GROUP + 1, 1]):
        bench.submit(insert, number, weight=weight)
    await bench.run()
    assert bench.stored() == [0, 1, 2, 3, 4]
    # What was held up is the first; the end of waiting goes with the last.
    assert bench.commits == 1 + 4


def test_what_is_done_by_itself_is_more_work_than_a_message_among_others() -> None:
    """Edits, reactions and the like have their statements for themselves."""
    assert MAX_GROUP // SINGLE <= 32


async def test_neighbouring_jobs_of_a_bulk_operation_are_one_call(bench: Bench) -> None:
    """Any other job ends the run, so that the order stays."""
    calls: list[list[int]] = []

    def bulk(connection: Connection, numbers: list[int]) -> list[int]:
        calls.append(numbers)
        return insert_all(connection, numbers)

    await bench.hold_up()
    for number in (1, 2, 3):
        bench.submit(bulk, number, bulk=True)
    bench.submit(insert, 4)
    for number in (5, 6):
        bench.submit(bulk, number, bulk=True)
    assert await bench.run() == [1, 2, 3, 4, 5, 6]
    assert calls == [[1, 2, 3], [5, 6]]
    assert bench.stored() == [1, 2, 3, 4, 5, 6]


async def test_two_equal_jobs_that_are_not_bulk_are_two(bench: Bench) -> None:
    """Each gets an outcome of its own; the second one's is that the number is there."""
    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(insert, 1)
    first, second = await bench.run()
    assert first == 1
    assert isinstance(second, IntegrityError)


async def test_a_poisoned_job_costs_its_neighbours_nothing(bench: Bench) -> None:
    """What it had done is undone; the others of its group are stored."""
    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(poison, 2)
    bench.submit(insert, 3)
    first, failure, last = await bench.run()
    assert (first, last) == (1, 3)
    assert isinstance(failure, KeyError)
    assert bench.commits == 2
    assert bench.stored() == [1, 3]


@pytest.mark.parametrize("bad", [1_000_000, 2**63, "\ud800"])
async def test_a_poisoned_job_of_a_bulk_call_costs_its_neighbours_nothing(
    bench: Bench, bad: Any
) -> None:
    """Whether a constraint, a type or an encoding refuses it: each of the run is tried alone."""
    await bench.hold_up()
    for number in (1, 2, bad, 4):
        bench.submit(insert_all, number, bulk=True)
    first, second, failure, last = await bench.run()
    assert [first, second, last] == [1, 2, 4]
    assert isinstance(failure, Exception)
    assert bench.stored() == [1, 2, 4]


async def test_a_statement_that_is_wrong_costs_its_neighbours_nothing(bench: Bench) -> None:
    """What a fault of the program asks of the database is its own failure, not that of all."""

    def mistake(connection: Connection) -> None:
        insert(connection, 2)
        connection.execute(text("SELECT * FROM nowhere"))

    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(mistake)
    bench.submit(insert, 3)
    first, failure, last = await bench.run()
    assert (first, last) == (1, 3)
    assert isinstance(failure, OperationalError)
    assert bench.stored() == [1, 3]


async def test_a_failure_of_the_database_fails_the_whole_group(bench: Bench) -> None:
    """It may have undone everything, so nobody is told that anything is stored."""

    def fill(connection: Connection) -> None:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        connection.execute(text("CREATE TABLE more (number)"))

    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(fill)
    bench.submit(insert, 2)
    outcomes = await bench.run()
    assert len(outcomes) == 3
    for outcome in outcomes:
        assert isinstance(outcome, OperationalError)
        assert "full" in str(outcome)
    assert bench.stored() == []


async def test_a_failed_commit_fails_all_of_its_group_and_no_other(bench: Bench) -> None:
    """A deferred constraint fails at the commit itself; the next group is stored."""
    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(insert, 2, 999)
    outcomes = list(await bench.run())
    assert [type(outcome) for outcome in outcomes] == [IntegrityError, IntegrityError]
    assert bench.stored() == []
    bench.submit(insert, 3)
    assert (await bench.run())[2:] == [3]
    assert bench.stored() == [3]


async def test_answers_come_after_the_commit_in_the_loops_thread_and_in_order(
    bench: Bench,
) -> None:
    """At the first answer the whole group is stored."""
    seen: list[tuple[int, int, bool]] = []
    here = threading.current_thread()

    def answer(outcome: int) -> None:
        seen.append((outcome, len(bench.stored()), threading.current_thread() is here))

    await bench.hold_up()
    for number in range(5):
        bench.submit(insert, number, answer=answer)
    await bench.run()
    assert seen == [(number, 5, True) for number in range(5)]


async def test_a_faulty_listener_costs_the_others_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the writer goes on."""

    def faulty(outcome: int) -> None:
        raise KeyError(f"listener of {outcome}")

    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(insert, 2, answer=faulty)
    bench.submit(insert, 3)
    assert await bench.run() == [1, 3]
    assert "listener of 2" in caplog.text
    bench.submit(insert, 4)
    assert await bench.run() == [1, 3, 4]


async def test_the_queue_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is refused at once; when the others are answered there is room again."""
    monkeypatch.setattr("parlour.support.writer.MAX_WAITING", 3)
    await bench.hold_up()
    bench.submit(insert, 1)
    bench.submit(insert, 2)
    with pytest.raises(WriterBusy):
        bench.submit(insert, 3)
    await bench.run()
    bench.submit(insert, 4)
    assert await bench.run() == [1, 2, 4]
    assert bench.stored() == [1, 2, 4]


async def test_drain_waits_for_the_last_answer(bench: Bench) -> None:
    """Not only for the commit; with nothing to do it returns at once."""
    await bench.writer.drain()
    await bench.hold_up()
    bench.submit(insert, 1)
    draining = asyncio.ensure_future(bench.writer.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    bench.go_on.set()
    await draining
    assert bench.outcomes == [1]


async def test_told_waits_for_what_may_be_committed_and_for_nothing_else(bench: Bench) -> None:
    """A reader may see a commit before those who wait for it are told; of the rest it sees none."""
    commits = threading.Semaphore(0)
    told: list[int] = []
    event.listen(bench.engine, "commit", lambda _: commits.release())
    await bench.hold_up()
    # In the middle of its statements the writer has shown nothing to anybody.
    await bench.writer.told()
    bench.submit(insert, 1, answer=told.append)
    bench.go_on.set()
    # The loop stands still, so that nobody is told of the two commits that begin meanwhile.
    assert commits.acquire(timeout=10)
    assert commits.acquire(timeout=10)
    assert told == []
    await bench.writer.told()
    assert told == [1]


async def test_close_finishes_what_was_submitted_and_ends_the_thread(tmp_path: Path) -> None:
    """Nothing that was accepted is dropped."""
    engine = open_writer(tmp_path / "numbers.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE numbers (number, parent)"))
    bench = Bench(engine)
    for number in range(10):
        bench.submit(insert, number)
    await bench.writer.close(10)
    assert bench.outcomes == list(range(10))
    assert bench.stored() == list(range(10))
    assert "writer" not in {thread.name for thread in threading.enumerate()}
    engine.dispose()


async def test_what_came_before_the_end_is_stored_though_the_end_waits_beside_it(
    tmp_path: Path,
) -> None:
    """One group takes both from the queue."""
    engine = open_writer(tmp_path / "numbers.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE numbers (number, parent)"))
    bench = Bench(engine)
    await bench.hold_up()
    bench.submit(insert, 1)
    bench.writer._jobs.put(None)
    bench.go_on.set()
    # The answer is handed to the loop before the thread ends.
    await asyncio.to_thread(bench.writer._thread.join)
    assert bench.outcomes == [1]
    assert bench.stored() == [1]
    engine.dispose()


async def test_the_event_loop_goes_on_during_a_slow_commit(bench: Bench) -> None:
    """It turns while the writer is held up."""
    await bench.hold_up()
    turns = 0
    bench.submit(insert, 1)
    while turns < 100:
        await asyncio.sleep(0)
        turns += 1
    assert bench.outcomes == []
    assert await bench.run() == [1]
