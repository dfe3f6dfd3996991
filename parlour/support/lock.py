"""One server to a data directory: a lock that the system lets go of when the process ends."""

import fcntl
import os
from pathlib import Path
from typing import IO


class DataDirInUse(Exception):
    """Another server runs on the data directory; the text is the one line to show."""


def lock_data_dir(data_dir: Path) -> IO[str]:
    """Hold `parlour.lock` for as long as the returned file is open. Raises DataDirInUse."""
    descriptor = os.open(data_dir / "parlour.lock", os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
