"""Where archives lie: in a folder, or in a bucket of an S3-compatible store."""

import contextlib
import errno
import fcntl
import io
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from parlour.backup.contents import BEGINNING, BackupError, time_of
from parlour.settings import Settings, SettingsError
from parlour.storage import Unavailable
from parlour.support.archive import NewFile
from parlour.support.urls import S3

# What is made lies in such a folder until it is whole; nobody else's begins so.
_UNFINISHED: Final = ".parlour-backup-"
# Where nobody can lock it, it is nobody's any more when nothing of it changed for so long.
_LEFT_SECONDS: Final = 24 * 3600
# How often one is begun that others take away before it is locked.
_TRIES: Final = 100
# Bytes that are asked of a store at once.
_PIECE: Final = 8 * 1024 * 1024
# A store takes 10,000 parts of one file at most, each of which is in memory.
_PARTS: Final = 9_000
_LEAST_PART: Final = 8 * 1024 * 1024
_AT_ONCE: Final = 2


class Busy(BackupError):
    """Somebody else makes a backup there just now."""


class Gone(Unavailable):
    """Nothing of this name is in the bucket."""


class Sink(Protocol):
    """An archive that is being written: there is nothing of it until it is kept."""

    def write(self, data: bytes, /) -> object:
        """More of it. Raises OSError or Unavailable."""

    def written(self) -> BinaryIO:
        """All of it is written, and is given back to be read. Raises as `write`."""

    def keep(self) -> str:
        """It is there from now on, also after a power cut; where. Raises as `write`."""

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing of one that was not kept."""


class Place(Protocol):
    """Where archives lie, by their names."""

    def begin(self) -> contextlib.AbstractContextManager[Path]:
        """A folder to work in, for the one who works there. Raises Busy or OSError."""

    def create(self, name: str, size: int) -> Sink:
        """Begin to write an archive, of about so many bytes."""

    def names(self) -> list[str]:
        """The archives that are there. Raises OSError or Unavailable."""

    def beginning(self, name: str) -> bytes:
        """The first BEGINNING bytes of one, or all of it. Raises the same."""

    def delete(self, name: str) -> None:
        """Take one away. Raises the same."""


def place_of(settings: Settings, where: str) -> Place:
    """The place that a setting or a flag names. Raises BackupError or SettingsError."""
    if where.startswith(S3):
        bucket, _, prefix = where.removeprefix(S3).partition("/")
        return Bucket(settings, bucket, prefix.strip("/"))
    folder = Path(where).expanduser()
    if folder.resolve().is_relative_to(settings.data_dir.resolve()):
        raise BackupError(
            f"{folder} is in the data directory, of which it is to be a copy: choose another place."
        )
    return Folder(folder)


@contextlib.contextmanager
def opened(settings: Settings, archive: str) -> Iterator[BinaryIO]:
    """An archive, by its path or address, to be read. Raises OSError or Unavailable."""
    if archive.startswith(S3):
        bucket, _, key = archive.removeprefix(S3).partition("/")
        prefix, _, name = key.rpartition("/")
        yield Bucket(settings, bucket, prefix).open(name)
        return
    with Path(archive).expanduser().open("rb") as file:
        yield file


@contextlib.contextmanager
def _workshop(parent: Path, *, is_shared: bool) -> Iterator[Path]:
    """A folder to work in, of which nothing is left. What a killed one has left there goes.

    Who works in one has it locked, which ends with the process, and may hold on that machine
    alone: so where others' servers work, too, it is named after the machine. Raises OSError, and
    Busy where nobody else's server works there.
    """
    ours = f"{_UNFINISHED}{_here()}" if is_shared else _UNFINISHED.rstrip("-")
    others = (FileNotFoundError, PermissionError, Busy) if is_shared else (FileNotFoundError,)
    for left in parent.glob(f"{_UNFINISHED}*/"):
        # What mkdtemp adds has no hyphen.
        is_ours = not is_shared or left.name.rpartition("-")[0] == ours
        with contextlib.suppress(*others), _locked(left) as is_locked:
            if (is_locked and is_ours) or _is_left(left):
                shutil.rmtree(left)
    with contextlib.ExitStack() as held:
        yield _begun(parent, f"{ours}-", held)


def _here() -> str:
    """The name of this machine, or container, as it can be in the name of a folder."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64]


def _begun(parent: Path, prefix: str, held: contextlib.ExitStack) -> Path:
    """A new folder, locked, as long as this is held. Raises Busy or OSError."""
    for _ in range(_TRIES):
        with contextlib.ExitStack() as tried:
            made = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
            folder = Path(tried.enter_context(made))
            # Who begins at the same time may have found it unlocked, and takes it away.
            with contextlib.suppress(FileNotFoundError, Busy):
                tried.enter_context(_locked(folder))
                if folder.exists():
                    held.push(tried.pop_all())
                    return folder
    raise Busy(f"Others begin backups, or exports, in {parent} all the time.")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold it; False where the file system of another machine knows no locks. Raises Busy."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = f"Another backup, or an export, is being made in {folder.parent}."
            raise Busy(words) from None
        except OSError:
            # There the database's word has to do.
            is_locked = False
        else:
            is_locked = True
        yield is_locked
    finally:
        os.close(handle)


def _is_left(folder: Path) -> bool:
    changed = max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
    return time.time() - changed > _LEFT_SECONDS


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = self._folder = path

    @contextlib.contextmanager
    def begin(self) -> Iterator[Path]:
        """As the interface says."""
        # Not those above: where a disk is not mounted, everything would go to another one.
        self._path.mkdir(mode=0o700, exist_ok=True)
        # Those of other servers, too: of one database the database knows who makes one.
        with _workshop(self._path, is_shared=True) as self._folder:
            yield self._folder

    def create(self, name: str, size: int) -> Sink:
        """As the interface says."""
        del size
        return _File(self._folder / name, self._path / name)

    def names(self) -> list[str]:
        """As the interface says."""
        return [name for name in os.listdir(self._path) if time_of(name)]  # noqa: PTH208

    def beginning(self, name: str) -> bytes:
        """As the interface says."""
        with (self._path / name).open("rb") as file:
            return file.read(BEGINNING)

    def delete(self, name: str) -> None:
        """As the interface says."""
        (self._path / name).unlink()


class _File:
    """An archive in a folder: under its own name only once it is kept."""

    def __init__(self, beside: Path, target: Path) -> None:
        self._beside, self._target = beside, target
        self._file = NewFile(beside)

    def write(self, data: bytes, /) -> object:
        return self._file.write(data)

    def written(self) -> BinaryIO:
        file = self._file.sync()
        # What is read comes from the disk and not from memory, where the system can be told so.
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file

    def keep(self) -> str:
        self._beside.rename(self._target)
        sync_folder(self._target.parent)
        return str(self._target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be there after a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Of some file systems of other machines that cannot be asked.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


class Bucket:
    """A bucket of an S3-compatible store, with the endpoint and the keys that files have, too."""

    def __init__(self, settings: Settings, bucket: str, prefix: str) -> None:
        from parlour.storage.s3 import open_store  # noqa: PLC0415 - an extra

        if not bucket:
            raise SettingsError(f"{S3}: say which bucket.")
        self._shown = f"{S3}{bucket}/{prefix}".rstrip("/")
        self._store = open_store(
            settings.s3_endpoint, bucket, settings.s3_region, prefix, needed_by=f"{S3}{bucket}"
        )
        self._data_dir = settings.data_dir

    @contextlib.contextmanager
    def begin(self) -> Iterator[Path]:
        """As the interface says: where the server has room for its own database, too."""
        with _workshop(self._data_dir, is_shared=False) as folder:
            yield folder

    def create(self, name: str, size: int) -> Sink:
        """As the interface says."""
        return _Object(self, self._store, name, max(_LEAST_PART, -(-size // _PARTS)))

    def where(self, name: str) -> str:
        """The address of an archive."""
        return f"{self._shown}/{name}"

    def open(self, name: str) -> BinaryIO:
        """An archive to be read."""
        return io.BufferedReader(_Pieces(self._store, name, self.where(name)), _PIECE)

    def beginning(self, name: str) -> bytes:
        """As the interface says."""
        # Not buffered: that would ask for megabytes.
        return _Pieces(self._store, name, self.where(name)).read(BEGINNING) or b""

    def names(self) -> list[str]:
        """As the interface says."""
        import obstore  # noqa: PLC0415

        with _told(self._shown):
            found = obstore.list_with_delimiter(self._store)["objects"]
        return [name for each in found if time_of(name := each["path"].rpartition("/")[2])]

    def delete(self, name: str) -> None:
        """As the interface says."""
        import obstore  # noqa: PLC0415

        with _told(self.where(name)):
            obstore.delete(self._store, name)


class _Object:
    """An archive in a bucket: there is nothing to be seen of it until all of it has come."""

    def __init__(self, bucket: Bucket, store: Any, name: str, part: int) -> None:
        import obstore  # noqa: PLC0415

        self._bucket, self._store, self._name = bucket, store, name
        self._out: Any = obstore.open_writer(
            store, name, buffer_size=part, max_concurrency=_AT_ONCE
        )
        self._is_there = self._is_kept = False

    def write(self, data: bytes, /) -> object:
        with _told(self._bucket.where(self._name)):
            return self._out.write(data)

    def written(self) -> BinaryIO:
        with _told(self._bucket.where(self._name)):
            self._out.close()
        self._is_there = True
        return self._bucket.open(self._name)

    def keep(self) -> str:
        self._is_kept = True
        return self._bucket.where(self._name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What was not closed is in no bucket; parts of it are what the store takes away by itself.
        if self._is_there and not self._is_kept:
            with contextlib.suppress(Unavailable):
                self._bucket.delete(self._name)


class _Pieces(io.RawIOBase):
    """An object as it is read from its beginning: each piece is asked for by itself."""

    def __init__(self, store: Any, name: str, shown: str) -> None:
        import obstore  # noqa: PLC0415

        self._store, self._name, self._shown = store, name, shown
        with _told(shown):
            self._size = int(obstore.head(store, name)["size"])
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        import obstore  # noqa: PLC0415

        count = min(len(buffer), self._size - self._place)
        if count <= 0:
            return 0
        with _told(self._shown):
            data = obstore.get_range(self._store, self._name, start=self._place, length=count)
        piece = memoryview(data)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


@contextlib.contextmanager
def _told(shown: str) -> Iterator[None]:
    """What a store refuses, in one line."""
    from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415

    from parlour.storage.s3 import words_of  # noqa: PLC0415

    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise Gone(f"there is no {shown}") from None
    except (BaseError, OSError) as error:
        raise Unavailable(f"the S3 store refused {shown}: {words_of(error)}") from error
