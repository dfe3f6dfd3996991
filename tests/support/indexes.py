"""Waiting for the index of texts, which follows what is said and changed."""

import asyncio
from typing import Final

from tests.support.inside import inside
from tests.support.server import Server
from tests.support.timing import scaled

# Nothing that was changed or deleted waits for being taken out.
NO_CHANGES: Final = "NOT EXISTS (SELECT 1 FROM search_changes)"


async def index_stands(server: Server, condition: str, *values: int) -> None:
    """Wait until the index stands as some SQL says."""
    query = f"SELECT count(*) FROM search_state WHERE {condition}"
    async with asyncio.timeout(scaled(20)):
        while True:
            with inside(server) as connection:
                [found] = connection.execute(query, values).fetchone()
            if found:
                return
            await asyncio.sleep(0.05)
