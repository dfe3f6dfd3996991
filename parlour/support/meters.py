"""How much each of many may do in a while, in as little memory and time as it takes.

It counts as a bucket does (`support/buckets.py`), for a number of drops at once. What is full is
forgotten by generations: nobody looks at the others to find it.
"""

from collections.abc import Callable
from typing import Any, Final

# As many are remembered of each generation, of which there are two; about 200 bytes each.
MOST: Final = 20_000

# Of who takes less than this part of the pace for long, other nodes need not know.
QUIET: Final = 1 / 4

# Hears that somebody is busy, and how many drops more they took, or fewer.
Heard = Callable[["Meter", Any, int], None]


class Meter:
    """For each key a bucket of `size` drops, into which `per_second` fall every second.

    Whoever has not been here for as long as an empty one takes to fill has a full one, and is
    forgotten once others come. Where more than MOST come in that time, those go first who were here
    longest ago: they begin anew, and the memory stays what it is.
    """

    __slots__ = (
        "_heard",
        "_most",
        "_new",
        "_old",
        "_turns_at",
        "_watch",
        "each",
        "half",
        "name",
        "span",
    )

    def __init__(self, name: str, size: float, per_second: float, most: int = MOST) -> None:
        """`name` tells it from others; `most` are remembered of each generation."""
        self._most: Final = most
        self.name: Final = name
        # Seconds in which a drop falls, and in which an empty bucket fills.
        self.each: Final = 1 / per_second
        self.span: Final = size / per_second
        self.half: Final = self.span / 2
        # By key, when its bucket will be full again; who was here in this while, and before it.
        self._new: dict[Any, float] = {}
        self._old: dict[Any, float] = {}
        self._turns_at = 0.0
        self._watch: Meter | None = None
        self._heard: Heard | None = None

    def tell(self, heard: Heard, *, steady: bool) -> None:
        """Tell of those who are busy: with more than half in use, `steady` also for long.

        A bucket remembers nothing of who takes as much as falls into it: another one, into which
        less falls, does.
        """
        self._heard = heard
        if steady:
            size = self.span / self.each
            self._watch = Meter(f"{self.name}.watch", size, QUIET / self.each, self._most)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._new) + len(self._old)

    def take(self, key: Any, drops: int, now: float) -> float:
        """Take drops: 0, or, where there are too few, in how many seconds there will be enough."""
        # This is asked three times for each message, so who was here just now is found at once.
        new = self._new
        try:
            full_at = new[key]
        except KeyError:
            full_at = self._recall(key, now)
            new = self._new
        if full_at < now:  # noqa: PLR1730 - max() takes twice as long
            full_at = now
        after = full_at + drops * self.each
        if after - now > self.span:
            new[key] = full_at
            return after - now - self.span
        new[key] = after
        if self._heard is not None:
            watch = self._watch
            long = watch is not None and watch.lift(key, drops, now)
            if long or after - now > self.half:
                self._heard(self, key, drops)
        return 0.0

    def give_back(self, key: Any, drops: int, now: float) -> None:
        """Put drops back that were taken for nothing."""
        full_at = self._new[key] if key in self._new else self._recall(key, now)
        after = max(now, full_at - drops * self.each)
        self._new[key] = after
        if self._heard is not None and full_at - now > self.half:
            self._heard(self, key, -drops)

    def lift(self, key: Any, drops: int, now: float) -> bool:
        """Take drops, whether there are enough or not; whether more than half is in use now."""
        full_at = self._new[key] if key in self._new else self._recall(key, now)
        full_at = min(max(full_at, now) + drops * self.each, now + self.span)
        self._new[key] = full_at
        return full_at - now > self.half

    def used(self, key: Any, now: float) -> float:
        """In how many seconds its bucket will be full again."""
        return max(0.0, self._new.get(key, self._old.get(key, 0.0)) - now)

    def note(self, key: Any, full_at: float, now: float) -> None:
        """Others have taken so much that it is full again then; or even later."""
        known = self._new[key] if key in self._new else self._recall(key, now)
        self._new[key] = max(known, min(full_at, now + self.span))

    def _recall(self, key: Any, now: float) -> float:
        """When the bucket will be full of somebody who was not here in this while."""
        if now >= self._turns_at or len(self._new) >= self._most:
            # Who is in the older one was last here before the newer one began.
            self._old, self._new = self._new, {}
            self._turns_at = now + self.span
        return self._old.pop(key, now)
