"""How much room there is on the file system of a folder, asked without waiting for it for ever."""

import asyncio
import os
from pathlib import Path
from typing import Final, NamedTuple

from parlour.support.patience import Patience

# Disks answer at once; one that hangs, or is over a network that does, may never.
PATIENCE_SECONDS: Final = 2.0


class Space(NamedTuple):
    """What a file system has, in bytes, for those who are not root."""

    total: int
    free: int
    read_only: bool


class Volume:
    """The file system of a folder, which is asked by one thread at a time, however many ask."""

    def __init__(self, folder: Path) -> None:
        self._look = Patience(lambda: asyncio.to_thread(space_of, folder), PATIENCE_SECONDS)

    async def space(self) -> Space:
        """What there is just now. Raises OSError, or TimeoutError where it does not answer."""
        return await self._look.answer()


def space_of(folder: Path) -> Space:
    """The same at once. Raises OSError."""
    found = os.statvfs(folder)
    unit = found.f_frsize
    read_only = bool(found.f_flag & os.ST_RDONLY)
    return Space(found.f_blocks * unit, found.f_bavail * unit, read_only)
