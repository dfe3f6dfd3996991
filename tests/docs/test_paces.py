"""Whatever one may ask has a cost, and docs/protocol.md has the same costs and sizes."""

import pytest

from parlour.commands import COMMAND_SHAPES
from parlour.costs import BUDGETS, CHANGES, COMMANDS, CONNECT, REQUEST, ROUTES, Cost, Size
from parlour.gateway import COMMANDS as HANDLERS
from parlour.web import StrictRoute
from tests.docs.markdown import ROOT, Page, names
from tests.docs.test_protocol_http import OPERATIONS

PAGE = Page(ROOT / "docs" / "protocol.md")
ALL: dict[str, Cost] = {**COMMANDS, **ROUTES}


def test_every_route_has_a_cost_and_every_cost_of_a_route_is_one() -> None:
    """A new one without any does not even start."""
    assert set(ROUTES) == set(OPERATIONS)
    with pytest.raises(KeyError):
        StrictRoute("/api/chat/novelty", lambda: None, methods=["GET"])


def test_every_command_has_a_cost_and_every_cost_of_a_command_is_one() -> None:
    """As the protocol lists them."""
    told = {names(title)[0] for title, _ in PAGE.subsections("Commands")}
    assert set(COMMANDS) == set(COMMAND_SHAPES) == set(HANDLERS) == told


def test_every_cost_is_of_a_budget_that_can_pay_it_and_every_budget_is_used() -> None:
    """A cost that is larger than a bucket could never be paid."""
    used = {*ALL.values(), CONNECT, REQUEST}
    assert {cost.budget for cost in used} == set(BUDGETS)
    for cost in used:
        budget = BUDGETS[cost.budget]
        for size in (budget.person, budget.address, budget.room):
            assert size is None or cost.drops <= size.at_once / 2
        assert budget.room is not None or not cost.in_room


def test_an_address_has_more_than_a_person_and_a_room_more_than_an_address() -> None:
    """So nobody uses up what the others in their house have, nor a room, by themselves."""
    for budget in BUDGETS.values():
        if budget.person is not None:
            assert budget.address.at_once >= budget.person.at_once * 3
            assert budget.address.per_second >= budget.person.per_second * 5
        if budget.room is not None:
            assert budget.room.at_once > budget.address.at_once
            assert budget.room.per_second > budget.address.per_second


def words_of(size: Size | None) -> str:
    """A size as the page has it."""
    return "" if size is None else f"{size.at_once}, then {size.per_second:g} a second"


def test_every_budget_is_told_with_its_sizes() -> None:
    """In the order of the program."""
    rows = PAGE.section("Paces").table("budget", "each person", "each address", "each room")
    told = [
        (row["budget"], row["what"], row["each person"], row["each address"], row["each room"])
        for row in rows
    ]
    assert told == [
        (f"`{name}`", each.about, *map(words_of, (each.person, each.address, each.room)))
        for name, each in BUDGETS.items()
    ]


def test_the_pace_of_each_message_is_told() -> None:
    """Among the paces, in words, and among the limits."""
    pace = f"{CHANGES.at_once} times at once, then {CHANGES.per_second * 60:g} a minute"
    assert f"**Each message** can be changed {pace}" in PAGE.path.read_text("utf-8")
    [row] = [
        row for row in PAGE.section("Limits").table("limit", "value")
        if row["limit"] == "changes of one message, and of the words about its files"
    ]  # fmt: skip
    assert row["value"].startswith(pace.replace(" times at once", ""))


def test_every_cost_is_told() -> None:
    """What takes from which budget, and how many drops."""
    rows = PAGE.section("Paces").table("budget", "drops", "commands and routes")
    told = {
        name: (names(row["budget"])[0], int(row["drops"]))
        for row in rows
        for name in names(row["commands and routes"])
    }
    assert told == {name: (cost.budget, cost.drops) for name, cost in ALL.items()}
