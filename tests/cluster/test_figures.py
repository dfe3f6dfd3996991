"""What each of several nodes tells at `/metrics` of the others, and of Redis between them."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio

from tests.support.figures import figures
from tests.support.files import until
from tests.support.nodes import Nodes, nodes_of
from tests.support.people import checked
from tests.support.places import make_room, new_account, say
from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.valkey import Valkey

pytestmark = pytest.mark.thorough

HEARD = "parlour_nodes_heard"
GAPS = "parlour_broker_gaps_total"


@pytest.fixture
def nodes(tmp_path: Path, broker: Valkey) -> Iterator[Nodes]:
    """Yield two nodes that the test may stop, on a Valkey that it may end."""
    with nodes_of(Server)(tmp_path, env={"PARLOUR_REDIS_URL": broker.url}) as running:
        yield running


def test_each_node_tells_of_redis_and_of_the_others(nodes: Nodes, broker: Valkey) -> None:
    """Of what they commit, of Redis when it goes and is back, and of a node that goes."""
    one, other = nodes.apart()

    def tell(name: str, *wanted: float) -> bool:
        return [figures(node)[name] for node in (one, other)] == list(wanted)

    until(lambda: tell(HEARD, 1, 1))
    assert tell("parlour_broker_connected", 1, 1)
    ann = new_account(one, "ann")
    room = make_room(ann)
    checked(say(room, ann, "told at the other, too"))

    def heads() -> list[float]:
        return [figures(node)["parlour_journal_head"] for node in (one, other)]

    until(lambda: len(set(heads())) == 1)
    assert min(heads()) > 0
    assert figures(other)["parlour_journal_entries_told_total"] >= 2

    broker.kill()
    until(lambda: tell("parlour_broker_connected", 0, 0))

    # Whatever is done meanwhile has to be looked for, unless the other has to write just then: what
    # is before its own it finds on the way.
    before = figures(other)["parlour_journal_entries_looked_up_total"]

    def looks_up() -> bool:
        checked(say(room, ann, "no hint of it"))
        return figures(other)["parlour_journal_entries_looked_up_total"] > before

    until(looks_up)
    broker.start()
    until(lambda: tell("parlour_broker_connected", 1, 1))
    until(lambda: tell(HEARD, 1, 1))

    assert other.stop() == 0
    until(lambda: figures(one)[HEARD] == 0)


async def test_a_node_counts_what_it_missed_of_what_another_said(
    nodes: Nodes, broker: Valkey
) -> None:
    """By a node's own numbers; it asks that one who is with it. Who says that has told all."""
    channel, seal, _ = await nodes.channel()
    third, number = "a third", time.time_ns()

    async with redis.asyncio.from_url(broker.url) as link, link.pubsub() as listening:
        await listening.subscribe(channel)

        async def say_it(ahead: int, *said: object) -> None:
            words = json.dumps([third, number + ahead, [said]])
            await link.publish(channel, seal.close(words.encode()))

        async def heard(of: int, gaps: int) -> None:
            def all_tell() -> bool:
                told = [figures(node) for node in nodes.apart()]
                return all((each[HEARD], each[GAPS]) == (of, gaps) for each in told)

            await asyncio.to_thread(until, all_tell)

        await heard(of=1, gaps=0)
        await say_it(0, "here", [])
        await say_it(1, "beat")
        await heard(of=2, gaps=0)
        await say_it(3, "beat")
        await heard(of=2, gaps=1)
        await say_it(5, "here", [])
        await say_it(6, "beat")
        await say_it(8, "beat")
        await heard(of=2, gaps=2)
        await say_it(9, "bye")
        await heard(of=1, gaps=2)

        asked = 0
        async with asyncio.timeout(scaled(10)):
            async for message in listening.listen():
                if message["type"] != "message":
                    continue
                said = json.loads(seal.open(message["data"]))[2]
                asked += said.count(["tell", third])
                # Each of the two, at each of the two times.
                if asked == 4:
                    break
