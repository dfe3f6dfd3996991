"""Members and their roles: who adds whom, who gives what to whom, who goes."""

import asyncio

import pytest
from httpx2 import Response

from tests.support.accounts import Account
from tests.support.people import Person, Room, checked
from tests.support.places import (
    Place,
    follow,
    make_room,
    name_of,
    put,
    remove,
    roles_of,
    somebody,
)
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def people(server: Server) -> dict[str, Account]:
    """Return one account for each role."""
    return {role: somebody(server) for role in ("owner", "moderator", "member", "other")}


@pytest.fixture(params=["private", "public"])
def place(request: pytest.FixtureRequest, people: dict[str, Account]) -> Place:
    """Return a room with an owner, a moderator and a member."""
    made = make_room(people["owner"], request.param)
    made.add(people["moderator"], role="moderator")
    made.add(people["member"])
    return made


def refused(answer: Response, code: str) -> None:
    """Assert that it was refused with this code."""
    assert answer.json()["code"] == code, answer.text
    assert not answer.is_success


def test_the_list_has_the_owner_first_then_moderators_then_the_others(
    place: Place, people: dict[str, Account]
) -> None:
    """Each with what others read of them."""
    assert list(roles_of(place).items()) == [
        (name_of(people[role]), role) for role in ("owner", "moderator", "member")
    ]
    first = checked(place.owner.call("GET", f"{place.path}/members"))[0]
    assert first["display_name"] == people["owner"].user["display_name"]
    assert first["online"] is False
    assert first["muted_until"] is None


async def test_the_list_says_who_is_in_the_room(place: Place, people: dict[str, Account]) -> None:
    """Just now."""
    await follow(place, people["member"])
    members = checked(place.owner.call("GET", f"{place.path}/members"))
    assert [each["username"] for each in members if each["online"]] == [name_of(people["member"])]


def test_moderators_add_members_and_give_no_roles(place: Place, people: dict[str, Account]) -> None:
    """Members do neither."""
    checked(put(place, people["moderator"], people["other"]))
    refused(put(place, people["moderator"], people["other"], "moderator"), "not_allowed")
    refused(put(place, people["moderator"], people["moderator"], "owner"), "not_allowed")
    assert roles_of(place)[name_of(people["other"])] == "member"


def test_members_add_nobody(place: Place, people: dict[str, Account]) -> None:
    """Nor do they make themselves more."""
    refused(put(place, people["member"], people["other"]), "not_allowed")
    refused(put(place, people["member"], people["member"], "moderator"), "not_allowed")
    assert len(roles_of(place)) == 3


def test_nobody_is_removed_by_one_who_has_not_more_to_say(
    place: Place, people: dict[str, Account]
) -> None:
    """A moderator removes members; no moderator, and not the owner."""
    for by, whom in (
        ("member", "moderator"), ("member", "owner"), ("moderator", "owner"),
    ):  # fmt: skip
        refused(remove(place, people[by], people[whom]), "not_allowed")
    checked(put(place, people["owner"], people["other"], "moderator"))
    refused(remove(place, people["moderator"], people["other"]), "not_allowed")
    assert remove(place, people["moderator"], people["member"]).status_code == 204
    assert remove(place, people["owner"], people["moderator"]).status_code == 204
    assert set(roles_of(place)) == {name_of(people["owner"]), name_of(people["other"])}


async def test_the_owner_hands_the_room_over_and_stays_as_a_moderator(
    place: Place, people: dict[str, Account]
) -> None:
    """Everybody is told who owns it now, and each of the two what they are."""
    old, new = people["owner"], people["member"]
    client = await follow(place, new)
    former = await old.connect()
    checked(put(place, old, new, "owner"))
    await client.until("room_updated", room={"owner": name_of(new), "role": None})
    await client.until("room_changed", room={"id": place.id, "role": "owner"})
    await former.until("room_changed", room={"id": place.id, "role": "moderator"})
    assert roles_of(place) == {
        name_of(new): "owner", name_of(old): "moderator", name_of(people["moderator"]): "moderator"
    }  # fmt: skip
    refused(put(place, old, people["other"], "moderator"), "not_allowed")
    assert checked(new.call("GET", place.path))["owner"] == name_of(new)


def test_a_room_keeps_an_owner(place: Place, people: dict[str, Account]) -> None:
    """Who owns it can neither leave others alone nor make themselves less."""
    refused(remove(place, people["owner"], people["owner"]), "not_allowed")
    refused(put(place, people["owner"], people["owner"], "member"), "not_allowed")
    assert roles_of(place)[name_of(people["owner"])] == "owner"


async def test_fifty_transfers_at_once_leave_one_owner(server: Server) -> None:
    """Whoever they end with."""
    owner = somebody(server)
    place = make_room(owner)
    heirs = [somebody(server) for _ in range(5)]
    place.add(*heirs)
    asks = [asyncio.to_thread(put, place, owner, heir, "owner") for heir in heirs * 10]
    answers = await asyncio.gather(*asks)
    won = [answer for answer in answers if answer.status_code == 200]
    assert won
    roles = roles_of(place)
    assert sorted(roles.values()) == ["member"] * 4 + ["moderator", "owner"]
    [now] = [name for name, role in roles.items() if role == "owner"]
    assert checked(owner.call("GET", place.path))["owner"] == now


async def test_every_change_of_members_is_a_version_of_the_room(
    place: Place, people: dict[str, Account]
) -> None:
    """Told once to those who are in it, in their order, and part of what a resume gives."""
    client = await follow(place, people["member"])
    before = checked(place.owner.call("GET", place.path))["version"]
    checked(put(place, people["owner"], people["other"]))
    checked(put(place, people["owner"], people["other"], "moderator"))
    checked(put(place, people["owner"], people["other"], "moderator"))
    assert remove(place, people["owner"], people["other"]).status_code == 204
    versions = [(await client.until("room_updated"))["version"] for _ in range(3)]
    assert versions == [before + 1, before + 2, before + 3]
    await client.settle()
    assert client.frames[-1]["type"] == "pong"
    late = await place.owner.connect()
    await late.send("subscribe", room_id=place.id, after=before)
    sync = await late.until("sync")
    assert (sync["version"], sync["messages"], sync["reset"]) == (before + 3, [], False)


def test_anybody_with_an_account_joins_a_public_room(
    server: Server, people: dict[str, Account]
) -> None:
    """By their own name, and by no other; and leaves it again."""
    place = make_room(people["owner"], "public")
    refused(put(place, people["member"], people["other"]), "not_allowed")
    checked(put(place, people["member"], people["member"]))
    refused(put(place, people["other"], people["other"], "moderator"), "not_allowed")
    assert set(roles_of(place)) == {name_of(people["owner"]), name_of(people["member"])}
    assert remove(place, people["member"], people["member"]).status_code == 204
    refused(remove(place, people["member"], people["member"]), "not_allowed")
    # To join once more changes nothing of what one is.
    path = f"{place.path}/members/{name_of(people['owner'])}"
    assert checked(people["owner"].call("PUT", path, json={}))["role"] == "owner"
    # Nobody has to be a member to be there.
    assert people["member"].call("GET", f"{place.path}/messages").status_code == 200


def test_nobody_can_be_added_who_has_no_account(place: Place) -> None:
    """A name that nobody has, a guest's, and one that nobody could have."""
    for name in ("nobody-at-all", "alice", "%F0%9F%A6%8A"):
        answer = place.owner.call("PUT", f"{place.path}/members/{name}", json={})
        refused(answer, "not_found")


def test_the_rooms_of_guests_belong_to_nobody(
    server: Server, room: Room, people: dict[str, Account]
) -> None:
    """Nobody moderates them, and anybody may delete them: the seed's way."""
    account = people["other"]
    path = f"/api/chat/rooms/{room['id']}"
    assert room["owner"] is None
    refused(account.call("PATCH", path, json={"topic": "mine"}), "not_allowed")
    checked(account.call("PUT", f"{path}/members/{name_of(account)}", json={}))
    refused(account.call("POST", f"{path}/invites", json={}), "not_allowed")
    assert account.call("DELETE", path).status_code == 204


async def test_an_owned_public_room_is_deleted_by_its_owner_alone(
    server: Server, people: dict[str, Account], alice: Person
) -> None:
    """Not by members, moderators, or guests who are in it."""
    place = make_room(people["owner"], "public")
    place.add(people["moderator"], role="moderator")
    inside = await alice.enter(place.room)
    for account in (people["moderator"], people["other"]):
        refused(account.call("DELETE", place.path), "not_allowed")
    with people["other"].http() as http:
        del http.headers["Authorization"]
        refused(http.delete(place.path), "not_allowed")
        refused(http.delete(place.path, params={"username": "alice"}), "not_allowed")
    assert people["owner"].call("DELETE", place.path).status_code == 204
    gone = await inside.until("room_deleted")
    assert gone["message"].endswith(f"was deleted by {name_of(people['owner'])}.")
