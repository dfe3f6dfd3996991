"""An event loop in a thread of its own, for tests that are not async themselves."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from tests.support.timing import scaled

T = TypeVar("T")


class LoopAside:
    """Runs coroutines in a thread for the length of a `with` block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop aside")

    def run(self, work: Coroutine[Any, Any, T], *, seconds: float = 30) -> T:
        """Run `work` to its end in the thread and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(scaled(seconds))

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
