"""Whose files and folders are, and who looks at them, by name."""

import os
import pwd
from pathlib import Path


def owner_of(path: Path) -> str:
    """Whose a file or folder is. Raises OSError."""
    return _name_of(path.stat().st_uid)


def user() -> str:
    """As whom this runs."""
    return _name_of(os.geteuid())


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        # As in a container, whose users have no names.
        return str(number)
