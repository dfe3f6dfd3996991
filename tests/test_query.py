"""What is typed into a search, taken apart."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.errors import Refusal
from parlour.query import MAX_PARTS, MAX_QUERY, OPERATORS, Filter, Query, Text, days, parse


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("budget plan", [Text("budget"), Text("plan")]),
        ('"exact phrase" rest', [Text("exact phrase", exact=True), Text("rest")]),
        ("\u201cas phones do\u201d", [Text("as phones do", exact=True)]),
        ('"not closed', [Text("not closed", exact=True)]),
        ("-draft", [Text("draft", negated=True)]),
        ('-"old plan"', [Text("old plan", exact=True, negated=True)]),
        ("from:alice", [Filter("from", "alice")]),
        ("FROM:@alice", [Filter("from", "alice")]),
        ('from:"Anna Lee"', [Filter("from", "Anna Lee")]),
        ('from:@"Anna', [Filter("from", "Anna")]),
        ("in:#general", [Filter("in", "general")]),
        ("-in:general", [Filter("in", "general", negated=True)]),
        ("has:LINK", [Filter("has", "link")]),
        ("-is:Unread", [Filter("is", "unread", negated=True)]),
        ("before:2026-01-31", [Filter("before", "2026-01-31")]),
        ("on:Today", [Filter("on", "today")]),
        ("https://example.org/a", [Text("https://example.org/a")]),
        ("note:this", [Text("note:this")]),
        ('note:"this and', [Text('note:"this'), Text("and")]),
        ("-http://x", [Text("http://x", negated=True)]),
        ("twice twice", [Text("twice")]),
        ("- hello", [Text("hello")]),
        ("北京 の", [Text("北京"), Text("の")]),
    ],
)
def test_what_is_typed_is_words_phrases_and_operators(
    typed: str, parts: list[Text | Filter]
) -> None:
    """A word with a colon that is no operator is only a word."""
    assert list(parse(typed).parts) == parts


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("has:pins", "has: takes file, image, link or reaction"),
        ("has:", "has: takes file, image, link or reaction"),
        ("is:file", "is: takes pinned, saved or unread"),
        ("from:", "from: takes the name of somebody"),
        ("in:#", "in: takes the name of a room"),
        ("before:tuesday", "before: takes a day, month or year such as 2026-01-31"),
        ("after:2026-13", "after: takes a day"),
        ("on:2026-02-30", "on: takes a day"),
        ("on:9999-12-31", "on: takes a day"),
    ],
)
def test_a_wrong_value_is_refused_with_those_that_are_right(typed: str, words: str) -> None:
    """The refusal names the operator and the field."""
    with pytest.raises(Refusal) as refused:
        parse(typed)
    assert words in refused.value.detail
    assert (refused.value.code, refused.value.field) == ("invalid", "q")


def test_nothing_and_too_much_are_refused() -> None:
    """What is compared with every message has a bound."""
    for nothing in ("", " \t", "-", '""', '-""', "\u00ad"):
        with pytest.raises(Refusal, match="nothing to look for"):
            parse(nothing)
    assert len(parse(" ".join(f"w{n}" for n in range(MAX_PARTS))).parts) == MAX_PARTS
    with pytest.raises(Refusal, match="at most 20"):
        parse(" ".join(f"from:w{n}" for n in range(100)))


def test_days_months_and_years_have_a_beginning_and_an_end() -> None:
    """The end is the first day that does not belong to them."""
    today = date(2026, 3, 1)
    assert days("on", "2026-02-28", today) == (date(2026, 2, 28), today)
    assert days("on", "2026-02", today) == (date(2026, 2, 1), today)
    assert days("on", "2026-12", today) == (date(2026, 12, 1), date(2027, 1, 1))
    assert days("on", "2026", today) == (date(2026, 1, 1), date(2027, 1, 1))
    assert days("on", "today", today) == (today, date(2026, 3, 2))
    assert days("on", "yesterday", today) == (date(2026, 2, 28), today)


TYPED = st.lists(
    st.sampled_from(
        [
            *OPERATORS,
            *(f"{name}:" for name in OPERATORS),
            *("-", '"', "\u201c", " ", "#", "@", ":", "link", "2026-01-31", "today", "note"),
            *("a b", "北京", "\n", "é"),
        ]
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)


@given(TYPED | st.text(max_size=MAX_QUERY))
def test_whatever_is_typed_is_taken_apart_or_refused_and_can_be_typed_again(typed: str) -> None:
    """It never fails otherwise; as it is written out, it means the same."""
    try:
        query: Query | None = parse(typed)
    except Refusal:
        query = None
    assert query is None or parse(str(query)) == query
