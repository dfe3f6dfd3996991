"""Coalescing: at once when it was quiet, then the newest at the end of each interval."""

import asyncio
from typing import Any

import pytest

from parlour.support.coalesce import Coalescer


class Clock:
    """The timers of the running loop, fired by the test instead of by time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self.delays: list[float] = []
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self)

    def call_later(self, delay: float, callback: Any, *args: Any) -> asyncio.TimerHandle:
        """Keep a timer, as the loop would."""
        timer = asyncio.TimerHandle(0, callback, args, self._loop)
        self._timers.append(timer)
        self.delays.append(delay)
        return timer

    def pass_interval(self) -> int:
        """Fire the timers that run now; return how many of them had not been cancelled."""
        due = [timer for timer in self._timers if not timer.cancelled()]
        self._timers = []
        for timer in due:
            timer._run()
        return len(due)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the timers of the running loop."""
    return Clock(monkeypatch)


async def test_the_first_call_is_done_at_once(clock: Clock) -> None:
    """And then an interval begins."""
    done: list[int] = []
    Coalescer(2.0).call("a", lambda: done.append(1))
    assert done == [1]
    assert clock.delays == [2.0]


async def test_calls_inside_an_interval_become_one_at_its_end(clock: Clock) -> None:
    """The newest of them, which knows the most."""
    done: list[int] = []
    coalescer = Coalescer(2.0)
    for number in range(5):
        coalescer.call("a", lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == [0]
    assert clock.pass_interval() == 1
    assert done == [0, 4]


async def test_a_busy_key_is_done_once_an_interval(clock: Clock) -> None:
    """What was done at an interval's end begins the next one."""
    done: list[int] = []
    coalescer = Coalescer(2.0)
    for turn in range(4):
        for _ in range(10):
            coalescer.call("a", lambda turn=turn: done.append(turn))  # type: ignore[misc]
        clock.pass_interval()
    assert done == [0, 0, 1, 2, 3]


async def test_after_a_quiet_interval_a_call_is_done_at_once_again(clock: Clock) -> None:
    """No timer runs while there is nothing to do."""
    done: list[int] = []
    coalescer = Coalescer(2.0)
    coalescer.call("a", lambda: done.append(1))
    assert clock.pass_interval() == 1
    assert clock.pass_interval() == 0
    coalescer.call("a", lambda: done.append(2))
    assert done == [1, 2]


async def test_keys_do_not_wait_for_one_another(clock: Clock) -> None:
    """Each has an interval of its own."""
    done: list[str] = []
    coalescer = Coalescer(2.0)
    coalescer.call("a", lambda: done.append("a"))
    coalescer.call("b", lambda: done.append("b"))
    coalescer.call("a", lambda: done.append("a again"))
    assert done == ["a", "b"]
    assert clock.pass_interval() == 2
    assert done == ["a", "b", "a again"]


async def test_closing_forgets_what_waits(clock: Clock) -> None:
    """Nothing is done after the end."""
    done: list[int] = []
    coalescer = Coalescer(2.0)
    coalescer.call("a", lambda: done.append(1))
    coalescer.call("a", lambda: done.append(2))
    coalescer.close()
    assert clock.pass_interval() == 0
    assert done == [1]


async def test_a_real_timer_ends_an_interval() -> None:
    """With the loop's own clock."""
    coalescer = Coalescer(0.001)
    ended = asyncio.Event()
    coalescer.call("a", lambda: None)
    coalescer.call("a", ended.set)
    assert not ended.is_set()
    await asyncio.wait_for(ended.wait(), timeout=10)
    coalescer.close()
