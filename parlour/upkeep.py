"""What goes on behind what people do: taking away what is left of deleted rooms."""

import asyncio
import logging
from typing import Final

from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal

logger = logging.getLogger(__name__)

# Seconds until taking away is tried again.
PURGE_AGAIN: Final = 30.0


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
