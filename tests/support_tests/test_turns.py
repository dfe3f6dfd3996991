"""Turns at what costs much: so many at once, so many waiting, few of one person."""

import asyncio

import pytest

from parlour.support.turns import TooMany, Turns


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
