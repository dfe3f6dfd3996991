"""One message is not changed without end, by whomever, and nobody takes that from another."""

from parlour.costs import CHANGES
from parlour.errors import Refusal
from parlour.limits import Limits
from parlour.support.counts import COUNTS

DAY = 24 * 60 * 60


class Clock:
    """A clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Say how late it is."""
        return self.now


def refused(limits: Limits, author: str, message_id: int | None) -> float:
    """Change a message; in how many seconds one may, 0 where it was done."""
    try:
        limits.check_change(author, message_id)
    except Refusal as refusal:
        return refusal.retry_after or 0.0
    return 0.0


def test_in_a_day_a_message_is_changed_as_often_as_its_pace_allows() -> None:
    """However often it is tried: so much at once, and then one in a minute."""
    clock = Clock()
    limits = Limits(1, clock)
    done = 0
    while clock.now < 1000 + DAY:
        done += not refused(limits, "user:1", 7)
        clock.now += 5
    most = CHANGES.at_once + CHANGES.per_second * DAY
    assert most - 2 <= done <= most
    assert most == 1500


def test_each_message_has_its_own_and_nobody_takes_it_from_another() -> None:
    """Whoever tries to change what somebody else said uses up nothing of theirs."""
    clock = Clock()
    limits = Limits(1, clock)
    before = COUNTS.limited["edit", "message"]
    for author, message_id in (("user:1", 7), ("user:1", 8), ("user:2", 7)):
        for _ in range(CHANGES.at_once):
            assert not refused(limits, author, message_id)
        assert 0 < refused(limits, author, message_id) <= 1 / CHANGES.per_second
    assert COUNTS.limited["edit", "message"] == before + 3
    # What belongs to no message has none.
    assert not any(refused(limits, "user:1", None) for _ in range(CHANGES.at_once * 2))


def test_what_was_changed_for_nothing_goes_back() -> None:
    """So it can be tried for as long as anybody likes."""
    limits = Limits(1, Clock())
    for _ in range(CHANGES.at_once * 2):
        assert not refused(limits, "user:1", 7)
        limits.give_back_change("user:1", 7)
        limits.give_back_change("user:1", None)
    assert not refused(limits, "user:1", 7)


def test_a_factor_gives_so_many_times_as_much_and_none_gives_any_number() -> None:
    """As of all budgets."""
    for factor, most in ((1, CHANGES.at_once), (3, 3 * CHANGES.at_once), (0, 1000)):
        limits = Limits(factor, Clock())
        done = 0
        while done < 1000 and not refused(limits, "user:1", 7):
            done += 1
        assert done == most
        limits.give_back_change("user:1", 7)
