"""Reads a large file in order, so that the system has it at hand for who goes to and fro in it.

Who looks through a database goes along its trees, and a disk that has to fetch each page for that
is several times slower than for the whole file in one go. It is done by a program of its own, which
imports nothing of Parlour: to close a file lets go of all locks that a process has on it, those of
SQLite's connections, too.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

# What is smaller is there soon in any order.
FEW_BYTES: Final = 256 * 1024 * 1024
_PORTION: Final = 1024 * 1024
_MEMORY: Final = Path("/proc/meminfo")


def read_ahead(path: Path) -> "subprocess.Popen[bytes] | None":
    """Begin to read it; None where it is small, or larger than what memory is there for it.

    The program ends by itself, and may be killed at any time.
    """
    try:
        size = path.stat().st_size
        if not FEW_BYTES <= size <= _memory_left():
            return None
        return subprocess.Popen(  # noqa: S603 - a program of Parlour's, with no shell
            [sys.executable, "-I", __file__, str(path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        # Then it is fetched page by page.
        return None


def _memory_left() -> int:
    """Bytes that the system may keep of files, as far as it says; 0 where it does not."""
    if not _MEMORY.exists():
        return 0
    told = dict(line.partition(":")[::2] for line in _MEMORY.read_text().splitlines())
    return int(told.get("MemAvailable", "0").split()[0]) * 1024


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb", buffering=0) as file:
        portion = bytearray(_PORTION)
        while file.readinto(portion):
            pass
