"""One open database: its lock, the write connection, the readers, and who waits for them."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour.errors import Refusal
from parlour.migrations import is_behind, migrate
from parlour.store import lease, nodes
from parlour.store.backends import Backend, DatabaseUnusable, Sizes, expected_error
from parlour.store.fitness import LOOK_SECONDS, Unfit
from parlour.store.jobs import now_ms
from parlour.store.journal import Follower
from parlour.store.marks import moved_to, refuse_half_restored, refuse_to_forget
from parlour.store.meta import ensure_epoch, ensure_installed, epoch_of
from parlour.store.readers import Readers
from parlour.support.counts import COUNTS
from parlour.support.lock import lock_data_dir
from parlour.support.writer import SINGLE, Commits, Job, Writer, WriterBusy

T = TypeVar("T")

logger = logging.getLogger(__name__)

# How long closing waits for the writer, and then for its thread.
CLOSE_SECONDS: Final = 1.0


class Load(NamedTuple):
    """What a database has to do just now."""

    # Jobs that were handed to the writer and have no answer yet.
    writes: int
    # Reads that have begun, and those that wait for a reader.
    reading: int
    waiting: int


class Engine:
    """A database, and the data directory, which no other process works with meanwhile.

    Raises DataDirInUse, DatabaseUnusable or DatabaseTooNew when it is opened.
    """

    def __init__(self, data_dir: Path, backend: Backend) -> None:
        self._lock = lock_data_dir(data_dir)
        try:
            refuse_half_restored(data_dir, backend)
            self.write_engine = backend.open_writer()
        except BaseException:
            self._lock.close()
            raise
        try:
            with backend.left_alone():
                try:
                    self._look(data_dir, backend)
                except DBAPIError:
                    self.write_engine.dispose()
                    raise
        except BaseException as error:
            self.write_engine.dispose()
            self._lock.close()
            if isinstance(error, DBAPIError):
                words = f"{backend} cannot be used: {backend.fault(error)}"
                raise DatabaseUnusable(words) from error
            raise
        self._backend = backend
        self._owner: lease.Owner | None = None
        # What this is among those that work on the database together, and the entry of the journal
        # from which on it tells what they do; all stay empty for one that has it for itself.
        self.node = ""
        self.joined_at = 0
        self.secret = b""
        self._steadiness = nodes.Steadiness()
        self._follower: Follower | None = None
        self._data_dir = data_dir
        self._readers = Readers(backend)
        self._writer: Writer | None = None
        # Set whenever something is handed to the writer, but for what goes on behind.
        self.written = asyncio.Event()

    def _look(self, data_dir: Path, backend: Backend) -> None:
        """Look whether it is sound, and what it says of itself, before anything is done with it."""
        with self.write_engine.begin() as connection:
            behind = is_behind(connection)
            # Nothing is made into another form that was not looked at to the end.
            self.is_sound = backend.check(connection, to_the_end=behind)
            if backend.shared and behind:
                self._refuse_beside(lease.others(connection, lease.owner_of(data_dir)), backend)
            refuse_to_forget(connection, data_dir, backend)
            migrate(connection)
            ensure_epoch(connection)
            self.epoch = epoch_of(connection)
            self.installed_at = ensure_installed(connection, now_ms(connection))
            self.moved_to = moved_to(connection, backend)

    @staticmethod
    def _refuse_beside(held: lease.Held | None, backend: Backend) -> None:
        """A release that changes the schema does not do so below those that do not know it."""
        if held is not None:
            raise DatabaseUnusable(
                f"An older Parlour (on {held.host}) runs on {backend}, or did a moment ago. This"
                " one has to change the database: stop all others first."
            )

    def hold(self) -> None:
        """Keep servers on other data directories off it, until `release`.

        It has to be renewed (`renew`). Raises DatabaseUnusable while one of them holds it.
        """
        if not self._backend.shared:
            return
        owner = lease.owner_of(self._data_dir)
        self._hold(lambda connection: lease.take(connection, owner))
        self._owner = owner

    def serve(self, *, cluster: bool) -> None:
        """Hold it for oneself, or together with the other nodes of a cluster. Raises as they do."""
        if cluster:
            self.join()
        else:
            self.hold()

    def join(self) -> None:
        """Work on it together with other nodes, until `release`.

        It has to be renewed (`renew`). Raises DatabaseUnusable while a server has it for itself.
        """
        node, owner = secrets.token_hex(8), lease.owner_of(self._data_dir)

        def enter(connection: Connection) -> lease.Held | None:
            held = lease.holder(connection, owner)
            if held is None:
                lease.end_any(connection)
                self.secret = nodes.secret_of(connection)
                self.joined_at = nodes.join(connection, node, owner.host)
            return held

        self._hold(enter)
        self.node = node

    def _hold(self, take: Callable[[Connection], lease.Held | None]) -> None:
        try:
            with self.write_engine.begin() as connection:
                held = take(connection)
        except DBAPIError as error:
            words = f"{self._backend} cannot be used: {self._backend.fault(error)}"
            raise DatabaseUnusable(words) from error
        if held is not None:
            raise DatabaseUnusable(
                f"Another Parlour (on {held.host}) runs on {self._backend}, or did"
                f" {held.seconds:.0f} seconds ago. Stop it; if it is gone, try again in"
                f" {nodes.STALE_SECONDS:.0f} seconds."
            )

    async def renew(self) -> bool:
        """Go on holding it, where that has to be said.

        False when another server does by now, or when this node was struck off.
        """
        if self._follower is not None:
            head, steadiness = self._follower.head, self._steadiness
            return await self.tend(nodes.renew, self.node, head, steadiness)
        if self._owner is not None:
            return await self.tend(lease.renew, self._owner)
        await asyncio.to_thread(self._backend.look)
        if self.unfit == "moved":
            # Whoever writes brings in what is in a log that nobody would find any more.
            with contextlib.suppress(Refusal):
                await self.write(ensure_epoch)
        return True

    @property
    def unfit(self) -> Unfit | None:
        """Why nothing is written, where that is so: who asks for it gets a Refusal `busy`."""
        return self._backend.unfit

    async def _until_fit(self) -> None:
        """Keep what goes on behind from being refused again and again."""
        while self.unfit is not None:  # noqa: ASYNC110 - a disk has no event for it
            await asyncio.sleep(LOOK_SECONDS)

    def start(self, follower: Follower | None = None) -> None:
        """Start the writer, which answers in the running event loop.

        A node's `follower` tells what the others commit.
        """
        self._follower = follower
        server = self.node or lease.owner_of(self._data_dir).id
        commits = self._backend.commits(self.write_engine, server, follower)
        self._writer = self._writer_of(commits)

    def _writer_of(self, commits: Commits | None) -> Writer:
        return Writer(self.write_engine, asyncio.get_running_loop(), commits)

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
        """As `write`, for what follows the writing of others: it does not count as written.

        It has a transaction of its own: its faults are nobody else's. While nothing may be written
        it waits.
        """
        await self._until_fit()
        behind = self._behind(operation)
        result, _ = await self._outcome(behind, args, bulk=False, then=None, alone=True)
        return cast("T", result)

    def _behind(self, operation: Callable[..., T]) -> Callable[..., T]:
        def behind(connection: Connection, *args: Any) -> T:
            self._backend.ease(connection)
            return operation(connection, *args)

        return behind

    async def batch(
        self, operation: Callable[..., T], *args: Any, then: Callable[[T], None] | None = None
    ) -> tuple[T, float]:
        """As `write`, for a part of what goes on behind and others wait for.

        It has a transaction of its own. Besides its result, how many seconds that kept all others
        from writing: from when it had begun to when it was committed.
        """
        await self._until_fit()
        self.written.set()
        behind = self._behind(operation)
        result, seconds = await self._outcome(behind, args, bulk=False, then=then, alone=True)
        COUNTS.purge_seconds.add(seconds)
        return cast("T", result), seconds

    async def submitted(
        self,
        operation: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        bulk: bool,
        then: Callable[[Any], None] | None,
        weight: int = SINGLE,
    ) -> Any:
        """Hand a job to the writer and wait for its outcome, as `write` says."""
        self.written.set()
        outcome, _ = await self._outcome(operation, args, bulk=bulk, then=then, weight=weight)
        return outcome

    async def _outcome(
        self,
        operation: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        bulk: bool,
        then: Callable[[Any], None] | None,
        alone: bool = False,
        weight: int = SINGLE,
    ) -> tuple[Any, float]:
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

        # What is told on other nodes, too, says how they get to know it.
        record = getattr(then, "record", None)
        job = Job(operation, args, bulk, answer, alone, weight, record)
        self._submit(job)
        outcome = await future
        if self._follower is not None and getattr(then, "everywhere", False):
            # The rest of its group is told first: then it counts as told here.
            await self.told_here()
            await self._follower.heard()
        return outcome, job.seconds

    def read(
        self, operation: Callable[..., T], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, T]:
        """Run `operation(connection, ...)` on a reader, which sees one moment of the database."""
        return self._readers.read(operation, *args, **kwargs)

    async def look_through(self) -> None:
        """Look at what the start did not wait for. What is damaged is told as where it is met."""
        if self.is_sound:
            return
        begun = time.monotonic()
        try:
            self.is_sound = await self.read(self._readers.check)
        except Refusal:
            return
        if not self.is_sound:
            # The server ended meanwhile: the next one begins anew.
            return
        logger.info("all of the database is sound: %.0f s", time.monotonic() - begun)

    def sizes(self, connection: Connection) -> Sizes:
        """How large it is; to be read with `read`."""
        return self._backend.sizes(connection)

    @property
    def load(self) -> Load:
        """What it has to do just now."""
        writes = 0 if self._writer is None else self._writer.waiting
        return Load(writes, *self._readers.load)

    async def told(self) -> None:
        """Wait until everything that a read up to now can have seen has been told.

        A reader may see a commit a moment before those who wait for it are told of it; and those
        of other nodes before this one has heard of them.
        """
        if self._follower is not None:
            await self._follower.catch_up()
        await self.told_here()

    async def told_here(self) -> None:
        """The same of what this process has committed."""
        if self._writer is not None:
            await self._writer.told()

    async def drain(self) -> None:
        """Wait until all that was handed to the writer is committed and told."""
        if self._writer is not None:
            await self._writer.drain()

    async def close(self) -> None:
        """Finish what was handed over, then close. The lock on the data directory ends last.

        What another program's lock holds up for longer than CLOSE_SECONDS is given up, and so is
        what is read for longer.
        """
        if self._writer is not None:
            if (end := self._end()) is not None:
                # Where it cannot be said it is stale soon.
                with contextlib.suppress(Refusal, DBAPIError, TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await self.tend(end)
            await self._writer.close(CLOSE_SECONDS)
            self._writer = None
        await self._readers.close(CLOSE_SECONDS)
        self.release()

    def release(self) -> None:
        """Close the connections and the lock, when no writer was started."""
        if (end := self._end()) is not None:
            with contextlib.suppress(DBAPIError), self.write_engine.begin() as connection:
                end(connection)
        with self._backend.left_alone():
            self._readers.engine.dispose()
            self.write_engine.dispose()
        self._lock.close()

    def _end(self) -> Callable[[Connection], None] | None:
        """What is to be said in the database before it is closed, once."""
        owner, node = self._owner, self.node
        self._owner, self.node = None, ""
        if node:
            return partial(nodes.end, node=node)
        return None if owner is None else partial(lease.end, owner=owner)

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
