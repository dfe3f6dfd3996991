"""Nodes in the test's own process that note what they tell, and in which order."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import Connection

from parlour.cluster import Cluster
from parlour.context import Context
from parlour.database import init_db
from parlour.effects import effect
from parlour.realtime.broker import Broker
from parlour.store.meta import read_values, write_value
from tests.support.local import local_context, local_settings

COUNTER = "said"


def say(connection: Connection) -> int:
    """Say something; the how-manieth thing that this is, of everybody's."""
    number = int(read_values(connection, [COUNTER]).get(COUNTER, 0)) + 1
    write_value(connection, COUNTER, str(number))
    return number


_NODES: dict[int, "Node"] = {}


@effect("said_in_a_test", int)
def _said(context: Context, number: int) -> None:
    """Note what was said."""
    _NODES[id(context)].told.append(number)


class Node:
    """One that says things, and tells what others say."""

    def __init__(self, folder: Path, url: str, broker: Broker) -> None:
        self.database = init_db(local_settings(folder, database_url=url))
        self.database.join()
        self.broker = broker
        self.cluster = Cluster(self.database, broker)
        self.database.start(self.cluster)
        self.context = local_context(folder, self.database)
        # What it has told, in that order.
        self.told: list[int] = []
        _NODES[id(self.context)] = self
        self.cluster.begin(self.context)

    async def say(self) -> int:
        """Say something; which number it got."""
        return await self.database.write(say, then=_said.after(self.context))

    async def tell(self, number: int) -> int:
        """Say a number that is nobody else's business: no row is shared by which one would wait."""
        return await self.database.write(lambda _: number, then=_said.after(self.context))

    async def close(self) -> None:
        """End it."""
        await self.context.tasks.close()
        await self.cluster.close()
        await self.database.close()
        del _NODES[id(self.context)]


@contextlib.asynccontextmanager
async def nodes_told(folder: Path, *places: tuple[str, Broker]) -> AsyncIterator[list[Node]]:
    """Yield a node for each address of their database, with its broker."""
    nodes = [
        Node(folder / f"node-{number}", url, broker) for number, (url, broker) in enumerate(places)
    ]
    try:
        yield nodes
    finally:
        for node in nodes:
            await node.close()
