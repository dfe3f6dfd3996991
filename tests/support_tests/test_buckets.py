"""Buckets: some at once, then at a steady pace, and nothing is remembered of who was idle."""

import pytest

from parlour.support.buckets import Buckets, Drop, Pace, Taken


def test_some_come_at_once_and_the_others_at_a_steady_pace() -> None:
    """Each key by itself; how long it takes is said, and to ask in vain costs nothing."""
    now = 100.0
    buckets = Buckets(3, 2, lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert [buckets.take("a"), buckets.take("a")] == pytest.approx([0.5, 0.5])
    assert buckets.take("b") == 0
    now += 0.4
    assert buckets.take("a") == pytest.approx(0.1)
    now += 0.2
    assert buckets.take("a") == 0
    assert buckets.take("a") == pytest.approx(0.4)
    now += 60
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]


def test_only_those_that_are_not_full_are_kept() -> None:
    """However many keys there are."""
    now = 0.0
    buckets = Buckets(3, 2, lambda: now)
    for number in range(1_000):
        now += 0.1
        buckets.take(f"{number}")
        assert len(buckets) <= 7


class Together:
    """What two nodes share: it may be away, and notes what it is asked."""

    def __init__(self, now: list[float], size: int, per_second: float) -> None:
        self.is_away = False
        self.asked: list[Drop] = []
        self._now = now
        self._all = Buckets(size, per_second, lambda: now[0])

    async def spend(self, drop: Drop) -> Taken | None:
        """As the interface says."""
        if self.is_away:
            return None
        self.asked.append(drop)
        self._all.note(drop.key, self._now[0] + drop.used)
        return Taken(self._all.take(drop.key), self._all.used(drop.key))


@pytest.fixture
def now() -> list[float]:
    """Return the time, to be moved on."""
    return [100.0]


@pytest.fixture
def together(now: list[float]) -> Together:
    """Return what two nodes share, of a pace of 4 at once and 2 a second."""
    return Together(now, 4, 2)


@pytest.fixture
def nodes(now: list[float]) -> list[Pace]:
    """Return that pace at two nodes."""
    return [Pace("reactions", 4, 2, lambda: now[0]) for _ in range(2)]


async def test_what_is_taken_at_two_nodes_is_taken_of_one_bucket(
    nodes: list[Pace], together: Together, now: list[float]
) -> None:
    """Who was refused at one, for what they took at the other, is not asked for again there."""
    one, other = nodes
    assert [await one.take("a", together) for _ in range(3)] == [0, 0, 0]
    assert [await other.take("a", together) for _ in range(2)] == [0, 0.5]
    asked = len(together.asked)
    assert [await other.take("a", together) for _ in range(5)] == [0.5] * 5
    assert len(together.asked) == asked
    assert await other.take("b", together) == 0
    now[0] += 0.5
    assert [await one.take("a", together), await other.take("a", together)] == [0, 0.5]


async def test_alone_a_node_goes_on_from_where_all_stood(
    nodes: list[Pace], together: Together, now: list[float]
) -> None:
    """It allows no more than the pace does, and what it allowed is counted as soon as it can be."""
    one, other = nodes
    assert [await other.take("a", together) for _ in range(2)] == [0, 0]
    assert await one.take("a", together) == 0
    together.is_away = True
    # Of four, three were taken.
    assert [await one.take("a", together) for _ in range(2)] == [0, 0.5]
    now[0] += 100
    assert [await one.take("a", together) for _ in range(5)] == [0, 0, 0, 0, 0.5]
    now[0] += 0.5
    together.is_away = False
    assert await one.take("a", together) == 0
    # Four and one were taken here, half a second of which is over, and half a second is forgiven.
    assert [await other.take("a", together) for _ in range(2)] == [0, 0.5]


async def test_what_is_shared_costs_nobody_more_than_they_took(
    nodes: list[Pace], together: Together, now: list[float]
) -> None:
    """However often a node says what it knows: at its pace one goes on for ever."""
    for _ in range(4):
        assert await nodes[0].take("a", together) == 0
    for number in range(200):
        now[0] += 0.5
        assert await nodes[number % 2].take("a", together) == 0


async def test_one_node_by_itself_asks_nobody(nodes: list[Pace]) -> None:
    """It has its own bucket."""
    assert [await nodes[0].take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
