"""Invitations to rooms: links that let in as many as they say, for as long as they say."""

import asyncio

import pytest
from httpx2 import Response

from tests.support.accounts import Account
from tests.support.moderation import ban, unban
from tests.support.people import checked
from tests.support.places import Place, follow, make_room, name_of, put, remove, roles_of, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

ACCEPT, PREVIEW = "/api/chat/invites/accept", "/api/chat/invites/preview"


@pytest.fixture
def place(server: Server) -> Place:
    """Return a private room."""
    return make_room(somebody(server))


def invite(place: Place, **fields: int) -> dict[str, object]:
    """Return a new invitation of the owner."""
    return dict(checked(place.owner.call("POST", f"{place.path}/invites", json=fields)))


def accept(account: Account, token: object) -> Response:
    """Ask to join."""
    return account.call("POST", ACCEPT, json={"token": token})


def test_a_link_shows_the_room_and_lets_in_whoever_has_it(server: Server, place: Place) -> None:
    """The room is theirs to see then, and the link is used up."""
    token = invite(place)["token"]
    comer, late = somebody(server), somebody(server)
    shown = checked(comer.call("POST", PREVIEW, json={"token": token}))
    assert shown == {
        "room_name": place.room["name"], "kind": "private", "members": 1,
        "invited_by": name_of(place.owner),
    }  # fmt: skip
    room = checked(accept(comer, token))
    assert (room["id"], room["role"]) == (place.id, "member")
    for path in (ACCEPT, PREVIEW):
        answer = late.call("POST", path, json={"token": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "invite_invalid")
    assert set(roles_of(place)) == {name_of(place.owner), name_of(comer)}


async def test_twenty_at_once_use_it_as_often_as_it_says(server: Server, place: Place) -> None:
    """Three come in, the others are told that it is used up."""
    token = invite(place, uses=3)["token"]
    comers = [somebody(server) for _ in range(20)]
    asks = [asyncio.to_thread(accept, comer, token) for comer in comers]
    answers = await asyncio.gather(*asks)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [403] * 17
    assert len(roles_of(place)) == 4


def test_a_member_uses_nothing_up(server: Server, place: Place) -> None:
    """They are where they wanted to be."""
    made = invite(place)
    assert checked(accept(place.owner, made["token"]))["role"] == "owner"
    [left] = checked(place.owner.call("GET", f"{place.path}/invites"))
    assert left["uses_left"] == 1


def test_a_token_is_told_once_and_never_again(place: Place) -> None:
    """Nor does it stand in the database."""
    made = invite(place, uses=5, days=30)
    [listed] = checked(place.owner.call("GET", f"{place.path}/invites"))
    assert {**listed, "token": made["token"]} == made
    assert listed["created_by"] == name_of(place.owner)
    data = place.owner.server.data_dir
    files = [each for each in data.rglob("*") if each.is_file()]
    assert not [each for each in files if str(made["token"]).encode() in each.read_bytes()]


def test_what_was_taken_back_lets_nobody_in(server: Server, place: Place) -> None:
    """And is not in the list any more."""
    made = invite(place)
    path = f"{place.path}/invites"
    assert place.owner.call("DELETE", f"{path}/{made['id']}").status_code == 204
    assert place.owner.call("DELETE", f"{path}/{made['id']}").status_code == 404
    assert accept(somebody(server), made["token"]).status_code == 403
    assert checked(place.owner.call("GET", path)) == []


def test_an_invitation_of_another_room_cannot_be_taken_back_from_here(
    server: Server, place: Place
) -> None:
    """Its number alone is no key to it."""
    other = make_room(somebody(server))
    made = invite(place)
    answer = other.owner.call("DELETE", f"{other.path}/invites/{made['id']}")
    assert answer.status_code == 404
    assert len(checked(place.owner.call("GET", f"{place.path}/invites"))) == 1


def test_members_make_and_see_no_invitations(server: Server, place: Place) -> None:
    """Moderators do."""
    member, moderator = somebody(server), somebody(server)
    place.add(member)
    checked(put(place, place.owner, moderator, "moderator"))
    for method in ("GET", "POST"):
        body: dict[str, int] | None = {} if method == "POST" else None
        answer = member.call(method, f"{place.path}/invites", json=body)
        assert answer.json()["code"] == "not_allowed"
        assert moderator.call(method, f"{place.path}/invites", json=body).is_success


def test_guessing_finds_nothing(server: Server) -> None:
    """Every wrong token gets the same answer."""
    account = somebody(server)
    answers = {accept(account, token).text for token in ("x", "a" * 22, "%00", "' OR 1=1 --")}
    assert len(answers) == 1


def test_nobody_joins_a_room_that_is_archived_or_gone(server: Server, place: Place) -> None:
    """The one is told, the other is not there."""
    token = invite(place, uses=2)["token"]
    checked(place.owner.call("PATCH", place.path, json={"archived": True}))
    assert accept(somebody(server), token).json()["code"] == "archived"
    assert place.owner.call("DELETE", place.path).status_code == 204
    assert accept(somebody(server), token).json()["code"] == "invite_invalid"


async def test_those_who_are_there_see_who_comes(server: Server, place: Place) -> None:
    """A version of the room; the newcomer's list has the room at once."""
    token = invite(place)["token"]
    inside = await follow(place, place.owner)
    comer = somebody(server)
    client = await comer.connect()
    checked(accept(comer, token))
    await inside.until("room_updated", version=1)
    await client.until("room_created", room={"id": place.id, "role": "member"})


@pytest.mark.parametrize("how", ["removed", "lowered"])
def test_who_may_invite_no_more_has_no_links_left(server: Server, place: Place, how: str) -> None:
    """Or they would come back by their own."""
    moderator = somebody(server)
    checked(put(place, place.owner, moderator, "moderator"))
    made = checked(moderator.call("POST", f"{place.path}/invites", json={"uses": 1000}))
    if how == "removed":
        assert remove(place, place.owner, moderator).status_code == 204
    else:
        checked(put(place, place.owner, moderator, "member"))
    assert checked(place.owner.call("GET", f"{place.path}/invites")) == []
    for account in (moderator, somebody(server)):
        answer = accept(account, made["token"])
        assert answer.json().get("code") == "invite_invalid"


@pytest.mark.parametrize("how", ["removed", "banned"])
def test_who_was_made_to_leave_does_not_come_back_by_a_link_they_had(
    server: Server, place: Place, how: str
) -> None:
    """By somebody else's, too; others come in by it, and they by a new one or by name."""
    old, (gone, other) = invite(place, uses=10), (somebody(server), somebody(server))
    assert checked(accept(gone, old["token"]))["role"] == "member"
    path = f"{place.path}/members/{name_of(gone)}"
    if how == "removed":
        assert place.owner.call("DELETE", path).is_success
    else:
        assert ban(place, place.owner, gone).is_success
        assert unban(place, place.owner, gone).is_success
    answer = accept(gone, old["token"])
    assert (answer.status_code, answer.json()["code"]) == (403, "invite_invalid")
    assert checked(accept(other, old["token"]))["role"] == "member"
    assert checked(accept(gone, invite(place)["token"]))["role"] == "member"
    # To leave by oneself is no such thing, nor is it once they were added by name.
    assert gone.call("DELETE", path).is_success
    assert checked(accept(gone, old["token"]))["role"] == "member"
    assert place.owner.call("DELETE", path).is_success
    assert place.owner.call("PUT", path, json={}).is_success
    assert gone.call("DELETE", path).is_success
    assert checked(accept(gone, old["token"]))["role"] == "member"
