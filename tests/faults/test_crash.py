"""Nothing acknowledged is lost, nothing is doubled, no version is missing: whatever is cut off.

`TEST_LONG=1` takes twenty rounds.
"""

import asyncio
import os
import random
from collections.abc import Callable

import pytest

from tests.support.server import NewServer
from tests.support.storm import Storm, integrity, storm
from tests.support.timing import BRIEF, LONG

ROUNDS, STOPS = (20, 8) if LONG else (3, 1) if BRIEF else (10, 4)
# Acknowledged messages after which a round ends, at most: a fraction of a second of load.
LOAD = 150


@pytest.fixture
def chance() -> random.Random:
    """Return the test's chance, whose seed is printed; TEST_SEED repeats a run."""
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"TEST_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    return random.Random(seed)


async def some_load(going: Storm, chance: random.Random) -> None:
    """Wait until a random number of further messages has been acknowledged."""
    ledger = going.scene.ledger
    await going.scene.acknowledged(ledger.acknowledged + chance.randrange(1, LOAD))


@pytest.mark.timeout(300)
async def test_kill_under_load_loses_nothing(
    new_server: NewServer, chance: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """A server killed at random moments, some of them while it starts, keeps every promise."""
    server = await asyncio.to_thread(new_server().start)
    async with storm(server) as going:
        for _ in range(ROUNDS):
            await some_load(going, chance)
            going.scene.up.clear()
            await server.akill()
            if chance.random() < 0.3:
                # Die once more, somewhere between the first step and the first answer, which takes
                # a quarter of a second with what is loaded already.
                process = server.launch()
                await asyncio.to_thread(process.wait_for_news, 0, chance.uniform(0, 0.3))
                await server.akill()
            await asyncio.to_thread(server.start)
            going.scene.up.set()
    record_property("storm", going.summary())
    await server.astop()
    assert integrity(server) == []
    assert min(follower.connections for follower in going.followers) > 1


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_stop_under_load_loses_nothing(
    new_server: NewServer, chance: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """A server told to stop in the middle of a storm ends well each time, and nobody loses."""
    server = await asyncio.to_thread(new_server().start)
    async with storm(server) as going:
        for _ in range(STOPS):
            await some_load(going, chance)
            going.scene.up.clear()
            assert await server.astop() == 0
            await asyncio.to_thread(server.start)
            going.scene.up.set()
    record_property("storm", going.summary())
    await server.astop()
    assert integrity(server) == []


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_cut_connections_lose_nothing(
    new_server: NewServer, chance: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """Connections that end in a TCP reset, in the middle of a frame too, are taken up again."""
    server = await asyncio.to_thread(new_server().start)
    async with storm(server, posters=0) as going:
        for _ in range(ROUNDS * 2):
            await some_load(going, chance)
            for follower in chance.sample(going.followers, 3):
                # The head of a masked text frame of 126 bytes, and less than that of its body.
                half = b"\x81\xfe\x00\x7e\x00\x00\x00\x00" + b'{"type":' * chance.randrange(2)
                follower.cut(half if chance.random() < 0.5 else b"")
    record_property("storm", going.summary())
    await server.astop()
    assert integrity(server) == []
