"""Turns at something that costs much: so many at once, so many waiting, and few of one person."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooMany(Exception):
    """So many wait that one more is refused."""


class Turns:
    """`at_once` are served; `waiting` more may wait, `each` of one key in all."""

    def __init__(self, at_once: int, waiting: int, each: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._each = each
        self._keys: Counter[str] = Counter()

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn and have it. Raises TooMany at once."""
        if self._keys.total() >= self._most or self._keys[key] >= self._each:
            raise TooMany
        self._keys[key] += 1
        try:
            async with self._turns:
                yield
        finally:
            self._keys[key] -= 1
            if not self._keys[key]:
                del self._keys[key]
