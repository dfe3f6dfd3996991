"""Jobs that take long: kept for as long as somebody is at them."""

import asyncio
from collections.abc import Callable

import pytest

from parlour import jobs
from parlour.context import Context
from parlour.jobs import Kind, Task
from tests.jobs.bench import Bench, count, counted, working
from tests.support.timing import scaled


async def test_a_long_job_stays_with_whoever_is_at_it(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far longer than others may take, and it is done once, whoever else looks for work."""
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "RUN_SECONDS", 0.01)
    begun, go, ran = asyncio.Event(), asyncio.Event(), 0

    async def take_long(_context: Context, task: Task[int]) -> None:
        nonlocal ran
        ran += 1
        begun.set()
        await go.wait()
        await task.end(count)

    long = kind(take_long, long=True)
    async with working(bench, workers=2):
        await bench.put(long)
        await begun.wait()
        [first] = await bench.left()
        # It was renewed, and once more after that.
        await bench.until(lambda left: left[0].due_at > first.due_at + 100)
        [now] = await bench.left()
        assert (now.tries, now.taken_by) == (first.tries, first.taken_by)
        go.set()
        await bench.until(lambda left: not left)
    assert (ran, await counted(bench)) == (1, 1)


async def test_a_long_job_that_is_taken_back_is_ended(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is at it hears of it soon, and does nothing by it."""
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.05)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(_context: Context, _task: Task[int]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    long = kind(hang, long=True)
    async with working(bench):
        await bench.put(long, key="this")
        await begun.wait()
        await bench.database.write(long.take_back, "this")
        async with asyncio.timeout(scaled(10)):
            await ended.wait()
    assert await counted(bench) == 0
