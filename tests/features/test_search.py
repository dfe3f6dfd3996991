"""Searching by HTTP: what is found, by whom, and what is said of what cannot be asked."""

import asyncio
import sqlite3
from typing import Any

import pytest
from httpx2 import Client, Response

from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.people import MakePerson, NewRoom, checked, http_client
from tests.support.places import Place, make_room, name_of, remove, say, somebody
from tests.support.server import Server
from tests.support.timing import scaled

pytestmark = pytest.mark.usefixtures("partings")
PATH = "/api/chat/search"


def search(who: Account | Client, q: str, **query: str | int) -> dict[str, Any]:
    """Return a page of what somebody finds."""
    params: dict[str, str | int] = {"q": q, **query}
    if isinstance(who, Client):
        return dict(checked(who.get(PATH, params=params)))
    return dict(checked(who.call("GET", PATH, params=params)))


def contents(who: Account | Client, q: str, **query: str | int) -> list[str]:
    """Return what the messages say that somebody finds."""
    return [result["message"]["content"] for result in search(who, q, **query)["results"]]


@pytest.fixture
def owner(server: Server) -> Account:
    """Return somebody with an account."""
    return somebody(server)


def test_what_was_said_a_moment_ago_is_found_with_its_room_and_its_hits(owner: Account) -> None:
    """Hits are ranges of code points, whatever is before them."""
    place = make_room(owner, "public")
    message = checked(say(place, owner, "\N{PARTY POPPER} Zebra crossing, zebras"))
    [result] = search(owner, "zebra")["results"]
    assert result == {
        "message": message,
        "room": {"id": place.id, "name": place.room["name"], "kind": "public"},
        "hits": [{"start": 2, "end": 7}, {"start": 18, "end": 23}],
    }


def test_pages_go_on_where_the_last_one_ended(owner: Account) -> None:
    """Newest first, each once; the last one says that there is no more."""
    place = make_room(owner, "public")
    for number in range(7):
        say(place, owner, f"quokka {number}")
    pages: list[list[str]] = []
    before: dict[str, int] = {}
    while True:
        page = search(owner, "quokka", limit=3, **before)
        pages.append([result["message"]["content"][-1] for result in page["results"]])
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_only_rooms_that_one_may_enter_are_looked_through(server: Server, owner: Account) -> None:
    """Members find what was said among them; others, banned ones and guests do not."""
    member, stranger, banned = somebody(server), somebody(server), somebody(server)
    private = make_room(owner)
    private.add(member)
    public = make_room(owner, "public")
    direct = checked(owner.call("POST", "/api/chat/direct", json={"usernames": [name_of(member)]}))
    say(private, owner, "okapi in private")
    say(public, owner, "okapi in public")
    checked(
        owner.call(
            "POST", f"/api/chat/rooms/{direct['id']}/messages", json={"content": "okapi to you"}
        )
    )
    checked(owner.call("PUT", f"{public.path}/bans/{name_of(banned)}", json={"reason": "test"}))
    everything = ["okapi to you", "okapi in public", "okapi in private"]
    assert contents(owner, "okapi") == contents(member, "okapi") == everything
    assert contents(stranger, "okapi") == ["okapi in public"]
    assert contents(banned, "okapi") == []
    with owner.http() as http:
        del http.headers["Authorization"]
        assert contents(http, "okapi") == ["okapi in public"]
    remove(private, owner, member)
    assert contents(member, "okapi") == ["okapi to you", "okapi in public"]
    # What is not theirs to see is not there, by whatever it is asked for.
    assert_refused(ask(stranger, "okapi", room_id=private.id), "not_found")
    assert_refused(ask(banned, "okapi", room_id=public.id), "banned")
    words = [
        ask(stranger, f'okapi in:"{name}"').json()["detail"].replace(name, "X")
        for name in (private.room["name"], "no such room")
    ]
    assert words[0] == words[1]
    checked_deleted = owner.call("DELETE", public.path)
    assert checked_deleted.status_code == 204
    assert contents(stranger, "okapi") == []


def ask(who: Account, q: str, **query: str | int) -> Response:
    """Return the answer to a search."""
    return who.call("GET", PATH, params={"q": q, **query})


def test_operators_narrow_it_down(server: Server, owner: Account) -> None:
    """By author, room, link, and by what is not wanted; several of one kind are one of them."""
    other = somebody(server)
    here, there = make_room(owner, "public"), make_room(owner, "public")
    say(here, owner, "tapir one")
    say(here, other, "tapir two https://example.org")
    say(there, other, "tapir three")
    name, room = name_of(other), here.room["name"]
    assert contents(owner, f"tapir from:{name}") == ["tapir three", "tapir two https://example.org"]
    assert contents(owner, f"tapir -from:@{name}") == ["tapir one"]
    assert contents(owner, f'tapir in:"{room}" -link') == [
        "tapir two https://example.org",
        "tapir one",
    ]
    assert contents(owner, f'tapir in:"#{room}" from:{name}') == ["tapir two https://example.org"]
    assert contents(owner, "tapir", room_id=there.id) == ["tapir three"]
    assert contents(owner, f'tapir in:"{room}"', room_id=there.id) == []
    assert contents(owner, "tapir has:link") == ["tapir two https://example.org"]
    assert contents(owner, "tapir -three -has:link") == ["tapir one"]
    assert contents(owner, '"tapir o"') == []
    assert contents(owner, "apir thr") == ["tapir three"]
    assert contents(owner, "tapir before:2000") == []
    assert len(contents(owner, "tapir on:today", time_zone="UTC")) == 3
    assert contents(owner, f"from:{name} tapir from:{name_of(owner)}") == contents(owner, "tapir")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({}, "invalid", "q"),
        ({"q": " "}, "empty", "q"),
        ({"q": "x" * 301}, "too_long", "q"),
        ({"q": "has:file"}, "invalid", "q"),
        ({"q": "in:nowhere"}, "invalid", "q"),
        ({"q": "has:link -has:link"}, "invalid", "q"),
        ({"q": "x", "limit": "0"}, "invalid", "limit"),
        ({"q": "x", "before": "-1"}, "invalid", "before"),
        ({"q": "x", "time_zone": "Mars/Olympus"}, "invalid", "time_zone"),
        ({"q": "x", "room_id": "999999"}, "not_found", None),
        ({"q": "x", "page": "2"}, "invalid", "page"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_in_words(
    http: Client, query: dict[str, str], code: str, field: str | None
) -> None:
    """Each names the parameter at fault."""
    assert_refused(http.get(PATH, params=query), code, field)


def test_edits_and_deletions_are_followed(owner: Account) -> None:
    """By the door, before and after the index has come along."""
    place: Place = make_room(owner, "public")
    message = checked(say(place, owner, "a gnu"))
    path = f"/api/chat/messages/{message['id']}"
    assert contents(owner, "gnu") == ["a gnu"]
    checked(owner.call("PATCH", path, json={"content": "a kudu"}))
    assert (contents(owner, "gnu"), contents(owner, "kudu")) == ([], ["a kudu"])
    assert owner.call("DELETE", path).status_code == 204
    assert contents(owner, "kudu") == []


async def test_messages_are_indexed_behind_and_it_goes_on_after_a_kill(
    own_server: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """Nobody waits for it: what is there is found all the time."""
    room, alice = new_room(own_server), person("alice", own_server)
    last = (await alice.post(room, "a first vole"))["id"]
    await indexed(own_server, last)
    for number in range(300):
        last = (await alice.post(room, f"vole {number}"))["id"]
    own_server.kill()
    # As it was when there was no index yet.
    with sqlite3.connect(own_server.data_dir / "chat.db") as connection:
        connection.execute("UPDATE search_state SET rules = 'none'")
    connection.close()
    own_server.start()
    with http_client(own_server) as http:
        assert contents(http, "vole", limit=1) == ["vole 299"]
        assert contents(http, "irst vol") == ["a first vole"]
    await indexed(own_server, last)


async def indexed(server: Server, message_id: int) -> None:
    """Wait until the index has everything up to a message."""
    path = f"file:{server.data_dir / 'chat.db'}?mode=ro"
    async with asyncio.timeout(scaled(20)):
        while True:
            with sqlite3.connect(path, uri=True) as connection:
                state = connection.execute("SELECT lowest, highest FROM search_state").fetchone()
            connection.close()
            if state == (1, message_id):
                return
            await asyncio.sleep(0.05)
