"""What a server costs its machine: resident memory, sockets and files, sampled while it works."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.server import Server
from tests.support.timing import scaled

MIB: Final = 1024 * 1024
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# How often it is looked at, and how often one looks whether something has come back.
INTERVAL: Final = 0.02


def memory(server: Server) -> int:
    """Return the resident memory of the server, in bytes."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text("ascii").split()[1])
    return pages * PAGE


def handles(server: Server) -> int:
    """Return how many files and sockets the server has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


class Most:
    """The most memory that a server had in a block, and what it had before: in bytes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.before = self.most = memory(server)

    @property
    def growth(self) -> int:
        """By how much it grew at most."""
        return self.most - self.before


@contextmanager
def most_memory(server: Server) -> Iterator[Most]:
    """Watch the server's memory for the length of a block."""
    seen = Most(server)
    ending = threading.Event()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while not ending.wait(INTERVAL):
                seen.most = max(seen.most, memory(server))

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ending.set()
        thread.join()


def back(server: Server, before: int, *, seconds: float = 60) -> int:
    """Wait until memory is within a tenth or 5 MiB of `before` again; return what it is then."""
    bound = before + max(before // 10, 5 * MIB)
    deadline = time.monotonic() + scaled(seconds)
    never = threading.Event()
    while (now := memory(server)) > bound:
        assert time.monotonic() < deadline, f"{now / MIB:.1f} MiB, before {before / MIB:.1f}"
        never.wait(INTERVAL)
    return now


def closed_handles(server: Server, before: int, *, seconds: float = 30) -> None:
    """Wait until the server has no more handles than `before`."""
    deadline = time.monotonic() + scaled(seconds)
    never = threading.Event()
    while (now := handles(server)) > before:
        assert time.monotonic() < deadline, f"{now} handles, before {before}"
        never.wait(INTERVAL)
