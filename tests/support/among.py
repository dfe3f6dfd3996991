"""What can happen to nodes that work together, and to what is beneath them, while people talk.

Each leaves everything in order. Afterwards people on all nodes are told of what is said on any of
them within `HEALED_SECONDS` (`timing.py`).
"""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from tests.support.clock import wrong_clock
from tests.support.healing import heal
from tests.support.ledger_nodes import Nodes
from tests.support.parting import PARTITIONS, part
from tests.support.people import async_http_client, checked
from tests.support.server import Server
from tests.support.storm import Storm

FAULTS: Final = (
    "none", "redis-killed", "redis-frozen", "redis-cuts", "restarts", "frozen", "used-up", "kills",
    "clocks",
)  # fmt: skip
# Seconds between two cuts of those who listen.
CUT_SECONDS: Final = 2
HOUR: Final = 3600


async def act(
    fault: str,
    nodes: Nodes,
    storms: Sequence[Storm],
    chance: random.Random,
    *,
    seconds: float,
    kills: int,
) -> None:
    """Let something happen that lasts so long, and wait until all is well again."""
    # Everybody has said something, and so stands in the middle of it.
    await asyncio.gather(*(each.scene.acknowledged(20) for each in storms))
    redis, postgres = nodes.redis, nodes.postgres
    if fault == "none":
        await asyncio.sleep(seconds)
    elif fault == "redis-killed":
        await _without(redis.kill, redis.start, seconds)
    elif fault == "redis-frozen":
        await _without(redis.freeze, redis.thaw, seconds)
    elif fault == "redis-cuts":
        for _ in range(max(2, round(seconds / CUT_SECONDS))):
            await asyncio.sleep(CUT_SECONDS)
            await asyncio.to_thread(redis.cut_listeners)
    elif fault == "restarts":
        await _without(postgres.stop, postgres.start, seconds)
    elif fault == "frozen":
        await _without(postgres.freeze, postgres.thaw, seconds)
    elif fault == "used-up":
        await asyncio.to_thread(_use_up, nodes, seconds)
    elif fault == "clocks":
        await _with_wrong_clock(nodes.servers[-1], seconds)
    elif fault in PARTITIONS:
        await part(nodes, storms, PARTITIONS[fault], chance.randrange(len(nodes.servers)), seconds)
    else:
        assert fault == "kills", fault
        for server in chance.choices(nodes.servers, k=kills):
            await server.akill()
            await asyncio.sleep(seconds / kills)
            await asyncio.to_thread(server.start)
    await heal(storms)


async def _without(take: Callable[[], None], give_back: Callable[[], None], seconds: float) -> None:
    await asyncio.to_thread(take)
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(give_back)


async def _with_wrong_clock(server: Server, seconds: float) -> None:
    """Let a node be an hour ahead of the others, and then right again."""
    right, is_anew = dict(server.env), server.is_anew
    # What a program has loaded already knows the right time.
    server.is_anew = True
    with tempfile.TemporaryDirectory() as folder:
        server.env |= wrong_clock(Path(folder), HOUR)
        await server.arestart()
        async with async_http_client(server) as http:
            room = checked(await http.post("/api/chat/rooms", json={"name": "Clock"}))
            ahead = datetime.fromisoformat(room["created_at"]) - datetime.now(UTC)
            assert abs(ahead.total_seconds() - HOUR) < HOUR / 2, ahead
            assert (await http.delete(f"/api/chat/rooms/{room['id']}")).is_success
        await asyncio.sleep(seconds)
        server.env, server.is_anew = right, is_anew
        await server.arestart()


def _use_up(nodes: Nodes, seconds: float) -> None:
    """Take every connection that PostgreSQL has to give, also those of the nodes."""
    ends = time.monotonic() + seconds
    with contextlib.ExitStack() as taken:
        url = nodes.postgres.own_url("postgres")
        first = taken.enter_context(psycopg.connect(url, autocommit=True))
        while time.monotonic() < ends:
            try:
                while time.monotonic() < ends:
                    taken.enter_context(psycopg.connect(url))
            except psycopg.OperationalError:
                first.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'parlour'"
                )
                time.sleep(0.02)
