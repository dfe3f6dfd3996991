"""What any broker does: the one of nodes in one process, and the one that speaks with Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from parlour.realtime.broker import Broker, Hub, MemoryBroker
from parlour.realtime.broker_redis import RedisBroker
from parlour.support.buckets import Drop
from tests.realtime.ear import Ear, Opened
from tests.support.valkey import valkey

NUMBERS = itertools.count(1)


@pytest.fixture(params=["memory", "redis"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Yield a maker of brokers; those of one name hear one another."""
    hub, ears, number = Hub(), list[Ear](), next(NUMBERS)

    def make(name: str = "parlour:one") -> Ear:
        broker: Broker = (
            MemoryBroker(hub)
            if request.param == "memory"
            # Tests share a server, as clusters may.
            else RedisBroker(valkey().url, f"{name}:{number}")
        )
        ears.append(Ear(broker))
        return ears[-1]

    yield make
    for ear in ears:
        await ear.broker.close()


async def test_what_is_said_is_heard_by_everybody_in_order(opened: Opened) -> None:
    """Also by who says it, and however much it is at once."""
    nodes = [opened(), opened(), opened()]
    for node in nodes:
        await node.comes()
        assert node.broker.connected
    said = [f"{number} é\n\0" for number in range(1_000)]
    for words in said:
        nodes[0].broker.publish(words.encode())
    for node in nodes:
        await node.hears(*said)
    nodes[2].broker.publish(b"and this")
    for node in nodes:
        await node.hears(*said, "and this")


async def test_something_long_is_heard_as_it_was_said(opened: Opened) -> None:
    """A hint may carry what many messages of a group said."""
    one, other = opened(), opened()
    await one.comes()
    await other.comes()
    one.broker.publish(b"x" * 1_000_000)
    one.broker.publish(b"y")
    await other.hears("x" * 1_000_000, "y")


async def test_what_is_kept_is_given_once(opened: Opened) -> None:
    """To whoever of many asks first, on whatever node; for everybody else there is nothing."""
    one, other = opened(), opened()
    await one.broker.put("ticket:a", "session é", 60)
    takes = [node.broker.take("ticket:a") for _ in range(10) for node in (one, other)]
    assert sorted(filter(None, await asyncio.gather(*takes))) == ["session é"]
    assert await one.broker.take("ticket:a") is None
    assert await one.broker.take("ticket:never") is None


async def test_what_is_kept_under_a_key_is_what_was_put_there_last(opened: Opened) -> None:
    """Nothing of before is left."""
    one = opened()
    await one.broker.put("ticket:a", "first", 60)
    await one.broker.put("ticket:a", "second", 60)
    assert await one.broker.take("ticket:a") == "second"
    assert await one.broker.take("ticket:a") is None


async def test_what_is_kept_expires(opened: Opened) -> None:
    """After as long as was said."""
    one = opened()
    await one.broker.put("ticket:a", "session", 0.05)
    await one.broker.put("ticket:b", "session", 60)
    await asyncio.sleep(0.1)
    assert await one.broker.take("ticket:a") is None
    assert await one.broker.take("ticket:b") == "session"


async def test_who_has_closed_hears_nothing_and_leaves_nothing_behind(opened: Opened) -> None:
    """No task goes on, and the others go on hearing one another."""
    stays = opened()
    await stays.comes()
    before = asyncio.all_tasks()
    goes = opened()
    await goes.comes()
    goes.broker.publish(b"bye")
    await goes.broker.close()
    assert asyncio.all_tasks() == before
    assert not goes.broker.connected
    # What it said last has been said.
    await stays.hears("bye")
    stays.broker.publish(b"still here")
    await stays.hears("bye", "still here")
    goes.broker.publish(b"nobody hears this")
    assert "still here" not in goes.heard


async def test_of_a_holder_only_the_newest_are_kept(opened: Opened) -> None:
    """Those that were taken do not count, and others' neither; wherever they were put."""
    one, other = opened(), opened()
    for number in range(6):
        node = (one, other)[number % 2]
        await node.broker.put(f"ticket:{number}", f"{number}", 60, holder="ann", most=3)
        if number == 3:
            assert await one.broker.take("ticket:3") == "3"
    await one.broker.put("ticket:bob", "bob", 60, holder="bob", most=3)
    kept = [await other.broker.take(f"ticket:{number}") for number in range(6)]
    assert kept == [None, None, "2", None, "4", "5"]
    assert await other.broker.take("ticket:bob") == "bob"


def drop(key: str, used: float = 0.0) -> Drop:
    """Return one of a bucket of 5 into which 2 fall a second."""
    return Drop(f"pace:{key}", 0.5, 5, used)


async def test_many_who_take_of_one_bucket_get_what_it_holds(opened: Opened) -> None:
    """At however many nodes, at once or one after the other; another bucket is another one."""
    nodes = [opened(), opened()]
    asked = [node.broker.spend([drop("a")] * 3, 5) for node in nodes * 5]
    taken = [each for some in await asyncio.gather(*asked) for each in some]
    assert [each.wait for each in taken].count(0) == 5
    waits = [each.wait for each in taken if each.wait]
    assert all(0 < wait <= 0.5 for wait in waits)
    assert max(each.used for each in taken) == pytest.approx(2.5, abs=0.5)
    [other] = await nodes[0].broker.spend([drop("b")], 5)
    assert other.wait == 0
    assert other.used == pytest.approx(0.5)


async def test_a_bucket_fills_again(opened: Opened) -> None:
    """At its pace, by one clock."""
    one, other = opened(), opened()
    await one.broker.spend([drop("a")] * 5, 5)
    [refused] = await other.broker.spend([drop("a")], 5)
    assert refused.wait > 0
    await asyncio.sleep(refused.wait)
    [taken] = await other.broker.spend([drop("a")], 5)
    assert taken.wait == 0


async def test_what_a_node_knows_of_a_bucket_is_believed_as_far_as_one_holds(
    opened: Opened,
) -> None:
    """It may have been taken where nobody else saw it; nobody waits for longer than for one."""
    one = opened()
    taken = await one.broker.spend([drop("a", used=1.5), drop("a"), drop("a")], 5)
    assert [each.wait == 0 for each in taken] == [True, True, False]
    [most] = await one.broker.spend([drop("b", used=1e6)], 5)
    assert most.wait == pytest.approx(0.5)
