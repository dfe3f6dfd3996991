"""Whose files and folders are, and who looks at them, by name."""

import contextlib
import os
import pwd
from pathlib import Path


def owner_of(path: Path) -> str:
    """Whose a file or folder is. Raises OSError."""
    return _name_of(path.stat().st_uid)


def user() -> str:
    """As whom this runs."""
    return _name_of(os.geteuid())


def closed(path: Path) -> str:
    """What on the way to a path, or it, may not be used, and whose that is; empty without."""
    # Links are followed as far as they can be.
    there = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for each in (*reversed(there.parents), there):
            if not os.access(each, os.R_OK if each == there else os.X_OK):
                return f"{each} belongs to {owner_of(each)}, and this runs as {user()}."
    return ""


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        # As in a container, whose users have no names.
        return str(number)
