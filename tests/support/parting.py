"""Partitions while people talk: a node and what it has links to hear nothing of one another.

Nodes have no links between them: they hear of one another by what is beneath.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import psycopg
from httpx2 import AsyncClient, Response, Timeout

from parlour.support.postgresql import SILENT_SECONDS
from tests.support import hurried
from tests.support.healing import go_on
from tests.support.ledger_nodes import Nodes
from tests.support.partitions import End
from tests.support.server import Server
from tests.support.storm import Storm
from tests.support.timing import HEALED_SECONDS, scaled

PARTITIONS: Final[dict[str, tuple[End, ...]]] = {
    "apart-postgresql": ("postgresql",),
    "apart-redis": ("redis",),
    "apart-both": ("postgresql", "redis"),
    "apart-people": ("people",),
}
# Who hears nothing for so long asks, and comes anew after as long again: at this or another node.
SILENCE_SECONDS: Final = 3.0
# Beyond what a silent server is given: what waits behind is refused at once.
BESIDE_SECONDS: Final = 1.5


async def part(
    nodes: Nodes, storms: Sequence[Storm], ends: Sequence[End], node: int, seconds: float
) -> None:
    """Cut a node off from these for at least so many seconds, and let it be again.

    Meanwhile it refuses in time what it cannot do, and all others go on.
    """
    links, begun = nodes.links, time.monotonic()
    assert links is not None
    apart = nodes.servers[node]
    others = [server for server in nodes.servers if server is not apart]
    for storm in storms:
        storm.scene.silence = SILENCE_SECONDS
    await asyncio.to_thread(links.cut, node, ends)
    try:
        went_on, refused = await asyncio.gather(
            # Without Redis alone everybody goes on.
            go_on(storms, nodes.servers if ends == ("redis",) else others),
            _refuses(apart, nodes) if "postgresql" in ends else asyncio.sleep(0),
        )
        await asyncio.sleep(begun + seconds - time.monotonic())
    finally:
        lasted = time.monotonic() - begun
        await asyncio.to_thread(links.heal)
    await _is_ready(apart)
    words = f"node {node} apart from {' and '.join(ends)} by {links.kind} for {lasted:.1f} s:"
    words += f" the others went on within {went_on:.1f} s"
    words += f", it refused after {refused:.1f} s" if refused else ""
    print(f"{words}; {_connections(nodes)} connections to PostgreSQL")  # noqa: T201 - to be read


async def _refuses(server: Server, nodes: Nodes) -> float:
    """Wait until a node that is cut off from the database has said so; after how many seconds."""
    silent = hurried.SILENT_SECONDS if nodes.hurried else SILENT_SECONDS
    begun = time.monotonic()
    async with _patient_client(server) as http:
        ready, posted = await asyncio.gather(
            http.get("/readyz"),
            http.post(
                "/api/chat/rooms/1/messages", params={"username": "eve"}, json={"content": "hi"}
            ),
        )
        took = time.monotonic() - begun
        for answer in (ready, posted):
            assert (answer.status_code, _code(answer)) == (503, "busy"), answer.text
        assert took <= scaled(silent + BESIDE_SECONDS), f"refused after {took:.1f} s"
        # And it lives.
        assert (await http.get("/healthz")).is_success
    return took


async def _is_ready(server: Server) -> None:
    async with asyncio.timeout(scaled(HEALED_SECONDS)), _patient_client(server) as http:
        while not (await http.get("/readyz")).is_success:
            pass


def _patient_client(server: Server) -> AsyncClient:
    return AsyncClient(base_url=server.url, timeout=Timeout(scaled(60)), trust_env=False)


def _code(answer: Response) -> str:
    return str(answer.json().get("code"))


def _connections(nodes: Nodes) -> int:
    """How many the nodes have to PostgreSQL, as it sees it."""
    with psycopg.connect(nodes.postgres.own_url("postgres")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parlour'"
        ).fetchone()
    assert found is not None
    return int(found[0])
