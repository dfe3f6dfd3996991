"""A server without doors, and the kinds of jobs that a test makes for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, select

from parlour import jobs
from parlour.context import Context
from parlour.jobs import Kind, Task
from parlour.store.meta import read_values, write_value
from parlour.store.tables import jobs as table
from tests.support.timing import scaled

Run = Callable[[Context, Task[int]], Awaitable[None]]


class Bench:
    """A server without doors, and the kinds of jobs that a test makes for it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.database = context.database

    async def put(self, kind: Kind[int], number: int = 1, **options: Any) -> None:
        """Put a job as its cause would, and tell of it."""

        def cause(connection: Connection) -> None:
            kind.put(connection, number, **options)

        await self.database.write(cause, then=lambda _: self.context.due.set())

    async def left(self) -> list[Any]:
        """The rows of jobs that there are, but for those that there always are."""

        def read(connection: Connection) -> list[Any]:
            asked = select(table).where(table.c.kind.like("%_in_a_test")).order_by(table.c.id)
            return list(connection.execute(asked))

        return await self.database.read(read)

    async def until(self, holds: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until the rows are so."""
        async with asyncio.timeout(scaled(20)):
            while True:
                found = await self.left()
                if holds(found):
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def working(bench: Bench, workers: int = 1) -> AsyncIterator[None]:
    """Let jobs be run meanwhile."""
    tasks = [asyncio.create_task(jobs.work(bench.context)) for _ in range(workers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def count(connection: Connection, name: str = "done") -> int:
    """Do something of which it is seen how often it was done."""
    done = int(read_values(connection, [name]).get(name, "0")) + 1
    write_value(connection, name, str(done))
    return done


async def counted(bench: Bench, name: str = "done") -> int:
    """How often it was."""
    values = await bench.database.read(read_values, [name])
    return int(values.get(name, "0"))


async def do(_context: Context, task: Task[int]) -> None:
    """Do it, and end."""
    await task.end(count)
