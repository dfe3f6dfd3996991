"""Many files in one, which `tar` reads too, in a form so narrow that nothing else fits into it.

There are plain files alone, one after the other, each by a header that is written in one way only;
the last one, SHA256SUMS, has the hash of each of the others as `sha256sum --check` reads it. So
each bit counts: whatever was changed, cut off or added is found. Nothing is ever put anywhere by
the name that an archive gives it.
"""

import hashlib
import os
import re
import tarfile
import tempfile
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol, Self

SUMS: Final = "SHA256SUMS"
# Bytes that are read and written at once.
PORTION: Final = 1024 * 1024
# Bytes of which the disk is told at once.
_AT_ONCE: Final = 16 * 1024 * 1024
_BLOCK: Final = tarfile.BLOCKSIZE
# What comes at the end, as tar wants it.
_END: Final = bytes(2 * _BLOCK)
# No name begins with a dot or goes up or down more than a folder.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}(/[A-Za-z0-9][A-Za-z0-9._-]{0,47})?")
# Hashes are kept in memory up to so many bytes, and beyond in a file.
_IN_MEMORY: Final = 1024 * 1024


class Damaged(Exception):
    """It is not what was written; the text says where it begins to differ."""


class Readable(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """So many of them; fewer at the end alone."""


class Writable(Protocol):
    """Where bytes go to."""

    def write(self, data: bytes, /) -> object:
        """Take all of these."""


def _header(name: str, size: int, at: int) -> bytes:
    made = tarfile.TarInfo(name)
    made.size, made.mtime, made.mode = size, at, 0o600
    return made.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> int:
    return -size % _BLOCK


class Writer:
    """Writes an archive; `at` is the time that all of its files bear."""

    def __init__(self, out: Writable, at: int) -> None:
        self._out = out
        self._at = at
        # Closed with the writer, and in no folder meanwhile.
        self._sums = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    def add(self, name: str, source: Readable, size: int) -> str:
        """Add a file of so many bytes; its hash. Raises Damaged where there are not as many."""
        digest = self._write(name, source, size)
        self._sums.write(_line(digest, name))
        return digest

    def digest(self) -> bytes:
        """A hash of all that was added so far, names and contents."""
        return _digest(self._sums)

    def end(self) -> None:
        """Write what comes at the end."""
        size = self._sums.tell()
        self._sums.seek(0)
        self._write(SUMS, self._sums, size)
        self._out.write(_END)

    def close(self) -> None:
        """Let go of what it works with."""
        self._sums.close()

    def _write(self, name: str, source: Readable, size: int) -> str:
        self._out.write(_header(name, size, self._at))
        digest, left = hashlib.sha256(), size
        while left:
            data = source.read(min(PORTION, left))
            if not data:
                raise Damaged(f"{name} ended {left} bytes too early")
            digest.update(data)
            self._out.write(data)
            left -= len(data)
        self._out.write(bytes(_padding(size)))
        return digest.hexdigest()


class Member:
    """A file of an archive as it is read, once and from its beginning."""

    def __init__(self, source: Readable, name: str, size: int) -> None:
        self.name: Final = name
        self.size: Final = size
        self._source = source
        self._left = size
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """So many bytes of it, or all that are left. Raises Damaged."""
        count = self._left if size < 0 else min(size, self._left)
        data = _exactly(self._source, count, self.name)
        self._left -= count
        self._digest.update(data)
        return data

    def readable(self) -> bool:
        """For whoever takes it for a file."""
        return True

    def end(self) -> str:
        """Read what is left of it; the hash of all."""
        while self._left:
            self.read(PORTION)
        if any(_exactly(self._source, _padding(self.size), self.name)):
            raise Damaged(f"there is something behind {self.name}")
        return self._digest.hexdigest()


class Reader:
    """Reads an archive from its beginning, as it comes."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._at: int | None = None
        self._open: Member | None = None
        self._sums = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    def next(self) -> Member | None:
        """The next file; None when all have been read and nothing is wrong. Raises Damaged."""
        if self._open is not None:
            self._sums.write(_line(self._open.end(), self._open.name))
        name, size = self._next()
        if name == SUMS:
            self._end(Member(self._source, name, size))
            return None
        self._open = Member(self._source, name, size)
        return self._open

    def digest(self) -> bytes:
        """A hash of all files before the one that was handed out last, names and contents."""
        return _digest(self._sums)

    def close(self) -> None:
        """Let go of what it works with."""
        self._sums.close()

    def _next(self) -> tuple[str, int]:
        block = _exactly(self._source, _BLOCK, "its list of files")
        try:
            found = tarfile.TarInfo.frombuf(block, "ascii", "strict")
            name, size, at = found.name, found.size, int(found.mtime)
        except (tarfile.HeaderError, ValueError):
            raise Damaged("it is no archive of Parlour, or not whole") from None
        self._at = at if self._at is None else self._at
        # Whatever else a header may say, of links, devices and folders, makes it another one.
        is_plain = _NAME.fullmatch(name) is not None and size >= 0
        if not is_plain or block != _header(name, size, self._at):
            raise Damaged("there is something in it that Parlour does not write")
        return name, size

    def _end(self, told: Member) -> None:
        whole = self._sums.tell()
        self._sums.seek(0)
        if told.size != whole:
            raise Damaged("its list of hashes is not that of its files")
        for line in self._sums:
            if told.read(len(line)) != line:
                raise Damaged(f"{line[66:].decode().strip()} is not what was written")
        told.end()
        if _exactly(self._source, len(_END), "the end") != _END or self._source.read(1):
            raise Damaged("there is something behind its end")


def _line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


def _digest(sums: IO[bytes]) -> bytes:
    size = sums.tell()
    sums.seek(0)
    digest = hashlib.sha256()
    while portion := sums.read(PORTION):
        digest.update(portion)
    sums.seek(size)
    return digest.digest()


def _exactly(source: Readable, count: int, where: str) -> bytes:
    data = source.read(count) if count else b""
    while len(data) < count:
        more = source.read(count - len(data))
        if not more:
            raise Damaged(f"it ends too early, in {where}")
        data += more
    return data


class Evenly:
    """Has the disk take what is written bit by bit.

    A file system flushes for whoever waits for a flush also much of what others have written, so
    that one who writes at once what takes the disk a second lets all of them wait for so long.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._since = 0

    def add(self, size: int) -> None:
        """So many bytes more were written, and are with the system."""
        self._since += size
        if self._since >= _AT_ONCE:
            self._since = 0
            os.fdatasync(self._handle)


class NewFile:
    """A new file for its owner only, which may be read once it is written."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, also where there is one."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        self._file: BinaryIO = os.fdopen(os.open(path, flags, 0o600), "w+b", buffering=0)
        self._evenly = Evenly(self._file.fileno())

    def write(self, data: bytes, /) -> int:
        """Write all of it. Raises OSError."""
        left = memoryview(data)
        while left:
            count = self._file.write(left)
            left = left[count:]
            self._evenly.add(count)
        return len(data)

    def flush(self) -> None:
        """For whoever takes it for a file."""

    def sync(self) -> BinaryIO:
        """All of it is on the disk; the file, to be read from its beginning."""
        os.fsync(self._file.fileno())
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def copy(source: Readable, target: Writable) -> int:
    """Copy all there is; how much that was."""
    total = 0
    while data := source.read(PORTION):
        target.write(data)
        total += len(data)
    return total
