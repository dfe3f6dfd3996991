"""Turns at what costs much: so many at once, so many waiting, few of one person."""

import asyncio

import pytest

from parlour.support.turns import InTurn, TooMany, Turns


async def test_so_many_are_served_at_once_and_the_others_in_their_order() -> None:
    """Whoever waits comes next; a place that was given up is free again."""
    turns, served, go = Turns(at_once=1, waiting=2, each=9), [], asyncio.Event()

    async def come(name: str) -> None:
        async with turns.take(name):
            served.append(name)
            await go.wait()

    tasks = [asyncio.create_task(come(name)) for name in "abc"]
    await asyncio.sleep(0)
    assert served == ["a"]
    with pytest.raises(TooMany):
        await come("d")
    tasks[1].cancel()
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(come("d")))
    go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert served == ["a", "c", "d"]
    # Nothing is remembered of anybody.
    assert not turns._keys


async def test_one_person_has_few_of_them() -> None:
    """And keeps nobody else out."""
    turns = Turns(at_once=9, waiting=9, each=2)
    async with turns.take("alice"), turns.take("alice"):
        with pytest.raises(TooMany):
            async with turns.take("alice"):
                pass
        async with turns.take("bob"):
            pass
    async with turns.take("alice"):
        pass


async def test_who_asks_for_many_waits_behind_everybody_elses_first() -> None:
    """One of each key at a time, one key after the other; who gives up leaves nothing."""
    turns, served = InTurn(at_once=2), []
    ends: dict[str, asyncio.Event] = {}

    async def come(name: str) -> None:
        ends[name] = asyncio.Event()
        async with turns.take(name[0]):
            served.append(name)
            await ends[name].wait()

    tasks = {name: asyncio.create_task(come(name)) for name in ("a1", "a2", "a3", "b1")}
    await asyncio.sleep(0)
    assert served == ["a1", "b1"]
    tasks["c1"] = asyncio.create_task(come("c1"))
    await asyncio.sleep(0)
    ends["a1"].set()
    await asyncio.gather(tasks["a1"])
    await asyncio.sleep(0)
    assert served == ["a1", "b1", "c1"]
    tasks["a2"].cancel()
    await asyncio.gather(tasks["a2"], return_exceptions=True)
    for name in ("b1", "c1"):
        ends[name].set()
    ends["a3"].set()
    await asyncio.gather(tasks["b1"], tasks["c1"], tasks["a3"])
    assert served == ["a1", "b1", "c1", "a3"]
    assert vars(turns) == vars(InTurn(at_once=2))
