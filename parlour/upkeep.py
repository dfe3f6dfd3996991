"""What goes on behind what people do: taking away what deleted rooms left, indexing messages."""

import asyncio
import logging
from typing import Final

from parlour import indexing
from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal

logger = logging.getLogger(__name__)

# Seconds until taking away is tried again.
PURGE_AGAIN: Final = 30.0
# The same for indexing, which people wait for.
INDEX_AGAIN: Final = 5.0
# And after a fault of the index or of the program, which is logged each time.
INDEX_BROKEN: Final = 60.0
# What is said within so many seconds is indexed together.
INDEX_DELAY: Final = 0.5
# How long indexing rests for each second it took: when nobody else writes, and when others do.
INDEX_REST: Final = 0.5
INDEX_REST_BUSY: Final = 9.0


async def purge(context: Context) -> None:
    """Take away what deleted rooms left, in batches between which everybody else may write."""
    more = True
    while more:
        try:
            more = await context.database.write(ChatDatabase.purge_deleted_rooms)
        except Refusal as refusal:
            # A full disk or a foreign lock: the rooms are gone for everybody, so there is time.
            logger.warning("deleted rooms still take space: %s", refusal.detail)
            await asyncio.sleep(PURGE_AGAIN)


async def keep_index(context: Context) -> None:
    """Bring what is said into the index, and what was said before there was one.

    In batches between which everybody else may write; where it stopped it goes on after a crash.
    """
    database, clock = context.database, asyncio.get_running_loop().time
    while True:
        database.written.clear()
        begun = clock()
        try:
            more = await database.tend(indexing.index_some)
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
