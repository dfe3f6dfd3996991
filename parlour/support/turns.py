"""Turns at something that costs much: so many at once, so many waiting, and few of one person."""

import asyncio
from collections import Counter, deque
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

    @property
    def waiting(self) -> int:
        """How many have a turn, or wait for one."""
        return self._keys.total()

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


class InTurn:
    """`at_once` are served, one of each key; then it is the turn of the next key.

    Whoever asks for many waits behind everybody else's first.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._served: set[str] = set()
        # The key that was served last comes last.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn and have it."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        self._go_on()
        try:
            await turn
            yield
        finally:
            if turn.cancelled():
                self._waiting[key].remove(turn)
            else:
                self._served.remove(key)
            left = self._waiting.pop(key, None)
            if left:
                self._waiting[key] = left
            self._go_on()

    def _go_on(self) -> None:
        for key, turns in list(self._waiting.items()):
            if len(self._served) == self._at_once:
                return
            if turns and key not in self._served:
                self._served.add(key)
                turns.popleft().set_result(None)
