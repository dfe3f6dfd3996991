"""How much somebody may do in a while: some at once, and then at a steady pace."""

import time
from collections.abc import Callable
from itertools import islice


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
