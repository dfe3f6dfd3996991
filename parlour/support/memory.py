"""What the system gets back of the memory that is not needed any more."""

import contextlib
import ctypes
import gc
import os
import sys
from typing import Final

# From glibc's <malloc.h>.
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
# Blocks from so many bytes on are the system's again as soon as they are free.
_LARGE: Final = 1024 * 1024
# Heaps that threads take their blocks from. Most of them work one after the other anyway.
_HEAPS: Final = 2
# Up to so many connections all garbage is looked for. Each has some 55 objects to look at, for up
# to a microsecond each, as long as which nobody is answered.
_FEW: Final = 100


def keep_memory_small() -> None:
    """Have threads share two heaps, and what is large given back to the system.

    To be called before there are threads: what each has had so far stays its own. By itself glibc
    gives each thread a heap (up to eight for each core), all of which keep what was once needed in
    them. And it keeps the first large block that is freed, and any other of that size, among the
    small ones: each thread that has hashed a password held on to the 20 MB that this takes.
    """
    if sys.platform != "linux":
        return
    # Other libraries than glibc have no such function, and no such habits.
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_MMAP_THRESHOLD, _LARGE)
        if not _heaps_are_counted_by_operators():
            set_option(_M_ARENA_MAX, _HEAPS)


def _heaps_are_counted_by_operators() -> bool:
    # glibc has read these by itself, before anything else.
    names = os.environ.get("GLIBC_TUNABLES", "")
    return "MALLOC_ARENA_MAX" in os.environ or "glibc.malloc.arena_max=" in names


def collect_garbage(connections: int) -> None:
    """Collect it, all of it or, with many connections, what is young.

    By itself Python would wait for as many objects as `gc.set_threshold` says. A quiet server has
    those after half an hour, and by then they have taken megabytes that stay with the process.
    """
    gc.collect(2 if connections <= _FEW else 0)
