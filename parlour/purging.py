"""Taking away what is older than it may be: jobs, in small batches between which others write."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from parlour import retaining
from parlour.audience import tell_room
from parlour.context import Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.jobs import Later, Task, job
from parlour.oversight import Policy
from parlour.places import Told
from parlour.retaining import Purged
from parlour.store import holds, leftovers
from parlour.support.counts import COUNTS
from parlour.support.portions import Portion
from parlour.upkeep import purge

T = TypeVar("T")

logger = logging.getLogger(__name__)

# How often it is looked for what is over; a message goes within that time after its own.
EVERY: Final = 3600.0
# One job works for so many seconds, then the next goes on.
WORK_SECONDS: Final = 8.0
# Messages of one batch; how long it may keep the writer is for `Portion` to say.
FEWEST: Final = 25
MOST: Final = 100
# Messages between two looks how far the index follows, and how long it is waited for.
LOOK_AGAIN: Final = 500
WAIT_SECONDS: Final = 0.25


@effect("purged", Told)
def tell_purged(context: Context, told: Told) -> None:
    """Tell those in a room, and its lists, that it begins later."""
    tell_room(context, told)
    context.receiving.stir.set()


@job("retain", every=EVERY)
async def retain(context: Context, task: Task[None]) -> None:
    """Look every hour what is over."""
    await task.end(begin)
    context.due.set()


def begin(connection: Connection) -> None:
    """Look for it soon. Whoever is told of the transaction sets `Context.due`.

    Whoever looks just now may have looked too early: what it takes away is done in any case.
    """
    purge_old.take_back(connection, "all")
    purge_old.put(connection, None, key="all")


def and_begin(operation: Callable[..., T]) -> Callable[..., T]:
    """The operation, and in its transaction a look soon at what is over by what it changed."""

    def both(connection: Connection, *args: Any) -> T:
        outcome = operation(connection, *args)
        begin(connection)
        return outcome

    return both


async def look_at_start(context: Context) -> None:
    """Look at once when the server starts: its settings may be others than before."""
    with contextlib.suppress(Refusal):
        await context.database.tend(begin)
        context.due.set()


@job("purge_old")
async def purge_old(context: Context, _task: Task[None]) -> None:
    """Take away what is over, in all rooms, until there is nothing more."""
    given = Policy.of(context.settings)
    if context.purging:
        raise Later(WAIT_SECONDS)
    rooms, COUNTS.held = await context.database.read(retaining.due, given)
    if not rooms:
        return
    batches = _Batches(context, given)
    context.purging = True
    try:
        for room_id in rooms:
            await batches.purge(room_id)
            if batches.is_over:
                break
    finally:
        context.purging = False
    logger.info("%d messages were taken away whose time was over", batches.count)
    # A rule may have changed meanwhile, or time is up.
    raise Later(0.0)


@purge_old.when_lost
async def _give_up(_context: Context, task: Task[None]) -> None:
    # The next hour's look begins anew.
    await task.end(_nothing)


class _Batches:
    """Batches of one job: as large as they may be, and rests between them."""

    def __init__(self, context: Context, given: Policy) -> None:
        self.count = 0
        self._context = context
        self._given = given
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + WORK_SECONDS
        self._portion = Portion(FEWEST, MOST)
        self._since_look = LOOK_AGAIN

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return self._clock() >= self._end

    async def purge(self, room_id: int) -> None:
        """Take away what is over of one room, as far as there is time, and tell of it."""
        more = True
        while more and not self.is_over:
            await self._wait_for_index()
            more = (await self._write(room_id, self._portion.size)).more
            busy = self._context.database.load.writes > 0
            await asyncio.sleep(self._portion.rest(busy=busy))
        if more:
            await self._write(room_id, 0)

    async def _write(self, room_id: int, size: int) -> Purged:
        tell = tell_purged.after(self._context, lambda purged: purged.told)
        purged, seconds = await self._context.database.batch(
            retaining.purge_some, room_id, self._given, size, then=tell
        )
        self.count += purged.count
        self._since_look += purged.count
        COUNTS.purged += purged.count
        self._portion.note(seconds, whole=purged.count == size > 0)
        return purged

    async def _wait_for_index(self) -> None:
        if self._since_look < LOOK_AGAIN:
            return
        self._since_look = 0
        database = self._context.database
        for _ in range(int(WORK_SECONDS / WAIT_SECONDS)):
            if self.is_over or not await database.read(leftovers.is_behind):
                break
            await asyncio.sleep(WAIT_SECONDS)


@job("release_held", int)
async def release_held(context: Context, task: Task[int]) -> None:
    """Take away what was set aside and no hold asks for any more, from an id on."""
    clock = asyncio.get_running_loop().time
    end, after = clock() + WORK_SECONDS, task.payload
    database, portion = context.database, Portion(FEWEST, MOST)
    while clock() < end:
        (_, up_to), seconds = await database.batch(holds.release_some, after, portion.size)
        portion.note(seconds, whole=True)
        context.receiving.stir.set()
        if up_to is None:
            # What is left of deleted rooms goes only once nothing of them is held.
            context.tasks.spawn(purge(context))
            return
        after = up_to
        await asyncio.sleep(portion.rest(busy=database.load.writes > 0))
    await task.end(release_held.put, after)
    context.due.set()


@release_held.when_lost
async def _try_later(_context: Context, task: Task[int]) -> None:
    await task.end(_release_later, task.payload)


def release(connection: Connection) -> None:
    """See to what a hold had set aside that was lifted. As `begin`."""
    release_held.put(connection, 0)


def _release_later(connection: Connection, after: int) -> None:
    release_held.put(connection, after, at=datetime.now(UTC) + timedelta(seconds=EVERY))


def _nothing(_connection: Connection) -> None:
    """What ends a job that can do no more."""
