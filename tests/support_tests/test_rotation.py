"""Which of many copies are kept."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.support.rotation import dropped, parse

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def days_ago(*days: float) -> list[datetime]:
    """Return times, so many days before a Sunday's noon."""
    return [NOON - timedelta(days=each) for each in days]


def test_a_number_keeps_the_newest() -> None:
    """Whatever days they are of."""
    times = days_ago(0, 0.1, 0.2, 5, 50)
    assert dropped(times, parse("3")) == {*days_ago(5, 50)}


def test_the_newest_of_each_day_week_and_month_is_kept() -> None:
    """One copy may be the newest of several of these."""
    times = days_ago(0, 0.2, 1, 1.1, 2, 8, 9, 20, 40, 41, 80)
    gone = dropped(times, parse("daily=2,weekly=3,monthly=3"))
    # Two days; three weeks that have any: this Sunday's, the one before, and one earlier; three
    # months: November, October, September.
    assert sorted(set(times) - gone, reverse=True) == days_ago(0, 1, 8, 20, 40, 80)


def test_nothing_goes_without_a_rule() -> None:
    """And no rule is an empty text."""
    assert parse("") == {}
    assert dropped(days_ago(0, 1, 2), {}) == set()


@pytest.mark.parametrize("wrong", ["0", "-1", "daily", "daily=", "daily=0", "often=3", "3,4", ","])
def test_what_is_no_rule_is_refused(wrong: str) -> None:
    """It says what one looks like."""
    with pytest.raises(ValueError, match="say how many are kept, such as 7 or daily=7"):
        parse(wrong)


@given(
    st.lists(st.integers(0, 60 * 24 * 400), min_size=1, unique=True),
    st.dictionaries(
        st.sampled_from(["last", "hourly", "daily", "weekly", "monthly", "yearly"]),
        st.integers(1, 10),
        min_size=1,
    ),
)
def test_the_newest_is_always_kept_and_the_same_rules_drop_nothing_more(
    minutes: list[int], rules: dict[str, int]
) -> None:
    """So a copy that was just made never goes, and asking once more changes nothing."""
    times = {NOON - timedelta(minutes=each) for each in minutes}
    kept = times - dropped(times, rules)
    assert max(times) in kept
    assert len(kept) <= sum(rules.values())
    assert dropped(kept, rules) == set()
