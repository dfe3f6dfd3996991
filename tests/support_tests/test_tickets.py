"""Tickets: good once, for a short time, and never more than a bounded number."""

import pytest

from parlour.support import tickets
from parlour.support.tickets import Tickets


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the time that tickets go by."""
    clock = Clock()
    monkeypatch.setattr(tickets, "time", clock)
    return clock


def test_a_ticket_is_good_once(clock: Clock) -> None:
    """And no other is good at all."""
    given: Tickets[str] = Tickets(30)
    ticket = given.give("alice")
    assert len(ticket) == 22
    assert given.take(ticket[::-1]) is None
    assert given.take(ticket) == "alice"
    assert given.take(ticket) is None


def test_a_ticket_is_good_for_its_time(clock: Clock) -> None:
    """Up to it, not past it."""
    given: Tickets[str] = Tickets(30)
    first, second = given.give("alice"), given.give("bob")
    clock.now += 29.9
    assert given.take(first) == "alice"
    clock.now += 0.2
    assert given.take(second) is None


def test_tickets_that_nobody_uses_take_no_memory_for_ever(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old ones go, and of too many the oldest."""
    monkeypatch.setattr(tickets, "MAX_TICKETS", 3)
    given: Tickets[int] = Tickets(30)
    many = [given.give(number) for number in range(5)]
    assert len(given._tickets) == 3
    assert [given.take(ticket) for ticket in many] == [None, None, 2, 3, 4]
    given.give(5)
    clock.now += 31
    given.give(6)
    assert (len(given._tickets), len(given._held)) == (1, 1)


def test_whoever_asks_for_thousands_takes_nobody_elses_away(clock: Clock) -> None:
    """Of so many tickets of one holder only the newest are good."""
    given: Tickets[str] = Tickets(30)
    other = given.give("alice")
    many = [given.give("mallory") for _ in range(tickets.MAX_TICKETS + 1)]
    assert given.take(other) == "alice"
    assert [given.take(ticket) for ticket in many[: -tickets.MAX_OF_ONE]] == [None] * (
        len(many) - tickets.MAX_OF_ONE
    )
    assert {given.take(ticket) for ticket in many[-tickets.MAX_OF_ONE :]} == {"mallory"}
    assert given._held == {}
