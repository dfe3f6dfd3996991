"""Files out of the storage, one after the other, for whoever writes them into an archive."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Self

from parlour.settings import Settings
from parlour.storage import Missing, open_storage
from parlour.storage.disk import DiskStorage
from parlour.support.archive import Readable

# One that comes from elsewhere is in memory up to so many bytes, and beyond on the disk.
_IN_MEMORY: Final = 8 * 1024 * 1024


class Fetched(NamedTuple):
    """A file, and how many bytes it has."""

    file: Readable
    size: int


class Fetching:
    """Gives the files of a storage; `folder` is where to put what comes from elsewhere."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Raises SettingsError."""
        self._storage = open_storage(settings)
        self._folder = folder
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._storage.close())
        self._runner.close()

    @contextlib.contextmanager
    def get(self, key: str, size: int) -> Iterator[Fetched | None]:
        """The file of a key, which has about so many bytes; None where there is none.

        Raises OSError or Unavailable.
        """
        if isinstance(self._storage, DiskStorage):
            try:
                file = self._storage.path(key).open("rb")
            except FileNotFoundError:
                yield None
                return
            with file:
                yield Fetched(file, os.fstat(file.fileno()).st_size)
            return
        # How many there are has to be known before the first of them is written.
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._folder)) as came:
            if not self._runner.run(self._fetch(key, size, came)):
                yield None
                return
            count = came.tell()
            came.seek(0)
            yield Fetched(came, count)

    async def _fetch(self, key: str, size: int, target: IO[Any]) -> bool:
        try:
            portions = await self._storage.open(key, 0, size)
            async with contextlib.aclosing(portions):
                async for portion in portions:
                    target.write(portion)
        except Missing:
            return False
        return True
