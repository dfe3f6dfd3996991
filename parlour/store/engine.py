"""One open database: its lock, the write connection, the readers, and who waits for them."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from parlour.errors import Refusal
from parlour.migrations import migrate
from parlour.store.meta import ensure_epoch, epoch_of
from parlour.support.lock import lock_data_dir
from parlour.support.sqlite import (
    Unable,
    check_able,
    check_sound,
    create_private,
    is_damage,
    open_readers,
    open_writer,
)
from parlour.support.writer import Job, Writer, WriterBusy

T = TypeVar("T")

READERS: Final = 4
# How long closing waits for the writer, and then for its thread.
CLOSE_SECONDS: Final = 1.0


class DatabaseUnusable(Exception):
    """The file is no sound SQLite database; the text is the one line to show."""


class Engine:
    """The database in one data directory, which no other process has open meanwhile.

    Raises DataDirInUse, DatabaseUnusable or DatabaseTooNew when it is opened.
    """

    def __init__(self, data_dir: Path, path: Path) -> None:
        self.path = path
        self._lock = lock_data_dir(data_dir)
        self.write_engine = open_writer(path)
        try:
            create_private(path)
            with self.write_engine.begin() as connection:
                check_able(connection)
                check_sound(connection)
                migrate(connection)
                ensure_epoch(connection)
                self.epoch = epoch_of(connection)
        except BaseException as error:
            self.write_engine.dispose()
            self._lock.close()
            if isinstance(error, Unable):
                raise DatabaseUnusable(str(error)) from error
            if isinstance(error, DBAPIError):
                advice = "Keep it, and put a backup in its place." if is_damage(error) else ""
                words = f"{path} cannot be used: {error.orig}. {advice}"
                raise DatabaseUnusable(words.strip()) from error
            raise
        self._read_engine = open_readers(path, READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer: Writer | None = None
        # Set whenever something is handed to the writer, but for what goes on behind.
        self.written = asyncio.Event()

    def start(self) -> None:
        """Start the writer, which answers in the running event loop."""
        self._writer = Writer(self.write_engine, asyncio.get_running_loop())

    async def write(
        self, operation: Callable[..., T], *args: Any, then: Callable[[T], None] | None = None
    ) -> T:
        """Run `operation(connection, *args)` in the writer; its result once it is committed.

        `then` is called with the result in the order of the commits, before anything that was
        committed later is told to anybody. Raises what the operation raised, or a Refusal.
        """
        result: T = await self.submitted(operation, args, bulk=False, then=then)
        return result

    async def tend(self, operation: Callable[..., T], *args: Any) -> T:
        """As `write`, for what follows the writing of others: it does not count as written."""
        result: T = await self._outcome(operation, args, bulk=False, then=None)
        return result

    async def submitted(
        self,
        operation: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        bulk: bool,
        then: Callable[[Any], None] | None,
    ) -> Any:
        """Hand a job to the writer and wait for its outcome, as `write` says."""
        self.written.set()
        return await self._outcome(operation, args, bulk=bulk, then=then)

    async def _outcome(
        self,
        operation: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        bulk: bool,
        then: Callable[[Any], None] | None,
    ) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answer(outcome: Any) -> None:
            if isinstance(outcome, Exception):
                if not future.cancelled():
                    future.set_exception(expected_error(outcome))
                return
            try:
                if then is not None:
                    then(outcome)
            finally:
                # It is stored, whatever became of telling it.
                if not future.cancelled():
                    future.set_result(outcome)

        self._submit(Job(operation, args, bulk=bulk, answer=answer))
        return await future

    async def read(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run `operation(connection, ...)` on a reader, which sees one moment of the database."""

        def run() -> T:
            with self._read_engine.begin() as connection:
                return operation(connection, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)
        except DBAPIError as error:
            raise expected_error(error) from error

    async def told(self) -> None:
        """Wait until everything that a read up to now can have seen has been told.

        A reader may see a commit a moment before those who wait for it are told of it.
        """
        if self._writer is not None:
            await self._writer.told()

    async def drain(self) -> None:
        """Wait until all that was handed to the writer is committed and told."""
        if self._writer is not None:
            await self._writer.drain()

    async def close(self) -> None:
        """Finish what was handed over, then close. The lock on the data directory ends last.

        What another program's lock holds up for longer than CLOSE_SECONDS is given up.
        """
        if self._writer is not None:
            await self._writer.close(CLOSE_SECONDS)
            self._writer = None
        await asyncio.to_thread(self._readers.shutdown)
        self.release()

    def release(self) -> None:
        """Close the connections and the lock, when no writer was started."""
        self._read_engine.dispose()
        self.write_engine.dispose()
        self._lock.close()

    def submit(self, job: Job) -> None:
        """Hand a job to the writer. Raises Refusal `busy` when too many wait."""
        self.written.set()
        self._submit(job)

    def _submit(self, job: Job) -> None:
        if self._writer is None:
            raise RuntimeError("the database is not started")
        try:
            self._writer.submit(job)
        except WriterBusy:
            raise Refusal("busy", "The server has too much to store just now. Try again.") from None


def expected(outcome: Any) -> Any:
    """An outcome of the writer, where it is an error as `expected_error` gives it."""
    return expected_error(outcome) if isinstance(outcome, Exception) else outcome


def expected_error(error: Exception) -> Exception:
    """A full disk or a lock as the Refusal that says so; any other error as it is."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        # The primary code is in the low byte of the extended one.
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return Refusal("storage_full", "The server's disk is full. Nothing was stored.")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Refusal("busy", "The database is locked by another program. Try again.")
    return error
