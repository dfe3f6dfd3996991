"""How much somebody may do in a while: some at once, and then at a steady pace.

On a node alone that is a bucket in memory (`Buckets`). Where nodes share what they count, each of
them holds the pace by itself and asks what all have taken together (`Pace`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

# Seconds in which those who share a bucket have an answer, or none.
ANSWER_SECONDS: Final = 0.5


class Buckets:
    """For each key a bucket of `size` drops, into which one falls every 1 / `per_second` seconds.

    Kept are only those that are not full: as many as have been used in the time one takes to fill.
    """

    def __init__(
        self, size: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each = 1 / per_second
        self._size = size
        self._clock = clock
        # By key, when its bucket will be full again; who was last here stands at the end.
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How many are not full, as far as it was looked."""
        return len(self._full_at)

    def take(self, key: str) -> float:
        """Take a drop: 0, or, where there is none, in how many seconds there will be one."""
        now = self._clock()
        for other, full_at in list(islice(self._full_at.items(), 2)):
            # Two for each that comes, so they cannot pile up.
            if full_at <= now:
                del self._full_at[other]
        full_at = max(now, self._full_at.pop(key, now))
        wait = full_at - now - (self._size - 1) * self._each
        self._full_at[key] = full_at if wait > 0 else full_at + self._each
        return max(0.0, wait)

    def used(self, key: str) -> float:
        """In how many seconds its bucket will be full again."""
        return max(0.0, self._full_at.get(key, 0.0) - self._clock())

    def give_back(self, key: str) -> None:
        """Put a drop back that was taken for nothing."""
        if key in self._full_at:
            self._full_at[key] -= self._each

    def note(self, key: str, full_at: float) -> None:
        """Others have taken so much that it is full again then, by the clock; or even later."""
        self._full_at[key] = max(full_at, self._full_at.pop(key, full_at))


@dataclass(frozen=True, slots=True, eq=False)
class Drop:
    """A drop that is asked of a bucket of many nodes: which one, and what is known of it here."""

    key: str
    # Seconds in which a drop falls into it, and how many it holds.
    each: float
    size: int
    # In how many seconds it would be full, for all that this node has seen.
    used: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: seconds until there is one, 0 where it was taken; and until it is full."""

    wait: float
    used: float


class Common(Protocol):
    """What nodes share of buckets."""

    async def spend(self, drop: Drop) -> Taken | None:
        """Take a drop; None where nobody answers within ANSWER_SECONDS."""


class Pace:
    """A bucket for each key that all nodes share, and that each holds where they cannot.

    A node lets nobody do more than the pace allows, whatever the others say: what is refused here
    costs no question. What is not is asked for, and each answer brings the own bucket to where that
    of all stands, so that nothing is forgotten where there are no answers from the next one on;
    and what was taken meanwhile is said with the first question after that.
    """

    def __init__(
        self,
        name: str,
        size: int,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` tells its keys from those of other paces."""
        self._name: Final = name
        self._each: Final = 1 / per_second
        self._size: Final = size
        self._clock = clock
        self._own = Buckets(size, per_second, clock)

    async def take(self, key: str, common: Common | None = None) -> float:
        """Take a drop: 0, or, where there is none, in how many seconds there will be one."""
        wait = self._own.take(key)
        if wait or common is None:
            return wait
        # Less than it may be by the time that it is heard: what is said of the past must not cost
        # anybody more than they took.
        used = max(0.0, self._own.used(key) - self._each - ANSWER_SECONDS)
        asked = self._clock()
        taken = await common.spend(Drop(f"{self._name}\n{key}", self._each, self._size, used))
        if taken is None:
            return 0.0
        if taken.wait:
            self._own.give_back(key)
        self._own.note(key, asked + taken.used)
        return taken.wait
