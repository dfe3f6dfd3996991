"""Background tasks have an owner: it logs their failures and cancels them at the end."""

import asyncio

import pytest

from parlour.support.tasks import Tasks


async def test_work_runs_beside_everything_else() -> None:
    """Until it is done."""
    tasks, done = Tasks(), asyncio.Event()

    async def work() -> None:
        done.set()

    tasks.spawn(work())
    assert not done.is_set()
    await asyncio.wait_for(done.wait(), timeout=10)
    await tasks.close()


async def test_a_failure_is_logged_with_its_cause_and_costs_the_others_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody awaits it who could tell of it."""
    tasks, go_on, done, failing = Tasks(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def fail() -> None:
        failing.set()
        raise KeyError("a fault")

    async def work() -> None:
        await go_on.wait()
        done.set()

    tasks.spawn(work())
    tasks.spawn(fail())
    await failing.wait()
    await asyncio.sleep(0)  # the turn in which the owner learns of it
    assert "a background task failed" in caplog.text
    assert "a fault" in caplog.text
    go_on.set()
    await asyncio.wait_for(done.wait(), timeout=10)
    await tasks.close()


async def test_the_end_cancels_what_still_runs_and_waits_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """So that it can clean up; that is no failure."""
    tasks, begun = Tasks(), asyncio.Event()
    cleaned: list[bool] = []

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    tasks.spawn(work())
    await begun.wait()
    await tasks.close()
    assert cleaned == [True]
    assert caplog.records == []


async def test_closing_with_nothing_to_do_is_nothing() -> None:
    """Twice, too."""
    tasks = Tasks()
    await tasks.close()
    await tasks.close()
