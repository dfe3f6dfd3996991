"""Rooms as administrators see them: listed, deleted, given an owner."""

import pytest

from tests.support.accounts import Account
from tests.support.administration import ADMIN, listed, noted
from tests.support.answers import assert_deleted, assert_refused
from tests.support.moderation import ban
from tests.support.people import Room, checked
from tests.support.places import Place, follow, make_room, name_of, new_account, roles_of, say
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def owner(server: Server) -> Account:
    """Return somebody who makes rooms."""
    return new_account(server, "owner")


def test_public_and_private_rooms_are_listed_and_conversations_are_not(
    server: Server, chief: Account, owner: Account, room: Room
) -> None:
    """With their size; who runs the server reads no private room by that."""
    private = make_room(owner, topic="plans")
    checked(say(private, owner, "between us"))
    other = new_account(server, "other")
    direct = checked(owner.call("POST", "/api/chat/direct", json={"usernames": [name_of(other)]}))
    found = listed(chief, private.id)
    assert found == {
        "id": private.id,
        "name": private.room["name"],
        "kind": "private",
        "topic": "plans",
        "created_at": private.room["created_at"],
        "archived_at": None,
        "owner": name_of(owner),
        "members": 1,
        "messages": 1,
        "retention_days": None,
    }
    public = listed(chief, room["id"])
    assert public is not None
    assert (public["owner"], public["members"]) == (None, 0)
    assert listed(chief, direct["id"]) is None
    assert_refused(chief.call("GET", f"{private.path}/messages"), "not_found")


@pytest.mark.parametrize("kind", ["public", "private"])
async def test_a_room_is_deleted_under_those_who_are_in_it(
    chief: Account, owner: Account, kind: str
) -> None:
    """They are told by whom; the log has its name."""
    place = make_room(owner, kind)
    client = await follow(place, owner)
    assert_deleted(chief.call("DELETE", f"{ADMIN}/rooms/{place.id}"))
    told = await client.until("room_deleted", room_id=place.id)
    assert name_of(chief) in told["message"]
    await client.until("room_removed", room={"id": place.id})
    assert_refused(owner.call("GET", place.path), "not_found")
    assert noted(chief, place.room["name"]) == [(name_of(chief), "room.delete")]


async def test_a_room_is_given_an_owner(server: Server, chief: Account, owner: Account) -> None:
    """A member or not; whoever had it becomes a moderator, and all are told."""
    place, new = make_room(owner), new_account(server, "new")
    watcher = await new.connect()
    path = f"{ADMIN}/rooms/{place.id}/owner"
    told = checked(chief.call("PUT", path, json={"username": name_of(new)}))
    assert (told["owner"], told["members"]) == (name_of(new), 2)
    await watcher.until("room_changed", room={"id": place.id, "role": "owner"})
    seen = Place(place.room, new)
    assert roles_of(seen) == {name_of(new): "owner", name_of(owner): "moderator"}
    # Once more changes nothing.
    assert checked(chief.call("PUT", path, json={"username": name_of(new)})) == told
    assert noted(chief, name_of(new)) == [(name_of(chief), "room.owner")]


def test_a_guests_room_gets_an_owner_too(chief: Account, owner: Account, room: Room) -> None:
    """From then on not everybody can delete it."""
    path = f"{ADMIN}/rooms/{room['id']}/owner"
    assert checked(chief.call("PUT", path, json={"username": name_of(owner)}))["owner"]
    assert roles_of(Place(room, owner)) == {name_of(owner): "owner"}


def test_what_cannot_be_is_refused(server: Server, chief: Account, owner: Account) -> None:
    """A conversation has no owner and is nobody's to delete; nor does a banned person own."""
    other = new_account(server, "other")
    direct = checked(owner.call("POST", "/api/chat/direct", json={"usernames": [name_of(other)]}))
    for room_id in (direct["id"], 999_999):
        path = f"{ADMIN}/rooms/{room_id}"
        assert_refused(chief.call("DELETE", path), "not_found")
        body = {"username": name_of(other)}
        assert_refused(chief.call("PUT", f"{path}/owner", json=body), "not_found")
    place = make_room(owner)
    path = f"{ADMIN}/rooms/{place.id}/owner"
    checked(ban(place, owner, other))
    assert_refused(chief.call("PUT", path, json={"username": name_of(other)}), "not_allowed")
    absent = chief.call("PUT", path, json={"username": "nobody-here"})
    assert_refused(absent, "not_found", "username")
    assert roles_of(place) == {name_of(owner): "owner"}


def test_rooms_are_listed_page_by_page(chief: Account, owner: Account) -> None:
    """Each goes on behind the last room of the page before."""
    made = [make_room(owner).id for _ in range(3)]
    pages, after = [], made[0] - 1
    while page := checked(chief.call("GET", f"{ADMIN}/rooms", params={"limit": 2, "after": after})):
        pages.append([room["id"] for room in page])
        after = pages[-1][-1]
    assert pages == [made[:2], made[2:]]
