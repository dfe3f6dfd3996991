"""The newest page of a room, which is kept while nothing changes: never what was, never to others.

What is kept is held against the same messages asked for by their ids, which are always read.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import files
from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.leaving import leave
from tests.support.moderation import ban
from tests.support.people import checked
from tests.support.places import Place, follow, make_room, name_of, new_account, say
from tests.support.retention import age, cut_to, keep_for
from tests.support.server import Server

MESSAGES = "/api/chat/messages"
PINE = "%F0%9F%8C%B2"
pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def ann(server: Server) -> Account:
    """Return who owns the room."""
    return new_account(server, "ann")


@pytest.fixture
def place(ann: Account) -> Place:
    """Return a public room in which something was said, and asked for."""
    made = make_room(ann, kind="public")
    for words in ("one", "two", "three"):
        checked(say(made, ann, words))
    page(ann, made)
    return made


def page(who: Account, place: Place) -> list[dict[str, Any]]:
    """The newest page, after asserting that it is what is stored, with the version that has it."""
    first = who.call("GET", f"{place.path}/messages")
    kept = who.call("GET", f"{place.path}/messages")
    ids = "&".join(f"ids={message['id']}" for message in checked(kept))
    fresh = who.call("GET", f"{place.path}/messages?{ids}")
    assert checked(first) == checked(kept) == checked(fresh)
    name = "Parlour-Version"
    assert first.headers[name] == kept.headers[name] == fresh.headers[name]
    return list(checked(kept))


def _edit(who: Account, message: int) -> Any:
    return who.call("PATCH", f"{MESSAGES}/{message}", json={"content": "other words"})


def _reply(who: Account, place: Place, message: int) -> Any:
    return who.call("POST", f"{place.path}/messages", json={"content": "a", "reply_to": message})


CHANGES: dict[str, Callable[[Account, Place, int], Any]] = {
    "said": lambda who, place, _: say(place, who, "four"),
    "edited": lambda who, _, message: _edit(who, message),
    "deleted": lambda who, _, message: who.call("DELETE", f"{MESSAGES}/{message}"),
    "answered": _reply,
    "reacted to": lambda who, _, message: who.call("PUT", f"{MESSAGES}/{message}/reactions/{PINE}"),
    "pinned": lambda who, _, message: who.call("PUT", f"{MESSAGES}/{message}/pin"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_is_in_the_page_at_once(
    place: Place, ann: Account, change: str
) -> None:
    """Also what is done to an older message, and what takes it back."""
    before = page(ann, place)
    answer = CHANGES[change](ann, place, before[0]["id"])
    assert answer.is_success, answer.text
    after = page(ann, place)
    assert after != before
    undone = {
        "answered": lambda: ann.call("DELETE", f"{MESSAGES}/{after[-1]['id']}"),
        "reacted to": lambda: ann.call("DELETE", f"{MESSAGES}/{before[0]['id']}/reactions/{PINE}"),
        "pinned": lambda: ann.call("DELETE", f"{MESSAGES}/{before[0]['id']}/pin"),
    }.get(change)
    if undone is not None:
        assert undone().is_success
        assert page(ann, place) != after


def test_files_and_what_is_passed_on_are_in_the_page_and_go(place: Place, ann: Account) -> None:
    """With the message that brings them."""
    room = {"id": place.id}
    message = files.said(ann, room, files.sent(ann, room))
    assert page(ann, place)[-1]["files"]
    body = {"content": "", "forward": message["id"]}
    checked(ann.call("POST", f"{place.path}/messages", json=body))
    assert page(ann, place)[-1]["forwarded"]
    assert ann.call("DELETE", f"{MESSAGES}/{message['id']}").is_success
    assert not page(ann, place)[-2]["files"]


def test_a_file_that_is_described_anew_is_so_in_the_page(place: Place, ann: Account) -> None:
    """It is an edit of the message that has it."""
    room = {"id": place.id}
    file = files.sent(ann, room, alt="a pine")
    files.said(ann, room, file)
    assert page(ann, place)[-1]["files"][0]["alt"] == "a pine"
    checked(ann.call("PATCH", f"{files.FILES}/{file['id']}", json={"alt": "a fir"}))
    assert page(ann, place)[-1]["files"][0]["alt"] == "a fir"


async def test_what_is_taken_away_because_its_time_is_over_is_in_the_page_no_more(
    server: Server, place: Place, ann: Account, chief: Account
) -> None:
    """By the rule of the server, which changes nothing else of the room."""
    _, second, third = page(ann, place)
    client = await follow(place, ann)
    age(server, place, second, days=2)
    try:
        keep_for(chief, 1)
        await cut_to(client, second)
    finally:
        keep_for(chief, 0)
    assert page(ann, place) == [third]


@pytest.mark.parametrize("mode", ["anonymise", "remove"])
def test_whoever_has_left_for_good_is_in_the_page_no_more(
    server: Server, place: Place, ann: Account, mode: str
) -> None:
    """Neither their name, nor, where they want that, what they said."""
    bob = new_account(server, "bob")
    said = checked(say(place, bob, "my words"))
    first = page(ann, place)[0]["id"]
    _reply(ann, place, said["id"])
    body = {"content": "", "forward": said["id"]}
    checked(ann.call("POST", f"{place.path}/messages", json=body))
    checked(bob.call("PUT", f"{MESSAGES}/{first}/reactions/{PINE}"))
    assert json.dumps(page(ann, place)).count(name_of(bob)) >= 3
    leave(server, bob, mode)
    after = page(ann, place)
    assert name_of(bob) not in json.dumps(after)
    words = [message["content"] for message in after if message["id"] == said["id"]]
    assert words == (["my words"] if mode == "anonymise" else [""])


def test_what_is_kept_is_given_to_nobody_who_may_not_read_it(server: Server, ann: Account) -> None:
    """Who is put out has seen it last; who never was in a private room does not see it at all."""
    hidden = make_room(ann)
    bob = new_account(server, "bob")
    hidden.add(bob)
    checked(say(hidden, ann, "between us"))
    assert page(bob, hidden) == page(ann, hidden)
    checked(ban(hidden, ann, bob))
    for who in (bob, new_account(server, "eve")):
        answer = who.call("GET", f"{hidden.path}/messages")
        assert answer.status_code in (403, 404), answer.text
    assert ann.call("DELETE", hidden.path).is_success
    assert_refused(ann.call("GET", f"{hidden.path}/messages"), "not_found")
