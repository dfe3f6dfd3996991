"""Files on their way in: streamed to disk, looked at, put into the storage.

Nothing of a file is in memory but the portion that has just come (and the few parts that a store
elsewhere is just sent). What is on its way lies in a folder of its own, which is emptied when the
server starts.
"""

import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect

from parlour.database import Database
from parlour.errors import Refusal
from parlour.settings import Settings
from parlour.storage import Storage, Unavailable
from parlour.store import files as file_rows
from parlour.support.folders import own_folder
from parlour.support.images import Images, Remade, TooMuch
from parlour.support.logs import Seldom
from parlour.support.mediatypes import DECODED, PLAIN, media_type_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Files that are on their way in at once; of one person.
MOST: Final = 64
MOST_EACH: Final = 4
# When all places are taken the slowest goes, of those that have been coming for so many seconds.
GRACE_SECONDS: Final = 5.0
# Bytes written at once.
PORTION: Final = 256 * 1024
# Nothing of a file comes for so many seconds.
STALL_SECONDS: Final = 30.0
# So many bytes a second are the least, in each of so many seconds after the first of these.
SLOWEST: Final = 16_000
PACE_SECONDS: Final = 30.0
# Storage and disk are full, or the owner may not have more of it.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# The disk can only be read, does not do what it should, or there is no handle for a file.
_AWAY: Final = frozenset({errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE})
_told: Final = Seldom()


@dataclass(slots=True)
class Received:
    """A file that has come whole, and what it was found to be."""

    path: Path
    size: int
    sha256: str
    type: str = PLAIN
    image: Remade | None = None
    thumbnail: Path | None = None

    @property
    def stored(self) -> int:
        """Bytes that it takes, with its thumbnail."""
        return self.size + (0 if self.thumbnail is None else self.thumbnail.stat().st_size)


class Receiving:
    """What takes files in: where they come to, and how many may come at once."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self.storage = storage
        self.images = Images()
        # Set when something is to be taken from the storage.
        self.stir = asyncio.Event()
        self.most_bytes = settings.max_file_size
        self._folder = settings.uploads_path
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="upload")
        self._coming: Counter[str] = Counter()
        # All of them but those that give way.
        self._intakes: set[Intake] = set()

    @property
    def coming(self) -> int:
        """How many files are on their way in."""
        return self._coming.total()

    async def begin(self) -> None:
        """Make the folders, and empty that of files on their way. Raises OSError."""
        await prepare(self._folder, self.storage)

    async def close(self) -> None:
        """Let go of everything, at the end."""
        await asyncio.to_thread(self.images.close)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        await self.storage.close()

    @asynccontextmanager
    async def place(self, author: str) -> AsyncIterator["Intake"]:
        """A place for one file, of which nothing is left at the end but what was stored.

        Raises Refusal `busy`.
        """
        if self._coming[author] >= MOST_EACH:
            words = f"{MOST_EACH} files of yours are on their way already. Send this one then."
            raise Refusal("busy", words)
        if len(self._intakes) >= MOST and not self._send_slowest_away():
            raise Refusal("busy", "Too many files are on their way just now. Try again.")
        self._coming[author] += 1
        intake = Intake(self, author, self._folder, self._threads)
        self._intakes.add(intake)
        try:
            yield intake
        finally:
            await intake.clear()
            self._intakes.discard(intake)
            self._coming[author] -= 1
            if not self._coming[author]:
                del self._coming[author]

    def _send_slowest_away(self) -> bool:
        """Make a place for somebody else; whether there is one."""
        slow = [intake for intake in self._intakes if intake.waited >= GRACE_SECONDS]
        if not slow:
            return False
        slowest = min(slow, key=lambda intake: intake.size / intake.waited)
        self._intakes.discard(slowest)
        slowest.give_way()
        return True


class Pace:
    """How fast a file comes, by the time that is waited for it."""

    def __init__(self) -> None:
        self._seconds, self._bytes = 0.0, 0
        self._begins = True

    def is_too_slow(self, seconds: float, size: int) -> bool:
        """Whether too little has come, now that so much more has in so many seconds."""
        self._seconds += seconds
        self._bytes += size
        if self._seconds < PACE_SECONDS:
            return False
        too_slow = not self._begins and self._bytes < SLOWEST * self._seconds
        self._seconds, self._bytes, self._begins = 0.0, 0, False
        return too_slow


class Intake:
    """One file on its way in."""

    def __init__(
        self, parent: Receiving, author: str, folder: Path, threads: ThreadPoolExecutor
    ) -> None:
        self._parent = parent
        # All guests are one: a guest is quickly somebody else.
        self._whose = file_rows.charged(author)
        # Bytes that have come, and since when they come; None when they do not.
        self.size = 0
        self._since: float | None = None
        self._bound: asyncio.Timeout | None = None
        self._gives_way = False
        self._threads = threads
        self._base = folder / secrets.token_hex(16)

    async def receive(self, stream: AsyncIterator[bytes], most: int, larger: Refusal) -> Received:
        """Write what comes to disk. Raises Refusal; `larger` as soon as it is more than that."""
        digest = hashlib.sha256()
        waiting = bytearray()
        with _full_disk():
            file = await self._run(lambda: self._path("part").open("xb"))
            try:
                async for portion in self._in_time(stream):
                    self.size += len(portion)
                    if self.size > most:
                        raise larger
                    waiting += portion
                    if len(waiting) >= PORTION:
                        written, waiting = waiting, bytearray()
                        await self._run(_write, file, digest, written)
                await self._run(_write, file, digest, waiting)
            finally:
                # Closing writes nothing: it is not buffered past `_write`.
                await asyncio.shield(self._run(file.close))
        if not self.size:
            raise Refusal("empty", "The file has nothing in it.")
        return Received(self._path("part"), self.size, digest.hexdigest())

    async def examine(self, received: Received) -> Received:
        """Find out what it is; an image is written anew. Raises Refusal."""
        kind = await self._run(media_type_of, received.path)
        if kind not in DECODED:
            received.type = kind
            return received
        target, small = self._path("image"), self._path("small")
        most = max(2 * received.size, 20_000_000)
        with _full_disk():
            try:
                made = await self._parent.images.remake(
                    self._whose, received.path, target, small, size=most
                )
            except TooMuch as error:
                words = f"{error}. Make it smaller, or put it into an archive."
                raise Refusal("too_large", words) from None
            if made is None:
                # It only looks like one: nobody is shown it, and who wants it has to save it.
                return received
            return await self._run(_remade, target, small, made)

    async def square(self, received: Received, side: int) -> Received | None:
        """Make a square of an image; None when it is none. Raises Refusal."""
        kind = await self._run(media_type_of, received.path)
        if kind not in DECODED:
            return None
        target = self._path("image")
        with _full_disk():
            try:
                made = await self._parent.images.square(self._whose, received.path, target, side)
            except TooMuch as error:
                raise Refusal("too_large", f"{error}. Choose a smaller one.") from None
            if made is None:
                return None
            return await self._run(_remade, target, self._path("small"), made)

    async def store(self, database: Database, parts: Iterable[tuple[str, Path]]) -> None:
        """Put files into the storage under their keys; noted before, for what comes between."""
        noted = list(parts)
        await database.write(file_rows.expect, [key for key, _ in noted])
        with _full_disk():
            for key, path in noted:
                await self._parent.storage.put(key, path)

    async def give_up(self, database: Database, keys: Iterable[str]) -> None:
        """Have taken from the storage again what got no row, so far as that is known.

        A commit whose answer was lost has given it one.
        """
        # Where nothing can be written the note stays, and the next start finds it.
        with contextlib.suppress(Refusal):
            await database.write(file_rows.discard, list(keys))
        self._parent.stir.set()

    @property
    def waited(self) -> float:
        """Seconds for which it has been coming; 0 when it is there, or has not begun."""
        return 0.0 if self._since is None else asyncio.get_running_loop().time() - self._since

    def give_way(self) -> None:
        """Make a place for somebody else: whoever sends it is told `busy`."""
        self._gives_way = True
        if self._bound is not None and not self._bound.expired():
            self._bound.reschedule(asyncio.get_running_loop().time())

    async def clear(self) -> None:
        """Leave nothing of it, even if nobody waits for that."""
        await asyncio.shield(asyncio.to_thread(self._unlink))

    async def _in_time(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """What comes, as long as it does and fast enough. Raises Refusal."""
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        # What the server itself takes to write it down is not counted.
        pace = Pace()
        try:
            while (portion := await self._next(stream, pace, loop.time)) is not None:
                yield portion
        finally:
            self._since = None

    async def _next(
        self, stream: AsyncIterator[bytes], pace: "Pace", clock: Callable[[], float]
    ) -> bytes | None:
        begun = clock()
        try:
            async with asyncio.timeout(0 if self._gives_way else STALL_SECONDS) as self._bound:
                portion = await anext(stream, None)
        except TimeoutError:
            if self._gives_way:
                words = "Too many files are on their way, and this came slowest. Send it again."
                raise Refusal("busy", words) from None
            words = "Nothing more of the file came. Send it again."
            raise Refusal("timeout", words) from None
        except ClientDisconnect:
            # Nobody reads the answer, and it is no fault of the server that would be logged.
            raise Refusal("bad_request", "The file ended too early.") from None
        finally:
            self._bound = None
        if portion is not None and pace.is_too_slow(clock() - begun, len(portion)):
            words = f"The file comes too slowly: {SLOWEST} bytes a second are the least."
            raise Refusal("timeout", words)
        return portion

    def _unlink(self) -> None:
        for part in ("part", "image", "small"):
            with contextlib.suppress(OSError):
                self._path(part).unlink()

    def _path(self, part: str) -> Path:
        return self._base.with_suffix(f".{part}")

    async def _run(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


async def prepare(uploads: Path, storage: Storage) -> None:
    """What takes files in needs its folders, with nothing of what a crash has left. Raises OSError.

    To do so twice changes nothing: who starts a server asks before there is anything to end again.
    """
    await storage.begin()
    await asyncio.to_thread(_empty, uploads)


def too_large(most: int) -> Refusal:
    """For a file of more bytes than that."""
    return Refusal("too_large", f"A file has at most {most} bytes; this one has more.")


def _write(file: Any, digest: Any, data: bytearray) -> None:
    digest.update(data)
    file.write(data)
    file.flush()


def _remade(target: Path, small: Path, made: Remade) -> Received:
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    return Received(
        target, size, digest, made.type, made, small if made.thumbnail is not None else None
    )


@contextmanager
def _full_disk() -> Iterator[None]:
    """A full disk is told as `storage_full`, a storage that is away as `busy`."""
    try:
        yield
    except Unavailable as error:
        logger.warning("a file was not stored: %s", error)
        raise Refusal("busy", "The server's storage does not answer. Try again.") from None
    except OSError as error:
        if error.errno in _FULL:
            words = "The server's disk is full. Nothing was stored."
            raise Refusal("storage_full", words) from None
        if error.errno not in _AWAY:
            raise
        if _told.due():
            logger.warning("files cannot be stored: %s", error.strerror)
        if error.errno == errno.EROFS:
            words = "The server's disk can only be read. Nothing was stored."
            raise Refusal("storage_full", words) from None
        words = f"The server cannot store files just now: {error.strerror}. Try again."
        raise Refusal("busy", words) from None


def _empty(folder: Path) -> None:
    own_folder(folder)
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            # Of an archive that was being made, or brought in.
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                Path(entry.path).unlink()
