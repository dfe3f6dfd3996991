"""What nodes share of paces by way of Redis, and what becomes of it when that does not answer."""

import asyncio
import itertools
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis.asyncio

from parlour.realtime.broker_redis import RedisBroker
from parlour.realtime.common import ALONE_SECONDS, CommonPaces
from parlour.support.buckets import ANSWER_SECONDS, Pace
from tests.realtime.ear import Ear, away, eventually
from tests.support.timing import SLACK
from tests.support.valkey import Valkey

SECRET = b"x" * 32
NUMBERS = itertools.count(1)
# What somebody may do at once, and hardly ever again while a test lasts.
SIZE, A_SECOND = 10, 0.001


@pytest.fixture(scope="module")
def broken() -> Iterator[Valkey]:
    """Yield a server of this module's own."""
    own = Valkey()
    yield own
    own.kill()


class Node:
    """One node's paces, with whom it shares them."""

    def __init__(self, url: str, name: str) -> None:
        self.ear = Ear(RedisBroker(url, name))
        self.common = CommonPaces(self.ear.broker, SECRET)
        self.pace = Pace("reactions", SIZE, A_SECOND)

    async def take(self, key: str = "ann", times: int = 1) -> int:
        """Take so many drops at once; how many there were."""
        waits = await asyncio.gather(*(self.pace.take(key, self.common) for _ in range(times)))
        return waits.count(0)


@pytest.fixture
async def nodes(broken: Valkey) -> AsyncIterator[list[Node]]:
    """Yield two nodes of one cluster, both of them connected."""
    name = f"parlour:{next(NUMBERS)}"
    made = [Node(broken.url, name) for _ in range(2)]
    for node in made:
        await node.ear.comes()
    yield made
    broken.thaw()
    for node in made:
        await node.ear.broker.close()


async def test_two_nodes_together_allow_what_one_would(nodes: list[Node]) -> None:
    """Whether all of it comes at once, or one after the other; each person by themselves."""
    one, other = nodes
    assert sum(await asyncio.gather(one.take(times=30), other.take(times=30))) == SIZE
    assert await other.take("bob", 4) + await one.take("bob", 30) == SIZE
    assert [node.common.alone for node in nodes] == [0, 0]


async def test_what_lies_in_redis_names_nobody_and_goes_by_itself(
    nodes: list[Node], broken: Valkey
) -> None:
    """A number under a digest that takes the secret to make, as long as the bucket is not full."""
    [node, _] = nodes
    await node.take("user:17")
    async with redis.asyncio.from_url(broken.url) as client:
        keys = [key.decode() async for key in client.scan_iter("parlour:*:pace:*")]
        assert keys
        for key in keys:
            value: Any = await client.get(key)
            assert value.isdigit()
            assert re.fullmatch(r"parlour:\d+:pace:[0-9a-f]{64}", key)
            assert 0 < await client.pttl(key) <= 1000 * SIZE / A_SECOND


@pytest.mark.parametrize("how", ["killed", "hangs"])
async def test_without_an_answer_each_node_holds_the_pace_and_nobody_waits(
    nodes: list[Node], broken: Valkey, how: str
) -> None:
    """Less than a second, also whoever is the first to find out; then it is shared again."""
    one, other = nodes
    assert await one.take(times=4) == 4
    broken.kill() if how == "killed" else broken.freeze()
    clock = asyncio.get_running_loop().time
    longest = 0.0
    for _ in range(3):
        begun = clock()
        allowed = await asyncio.gather(one.take(times=20), other.take(times=20))
        longest = max(longest, clock() - begun)
        # The one goes on from where it stood, the other has seen nothing of it.
        assert tuple(allowed) in ((SIZE - 4, SIZE), (0, 0))
    assert longest < 1.0
    assert min(node.common.alone for node in nodes) > 0
    if how == "killed":
        for node in nodes:
            await away(node.ear)
        broken.start()
        for node in nodes:
            await node.ear.comes(2)
    else:
        broken.thaw()
    await asyncio.sleep(ALONE_SECONDS)
    before = [node.common.alone for node in nodes]
    # Whoever has nothing left is told so here, and those who come anew are counted together.
    assert [await node.take() for node in nodes] == [0, 0]
    assert await one.take("carl", 7) + await other.take("carl", 30) == SIZE
    assert [node.common.alone for node in nodes] == before


async def test_what_was_taken_without_redis_is_counted_when_it_is_back(
    nodes: list[Node], broken: Valkey
) -> None:
    """By the node that allowed it, with the next that it asks for."""
    one, other = nodes
    broken.kill()
    for node in nodes:
        await away(node.ear)
    assert await one.take("dora", 6) == 6
    broken.start()
    for node in nodes:
        await node.ear.comes(2)
    assert await one.take("dora") == 1
    # Half a second's worth is forgiven, which is nothing at this pace.
    assert await other.take("dora", 30) == SIZE - 7


async def test_after_one_answer_that_did_not_come_nobody_waits_for_a_while(
    nodes: list[Node], broken: Valkey
) -> None:
    """A server that hangs costs half a second in each, not with each."""
    [node, _] = nodes
    clock = asyncio.get_running_loop().time
    broken.freeze()
    begun = clock()
    await node.take("emil")
    assert clock() - begun < SLACK * ANSWER_SECONDS
    begun = clock()
    for _ in range(5):
        await node.take("emil")
    assert clock() - begun < ANSWER_SECONDS


async def test_a_server_that_allows_no_scripts_is_told_of_once(
    nodes: list[Node], broken: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else would say that the nodes count alone; and each holds the pace."""
    [node, _] = nodes
    broken.ask("ACL", "SETUSER", "default", "-@scripting")
    try:
        with caplog.at_level(logging.WARNING, "parlour.realtime.common"):
            assert await node.take("fred", 30) == SIZE
            await eventually(lambda: bool(caplog.messages))
    finally:
        broken.ask("ACL", "SETUSER", "default", "+@all")
    assert caplog.messages == ["paces are counted on each node alone just now (NoPermissionError)"]
