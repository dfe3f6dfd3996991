"""Buckets: some at once, then at a steady pace, and nothing is remembered of who was idle."""

import pytest

from parlour.support.buckets import Buckets


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
