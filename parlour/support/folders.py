"""Folders that a server keeps things in."""

import errno
import os
from pathlib import Path


def own_folder(path: Path) -> None:
    """Make a folder for its owner only, unless it is there. Raises OSError if it cannot be used."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
