"""Where is measured: on the disk of the data directory, and out of its way where that goes."""

import os
from pathlib import Path


def place_of(data_dir: Path) -> Path:
    """The folder in which a server of its own may be, for a while. Raises OSError.

    That is the one in which the data directory is; where that is another disk (the directory is
    the place of one of its own), or cannot be written, it is the directory itself. Where there is
    none yet it is the nearest folder that there is: the first start makes all below it.
    """
    data_dir = data_dir.resolve()
    if not data_dir.is_dir():
        return next(each for each in (data_dir, *data_dir.parents) if each.exists())
    beside = data_dir.parent
    is_same = beside.stat().st_dev == data_dir.stat().st_dev
    return beside if is_same and os.access(beside, os.W_OK | os.X_OK) else data_dir
