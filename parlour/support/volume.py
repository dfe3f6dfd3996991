"""How much room there is on the file system of a folder, asked without waiting for it for ever."""

import asyncio
import os
from pathlib import Path
from typing import Final, NamedTuple

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
        self._folder = folder
        self._asked: asyncio.Future[Space] | None = None

    async def space(self) -> Space:
        """What there is just now. Raises OSError, or TimeoutError where it does not answer."""
        if self._asked is None or self._asked.done():
            loop = asyncio.get_running_loop()
            self._asked = loop.run_in_executor(None, space_of, self._folder)
            # Where nobody waits for it any more, nobody misses what went wrong.
            self._asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Whoever gives up leaves it to the others.
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asyncio.shield(self._asked)


def space_of(folder: Path) -> Space:
    """The same at once. Raises OSError."""
    found = os.statvfs(folder)
    unit = found.f_frsize
    return Space(found.f_blocks * unit, found.f_bavail * unit, bool(found.f_flag & os.ST_RDONLY))
