"""Meters: as much as a bucket lets through, for very many at once, in little memory."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from parlour.support.meters import Meter

Step = tuple[str, int, float]
# In sixteenths of a second, which add up exactly.
LATER = some.integers(0, 48).map(lambda sixteenths: sixteenths / 16)
STEPS = some.lists(some.tuples(some.sampled_from("abc"), some.integers(1, 3), LATER), max_size=200)


class Plain:
    """A bucket as one would explain it: so many drops in it, and more of them with the time."""

    def __init__(self, size: int, per_second: float) -> None:
        self._size, self._per_second = size, per_second
        self._in: dict[str, tuple[float, float]] = {}

    def take(self, key: str, drops: int, now: float) -> bool:
        """Take drops where there are enough."""
        held, since = self._in.get(key, (float(self._size), now))
        held = min(float(self._size), held + (now - since) * self._per_second)
        allowed = held >= drops
        self._in[key] = (held - drops if allowed else held, now)
        return allowed


@given(STEPS, some.integers(3, 20), some.sampled_from([0.5, 1.0, 4.0]))
def test_a_meter_lets_through_what_a_bucket_does(
    steps: list[Step], size: int, per_second: float
) -> None:
    """Whoever asks for how much and when, however many were forgotten in between."""
    meter, plain, now = Meter("m", size, per_second), Plain(size, per_second), 1000.0
    for key, drops, later in steps:
        now += later
        assert (meter.take(key, drops, now) == 0) is plain.take(key, drops, now)


@given(STEPS, some.integers(3, 20))
def test_who_waits_as_long_as_was_said_is_let_through(steps: list[Step], size: int) -> None:
    """And not a moment sooner."""
    meter, now = Meter("m", size, 2), 1000.0
    for key, drops, later in steps:
        now += later / 8
        wait = meter.take(key, drops, now)
        if wait:
            assert meter.take(key, drops, now + wait / 2) > 0
            now += wait
            assert meter.take(key, drops, now) == 0


@given(some.lists(some.tuples(some.integers(0, 60), some.floats(0, 0.5)), max_size=300))
def test_however_many_come_as_few_are_remembered(comers: list[tuple[int, float]]) -> None:
    """Two generations of so many, and those who came last are among them."""
    meter, now = Meter("m", 5, 1, most=10), 1000.0
    for key, later in comers:
        now += later
        meter.take(key, 1, now)
        assert len(meter) <= 20
        assert meter.used(key, now) > 0


def test_who_was_not_here_for_long_is_forgotten() -> None:
    """Nobody is remembered for good, and nobody goes while it counts."""
    meter = Meter("m", 10, 1)
    for number in range(1000):
        assert meter.take(number, 5, 100.0) == 0
    assert meter.take("another", 1, 104.0) == 0
    assert len(meter) == 1001
    for number, now in enumerate((111.0, 122.0)):
        meter.take(f"one more {number}", 1, now)
    assert len(meter) <= 3


def test_what_others_have_taken_counts_and_gives_nothing_back() -> None:
    """Within what a bucket can hold, whoever says it."""
    meter = Meter("m", 10, 1)
    meter.note("ann", 1e9, 100.0)
    assert meter.used("ann", 100.0) == 10
    meter.note("ann", 0.0, 100.0)
    assert meter.take("ann", 1, 100.0) == 1
    assert meter.take("ann", 1, 101.0) == 0


def test_only_of_those_past_half_is_anything_told() -> None:
    """And of what they take from there on."""
    told: list[tuple[Any, int]] = []
    meter = Meter("m", 10, 1)
    meter.tell(lambda _meter, key, drops: told.append((key, drops)), steady=True)
    for _ in range(5):
        meter.take("ann", 1, 100.0)
    assert told == []
    meter.take("ann", 2, 100.0)
    assert told == [("ann", 2)]
    assert meter.take("ann", 9, 100.0) > 0
    assert told == [("ann", 2)]


def test_who_takes_all_that_falls_into_it_for_long_is_told_of_too() -> None:
    """Though their bucket is full at each time: at several nodes they would have as many paces."""
    told: list[Any] = []
    meter = Meter("m", 10, 1)
    meter.tell(lambda _meter, key, _drops: told.append(key), steady=True)
    for second in range(60):
        assert meter.take("busy", 1, 100.0 + second) == 0
        if second % 5 == 0:
            assert meter.take("calm", 1, 100.0 + second) == 0
    assert set(told) == {"busy"}
    assert len(told) > 50 - 1
