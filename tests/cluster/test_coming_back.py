"""Many nodes that ask the same, as after a restart of Redis, do not drown one another."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.client import PubSub

from parlour.support.seals import Seal
from tests.support import websocket
from tests.support.nodes import Nodes, nodes_of
from tests.support.server import Server
from tests.support.timing import scaled

# Others than the two that run, as far as these hear.
COMERS = 100


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Yield two nodes that run."""
    with nodes_of(Server)(tmp_path_factory.mktemp("nodes")) as running:
        yield running


class Ear:
    """What the nodes say, counted by kind and node, and who they say is there."""

    def __init__(self, listening: PubSub, seal: Seal) -> None:
        self.people: set[str] = set()
        self.said: dict[str, Counter[str]] = {
            kind: Counter() for kind in ("here", "reached", "beat")
        }
        self._listening = listening
        self._seal = seal

    async def hear_two_beats(self) -> None:
        """Until each of two nodes has said twice that it lives: what came before was answered."""
        async with asyncio.timeout(scaled(20)):
            async for heard in self._listening.listen():
                if heard["type"] == "message":
                    self._take_in(*json.loads(self._seal.open(heard["data"])))
                beats = self.said["beat"]
                if len(beats) == 2 and min(beats.values()) >= 2:
                    return

    def _take_in(self, node: str, _number: int, said: list[Any]) -> None:
        for kind, *rest in said:
            if kind in self.said:
                self.said[kind][node] += 1
            if kind == "here":
                self.people |= {each[2] for each in rest[0]}


@pytest.mark.thorough
async def test_those_who_ask_together_are_answered_together(nodes: Nodes) -> None:
    """Who is with it, and how far it has told, a node says a few times, not to each that asks."""
    visitor = await websocket.connect(nodes, None, "vera")
    channel, seal, head = await nodes.channel()
    async with (
        redis.asyncio.from_url(nodes.env["PARLOUR_REDIS_URL"]) as broker,
        broker.pubsub() as listening,
    ):

        async def say(number: int, *said: Any) -> None:
            pipeline = broker.pipeline(transaction=False)
            for comer in range(COMERS):
                words = json.dumps([f"comer {comer}", number, said]).encode()
                pipeline.publish(channel, seal.close(words))
            await pipeline.execute()

        await listening.subscribe(channel)
        ear = Ear(listening, seal)
        await say(1, ["hello"], ["ask", head])
        await ear.hear_two_beats()
        await say(2, ["bye"])
    for kind in ("here", "reached"):
        assert len(ear.said[kind]) == 2
        assert max(ear.said[kind].values()) < COMERS / 4
    assert "vera" in ear.people
    await visitor.close()
