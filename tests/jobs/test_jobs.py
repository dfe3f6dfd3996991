"""Jobs: run at their time, once, and by others where somebody is gone."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from parlour import jobs
from parlour.context import Context
from parlour.errors import Refusal
from parlour.jobs import Kind, Task
from parlour.store import jobs as rows
from tests.jobs.bench import Bench, count, counted, do, working
from tests.support.timing import scaled


async def test_a_job_is_run_at_once_where_there_is_no_time(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """Whoever sleeps is woken by what is told of its cause; then the row is gone."""
    simple = kind(do)
    async with working(bench):
        await bench.put(simple)
        await bench.until(lambda left: not left)
    assert await counted(bench) == 1


async def test_a_job_is_run_at_its_time_and_not_before(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """The earlier of two comes first, though it was put later."""
    ran: list[tuple[int, datetime]] = []

    async def note(_context: Context, task: Task[int]) -> None:
        ran.append((task.payload, datetime.now(UTC)))

    timed, now = kind(note), datetime.now(UTC)
    times = {1: now + timedelta(seconds=0.6), 2: now + timedelta(seconds=0.3)}
    async with working(bench):
        for number, at in times.items():
            await bench.put(timed, number, at=at)
        await bench.until(lambda left: not left)
    assert [number for number, _ in ran] == [2, 1]
    assert all(at >= times[number] for number, at in ran)


async def test_there_is_no_job_without_its_cause(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """What is refused has put none."""
    simple = kind(do)

    def cause(connection: Connection) -> None:
        simple.put(connection, 1)
        raise Refusal("not_allowed", "no")

    async with working(bench):
        with pytest.raises(Refusal):
            await bench.database.write(cause)
        assert await bench.left() == []
    assert await counted(bench) == 0


async def test_many_workers_do_each_job_once(bench: Bench, kind: Callable[..., Kind[int]]) -> None:
    """However they race for them."""
    simple = kind(do)

    def cause(connection: Connection) -> None:
        for number in range(100):
            simple.put(connection, number)

    async with working(bench, 4):
        await bench.database.write(cause, then=lambda _: bench.context.due.set())
        await bench.until(lambda left: not left)
    assert await counted(bench) == 100


async def test_a_node_runs_so_many_at_once_and_no_more(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """The others wait for a place, and nobody else is kept from them meanwhile."""
    go, running, most = asyncio.Event(), 0, 0

    async def wait(_context: Context, _task: Task[int]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go.wait()
        running -= 1

    slow = kind(wait)
    async with working(bench):
        for number in range(jobs.AT_ONCE + 4):
            await bench.put(slow, number)
        taken = await bench.until(
            lambda left: sum(row.taken_by is not None for row in left) == jobs.AT_ONCE
        )
        assert len(taken) == jobs.AT_ONCE + 4
        go.set()
        await bench.until(lambda left: not left)
    assert most == jobs.AT_ONCE


async def test_whoever_lost_a_job_does_nothing_by_it(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time ran out, and somebody else has it: what is done is done by them."""
    monkeypatch.setattr(jobs, "LEASE_SECONDS", 0)
    begun, go, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stand_still(_context: Context, task: Task[int]) -> None:
        if not begun.is_set():
            begun.set()
            await go.wait()
            again.set()
        await task.end(count)

    slow = kind(stand_still)
    async with working(bench):
        await bench.put(slow)
        await begun.wait()
        bench.context.due.set()
        await bench.until(lambda left: not left)
        assert await counted(bench) == 1
        go.set()
        async with asyncio.timeout(scaled(10)):
            await again.wait()
        # It has asked by the time when this is asked for.
        await bench.database.drain()
        await bench.database.drain()
    assert await counted(bench) == 1


async def test_what_is_taken_back_is_not_done_though_somebody_is_at_it(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """Nor is it when it was put anew for another time."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def stand_still(_context: Context, task: Task[int]) -> None:
        begun.set()
        await go.wait()
        await task.end(count)

    slow = kind(stand_still)

    def move(connection: Connection) -> None:
        slow.take_back(connection, "this")
        slow.put(connection, 1, at=datetime.now(UTC) + timedelta(hours=1), key="this")

    async with working(bench):
        await bench.put(slow, key="this")
        # There is one of a key.
        await bench.put(slow, key="this")
        await begun.wait()
        await bench.database.write(move)
        go.set()
        await bench.database.drain()
        [row] = await bench.left()
    assert row.taken_by is None
    assert await counted(bench) == 0


async def test_what_takes_too_long_is_ended_and_run_again(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Before anybody else could have it."""
    monkeypatch.setattr(jobs, "RUN_SECONDS", 0.1)
    ran = 0

    async def hang(_context: Context, task: Task[int]) -> None:
        nonlocal ran
        ran += 1
        if ran == 1:
            await asyncio.Event().wait()
        await task.end(count)

    slow = kind(hang)
    async with working(bench):
        await bench.put(slow)
        await bench.until(lambda left: not left)
    assert (ran, await counted(bench)) == (2, 1)
    assert "failed at try 1: TimeoutError()" in caplog.text


async def test_what_another_release_has_put_is_left_to_it(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """A kind that is not known here keeps nobody from the others behind it."""
    known, unknown = kind(do), kind(do, "newer")
    await bench.put(unknown)
    jobs._KINDS.pop(unknown.name)
    async with working(bench):
        await bench.put(known)
        [row] = await bench.until(lambda left: len(left) == 1)
    assert (row.kind, row.tries) == ("newer_in_a_test", 0)


async def test_what_there_always_is_is_run_again_and_again_whatever_fails(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row of it, however many work."""
    monkeypatch.setattr(jobs, "MOST_TRIES", 1)
    ran = 0

    async def tidy(_context: Context, task: Task[int]) -> None:
        nonlocal ran
        ran += 1
        if ran < 4:
            raise Refusal("busy", "not now")
        await task.end(count)

    kind(tidy, every=0.05)
    async with working(bench, 3):
        await bench.until(lambda left: ran > 6 and left[0].tries == 0)
        assert len(await bench.left()) == 1
    assert await counted(bench) >= 2


async def test_what_a_server_had_when_it_was_killed_it_runs_at_its_start(
    bench: Bench, kind: Callable[..., Kind[int]]
) -> None:
    """At once, and not when its time is over: nobody else works on this database."""
    simple = kind(do)
    await bench.put(simple)
    await bench.database.tend(rows.take, [simple.name], "alone", 1, 3600)
    async with working(bench):
        await bench.until(lambda left: not left)
    assert await counted(bench) == 1


async def test_names_of_kinds_are_used_once(kind: Callable[..., Kind[int]]) -> None:
    """Rows know them by it."""
    kind(do)
    with pytest.raises(ValueError, match="work_in_a_test"):
        kind(do)


async def test_what_was_given_up_is_kept_for_a_while(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes with the next that is given up after that."""
    simple = kind(do)
    for number in (1, 2):
        await bench.put(simple, number)
        [taken] = await bench.database.tend(rows.take, [simple.name], "here", 1, 20)
        assert await bench.database.tend(rows.give_up, taken)
        monkeypatch.setattr(rows, "FAILED_MS", -1)
    [row] = await bench.left()
    assert (row.payload, row.failed_at is None) == ("2", False)
