"""Files in the data directory: two levels of folders, for their owner only."""

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TypeVar

from parlour.storage import Missing, Portions
from parlour.support.folders import own_folder

T = TypeVar("T")

THREADS: Final = 4
# Bytes read at once.
PORTION: Final = 128 * 1024
# Files that are being read and stay open meanwhile. Past it one is opened for each portion: slow
# readers must not take the handles that everybody else needs.
MOST_OPEN: Final = 32


class DiskStorage:
    """Keeps each file under its key, in folders named by the first characters of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="files")
        self._open = 0

    async def begin(self) -> None:
        """Make the folder."""
        await self._run(own_folder, self._folder)

    async def put(self, key: str, source: Path) -> None:
        """Move a file here: whole, or not at all."""
        await self._run(self._put, key, source)

    async def open(self, key: str, begin: int, end: int) -> Portions:
        """The bytes of a part. Raises Missing."""
        try:
            handle = await self._run(os.open, self.path(key), os.O_RDONLY)
        except FileNotFoundError:
            raise Missing(key) from None
        if self._open >= MOST_OPEN:
            os.close(handle)
            return self._reopened(key, begin, end)
        self._open += 1
        return _Reading(self, handle, begin, end)

    async def read(self, handle: int, begin: int, end: int) -> bytes:
        """What is next of a file that is open."""
        return await self._run(os.pread, handle, min(PORTION, end - begin), begin)

    def let_go(self, handle: int) -> None:
        """It is read no further."""
        self._open -= 1
        os.close(handle)

    async def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return await self._run(self.path(key).is_file)

    async def delete(self, key: str) -> None:
        """Take it away."""
        await self._run(self._delete, key)

    async def keys(self) -> AsyncIterator[list[str]]:
        """The names of all files, a folder at a time."""
        for first in await self._run(_folders, self._folder):
            for second in await self._run(_folders, first):
                yield await self._run(os.listdir, second)

    async def close(self) -> None:
        """End the threads."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def path(self, key: str) -> Path:
        """Where the file of a key is, or would be."""
        return self._folder / key[:2] / key[2:4] / key

    def _put(self, key: str, source: Path) -> None:
        target = self.path(key)
        handle = os.open(source, os.O_RDWR)
        try:
            os.fchmod(handle, 0o600)
            os.fsync(handle)
        finally:
            os.close(handle)
        for folder in (self._folder, target.parent.parent, target.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync(folder.parent)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy(source, target)
            source.unlink()
        _sync(target.parent)

    def _delete(self, key: str) -> None:
        path = self.path(key)
        for each in (path.with_name(f"{path.name}.new"), path):
            with contextlib.suppress(FileNotFoundError):
                each.unlink()
                _sync(path.parent)

    async def _reopened(self, key: str, begin: int, end: int) -> AsyncGenerator[bytes, None]:
        while begin < end:
            count = min(PORTION, end - begin)
            try:
                data = await self._run(_read_once, self.path(key), count, begin)
            except FileNotFoundError:
                raise Missing(key) from None
            if not data:
                return
            begin += len(data)
            yield data


class _Reading:
    """A file that stays open while it is read.

    A generator that was never begun would not let go of it: of that nothing is run.
    """

    def __init__(self, storage: DiskStorage, handle: int, begin: int, end: int) -> None:
        self._storage = storage
        self._handle: int | None = handle
        self._begin, self._end = begin, end

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._handle is None or self._begin >= self._end:
            raise StopAsyncIteration
        data = await self._storage.read(self._handle, self._begin, self._end)
        if not data:
            raise StopAsyncIteration  # it was cut short from outside
        self._begin += len(data)
        return data

    async def aclose(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            self._storage.let_go(handle)


def _copy(source: Path, target: Path) -> None:
    """Put a file of another file system in its place: whole, or not at all."""
    # What a crash leaves of it goes with the key, which is noted as pending until then.
    beside = target.with_name(f"{target.name}.new")
    try:
        shutil.copyfile(source, beside)
        handle = os.open(beside, os.O_RDWR)
        try:
            os.fchmod(handle, 0o600)
            os.fsync(handle)
        finally:
            os.close(handle)
        beside.rename(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _folders(parent: Path) -> list[Path]:
    """Those of keys: a disk that is mounted there has `lost+found` besides, which is root's."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(each for each in parent.iterdir() if len(each.name) == 2 and each.is_dir())
    return []


def _read_once(path: Path, count: int, begin: int) -> bytes:
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.pread(handle, count, begin)
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    # A name is on the disk only when its folder is.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
