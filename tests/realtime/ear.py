"""Somebody who listens at a broker, and can wait for what they hear."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from parlour.realtime.broker import Broker
from tests.support.timing import scaled


class Opened(Protocol):
    """A maker of brokers that begin to listen at once, and are closed at the end."""

    def __call__(self, name: str = "parlour:one") -> "Ear":
        """One of the cluster that is called so."""


class Ear:
    """What one node hears."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.heard: list[str] = []
        # How often there was a connection anew.
        self.came = 0
        self._news = asyncio.Event()
        broker.start(self._hear, self._come)

    def _hear(self, words: bytes) -> None:
        self.heard.append(words.decode())
        self._news.set()

    def _come(self) -> None:
        self.came += 1
        self._news.set()

    async def until(self, reached: Callable[[], bool], *, seconds: float = 10) -> None:
        """Wait until something is so, which is looked at whenever something was heard."""
        async with asyncio.timeout(scaled(seconds)):
            while not reached():
                self._news.clear()
                await self._news.wait()

    async def comes(self, times: int = 1, *, seconds: float = 10) -> None:
        """Wait until there is a connection, or was one for the so-many-th time."""
        await self.until(lambda: self.came >= times, seconds=seconds)

    async def hears(self, *words: str, seconds: float = 10) -> None:
        """Wait until exactly these have been heard in all."""
        await self.until(lambda: len(self.heard) >= len(words), seconds=seconds)
        assert self.heard == list(words)


async def eventually(reached: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait until something is so of which nobody is told."""
    async with asyncio.timeout(scaled(seconds)):
        for _ in iter(reached, True):
            await asyncio.sleep(0.01)


async def away(ear: Ear) -> None:
    """Wait until a broker knows that its server is gone."""
    await eventually(lambda: not ear.broker.connected)
