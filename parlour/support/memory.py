"""What the system gets back of the memory that is not needed any more."""

import contextlib
import ctypes
import sys
from typing import Final

# From glibc's <malloc.h>.
_M_MMAP_THRESHOLD: Final = -3
# Blocks from so many bytes on are the system's again as soon as they are free.
_LARGE: Final = 1024 * 1024


def give_back_large_blocks() -> None:
    """Have what is large taken from the system by itself, and given back to it.

    By itself glibc keeps the first such block that is freed, and any other of that size, among the
    small ones: each thread that has hashed a password held on to the 20 MB that this takes.
    """
    if sys.platform == "linux":
        # Other libraries than glibc have no such function, and no such habit.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
