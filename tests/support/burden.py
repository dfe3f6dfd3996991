"""What a server costs its machine: resident memory, sockets and files, the processor's time."""

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
# How often one looks whether something has come back.
INTERVAL: Final = 0.02


def of(server: Server) -> Path:
    """Return where the kernel tells of the server's process."""
    return Path(f"/proc/{server.process.pid}")


def memory(server: Server) -> int:
    """Return the resident memory of the server, in bytes."""
    pages = int((of(server) / "statm").read_text("ascii").split()[1])
    return pages * PAGE


def handles(server: Server) -> int:
    """Return how many files and sockets the server has open."""
    return len(list((of(server) / "fd").iterdir()))


def cpu_seconds(server: Server) -> float:
    """Return how long the server has run on a core so far."""
    fields = (of(server) / "stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def calm(server: Server) -> float:
    """Wait until the server uses less than a tenth of a core for a second; return how much."""
    deadline = time.monotonic() + scaled(15)
    spent = 1.0
    while spent > 0.1:
        assert time.monotonic() < deadline, f"it keeps {spent:.0%} of a core busy"
        cpu, begin = cpu_seconds(server), time.monotonic()
        threading.Event().wait(1)
        spent = (cpu_seconds(server) - cpu) / (time.monotonic() - begin)
    return spent


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
    """Watch the server's memory for the length of a block, at whose end it is known."""
    # The kernel counts the most that there was since this.
    (of(server) / "clear_refs").write_text("5", "ascii")
    seen = Most(server)
    yield seen
    status = (of(server) / "status").read_text("ascii")
    seen.most = int(status.partition("VmHWM:")[2].split()[0]) * 1024


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
