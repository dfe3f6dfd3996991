"""What may never be answered: it is asked once at a time, and not waited for for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Patience(Generic[T]):
    """Asks something for all who want to know it meanwhile, so it holds no more than one ask."""

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._ask: Final = ask
        self._seconds: Final = seconds
        self._asked: asyncio.Future[T] | None = None

    async def answer(self) -> T:
        """What is so just now. Raises what asking raises, or TimeoutError."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(self._ask())
            # Where nobody waits for it any more, nobody misses what went wrong.
            self._asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Whoever gives up leaves it to the others.
        async with asyncio.timeout(self._seconds):
            return await asyncio.shield(self._asked)
