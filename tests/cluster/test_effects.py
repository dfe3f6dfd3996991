"""Whatever is done at one node is told at the other, as it would be told at the same one.

Each test is of one effect. Who acts does so at the first node; who is told is at the second.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

import parlour.main  # noqa: F401 - with it come all effects
from parlour.effects import _EFFECTS
from parlour.errors import ERROR_CODES
from tests.support.accounts import PASSWORD, Account, account_of, browser_at, cookies_of
from tests.support.administration import ADMIN, ban_from_server, change_user
from tests.support.answers import assert_refused
from tests.support.files import until
from tests.support.moderation import Guest, ban
from tests.support.people import checked
from tests.support.places import (
    ROOMS,
    Place,
    follow,
    make_room,
    name_of,
    new_account,
    put,
    registered,
    remove,
    say,
)
from tests.support.retention import age, cut_to, hold, lift
from tests.support.scheduling import later, path_of
from tests.support.server import Server
from tests.support.websocket import Client, connect

Test = TypeVar("Test", bound=Callable[..., Any])

TESTED: set[str] = set()

pytestmark = pytest.mark.usefixtures("partings")


def of(name: str) -> Callable[[Test], Test]:
    """Say which effect a test is of."""
    TESTED.add(name)
    return lambda test: test


def at(server: Server, account: Account) -> Account:
    """Return a login as it is used at another node."""
    return replace(account, server=server)


async def watcher(server: Server) -> Client:
    """Return a connection of a guest who sees the list of rooms."""
    return await connect(server, None, "watcher")


async def both_in(place: Place, bob: Account) -> Client:
    """Return the connection of a member who follows a room."""
    place.add(bob)
    return await follow(place, bob)


def test_no_effect_is_without_a_test() -> None:
    """Whoever adds one sees what it does at another node."""
    # Other tests of this process may have made some of their own.
    assert {name for name in _EFFECTS if not name.endswith("_in_a_test")} == TESTED


@of("said")
async def test_what_is_said_is_heard(ann: Account, bob: Account) -> None:
    """By those who follow the room."""
    place = make_room(ann)
    there = await both_in(place, bob)
    checked(say(place, ann, "hello"))
    await there.until("message", message={"content": "hello", "username": name_of(ann)})


@of("said")
async def test_who_is_mentioned_is_told(ann: Account, bob: Account) -> None:
    """Also who is not in the room."""
    place = make_room(ann)
    place.add(bob)
    there = await bob.connect()
    checked(say(place, ann, f"hello @{name_of(bob)}"))
    await there.until("notification", room_id=place.id, reason="mention")


@of("listed")
async def test_a_conversation_comes_into_the_list(
    ann: Account, bob: Account, other: Server
) -> None:
    """Of whoever opens it, on their other connections."""
    there = await at(other, ann).connect()
    room = checked(ann.call("POST", "/api/chat/direct", json={"usernames": [name_of(bob)]}))
    await there.until("room_created", room={"id": room["id"], "role": "member"})


@of("room_made")
async def test_a_new_room_comes_into_the_list(ann: Account, other: Server) -> None:
    """Of everybody, where it is public."""
    async with await watcher(other) as there:
        place = make_room(ann, "public")
        await there.until("room_created", room={"id": place.id})


@of("room_changed")
async def test_a_changed_room_is_shown_as_it_is(ann: Account, bob: Account) -> None:
    """To whoever is in it."""
    place = make_room(ann)
    there = await both_in(place, bob)
    checked(ann.call("PATCH", place.path, json={"topic": "what for"}))
    await there.until("room_updated", room={"id": place.id, "topic": "what for"})


@of("room_closed")
async def test_a_deleted_room_is_left_by_all(ann: Account, bob: Account) -> None:
    """And goes out of the lists."""
    place = make_room(ann)
    there = await both_in(place, bob)
    assert ann.call("DELETE", place.path).is_success
    await there.until("room_deleted", room_id=place.id)
    await there.until("room_removed", room={"id": place.id})


@of("changed")
async def test_a_changed_message_is_shown_as_it_is(ann: Account, bob: Account) -> None:
    """Edited, reacted to, deleted."""
    place = make_room(ann)
    there = await both_in(place, bob)
    message = checked(say(place, ann, "helo"))
    path = f"/api/chat/messages/{message['id']}"
    checked(ann.call("PATCH", path, json={"content": "hello"}))
    await there.until("message_updated", message={"id": message["id"], "content": "hello"})
    assert ann.call("DELETE", path).is_success
    deleted = await there.until("message_updated", message={"id": message["id"], "content": ""})
    assert deleted["message"]["deleted_at"] is not None


@of("own")
async def test_what_is_one_s_own_is_the_same_on_both(ann: Account, other: Server) -> None:
    """When not to be disturbed, and of what to be notified in a room."""
    there = await at(other, ann).connect()
    checked(ann.call("PUT", "/api/chat/do-not-disturb", json={"start": "22:00", "end": "06:00"}))
    await there.until("do_not_disturb", start="22:00", end="06:00")
    place = make_room(ann)
    checked(ann.call("PUT", f"{place.path}/notifications", json={"level": "nothing"}))
    await there.until("room_level", room_id=place.id, level="nothing")


@of("saved")
async def test_what_is_put_by_is_so_on_both(ann: Account, other: Server) -> None:
    """And so is what is no longer."""
    message = checked(say(make_room(ann), ann, "to keep"))
    there = await at(other, ann).connect()
    path = f"/api/chat/messages/{message['id']}/save"
    for method, on in (("PUT", True), ("DELETE", False)):
        assert ann.call(method, path).is_success
        await there.until("saved", message_id=message["id"], on=on)


@of("scheduled")
async def test_what_one_says_later_is_the_same_on_both(ann: Account, other: Server) -> None:
    """Whatever becomes of it; and it is told as a message by whichever node says it."""
    place = make_room(ann)
    there = await at(other, ann).connect()
    for method, rest in (("DELETE", ""), ("POST", "/now")):
        one = later(place, ann)
        await there.until("scheduled_updated", scheduled=one)
        answer = ann.call(method, path_of(one, rest))
        assert answer.is_success
        message_id = answer.json()["id"] if answer.content else None
        await there.until("scheduled_removed", id=one["id"], message_id=message_id)


@of("read")
async def test_how_far_one_has_read_is_the_same_on_both(
    ann: Account, bob: Account, one: Server, other: Server
) -> None:
    """For oneself at once, for the others in the room a moment later."""
    place = make_room(ann)
    there = await both_in(place, bob)
    message = checked(say(place, at(other, bob), "read this"))
    own = await at(other, ann).connect()
    checked(ann.call("PUT", f"{place.path}/read", json={"message_id": message["id"]}))
    for client in (own, there):
        await client.until("read", username=name_of(ann), message_id=message["id"])


@of("all_read")
async def test_what_is_all_read_is_so_on_both(ann: Account, bob: Account, other: Server) -> None:
    """In each room."""
    place = make_room(ann)
    place.add(bob)
    checked(say(place, bob, "read this"))
    own = await at(other, ann).connect()
    checked(ann.call("PUT", "/api/chat/read"))
    await own.until("read", room_id=place.id, username=name_of(ann), unread=0)


@of("shares")
async def test_who_does_not_tell_how_far_they_have_read_does_not_on_either(
    ann: Account, bob: Account, one: Server
) -> None:
    """What others read comes, and theirs did not before it."""
    place, cleo = make_room(ann), new_account(one, "cleo")
    place.add(cleo)
    there = await both_in(place, bob)
    message = checked(say(place, bob, "read this"))
    checked(ann.call("PATCH", "/api/users/me", json={"read_receipts": False}))
    for account in (ann, cleo):
        checked(account.call("PUT", f"{place.path}/read", json={"message_id": message["id"]}))
    await there.until("read", username=name_of(cleo))
    assert name_of(ann) not in {
        frame["username"] for frame in there.frames if frame["type"] == "read"
    }


@of("member")
async def test_who_is_made_a_member_has_the_room_and_who_is_removed_has_not(
    ann: Account, bob: Account
) -> None:
    """They are told first, and put out at once."""
    place = make_room(ann)
    there = await bob.connect()
    checked(put(place, ann, bob))
    await there.until("room_changed", room={"id": place.id, "role": "member"})
    await there.send("subscribe", room_id=place.id)
    await there.until("user_list", room_id=place.id)
    assert remove(place, ann, bob).is_success
    await there.until("room_deleted", room_id=place.id)
    await there.until("room_removed", room={"id": place.id})


@of("joined")
async def test_who_joins_by_an_invitation_has_the_room(
    ann: Account, bob: Account, one: Server
) -> None:
    """On all their connections."""
    place = make_room(ann)
    token = checked(ann.call("POST", f"{place.path}/invites", json={}))["token"]
    there = await bob.connect()
    checked(at(one, bob).call("POST", "/api/chat/invites/accept", json={"token": token}))
    await there.until("room_created", room={"id": place.id, "role": "member"})


@of("banned")
async def test_who_is_banned_from_a_room_is_put_out_of_it(ann: Account, bob: Account) -> None:
    """And does not come back."""
    place = make_room(ann, "public")
    there = await follow(place, bob)
    checked(ban(place, ann, bob))
    await there.until("room_deleted", room_id=place.id)
    await there.send("subscribe", room_id=place.id)
    await there.until("error", code="banned")


@of("banned")
async def test_a_guest_is_banned_by_name_wherever_they_are(ann: Account, other: Server) -> None:
    """At once after they have come in at the other node."""
    place = make_room(ann, "public")
    guest = await Guest(other, "Gus").come()
    there = await connect(other, place.id, "Gus", headers=guest.headers, after=0)
    await there.until("user_list")
    checked(ban(place, ann, "Gus"))
    assert await there.closed() == ERROR_CODES["banned"].close


@of("opened")
async def test_a_login_in_the_same_browser_ends_the_one_before(
    bob: Account, one: Server, other: Server
) -> None:
    """Its connections are closed at both nodes."""
    there = await bob.connect()
    with browser_at(one) as browser:
        browser.cookies.set("parlour-refresh", bob.refresh, path="/")
        wanted = {"username": name_of(bob), "password": PASSWORD}
        answer = browser.post("/api/auth/login", json=wanted)
    assert answer.is_success
    await there.until("error", code="not_signed_in")
    assert bob.status() == 401
    fresh = replace(bob, access=cookies_of(answer)["parlour"]["value"])
    assert fresh.status() == 200


@of("renewed")
async def test_a_login_of_which_somebody_has_a_copy_ends(bob: Account, one: Server) -> None:
    """Its token was used long before, at whatever node."""
    there = await bob.connect()
    second = account_of(one, at(one, bob).renewed())
    third = account_of(bob.server, bob.renewed(second.refresh))
    assert third.status() == 200
    assert_refused(at(one, bob).renewed(), "not_signed_in")
    await there.until("error", code="not_signed_in")
    assert third.status() == 401


@of("signed_out")
async def test_who_signs_out_is_signed_out_at_once(bob: Account, one: Server) -> None:
    """With the answer there is nothing more that the login is good for."""
    there = await bob.connect()
    assert at(one, bob).call("POST", "/api/auth/logout").status_code == 204
    assert bob.status() == 401
    await there.until("error", code="not_signed_in")


@of("registered")
def test_the_name_of_a_new_account_is_no_guest_s(one: Server, other: Server) -> None:
    """From the answer on, and the account is signed in everywhere."""
    account = new_account(one, "Nele")
    with browser_at(other) as browser:
        answer = browser.post("/api/auth/guest", json={"username": name_of(account)})
    assert_refused(answer, "name_taken", "username")
    assert at(other, account).status() == 200


@of("account_changed")
async def test_another_role_holds_everywhere(root: Account, bob: Account) -> None:
    """With the answer; so does that an account is disabled."""
    assert bob.call("GET", f"{ADMIN}/users").status_code == 404
    checked(change_user(root, name_of(bob), role="administrator"))
    assert bob.call("GET", f"{ADMIN}/users").status_code == 200
    there = await bob.connect()
    checked(change_user(root, name_of(bob), disabled=True))
    assert bob.status() == 401
    await there.until("error", code="not_signed_in")


@of("kept_out")
@of("let_in")
async def test_who_is_kept_out_is_so_everywhere(root: Account, other: Server) -> None:
    """A guest who is at another node, until they are let in again."""
    guest = await Guest(other, "Gerd").come()
    there = await connect(other, None, "Gerd", headers=guest.headers)
    await there.settle()
    made = checked(ban_from_server(root, "Gerd"))
    assert (await guest.call("GET", ROOMS)).json()["code"] == "banned"
    await there.until("error", code="banned")
    assert root.call("DELETE", f"{ADMIN}/bans/{made['id']}").is_success
    assert (await guest.call("GET", ROOMS)).is_success


@of("policy")
async def test_another_policy_holds_everywhere(root: Account, other: Server) -> None:
    """Guests who are there are sent away."""
    async with await watcher(other) as there:
        checked(root.call("PATCH", f"{ADMIN}/policy", json={"guests": "off"}))
        with browser_at(other) as browser:
            answer = browser.post("/api/auth/guest", json={"username": "Gabi"})
            assert_refused(answer, "guests_off")
        await there.until("error", code="guests_off")
    checked(root.call("PATCH", f"{ADMIN}/policy", json={"guests": "on"}))


@of("purged")
@of("rule_set")
@of("held_otherwise")
async def test_what_is_over_goes_on_both(
    root: Account, ann: Account, bob: Account, one: Server
) -> None:
    """Whichever of them takes it away: by the rule of the room, or when a hold is lifted."""
    place = make_room(ann)
    there = await both_in(place, bob)
    held = hold(root, "room", room_id=place.id)
    message = checked(say(place, ann, "old"))
    age(one, place, message, days=3)
    checked(ann.call("PUT", f"{place.path}/retention", json={"days": 2}))
    lift(root, held)
    await cut_to(there, message)
    second = checked(say(place, ann, "old as well"))
    age(one, place, second, days=3)
    checked(ann.call("PUT", f"{place.path}/retention", json={"days": 1}))
    await cut_to(there, second)


@of("removed")
@of("revised")
@of("conversation_renamed")
@of("takeout")
@of("name_freed")
async def test_who_leaves_does_so_everywhere(ann: Account, bob: Account) -> None:
    """Nothing there bears the name any more; what they wanted to take along is not made."""
    place, own = make_room(ann), {"password": PASSWORD}
    there, said = await both_in(place, bob), checked(say(place, ann, "hello"))
    talk = checked(ann.call("POST", "/api/chat/direct", json={"usernames": [name_of(bob)]}))
    checked(ann.call("POST", f"{ROOMS}/{talk['id']}/messages", json={"content": "hello"}))
    checked(ann.call("POST", "/api/users/me/export", json=own))
    left = ann.call("POST", "/api/users/me/removal", json={**own, "mode": "anonymise"})
    assert (left.status_code, ann.status()) == (204, 401)
    await there.until("message_updated", message={"id": said["id"], "username": "Former member"})
    await there.until(
        "room_changed", room={"id": talk["id"], "name": f"Former member, {name_of(bob)}"}
    )
    # Others may have the name then.
    until(lambda: registered(bob.server, name_of(ann)) is None)
