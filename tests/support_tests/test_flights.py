"""Many who ask for the same at once are answered together, by a call begun after they asked."""

import asyncio

import pytest

from parlour.support import flights as flights_module
from parlour.support.flights import Flights
from tests.support.timing import scaled


class Calls:
    """What is asked: each call waits for its turn and answers with its number."""

    def __init__(self) -> None:
        self.made: list[tuple[str, list[int]]] = []
        self.go = asyncio.Semaphore(0)
        self.error: Exception | None = None

    async def run(self, key: str, arguments: list[int]) -> int:
        """Note the call, wait for its turn."""
        self.made.append((key, arguments))
        number = len(self.made)
        await self.go.acquire()
        if self.error is not None:
            raise self.error
        return number


async def ask(
    flights: Flights[str, int, int], key: str, *arguments: int
) -> list[asyncio.Task[int]]:
    """Ask several times at once; return when all have asked."""
    tasks = [asyncio.create_task(flights.join(key, argument)) for argument in arguments]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_who_asks_during_a_call_is_served_by_the_next() -> None:
    """However many they are; what began before they asked may not know what they need."""
    calls = Calls()
    flights = Flights(calls.run)
    first = await ask(flights, "a", 1)
    others = await ask(flights, "a", 2, 3, 4)
    assert calls.made == [("a", [1])]
    calls.go.release()
    assert await asyncio.gather(*first) == [1]
    calls.go.release()
    assert await asyncio.gather(*others) == [2, 2, 2]
    assert calls.made == [("a", [1]), ("a", [2, 3, 4])]


async def test_different_things_do_not_wait_for_each_other() -> None:
    """And nothing is kept of those that have been answered."""
    calls = Calls()
    flights = Flights(calls.run)
    tasks = [*await ask(flights, "a", 1), *await ask(flights, "b", 1)]
    assert calls.made == [("a", [1]), ("b", [1])]
    calls.go.release()
    calls.go.release()
    await asyncio.gather(*tasks)
    assert not flights._flying
    assert not flights._waiting


async def test_a_failure_is_the_answer_of_all_who_wait_for_it() -> None:
    """The next call is as good as any."""
    calls = Calls()
    flights = Flights(calls.run)
    calls.error = OSError("no")
    tasks = await ask(flights, "a", 1, 2)
    calls.go.release()
    for task in tasks:
        with pytest.raises(OSError, match="no"):
            await task
    calls.error = None
    again = await ask(flights, "a", 3)
    calls.go.release()
    assert await again[0] == 2


async def test_whoever_gives_up_is_not_asked_for() -> None:
    """The others are answered."""
    calls = Calls()
    flights = Flights(calls.run)
    first = await ask(flights, "a", 1)
    gone, stays = await ask(flights, "a", 2, 3)
    gone.cancel()
    await asyncio.sleep(0)
    calls.go.release()
    calls.go.release()
    assert await asyncio.gather(*first, stays) == [1, 2]
    assert calls.made[1] == ("a", [3])


async def test_after_many_at_once_more_are_waited_for_as_long_as_the_call_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A storm is answered by half as many calls; whoever comes alone waits for nobody."""
    clock = asyncio.get_running_loop().time
    made: list[tuple[float, float, int]] = []
    takes = scaled(0.1)
    monkeypatch.setattr(flights_module, "MOST_REST", takes)

    async def run(_key: str, arguments: list[int]) -> int:
        begun = clock()
        await asyncio.sleep(takes)
        made.append((begun, clock(), len(arguments)))
        return len(made)

    flights = Flights(run)
    alone = await ask(flights, "a", 1)
    others = await ask(flights, "a", 2, 3)
    await asyncio.gather(*alone)
    await asyncio.gather(*others)
    await flights.join("a", 4)
    first, storm, last = made
    assert [asked for *_, asked in made] == [1, 2, 1]
    assert storm[0] - first[1] < 0.75 * takes < last[0] - storm[1]
