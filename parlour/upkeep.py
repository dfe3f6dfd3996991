"""What goes on behind what people do: taking away what was deleted, indexing messages."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from typing import Final

from parlour import filing, indexing
from parlour.context import Context
from parlour.database import PURGE_BATCH, PURGE_ROWS, Database
from parlour.errors import Refusal
from parlour.storage import Storage, Unavailable
from parlour.store import files as file_rows
from parlour.store import leftovers
from parlour.store.nodes import RENEW_SECONDS
from parlour.support.counts import COUNTS
from parlour.support.portions import Portion

logger = logging.getLogger(__name__)

# Messages of deleted rooms that are taken away at once at least, however long that takes.
PURGE_FEWEST: Final = 25
# Seconds until taking away is tried again.
PURGE_AGAIN: Final = 30.0
# Where so many files in a row could not be taken away, the storage does not answer.
MOST_FAILED: Final = 3
# Seconds until it is looked what else of files has to go, where nobody says so.
FILES_AGAIN: Final = 30.0
# The same for indexing, which people wait for.
INDEX_AGAIN: Final = 5.0
# And after a fault of the index or of the program, which is logged each time.
INDEX_BROKEN: Final = 60.0
# What is said within so many seconds is indexed together.
INDEX_DELAY: Final = 0.5
# How long indexing rests for each second it took: when nobody else writes, and when others do.
INDEX_REST: Final = 0.5
INDEX_REST_BUSY: Final = 9.0
# Where nothing was written for so many seconds, the index is tidied up.
INDEX_IDLE: Final = 1.0
# A timer runs so often that shows how late the event loop is.
LAG_SECONDS: Final = 0.25


async def hold_database(database: Database) -> None:
    """Keep other servers off the database for ever; end this one when another has taken it over.

    That is after this one, or its way to the database, stood still for longer than is waited for.
    """
    while True:
        try:
            holds = await database.renew()
        except Refusal:
            holds = True
        except Exception:
            # Whatever it is: who gives up here is taken for dead, and never knows.
            logger.exception("it could not be renewed that this server has the database")
            holds = True
        if not holds:
            logger.critical("another server has taken the database over; this one ends")
            signal.raise_signal(signal.SIGTERM)
            return
        await asyncio.sleep(RENEW_SECONDS)


async def watch_lag() -> None:
    """Note, for ever, how much later than it was due a timer runs."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        COUNTS.lag.add(max(0.0, loop.time() - due))


async def purge(context: Context) -> None:
    """Take away what was deleted, in batches between which everybody else may write.

    Not faster than the index follows, unless it follows not at all.
    """
    database, more = context.database, True
    portion = Portion(PURGE_FEWEST, PURGE_BATCH)
    while more:
        try:
            for _ in range(int(PURGE_AGAIN / INDEX_DELAY)):
                if not await database.read(leftovers.is_behind):
                    break
                await asyncio.sleep(INDEX_DELAY)
            rows = portion.size * PURGE_ROWS // PURGE_BATCH
            more, seconds = await database.batch(leftovers.take_some, portion.size, rows)
            portion.note(seconds, whole=True)
            await asyncio.sleep(portion.rest(busy=database.load.writes > 0))
        except Refusal as refusal:
            # A full disk or a foreign lock: the rooms are gone for everybody, so there is time.
            logger.warning("deleted rooms still take space: %s", refusal.detail)
            await asyncio.sleep(PURGE_AGAIN)
    context.receiving.stir.set()


async def discard_files(context: Context) -> None:
    """Take from the storage what no message, no account and no upload has (any more).

    What is to be taken away is written down first, so that a crash on the way leaves nothing. What
    cannot be taken away is tried again once all others were.
    """
    receiving, database = context.receiving, context.database
    # Where to go on behind what could not be taken away.
    behind = ""
    while True:
        receiving.stir.clear()
        begun = behind
        try:
            more = await database.tend(filing.tidy)
            keys = await database.read(filing.discarded, behind)
            tried, failed = await _take_away(receiving.storage, keys)
            gone = [key for key in tried if key not in failed]
            if gone:
                await database.tend(file_rows.settle, gone)
        except Refusal as refusal:
            logger.warning("deleted files still take space: %s", refusal)
            await asyncio.sleep(PURGE_AGAIN)
            continue
        behind = tried[-1] if tried and (failed or begun) else ""
        if failed:
            logger.warning("deleted files still take space: %s", next(iter(failed.values())))
            await asyncio.sleep(PURGE_AGAIN)
        elif not more and not keys and not begun:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FILES_AGAIN):
                    await receiving.stir.wait()


async def _take_away(
    storage: Storage, keys: Sequence[str]
) -> tuple[list[str], dict[str, Exception]]:
    """Take keys from the storage: those that were tried, and why which of them are still there."""
    tried: list[str] = []
    failed: dict[str, Exception] = {}
    in_a_row = 0
    for key in keys:
        tried.append(key)
        try:
            await storage.delete(key)
            in_a_row = 0
        except (OSError, Unavailable) as error:
            failed[key] = error
            in_a_row += 1
        if in_a_row == MOST_FAILED:
            break
    return tried, failed


async def _tidy(database: Database) -> None:
    """Take out of the index's pieces what was deleted, in moments in which nobody writes."""
    clock = asyncio.get_running_loop().time
    rest = INDEX_IDLE
    while not database.written.is_set():
        # Whoever wants to write is waited for longer than the writer is kept from them.
        # (Not by asyncio.wait_for, which before Python 3.12 may pass over that this task is ended.)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await database.written.wait()
                return
        begun = clock()
        if not await database.tend(indexing.tidy_some):
            return
        rest = INDEX_REST_BUSY * (clock() - begun)


async def keep_index(context: Context) -> None:
    """Bring what is said into the index, and what was said before there was one.

    In batches between which everybody else may write; where it stopped it goes on after a crash.
    Once nobody writes, what was taken out of it goes for good.
    """
    database, clock = context.database, asyncio.get_running_loop().time
    while True:
        size = indexing.SMALL_BATCH if database.written.is_set() else indexing.BATCH
        database.written.clear()
        begun = clock()
        try:
            more = await database.tend(indexing.index_some, size)
            if not more:
                await _tidy(database)
        except Refusal as refusal:
            # What is not indexed yet is found all the same, more slowly.
            logger.warning("messages wait for being indexed: %s", refusal.detail)
            await asyncio.sleep(INDEX_AGAIN)
            continue
        except Exception:
            logger.exception("messages are not indexed")
            await asyncio.sleep(INDEX_BROKEN)
            continue
        if more:
            rest = INDEX_REST_BUSY if database.written.is_set() else INDEX_REST
            await asyncio.sleep(rest * (clock() - begun))
        else:
            await database.written.wait()
            await asyncio.sleep(INDEX_DELAY)
