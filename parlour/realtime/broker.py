"""What carries hints between the nodes of a cluster: where it loses one, nothing else is lost."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from parlour.support.buckets import Drop, Taken


class Unreachable(Exception):
    """The broker does not answer."""


class Broker(Protocol):
    """Carries what one node says to all others, and keeps a few things for a moment."""

    # Whether what is said now reaches the others, as far as anybody knows.
    connected: bool

    def start(self, heard: Callable[[bytes], None], came: Callable[[], None]) -> None:
        """Begin to listen, in the event loop.

        `heard` is called with what any node says, also this one; `came` whenever there is a
        connection anew: what was said before it is lost.
        """

    def publish(self, words: bytes) -> None:
        """Say something to all nodes, in order. It is not waited for, and lost where it must be."""

    async def put(
        self, key: str, value: str, seconds: float, *, holder: str = "", most: int = 0
    ) -> None:
        """Keep something for a while. Raises Unreachable.

        Of a `holder` there are `most`: with one more, what was put for them first is gone.
        """

    async def take(self, key: str) -> str | None:
        """What is kept under a key, for the one who asks first. Raises Unreachable."""

    async def spend(self, drops: Sequence[Drop], seconds: float) -> list[Taken]:
        """Take drops of the buckets that all nodes share, one after the other.

        Raises Unreachable, after `seconds` at most.
        """

    async def close(self) -> None:
        """Listen no longer."""


class Hub:
    """What brokers in one process say to one another."""

    def __init__(self) -> None:
        self.brokers: list[MemoryBroker] = []
        self.kept: dict[str, tuple[float, str]] = {}
        self.held: dict[str, deque[str]] = {}
        # When buckets are full again.
        self.full_at: dict[str, float] = {}


class MemoryBroker:
    """The broker of nodes that run in one process."""

    def __init__(self, hub: Hub) -> None:
        self.connected = False
        self._hub: Final = hub
        self._heard: Callable[[bytes], None] = _nothing

    def start(self, heard: Callable[[bytes], None], came: Callable[[], None]) -> None:
        """As the interface says."""
        self._heard = heard
        self._hub.brokers.append(self)
        self.connected = True
        came()

    def publish(self, words: bytes) -> None:
        """The same."""
        if self.connected:
            for broker in list(self._hub.brokers):
                broker.hear(words)

    def hear(self, words: bytes) -> None:
        """Somebody said something."""
        self._heard(words)

    async def put(
        self, key: str, value: str, seconds: float, *, holder: str = "", most: int = 0
    ) -> None:
        """The same."""
        kept = self._hub.kept
        kept[key] = time.monotonic() + seconds, value
        if holder:
            held = self._hub.held.get(holder, deque())
            self._hub.held[holder] = held = deque(each for each in held if each in kept)
            held.append(key)
            while len(held) > most:
                del kept[held.popleft()]

    async def take(self, key: str) -> str | None:
        """The same."""
        ends, value = self._hub.kept.pop(key, (0.0, ""))
        return value if ends > time.monotonic() else None

    async def spend(self, drops: Sequence[Drop], seconds: float) -> list[Taken]:
        """The same."""
        now, full_at, taken = time.monotonic(), self._hub.full_at, list[Taken]()
        for drop in drops:
            full = max(full_at.get(drop.key, now), now + drop.used)
            full = min(full, now + drop.size * drop.each)
            wait = max(0.0, full - now - (drop.size - 1) * drop.each)
            if not wait:
                full_at[drop.key] = full = full + drop.each
            taken.append(Taken(wait, full - now))
        return taken

    async def close(self) -> None:
        """The same."""
        if self.connected:
            self._hub.brokers.remove(self)
            self.connected = False


def _nothing(_words: bytes) -> None:
    """What hears before it is started."""
