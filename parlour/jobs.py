"""Background work that survives a crash: jobs are rows, put there together with what causes them.

A job is put into the transaction of its cause (`put`), so there is none without the other. A node
that does background work takes those that are due for a while, runs them, and ends each in the
transaction of what it does (`Task.end`): so what changes the database is done exactly once. What is
done outside of it is done once at least, and is told from what was done before by the job's id.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection

from parlour.context import Context
from parlour.database import Database
from parlour.errors import Refusal
from parlour.store import jobs as rows
from parlour.store import nodes
from parlour.store.jobs import Taken
from parlour.support.counts import COUNTS

Payload = TypeVar("Payload")
T = TypeVar("T")

logger = logging.getLogger(__name__)

# Jobs that one node runs at once.
AT_ONCE: Final = 8
# A job is a node's for so long; it gives it up before, so that nobody else has it meanwhile.
LEASE_SECONDS: Final = 20
RUN_SECONDS: Final = 15.0
# One that takes long is a node's for as long as it says so again and again; for so long at most.
RENEW_SECONDS: Final = 5.0
LONG_SECONDS: Final = 6 * 3600.0
# How often a job is begun, with waits that double from a second on; then it is given up.
MOST_TRIES: Final = 12
MOST_WAIT: Final = 300.0
# Seconds after which it is looked for jobs in any case, and after a look that failed.
LOOK_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 5.0
# What a server that has its database for itself is called.
_ALONE: Final = "alone"

_KINDS: Final[dict[str, "Kind[Any]"]] = {}


def kinds() -> list[str]:
    """What jobs there are."""
    return list(_KINDS)


class Later(Exception):
    """A job can only be run in so many seconds; that it could not now is no failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


class _Lost(Exception):
    """A job was taken back, or somebody else has it by now: nothing of it may be done here."""


class Kind(Generic[Payload]):
    """Jobs of one kind: what each is about, and what is done. With `every` there is always one."""

    def __init__(
        self,
        name: str,
        shape: type[Payload],
        run: Callable[[Context, "Task[Payload]"], Awaitable[None]],
        every: float | None,
        *,
        long: bool,
    ) -> None:
        self.name = name
        self.run = run
        self.every = every
        # Whether it may take hours, and is kept meanwhile.
        self.long = long
        self.shape: TypeAdapter[Payload] = TypeAdapter(shape)
        # What is done about one that was given up, in its place.
        self.lost: Callable[[Context, Task[Payload]], Awaitable[None]] | None = None
        if name in _KINDS or not name.isidentifier():
            raise ValueError(f"there are no jobs that could be called {name!r}")
        _KINDS[name] = self

    def put(
        self,
        connection: Connection,
        payload: Payload,
        *,
        at: datetime | None = None,
        key: str | None = None,
    ) -> None:
        """One more, in the transaction of what causes it, unless there is one of this `key`.

        What is told of that transaction has to set `Context.due`, on all nodes.
        """
        due_at = rows.now_ms(connection) if at is None else math.ceil(at.timestamp() * 1000)
        rows.put(connection, self.name, key, self.shape.dump_json(payload).decode(), due_at)

    def take_back(self, connection: Connection, key: str) -> None:
        """It is not to be done any more. Whoever runs it just now does nothing by it either."""
        rows.take_back(connection, self.name, key)

    def when_lost(
        self, run: Callable[[Context, "Task[Payload]"], Awaitable[None]]
    ) -> Callable[[Context, "Task[Payload]"], Awaitable[None]]:
        """Make a function what is done about one that was given up."""
        self.lost = run
        return run


class Task(Generic[Payload]):
    """A job as it is run."""

    def __init__(self, database: Database, kind: Kind[Payload], taken: Taken) -> None:
        self.id: Final = taken.id
        self.ended = False
        self._database = database
        self._kind = kind
        self._taken = taken
        # Nobody says that it goes on while it ends.
        self._ending = asyncio.Lock()

    async def renew(self) -> bool:
        """Have it for longer; False where it is somebody else's by now, or was taken back."""
        async with self._ending:
            if self.ended:
                return True
            kept = await self._database.tend(rows.renew, self._taken, LEASE_SECONDS)
            if kept is not None:
                self._taken = kept
            return kept is not None

    @property
    def taken(self) -> Taken:
        """As it is ours."""
        return self._taken

    @property
    def payload(self) -> Payload:
        """What it is about. Raises ValidationError where another release has put it there."""
        return self._kind.shape.validate_json(self._taken.payload)

    async def end(
        self,
        operation: Callable[..., T],
        *args: Any,
        then: Callable[[T], None] | None = None,
    ) -> T:
        """Run `operation(connection, *args)` and end the job, both or none of them.

        `then` is called as by `Database.write`. Raises what the operation raised.
        """
        async with self._ending:
            result: T = await self._database.write(self._end, operation, args, then=then)
            self.ended = True
        return result

    def _end(self, connection: Connection, operation: Callable[..., T], args: tuple[Any, ...]) -> T:
        if not rows.end(connection, self._taken, self._kind.every):
            raise _Lost
        return operation(connection, *args)


def job(
    name: str, shape: Any = None, *, every: float | None = None, long: bool = False
) -> Callable[[Callable[[Context, Task[Any]], Awaitable[None]]], Kind[Any]]:
    """Make a function `run(context, task)` what jobs of this name do, each with such a payload.

    It ends them by `Task.end`, or they end when it returns. A job that takes longer than
    RUN_SECONDS, or fails, is run again, unless it is `long`: then it goes on as long as its node
    lives. It is run `every` so many seconds in any case, once on all nodes together.
    """

    def make(run: Callable[[Context, Task[Any]], Awaitable[None]]) -> Kind[Any]:
        made: Kind[Any] = Kind(name, shape, run, every, long=long)
        made.__doc__ = run.__doc__
        return made

    return make


async def work(context: Context) -> None:
    """Run what is due, for ever: so many jobs at once, and asleep until the next one's time."""
    running: set[asyncio.Task[None]] = set()
    begun = False
    async with asyncio.TaskGroup() as group:
        while True:
            context.due.clear()
            try:
                if not begun:
                    await context.database.tend(_begin, context.database.node)
                    begun = True
                seconds = await _run_some(context, group, running)
            except Refusal as refusal:
                logger.warning("jobs have to wait: %s", refusal.detail)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            except Exception:
                logger.exception("jobs could not be looked for")
                await asyncio.sleep(LOOK_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                    await context.due.wait()


def _begin(connection: Connection, node: str) -> None:
    """See to it that there is one of those that there always is; nobody has any on a lone node."""
    for kind in _KINDS.values():
        if kind.every is not None:
            rows.put(connection, kind.name, "", "null", rows.now_ms(connection))
    if not node or len(nodes.alive(connection)) == 1:
        rows.give_back(connection)


async def _run_some(
    context: Context, group: asyncio.TaskGroup, running: set[asyncio.Task[None]]
) -> float:
    """Begin what is due, as far as there is a place for it; after how many seconds to look again.

    What this release does not know it leaves to others.
    """
    database, kinds = context.database, list(_KINDS)
    while places := AT_ONCE - len(running):
        seconds = await database.read(rows.due_in, kinds)
        if seconds is None or seconds > 0:
            return LOOK_SECONDS if seconds is None else seconds
        node = database.node or _ALONE
        for taken in await database.tend(rows.take, kinds, node, places, LEASE_SECONDS):
            task = group.create_task(_run(context, _KINDS[taken.kind], taken))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(lambda _: context.due.set())
    return LOOK_SECONDS


async def _run(context: Context, kind: Kind[Any], taken: Taken) -> None:
    """Run one job, and say what is to become of it if it does not end."""
    task = Task(context.database, kind, taken)
    COUNTS.jobs_running += 1
    try:
        try:
            async with asyncio.timeout(LONG_SECONDS if kind.long else RUN_SECONDS):
                if taken.tries > MOST_TRIES and kind.every is None:
                    # Whoever had it last did not even get to say that it failed.
                    await _give_up(context, kind, task, taken)
                    return
                doing = _run_long(context, kind, task) if kind.long else kind.run(context, task)
                traces = context.traces
                await (doing if traces is None else traces.job(kind.name, doing))
                if not task.ended:
                    await task.end(_nothing)
                COUNTS.jobs[kind.name, "done"] += 1
        except Later as later:
            await context.database.tend(rows.put_off, task.taken, later.seconds, taken.tries - 1)
        except _Lost:
            return
        except Exception as error:  # noqa: BLE001 - it is told in the log, and tried again
            await _failed(context, kind, task, taken, error)
    except Refusal as refusal:
        # It can be had by others when its time is over, and so it can if this node ends.
        logger.warning("job %d (%s) has to wait: %s", taken.id, kind.name, refusal.detail)
    except Exception:
        logger.exception("what became of job %d (%s) could not be stored", taken.id, kind.name)
    finally:
        COUNTS.jobs_running -= 1


async def _run_long(context: Context, kind: Kind[Any], task: Task[Any]) -> None:
    """Run a job for as long as it takes, and keep others from it meanwhile. Raises _Lost."""
    running = asyncio.ensure_future(kind.run(context, task))
    try:
        while not (await asyncio.wait([running], timeout=RENEW_SECONDS))[0]:
            if not await task.renew():
                raise _Lost
        await running
    finally:
        if not running.done():
            running.cancel()
            await asyncio.wait([running])


async def _failed(
    context: Context, kind: Kind[Any], task: Task[Any], taken: Taken, error: Exception
) -> None:
    COUNTS.jobs[kind.name, "failed"] += 1
    expected = isinstance(error, Refusal | TimeoutError)
    reason = error.detail if isinstance(error, Refusal) else repr(error)
    logger.warning(
        "job %d (%s) failed at try %d: %s", taken.id, kind.name, taken.tries, reason,
        exc_info=None if expected else error,
    )  # fmt: skip
    if taken.tries < MOST_TRIES or kind.every is not None:
        wait = min(2.0 ** min(taken.tries - 1, MOST_TRIES), kind.every or MOST_WAIT)
        await context.database.tend(rows.put_off, task.taken, wait, taken.tries)
        return
    async with asyncio.timeout(LEASE_SECONDS - RUN_SECONDS):
        await _give_up(context, kind, task, taken)


async def _give_up(context: Context, kind: Kind[Any], task: Task[Any], taken: Taken) -> None:
    COUNTS.jobs[kind.name, "given_up"] += 1
    logger.error("job %d (%s) is given up after %d tries", taken.id, kind.name, taken.tries)
    if kind.lost is not None:
        await kind.lost(context, task)
    if not task.ended:
        await context.database.tend(rows.give_up, task.taken)


def _nothing(_connection: Connection) -> None:
    """What a job ends with that has done all it had to do."""
