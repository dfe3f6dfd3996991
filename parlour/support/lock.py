"""One server to a data directory: a lock that the system lets go of when the process ends."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO, Final

LOCK: Final = "parlour.lock"
# Seconds after which it is tried once more: whoever looks whether it is held has it for a moment.
_LOOKS: Final = 0.05


class DataDirInUse(Exception):
    """Another server runs on the data directory; the text is the one line to show."""


def lock_data_dir(data_dir: Path) -> IO[str]:
    """Hold `parlour.lock` for as long as the returned file is open. Raises DataDirInUse."""
    descriptor = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+")
    try:
        _take(file)
    except OSError:
        owner = file.read().strip()
        file.close()
        by = f" (process {owner})" if owner else ""
        raise DataDirInUse(
            f"Another Parlour{by} runs on {data_dir.resolve()}. Stop it, or give this one a data"
            " directory of its own with PARLOUR_DATA_DIR or --data-dir."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _take(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_LOOKS)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder_of(data_dir: Path) -> str | None:
    """Who holds the lock, as a process's number or nothing that is known; None where nobody does.

    Nothing is changed. Raises OSError where it cannot be looked at.
    """
    try:
        file = (data_dir / LOCK).open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read(20).strip()
    return None
