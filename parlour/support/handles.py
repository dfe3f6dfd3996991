"""How many files and sockets this process may have open."""

import contextlib
import os
import resource
from typing import Final

# Where the system names no limit: as many as anybody has used.
_UNLIMITED: Final = 1024 * 1024


def raise_handle_limit() -> int:
    """Raise the process's own limit as far as the system lets it; return what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _UNLIMITED if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY:
        return most
    # macOS names no hard limit, and refuses what its kernel does not have.
    for wanted in (most, 10_240):
        if soft < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return wanted
    return soft


def are_free(count: int) -> bool:
    """Whether this process can open so many things more just now."""
    opened: list[int] = []
    try:
        for _ in range(count):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - it may fail half-way
    except OSError:
        return False
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return True
