"""The checker of the ledger finds every kind of broken promise, and none where none is broken."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import Ledger
from tests.support.ledger_check import check

Message = dict[str, Any]
ROOM = 7


def message(number: int, *, version: int | None = None, client_id: str | None = None) -> Message:
    """Return the message that stands `number`th in a history without faults."""
    return {
        "id": 100 + number,
        "room_id": ROOM,
        "version": version or number,
        "username": "ada" if number % 2 else "bea",
        "content": f"content {number}",
        "client_id": client_id or f"c{number}",
    }


def live(number: int, **fields: Any) -> Message:
    """Return the live frame of that message."""
    told = message(number)
    return {"type": "message", "version": told["version"], "message": told, **fields}


def sync(version: int, numbers: range, *, reset: bool = False) -> Message:
    """Return a `sync` that tells of the messages with these numbers."""
    messages = [message(number) for number in numbers]
    return {"epoch": "e", "version": version, "messages": messages, "reset": reset}


def sent(count: int, *, unanswered: int = 0) -> Ledger:
    """Return a ledger of `count` acknowledged sends and some after them that nothing is known of.

    `ada` and `bea` sent by turns; the reader `kim` came at the start, was cut after the second
    message, came back after the fourth and has stayed since.
    """
    ledger = Ledger()
    for number in range(1, count + unanswered + 1):
        told = message(number)
        ledger.invoke(ROOM, told["username"], told["content"], told["client_id"], number)
        if number <= count:
            ledger.ok(told["client_id"], told)
    kim = ledger.reading("kim", ROOM)
    kim.sync(sync(0, range(0)), asked_after=None)
    for number in range(1, min(count, 2) + 1):
        kim.live(live(number))
    if count > 2:
        kim.sync(sync(min(count, 4), range(3, min(count, 4) + 1)), asked_after=2)
    for number in range(5, count + 1):
        kim.live(live(number))
    return ledger


def history(count: int) -> list[Message]:
    """Return the history without faults of so many messages."""
    return [message(number) for number in range(1, count + 1)]


def kinds(ledger: Ledger, messages: list[Message], version: int | None = None) -> set[str]:
    """Return which kinds of fault the checker finds."""
    at = len(messages) if version is None else version
    return {fault.kind for fault in check(ledger, ROOM, at, messages)}


@given(count=st.integers(0, 12), unanswered=st.integers(0, 3), data=st.data())
def test_nothing_is_found_in_a_history_without_faults(
    count: int, unanswered: int, data: st.DataObject
) -> None:
    """All is well whichever of the unanswered sends were stored."""
    ledger = sent(count, unanswered=unanswered)
    stored = data.draw(st.integers(count, count + unanswered))
    assert check(ledger, ROOM, stored, history(stored)) == []


def test_a_resent_message_may_be_acknowledged_twice() -> None:
    """Two attempts, two equal answers and one row are what a repeated `client_id` promises."""
    ledger = sent(6)
    ledger.invoke(ROOM, "bea", "content 6", "c6", 6)
    ledger.ok("c6", message(6))
    ledger.reading("kim", ROOM).live(live(6, repeated=True))
    assert check(ledger, ROOM, 6, history(6)) == []


def test_a_reset_lets_a_reader_begin_again() -> None:
    """After `reset` and a fresh look at the history there is no hole."""
    ledger = sent(6)
    lou = ledger.reading("lou", ROOM)
    lou.sync(sync(0, range(0)), asked_after=None)
    lou.live(live(1))
    lou.sync(sync(5, range(0), reset=True), asked_after=1)
    lou.read(5, history(5))
    lou.live(live(6))
    assert check(ledger, ROOM, 6, history(6)) == []
    assert lou.resets == 1


def _drop(messages: list[Message]) -> None:
    del messages[3]


def _double(messages: list[Message]) -> None:
    messages.append({**messages[3], "id": 200, "version": 9})


def _double_row(messages: list[Message]) -> None:
    messages.insert(4, messages[3])


def _swap(messages: list[Message]) -> None:
    messages[3], messages[4] = messages[4], messages[3]


def _swap_versions(messages: list[Message]) -> None:
    # ada's third and fifth message: each reader would see them in the wrong order.
    messages[2]["version"], messages[4]["version"] = 5, 3


def _skip_version(messages: list[Message]) -> None:
    messages[7]["version"] = 9


def _rewrite(messages: list[Message]) -> None:
    messages[3]["content"] = "something else"


def _rename(messages: list[Message]) -> None:
    messages[3]["username"] = "eve"


def _renumber(messages: list[Message]) -> None:
    messages[7]["id"] = 300


def _invent(messages: list[Message]) -> None:
    messages.append(message(9))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_drop, "lost"),
        (_drop, "hole"),
        (_double, "doubled"),
        (_double_row, "doubled"),
        (_swap, "reordered"),
        (_swap_versions, "reordered"),
        (_skip_version, "hole"),
        (_rewrite, "disagreement"),
        (_rename, "disagreement"),
        (_renumber, "disagreement"),
        (_invent, "phantom"),
    ],
)
def test_a_spoilt_history_is_found(spoil: Callable[[list[Message]], None], kind: str) -> None:
    """Each way to spoil the history of eight messages is found, and called what it is."""
    messages = history(8)
    spoil(messages)
    assert kind in kinds(sent(8), messages, version=max(each["version"] for each in messages))


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (lambda kim: kim.live(live(8)), "hole"),
        (lambda kim: kim.live(live(6)), "doubled"),
        (lambda kim: kim.live(live(5)), "reordered"),
        (lambda kim: kim.live(live(7, version=8)), "disagreement"),
        (lambda kim: kim.live(live(7) | {"message": message(7) | {"id": 3}}), "lost"),
        (
            lambda kim: kim.live(live(7) | {"message": message(7) | {"content": "x"}}),
            "disagreement",
        ),
        (lambda kim: kim.live(live(8, repeated=True) | {"message": message(9)}), "lost"),
        (lambda kim: kim.sync(sync(8, range(8, 9)), asked_after=6), "hole"),
        (lambda kim: kim.sync(sync(8, range(6, 9)), asked_after=6), "disagreement"),
        (lambda kim: kim.sync(sync(8, range(8, 6, -1)), asked_after=6), "reordered"),
        (lambda kim: kim.sync(sync(4, range(0)), asked_after=6), "lost"),
        (lambda kim: kim.sync(sync(8, range(7, 9)), asked_after=None), "disagreement"),
        (lambda kim: kim.sync(sync(8, range(7, 9), reset=True), asked_after=6), "disagreement"),
        (lambda kim: kim.read(8, history(7)), "hole"),
    ],
)
def test_a_spoilt_reading_is_found(last: Callable[[Any], None], kind: str) -> None:
    """Each way to tell a reader wrong, who has got six of eight, is found in what it logged."""
    ledger = sent(6, unanswered=2)
    last(ledger.reading("kim", ROOM))
    assert kind in kinds(ledger, history(8))


def test_a_live_frame_before_the_state_is_found() -> None:
    """A reader that was never told where the room stands can take no live frame."""
    ledger = sent(6)
    ledger.reading("lou", ROOM).live(live(6))
    assert kinds(ledger, history(6)) == {"disagreement"}


def test_a_refused_message_must_not_be_there() -> None:
    """A send that every attempt was refused is found as a phantom when it is stored."""
    ledger = sent(6)
    ledger.invoke(ROOM, "ada", "content 7", "c7", 7)
    ledger.fail("c7")
    assert kinds(ledger, history(6)) == set()
    assert kinds(ledger, history(7)) == {"phantom"}
    ledger.invoke(ROOM, "ada", "content 7", "c7", 7)
    assert kinds(ledger, history(7)) == set()


def test_an_acknowledgement_of_another_place_is_found() -> None:
    """What the writer was told has to be what is stored, to the id and the version."""
    ledger = sent(6)
    ledger.ok("c6", message(6) | {"id": 99})
    assert kinds(ledger, history(6)) == {"disagreement"}
    ledger = sent(6)
    ledger.ok("c6", message(6, version=5))
    assert kinds(ledger, history(6)) == {"disagreement"}


@given(
    count=st.integers(1, 20),
    spoil=st.sampled_from(["drop", "double", "swap", "version", "content", "invent"]),
    data=st.data(),
)
def test_any_single_change_to_a_history_is_found(
    count: int, spoil: str, data: st.DataObject
) -> None:
    """Wherever a history is changed in one place, the checker finds something."""
    messages = history(count)
    at = data.draw(st.integers(0, count - 1))
    if spoil == "drop":
        del messages[at]
    elif spoil == "double":
        messages.insert(data.draw(st.integers(0, count)), messages[at])
    elif spoil == "swap":
        other = data.draw(st.integers(0, count))
        messages.append(message(count + 1))
        messages[at], messages[other] = messages[other], messages[at]
    elif spoil == "version":
        messages[at]["version"] += data.draw(st.integers(1, 3))
    elif spoil == "content":
        messages[at]["content"] += "!"
    else:
        messages.append(message(count + 1))
    assert check(sent(count), ROOM, count, messages)
