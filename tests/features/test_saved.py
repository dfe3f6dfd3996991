"""Putting messages by for oneself: what is listed, what is not any more, who is told."""

from typing import Any

import pytest
from httpx2 import Client, Response

from tests.support.accounts import Account
from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import checked
from tests.support.places import Place, follow, make_room, name_of, put, remove, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def save(account: Account, message: dict[str, Any], *, on: bool = True) -> Response:
    """Save a message, or no longer."""
    return account.call("PUT" if on else "DELETE", f"/api/chat/messages/{message['id']}/save")


def saved(account: Account, **query: int) -> dict[str, Any]:
    """Return a page of what somebody has saved."""
    return dict(checked(account.call("GET", "/api/chat/saved", params=query)))


def ids_of(account: Account) -> list[int]:
    """Return which messages somebody has saved."""
    return list(checked(account.call("GET", "/api/chat/saved/ids"))["message_ids"])


def here(account: Account, place: Place) -> list[str]:
    """Return what the messages of a room say that somebody finds among what they have saved."""
    return [
        each["message"]["content"]
        for each in saved(account, limit=200)["saved"]
        if each["room"]["id"] == place.id
    ]


@pytest.fixture
def place(server: Server) -> Place:
    """Return a private room of somebody's."""
    return make_room(somebody(server))


def test_what_is_saved_is_listed_the_last_one_first(server: Server, place: Place) -> None:
    """With its room; nobody else has it on their list, and it is no change of the message."""
    owner, member = place.owner, somebody(server)
    place.add(member)
    said = [checked(say(place, owner, f"note {number}")) for number in range(3)]
    for message in (said[1], said[0], said[2], said[0]):
        assert_deleted(save(member, message))
    page = saved(member, limit=2)
    assert [each["message"] for each in page["saved"]] == [said[2], said[0]]
    room = {"id": place.id, "name": place.room["name"], "kind": "private"}
    assert {tuple(each["room"].items()) for each in page["saved"]} == {tuple(room.items())}
    rest = saved(member, before=page["next"])
    assert rest["saved"][0]["message"] == said[1]
    assert set(ids_of(member)) >= {message["id"] for message in said}
    assert here(owner, place) == []
    assert_deleted(save(member, said[2], on=False))
    assert_deleted(save(member, said[2], on=False))
    assert here(member, place) == ["note 0", "note 1"]


def test_only_what_one_may_read_now_is_listed(server: Server, place: Place) -> None:
    """What is in a room that was left waits there; what was deleted is gone."""
    owner, member = place.owner, somebody(server)
    place.add(member)
    kept, gone = (checked(say(place, owner, words)) for words in ("kept", "gone"))
    for message in (kept, gone):
        assert_deleted(save(member, message))
    assert_deleted(owner.call("DELETE", f"/api/chat/messages/{gone['id']}"))
    assert here(member, place) == ["kept"]
    assert gone["id"] not in ids_of(member)
    assert kept["id"] in ids_of(member)
    assert_deleted(remove(place, owner, member))
    assert here(member, place) == []
    assert kept["id"] not in ids_of(member)
    assert_refused(save(member, kept), "not_found")
    checked(put(place, owner, member))
    assert here(member, place) == ["kept"]
    assert kept["id"] in ids_of(member)
    checked(owner.call("PUT", f"{place.path}/bans/{name_of(member)}", json={}))
    assert here(member, place) == []
    assert_deleted(save(member, kept, on=False))
    assert kept["id"] not in ids_of(member)


def test_what_a_deleted_room_had_is_gone(server: Server, place: Place) -> None:
    """Without a trace on the list."""
    message = checked(say(place, place.owner, "soon gone"))
    assert_deleted(save(place.owner, message))
    assert_deleted(place.owner.call("DELETE", place.path))
    assert here(place.owner, place) == []


async def test_ones_own_connections_are_told_and_nobody_elses(server: Server, place: Place) -> None:
    """Wherever they are; what changes nothing is not told."""
    owner, member = place.owner, somebody(server)
    place.add(member)
    message = checked(say(place, owner, "note"))
    own, elsewhere = await follow(place, member), await member.connect()
    other = await follow(place, owner)
    assert_deleted(save(member, message))
    assert_deleted(save(member, message))
    assert_deleted(save(member, message, on=False))
    for client in (own, elsewhere):
        for on in (True, False):
            told = await client.until("saved")
            assert told == {"type": "saved", "message_id": message["id"], "on": on}
    await other.send("ping")
    await other.until("pong")
    assert not [frame for frame in other.frames if frame["type"] == "saved"]


def test_guests_have_nothing_saved(http: Client) -> None:
    """They are told to sign in."""
    for method, path in (
        ("PUT", "/api/chat/messages/1/save"),
        ("DELETE", "/api/chat/messages/1/save"),
        ("GET", "/api/chat/saved"),
        ("GET", "/api/chat/saved/ids"),
    ):
        assert_refused(http.request(method, path), "not_signed_in")
