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
COMERS = 30


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Yield two nodes that run."""
    with nodes_of(Server)(tmp_path_factory.mktemp("nodes")) as running:
        yield running


class Ear:
    """What the nodes say, counted by node and kind, and who they say is there."""

    def __init__(self, listening: PubSub, seal: Seal) -> None:
        self.people: set[str] = set()
        self._listening = listening
        self._seal = seal
        self._said: dict[str, Counter[str]] = {"here": Counter(), "reached": Counter()}

    def most(self, kind: str) -> int:
        """How often the node has said it that said it most."""
        return max(self._said[kind].values())

    async def hear_all_tell(self) -> None:
        """Until each of two nodes has said once more who is there."""
        before = self._said["here"].copy()
        async with asyncio.timeout(scaled(20)):
            async for heard in self._listening.listen():
                if heard["type"] == "message":
                    self._take_in(*json.loads(self._seal.open(heard["data"])))
                now = self._said["here"]
                if len(now) == 2 and all(now[node] > before[node] for node in now):
                    return

    def _take_in(self, node: str, _number: int, said: list[Any]) -> None:
        for kind, *rest in said:
            if kind in self._said:
                self._said[kind][node] += 1
            if kind == "here":
                self.people |= {each[2] for each in rest[0]}


async def test_those_who_ask_together_are_answered_together(nodes: Nodes) -> None:
    """Who is with it, and how far it has told, a node says a few times, not to each that asks."""
    visitor = await websocket.connect(nodes, None, "vera")
    channel, seal, head = await nodes.channel()
    async with (
        redis.asyncio.from_url(nodes.env["PARLOUR_REDIS_URL"]) as broker,
        broker.pubsub() as listening,
    ):

        async def say(number: int, *said: Any, comers: int = COMERS) -> None:
            for comer in range(comers):
                words = json.dumps([f"comer {comer}", number, said]).encode()
                await broker.publish(channel, seal.close(words))

        await listening.subscribe(channel)
        ear = Ear(listening, seal)
        await say(1, ["hello"])
        await ear.hear_all_tell()
        await say(2, ["ask", head])
        # What they say to this comes behind their answers.
        await say(3, ["hello"], comers=1)
        await ear.hear_all_tell()
        await say(4, ["bye"])
    assert ear.most("here") < 6
    assert ear.most("reached") < 6
    assert "vera" in ear.people
    await visitor.close()
