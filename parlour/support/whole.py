"""Small files that are there whole, or as they were before."""

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file for its owner only. A crash leaves the old one or the new one.

    Raises OSError.
    """
    beside = path.with_name(f"{path.name}.new")
    # What an interrupted start left is not ours to write to: its rights may be others.
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    with contextlib.ExitStack() as closing:
        closing.callback(os.close, folder)
        os.fsync(folder)
