"""Jobs that fail: run again later, given up in the end, and never half done."""

import logging
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from parlour import jobs
from parlour.context import Context
from parlour.errors import Refusal
from parlour.jobs import Kind, Later, Task
from parlour.store import jobs as rows
from parlour.support.counts import COUNTS
from tests.jobs.bench import Bench, count, counted, working


async def test_what_fails_is_run_again_later_and_has_left_nothing(
    bench: Bench, kind: Callable[..., Kind[int]], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even what it had done before it failed."""

    def stumble(connection: Connection) -> None:
        if count(connection) and count(connection, "tries") < 2:
            raise RuntimeError("it stumbled")

    tries = 0

    async def unsure(_context: Context, task: Task[int]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await task.end(stumble)
        await task.end(count)

    shaky = kind(unsure)
    async with working(bench):
        await bench.put(shaky)
        await bench.until(lambda left: not left)
    assert (await counted(bench), await counted(bench, "tries"), tries) == (1, 0, 2)
    assert "(work_in_a_test) failed at try 1: RuntimeError('it stumbled')" in caplog.text


async def test_what_fails_too_often_is_kept_with_its_reason_in_the_log(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """And is not tried any more."""
    monkeypatch.setattr(jobs, "MOST_TRIES", 2)

    async def refuse(_context: Context, _task: Task[int]) -> None:
        raise Refusal("not_allowed", "somebody said no")

    hopeless = kind(refuse)
    before = COUNTS.jobs.copy()
    with caplog.at_level(logging.WARNING):
        async with working(bench):
            await bench.put(hopeless)
            [row] = await bench.until(lambda left: left[0].failed_at is not None)
    assert row.tries == 2
    assert caplog.text.count("failed at try") == 2
    assert "failed at try 2: somebody said no" in caplog.text
    assert f"job {row.id} (work_in_a_test) is given up after 2 tries" in caplog.text
    since = (COUNTS.jobs - before).items()
    became = {outcome: count for (name, outcome), count in since if name == hopeless.name}
    assert became == {"failed": 2, "given_up": 1}
    assert COUNTS.jobs_running == 0


async def test_a_kind_may_say_what_is_done_in_the_place_of_what_is_given_up(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where whoever had it last never got to say that it failed."""
    monkeypatch.setattr(jobs, "MOST_TRIES", 2)

    async def refuse(_context: Context, _task: Task[int]) -> None:
        raise Refusal("not_allowed", "no")

    hopeless = kind(refuse)

    @hopeless.when_lost
    async def instead(_context: Context, task: Task[int]) -> None:
        await task.end(count)

    await bench.put(hopeless)
    # Three times somebody takes it and is killed.
    for _ in range(3):
        taken = await bench.database.tend(rows.take, [hopeless.name], "gone", 1, 20)
        assert len(taken) == 1
        await bench.database.tend(rows.give_back)
    async with working(bench):
        await bench.until(lambda left: not left)
    assert await counted(bench) == 1


async def test_what_has_to_wait_has_not_failed(
    bench: Bench, kind: Callable[..., Kind[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it has to."""
    monkeypatch.setattr(jobs, "MOST_TRIES", 2)
    asked = 0

    async def wait(_context: Context, task: Task[int]) -> None:
        nonlocal asked
        asked += 1
        if asked < 5:
            raise Later(0.02)
        await task.end(count)

    patient = kind(wait)
    async with working(bench):
        await bench.put(patient)
        await bench.until(lambda left: not left)
    assert (asked, await counted(bench)) == (5, 1)
