"""What can happen to nodes that work together, and to what is beneath them, while people talk.

Each is a coroutine that leaves everything in order. Afterwards people on all nodes are told of what
is said on any of them within `HEALED_SECONDS`.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import psycopg

from tests.support.ledger_nodes import Nodes
from tests.support.storm import Storm
from tests.support.timing import scaled

FAULTS: Final = (
    "none", "redis-killed", "redis-frozen", "redis-cuts", "restarts", "frozen", "used-up", "kills"
)  # fmt: skip
HEALED_SECONDS: Final = 10
# Seconds between two cuts of those who listen.
CUT_SECONDS: Final = 2


async def act(
    fault: str, nodes: Nodes, storms: Sequence[Storm], seconds: float, chance: random.Random
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
    else:
        assert fault == "kills", fault
        for server in chance.sample(nodes.servers, len(nodes.servers)):
            await server.akill()
            await asyncio.sleep(seconds / 2)
            await asyncio.to_thread(server.start)
    await heal(storms)


async def heal(storms: Sequence[Storm]) -> None:
    """Wait until everybody is told of something that was said from now on, on every node."""
    begun = time.monotonic()
    await asyncio.gather(*map(_heal, storms))
    for storm in storms:
        storm.healed = time.monotonic() - begun


async def _heal(storm: Storm) -> None:
    # As many may have been on their way.
    wanted = {writer.name: writer.stored + writer.window + 1 for writer in storm.writers}
    scene = storm.scene
    try:
        async with asyncio.timeout(scaled(HEALED_SECONDS)):
            await scene.until(
                lambda: all(each.stored >= wanted[each.name] for each in storm.writers)
            )
            said = scene.ledger.newest
            await scene.until(
                lambda: all((each.reading.version or 0) >= said for each in storm.followers)
            )
    except TimeoutError:
        mute = [each.name for each in storm.writers if each.stored < wanted[each.name]]
        behind = {each.name: each.reading.version for each in storm.followers}
        words = f"room {scene.room_id}: not stored of {mute}; {scene.ledger.newest} of {behind}"
        raise AssertionError(words) from None


async def _without(take: Callable[[], None], give_back: Callable[[], None], seconds: float) -> None:
    await asyncio.to_thread(take)
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(give_back)


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
