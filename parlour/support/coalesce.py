"""Does a thing at once when it was quiet, and once an interval when it is not."""

import asyncio
from collections.abc import Callable, Hashable


class Coalescer:
    """For each key, runs the newest of its calls at most once in `interval` seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._waiting: dict[Hashable, Callable[[], None] | None] = {}
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}

    def call(self, key: Hashable, action: Callable[[], None]) -> None:
        """Run `action` now, or at the end of the interval that runs for `key`."""
        if key in self._timers:
            self._waiting[key] = action
            return
        self._start(key)
        action()

    def close(self) -> None:
        """Forget what waits."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()

    def _start(self, key: Hashable) -> None:
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(self._interval, self._end, key)

    def _end(self, key: Hashable) -> None:
        del self._timers[key]
        action = self._waiting.pop(key, None)
        if action is not None:
            self._start(key)
            action()
