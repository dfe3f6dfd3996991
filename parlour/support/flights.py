"""Many who ask for the same at once are answered together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Argument = TypeVar("Argument")
Result = TypeVar("Result")


# Seconds that many who ask at once are waited for, at most: as long as it took to answer the last.
MOST_REST: Final = 0.05


class Flights(Generic[Key, Argument, Result]):
    """For each key, one call at a time: what is asked meanwhile goes together in the next.

    So every answer comes from a call that began after its question, and there are no more calls
    than it takes to make them one after the other. Where many come at once, a call is followed by
    a rest as long as itself: with twice as many in the next, it takes half as many.
    """

    def __init__(self, run: Callable[[Key, list[Argument]], Awaitable[Result]]) -> None:
        self._run = run
        self._flying: dict[Key, asyncio.Task[None]] = {}
        self._waiting: dict[Key, list[tuple[Argument, asyncio.Future[Result]]]] = {}

    async def join(self, key: Key, argument: Argument) -> Result:
        """The result of the next call for `key`. Raises what that call raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append((argument, future))
        if key not in self._flying:
            self._flying[key] = asyncio.create_task(self._fly(key))
        return await future

    async def _fly(self, key: Key) -> None:
        try:
            while group := self._waiting.pop(key, None):
                waiting = [(argument, future) for argument, future in group if not future.done()]
                if waiting:
                    clock = asyncio.get_running_loop().time
                    begun = clock()
                    await self._serve(key, waiting)
                    if len(waiting) > 1:
                        await asyncio.sleep(min(clock() - begun, MOST_REST))
        finally:
            del self._flying[key]

    async def _serve(
        self, key: Key, waiting: list[tuple[Argument, asyncio.Future[Result]]]
    ) -> None:
        try:
            result = await self._run(key, [argument for argument, _ in waiting])
        except Exception as error:  # noqa: BLE001 - it is the answer of all who wait
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for _, future in waiting:
                if not future.done():
                    future.set_result(result)
