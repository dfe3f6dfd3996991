"""Searching by HTTP: what is found, by whom, and what is said of what cannot be asked."""

from typing import Any

import pytest
from httpx2 import Client, Response

from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.indexes import NO_CHANGES, index_stands
from tests.support.inside import inside
from tests.support.people import MakePerson, NewRoom, checked, http_client
from tests.support.places import Place, make_room, name_of, remove, say, somebody
from tests.support.server import Server

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
        "forwarded_hits": [],
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
        ({"q": "has:nothing"}, "invalid", "q"),
        ({"q": "is:saved"}, "invalid", "q"),
        ({"q": "-is:unread"}, "invalid", "q"),
        ({"q": "is:pinned -is:pinned"}, "invalid", "q"),
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


async def test_what_is_pinned_saved_unread_or_passed_on_is_found(
    server: Server, owner: Account
) -> None:
    """By operators; of what is one's own alone everybody finds their own."""
    other = somebody(server)
    place, there = make_room(owner, "public"), make_room(owner, "public")
    first, second, third = (checked(say(place, owner, f"dugong {n}")) for n in range(3))
    path = "/api/chat/messages"
    checked(owner.call("PUT", f"{path}/{first['id']}/pin"))
    assert contents(other, "dugong is:pinned") == ["dugong 0"]
    assert contents(other, "dugong -is:pinned") == ["dugong 2", "dugong 1"]
    checked(owner.call("DELETE", f"{path}/{first['id']}/pin"))
    assert contents(other, "dugong is:pinned") == []
    for message in (third, first):
        assert other.call("PUT", f"{path}/{message['id']}/save").status_code == 204
    assert contents(other, "dugong is:saved") == ["dugong 2", "dugong 0"]
    assert contents(other, "is:saved", room_id=place.id) == ["dugong 2", "dugong 0"]
    assert contents(other, "dugong -is:saved") == ["dugong 1"]
    assert contents(owner, "dugong is:saved") == []
    # Where one never was nothing is unread; where one was, what others have said since.
    assert contents(other, "dugong is:unread") == []
    checked(other.call("PUT", f"{place.path}/read", json={"message_id": first["id"]}))
    assert contents(other, "dugong is:unread") == ["dugong 2", "dugong 1"]
    assert contents(other, "dugong -is:unread") == ["dugong 0"]
    assert contents(owner, "dugong is:unread") == []
    checked(other.call("PUT", f"{place.path}/read", json={"message_id": third["id"]}))
    assert contents(other, "is:unread", room_id=place.id) == []
    # What is passed on is found by its words, and says where they are.
    body = {"forward": second["id"], "content": "swims"}
    checked(other.call("POST", f"{there.path}/messages", json=body))
    [result] = search(owner, "dugong", room_id=there.id)["results"]
    assert (result["hits"], result["forwarded_hits"]) == ([], [{"start": 0, "end": 6}])
    assert contents(owner, "swims dugong") == ["swims"]
    assert contents(owner, '"swims dugong"') == []


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
    with inside(own_server) as connection:
        connection.execute("UPDATE search_state SET rules = 'none'")
    own_server.start()
    with http_client(own_server) as http:
        assert contents(http, "vole", limit=1) == ["vole 299"]
        assert contents(http, "irst vol") == ["a first vole"]
    await indexed(own_server, last)


async def indexed(server: Server, message_id: int) -> None:
    """Wait until the index has everything up to a message."""
    await index_stands(server, "lowest = 1 AND highest = ?", message_id)


def on_disk(server: Server) -> bytes:
    """Return all bytes of a stopped server's database."""
    files = sorted(each for each in server.data_dir.iterdir() if each.name.startswith("chat"))
    return b"".join(each.read_bytes() for each in files)


@pytest.mark.sqlite
async def test_no_term_of_what_was_deleted_is_left_on_the_disk(
    own_server: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """Nor on a server where nobody says anything any more, and that was stopped meanwhile."""
    room, alice = new_room(own_server), person("alice", own_server)
    for number in range(20):
        await alice.post(room, f"stays {number}")
    # A term as it is kept: its length, and three of the word's letters.
    term = b"\x03xzj"
    for more_tries in reversed(range(5)):
        gone = await alice.post(room, "qxzjkvw")
        await indexed(own_server, gone["id"])
        with http_client(own_server) as http:
            path = f"/api/chat/messages/{gone['id']}"
            assert http.delete(path, params={"username": "alice"}).status_code == 204
        await index_stands(own_server, NO_CHANGES)
        own_server.stop()
        # Taken out, and its terms are still in a piece: unless the server was so slow to stop that
        # it came to tidying up.
        if term in on_disk(own_server):
            break
        assert more_tries
        own_server.start()
    own_server.start()
    await index_stands(own_server, f"untidy = 0 AND {NO_CHANGES}")
    with http_client(own_server) as http:
        assert len(contents(http, "stays")) == 20
    own_server.stop()
    left = on_disk(own_server)
    assert b"stays" in left
    assert term not in left
