"""What the system gets back of the memory that is not needed any more."""

import contextlib
import gc
import os
import sys
from collections.abc import Mapping
from typing import Final

# What glibc is told, by its own names (see the list of its manual, "Memory Allocation Tunables").
_TUNABLES: Final = {
    # Heaps that threads take their blocks from. Most of them work one after the other anyway.
    "glibc.malloc.arena_max": 2,
    # Blocks from so many bytes on are the system's again as soon as they are free. SQLite takes one
    # each time somebody else has written; a heap gets longer where it finds no room for that.
    "glibc.malloc.mmap_threshold": 64 * 1024,
    # But no more than so many at a time: the system lets a process have 65,530.
    "glibc.malloc.mmap_max": 4096,
    # Free blocks of each size that a thread keeps for itself. None at all takes 3 % more time.
    "glibc.malloc.tcache_count": 1,
}
# What glibc called some of them before there were tunables.
_FORMERLY: Final = {
    "glibc.malloc.arena_max": "MALLOC_ARENA_MAX",
    "glibc.malloc.mmap_threshold": "MALLOC_MMAP_THRESHOLD_",
    "glibc.malloc.mmap_max": "MALLOC_MMAP_MAX_",
}
# Which process has begun anew: no other, nor this one twice.
_BEGUN: Final = "_PARLOUR_BEGUN"
# Up to so many connections all garbage is looked for. Each has some 55 objects to look at, for up
# to a microsecond each, as long as which nobody is answered.
_FEW: Final = 100


def keep_memory_small() -> None:
    """Begin this program once more, in the same process, with a C library that keeps little.

    To be called before anything is done: glibc asks only at its own start. By itself it gives each
    thread a heap (up to eight for each core), all of which keep what was once needed in them. It
    keeps the first large block that is freed, and any other of that size, among the small ones:
    each thread that has hashed a password held on to the 20 MB that this takes. And each thread
    keeps up to seven free blocks of each size, which hold up the pages around them. What an
    operator has said of any of these stays so.
    """
    if os.environ.pop(_BEGUN, "") == str(os.getpid()) or not sys.executable or not _is_on_glibc():
        return
    settings = tunables(os.environ)
    if settings != os.environ.get("GLIBC_TUNABLES", ""):
        os.environ |= {"GLIBC_TUNABLES": settings, _BEGUN: str(os.getpid())}
        # Where it may not be executed a second time it goes on as it is.
        with contextlib.suppress(OSError):
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - it is what runs already


def tunables(env: Mapping[str, str]) -> str:
    """Return what `GLIBC_TUNABLES` is to be where the environment is `env`."""
    given = list(filter(None, env.get("GLIBC_TUNABLES", "").split(":")))
    named = {setting.partition("=")[0] for setting in given}
    named |= {name for name, formerly in _FORMERLY.items() if formerly in env}
    return ":".join(
        [*given, *(f"{name}={value}" for name, value in _TUNABLES.items() if name not in named)]
    )


def _is_on_glibc() -> bool:
    # Other libraries have no such settings, and no such habits.
    with contextlib.suppress(ValueError, OSError):
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    return False


def collect_garbage(connections: int) -> None:
    """Collect it, all of it or, with many connections, what is young; give free pages back.

    By itself Python would wait for as many objects as `gc.set_threshold` says. A quiet server has
    those after half an hour, and by then they have taken megabytes that stay with the process. And
    glibc gives back only what is free at a heap's end: it takes half a millisecond to look between.
    """
    # Imported here: each command loads this, and only a server comes to it.
    import ctypes  # noqa: PLC0415

    gc.collect(2 if connections <= _FEW else 0)
    if _is_on_glibc():
        ctypes.CDLL(None).malloc_trim(0)
