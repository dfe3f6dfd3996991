"""Answers that are kept as long as what they were made of has not changed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

# What a place in it costs besides.
_OVERHEAD: Final = 300


class Kept:
    """Bytes by a key, each with the stamp that what it says has; bounded in bytes and age.

    Whoever asks says which stamp holds now, so nothing has to be told that it is out of date. It
    may be asked by several threads.
    """

    def __init__(
        self, most_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most_bytes
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[Hashable, float, bytes]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, stamp: Hashable) -> bytes | None:
        """What was kept, if it has this stamp."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != stamp or self._clock() - found[1] > self._seconds:
                return None
            self._kept.move_to_end(key)
            return found[2]

    def put(self, key: Hashable, stamp: Hashable, body: bytes) -> None:
        """Keep it, and for its sake nothing that is asked for less; unless it is very large."""
        size = len(body) + _OVERHEAD
        with self._lock:
            self._take(key)
            if size > self._most // 8:
                return
            while self._kept and self._size + size > self._most:
                self._take(next(iter(self._kept)))
            self._kept[key] = stamp, self._clock(), body
            self._size += size

    def _take(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._size -= len(found[2]) + _OVERHEAD
