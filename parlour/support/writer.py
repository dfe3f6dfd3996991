"""One thread that owns the one write connection and commits whatever waits as one group."""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from parlour.support.counts import COUNTS

logger = logging.getLogger(__name__)

# A group is bounded so that the first of it does not wait for the last of a long queue: by the sum
# of what its jobs weigh.
MAX_GROUP: Final = 512
# What weighs as much as an ordinary message weighs less than what is done by itself: its statements
# are shared by all messages of a group.
SINGLE: Final = 16
# Jobs answered in one turn of the event loop, in which others want something, too.
ANSWERS: Final = 64
# Jobs accepted and not yet answered. Past it new ones are refused rather than kept waiting.
MAX_WAITING: Final = 20_000
# Where it took longer than this until a connection was lost, so may the next try, and finding out
# what became of the transaction: who waits behind it is not kept waiting for that.
SLOW_SECONDS: Final = 1.0

# A broken constraint, what is no value, and a statement that is wrong cost no more than themselves.
_COSTS_ONE: Final = (IntegrityError, DataError, ProgrammingError)

Outcome = Any


class WriterBusy(Exception):
    """So many jobs wait that one more is refused; nothing was stored."""


@dataclass(slots=True, eq=False)
class Job:
    """One thing to write.

    A `bulk` operation takes a list of arguments, one for each of the neighbouring jobs of
    the same operation, and returns as many outcomes; any other takes its own `arguments`.
    `answer` is called in the event loop with the outcome, an exception where it failed. What is
    `alone` has a transaction of its own, so that nobody else's fails with it. `weight` is how much
    of a group it takes: as many times the work of an ordinary message. `record` is called by the
    thread with what came of it: the words that others are to know it by, None where it is nothing.
    """

    operation: Callable[..., Any]
    arguments: tuple[Any, ...]
    bulk: bool
    answer: Callable[[Outcome], None]
    alone: bool = False
    weight: int = 1
    record: Callable[[Outcome], str | None] | None = None


class Commits(Protocol):
    """What is kept of commits: what became of those that were not acknowledged, and for others."""

    # Whether anybody wants records.
    recording: bool

    def note(self, connection: Connection, records: Sequence[str]) -> Any:
        """Write into a transaction what tells it from any other, and what others are to know."""

    def happened(self, mark: Any, meanwhile: Callable[[], None]) -> bool:
        """Whether the last transaction, which has this mark, was committed.

        `meanwhile` is called each time that it could not be found out.
        """

    def before(self, mark: Any) -> Sequence[Callable[[], None]]:
        """What is to be done in the event loop before a transaction is told, in a turn each."""

    def told(self, mark: Any) -> None:
        """All that was committed in a transaction has been told; called in the event loop."""


@dataclass(slots=True, eq=False)
class _Portion:
    """What is done of a group in one turn: the `begun`-th one that was committed."""

    begun: int
    jobs: Sequence[Job] = ()
    outcomes: Sequence[Outcome] = ()
    step: Callable[[], None] | None = None
    committed_at: float = 0.0


class Writer:
    """Runs jobs in the order they came, many to a transaction, and answers after the commit."""

    def __init__(
        self,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        commits: Commits | None = None,
    ) -> None:
        """`commits` are asked where one failed; without them, what failed was not committed."""
        self._engine = engine
        self._commits = commits
        self._loop = loop
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        # The next of them, where it has been taken out of the queue and was not to join a group.
        self._next: Job | None = None
        self._waiting = 0
        # Commits that have begun, counted by the thread, and how many of them were answered.
        self._begun = 0
        self._answered = 0
        # What was committed and is yet to be answered.
        self._done: deque[_Portion] = deque()
        self._answering = False
        self._listeners: list[tuple[int, asyncio.Future[None]]] = []
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job (from the event loop). Raises WriterBusy when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise WriterBusy
        self._waiting += 1
        self._jobs.put(job)

    @property
    def waiting(self) -> int:
        """Jobs that were handed in and have no answer yet."""
        return self._waiting

    async def told(self) -> None:
        """Wait until everything that may be committed by now has been answered."""
        begun = self._begun
        if self._answered < begun:
            future = self._loop.create_future()
            self._listeners.append((begun, future))
            await future

    async def drain(self) -> None:
        """Wait until every job submitted so far has been answered.

        Under load more come all the while, so this must not wait for a moment without any.
        """
        answered = asyncio.Event()
        self._waiting += 1
        self._jobs.put(Job(_nothing, (), bulk=False, answer=lambda _: answered.set()))
        await answered.wait()

    async def close(self, seconds: float) -> None:
        """Finish what was submitted, then end the thread, or give both up after `seconds`.

        Nobody has been told that what is given up was stored. The thread may hang in a lock that
        another program holds; being a daemon, it does not keep the process.
        """
        try:
            async with asyncio.timeout(seconds):
                await self.drain()
        except TimeoutError:
            logger.warning("gave up %d writes that somebody else's lock holds up", self._waiting)
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, seconds)

    def _run(self) -> None:
        while self._work():
            pass

    def _work(self) -> bool:
        """Wait for jobs, commit them, have them answered; whether to go on.

        What it knows of them ends with it: while nothing comes, the last job, and with it whoever
        handed it in, would otherwise stay in memory.
        """
        first, self._next = self._next or self._jobs.get(), None
        if first is None:
            return False
        group, last, weight = [first], False, first.weight
        while weight < MAX_GROUP and not first.alone:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                last = True
                break
            weight += job.weight
            if job.alone or weight > MAX_GROUP:
                self._next = job
                break
            group.append(job)
        begun = time.perf_counter()
        outcomes, mark = self._commit(group)
        ended = time.perf_counter()
        COUNTS.group_sizes.add(len(group))
        COUNTS.group_seconds.add(ended - begun)
        try:
            self._loop.call_soon_threadsafe(self._answer, group, outcomes, self._begun, mark, ended)
        except RuntimeError:
            return False  # the loop has ended: it was given up, and nobody is left to be told
        return not last

    def _commit(self, group: Sequence[Job]) -> tuple[list[Outcome], Any]:
        """One transaction. When it fails as a whole, each job's outcome is that failure."""
        try:
            runs = list(_runs(group))
            if len(runs) == 1:
                # Nothing else is in the transaction that a failure could take along, so it needs
                # no savepoint; only when many have failed together each is tried by itself.
                try:
                    return self._transact(partial(_run, jobs=runs[0]), group)
                except DBAPIError as error:
                    if len(group) == 1 or not _costs_one(error):
                        raise
                except Exception:
                    if len(group) == 1:
                        raise
            return self._transact(partial(_perform_all, runs=runs), group)
        except Exception as error:  # noqa: BLE001 - every job is told of it
            return [error] * len(group), None

    def _transact(
        self, work: Callable[[Connection], list[Outcome]], group: Sequence[Job]
    ) -> tuple[list[Outcome], Any]:
        mark: Any = None
        outcomes: list[Outcome] = []
        started = time.monotonic()
        try:
            with self._engine.begin() as connection:
                outcomes = work(connection)
                if self._commits is not None:
                    mark = self._commits.note(connection, self._records(group, outcomes))
                # Nobody has seen anything of it yet. From the next line on, readers may.
                self._begun += 1
        except DBAPIError as error:
            if error.connection_invalidated and time.monotonic() - started > SLOW_SECONDS:
                self._refuse_waiting(error, self._begun - (mark is not None))
            if mark is None or not self._is_stored(mark, error):
                raise
        return outcomes, mark

    def _records(self, group: Sequence[Job], outcomes: Sequence[Outcome]) -> list[str]:
        """What others are to know of what was done."""
        if self._commits is None or not self._commits.recording:
            return []
        return [
            words
            for job, outcome in zip(group, outcomes, strict=True)
            if job.record is not None
            and not isinstance(outcome, Exception)
            and (words := job.record(outcome)) is not None
        ]

    def _is_stored(self, mark: Any, error: DBAPIError) -> bool:
        """Whether a transaction was committed though nobody said so: then all are told of it."""
        try:
            return self._commits is not None and self._commits.happened(
                mark, partial(self._refuse_waiting, error, self._begun - 1)
            )
        except DBAPIError:
            logger.warning("it could not be found out whether what was committed last is stored")
            return False

    def _refuse_waiting(self, error: DBAPIError, begun: int) -> None:
        """Answer all who wait with what went wrong, before those with whom it did.

        Of the transactions, only the first `begun` are answered by now.
        """
        refused = [] if self._next is None else [self._next]
        stay: list[Job | None] = []
        self._next = None
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                is_mark = job is None or job.operation is _nothing
                (stay if is_mark else refused).append(job)  # type: ignore[arg-type]
        for job in stay:
            self._jobs.put(job)
        if refused:
            outcomes = [error] * len(refused)
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._answer, refused, outcomes, begun, None, 0.0)

    def _answer(
        self,
        group: Sequence[Job],
        outcomes: Sequence[Outcome],
        begun: int,
        mark: Any,
        committed_at: float,
    ) -> None:
        """Answer a group, after those before it."""
        commits = None if mark is None else self._commits
        if commits is not None:
            self._done.extend(_Portion(begun, step=step) for step in commits.before(mark))
        for start in range(0, len(group), ANSWERS):
            part = slice(start, start + ANSWERS)
            self._done.append(
                _Portion(begun, group[part], outcomes[part], committed_at=committed_at)
            )
        if commits is not None:
            # With the last of them, so that it costs no turn of its own.
            self._done[-1].step = partial(commits.told, mark)
        if not self._answering:
            self._answering = True
            self._answer_some()

    def _answer_some(self) -> None:
        portion = self._done.popleft()
        # Whatever is told below, and nothing else, was committed then.
        COUNTS.committed_at = portion.committed_at
        for job, outcome in zip(portion.jobs, portion.outcomes, strict=True):
            try:
                job.answer(outcome)
            except Exception:
                # What is stored stays stored; one faulty listener must not cost the others.
                logger.exception("an answer after the commit failed")
        self._waiting -= len(portion.jobs)
        if portion.step is not None:
            try:
                portion.step()
            except Exception:
                logger.exception("what others have committed could not be told")
        COUNTS.committed_at = 0.0
        self._answering = bool(self._done)
        if self._answering:
            self._loop.call_soon(self._answer_some)
            if self._done[0].begun == portion.begun:
                return  # the rest of this group
        self._answered = portion.begun
        while self._listeners and self._listeners[0][0] <= self._answered:
            _, future = self._listeners.pop(0)
            if not future.done():
                future.set_result(None)


def _nothing(_connection: Connection) -> None:
    """What `drain` hands in: its answer comes after those of all that was handed in before."""


def _costs_one(error: DBAPIError) -> bool:
    """Whether a failure of one job leaves what others did in its transaction.

    SQLite may have rolled all of it back (a full disk does that), savepoints and all; not for a
    statement that it finds wrong, which it does not tell from other failures but by its number.
    """
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(error, _COSTS_ONE) or code == sqlite3.SQLITE_ERROR


def _runs(group: Sequence[Job]) -> Iterator[list[Job]]:
    """Neighbouring bulk jobs of one operation together, every other job alone, in order."""
    for bulk, jobs in groupby(group, key=lambda job: job.operation if job.bulk else job):
        yield list(jobs)
        del bulk


def _run(connection: Connection, jobs: list[Job]) -> list[Outcome]:
    if not jobs[0].bulk:
        return [jobs[0].operation(connection, *jobs[0].arguments)]
    outcomes: list[Outcome] = jobs[0].operation(connection, [job.arguments[0] for job in jobs])
    return outcomes


def _perform_all(connection: Connection, runs: list[list[Job]]) -> list[Outcome]:
    return [outcome for jobs in runs for outcome in _perform(connection, jobs)]


def _perform(connection: Connection, jobs: list[Job]) -> list[Outcome]:
    savepoint = connection.begin_nested()
    try:
        outcomes = _run(connection, jobs)
        savepoint.commit()
    except DBAPIError as error:
        if not _costs_one(error):
            raise
        failure: Exception = error
    except Exception as error:  # noqa: BLE001 - it is this job's outcome
        failure = error
    else:
        return outcomes
    savepoint.rollback()
    if len(jobs) == 1:
        return [failure]
    # One of them cannot be stored; it must not take its neighbours with it.
    return [outcome for job in jobs for outcome in _perform(connection, [job])]
