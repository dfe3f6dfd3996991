"""What is said later and refused when its time has come: kept, with the reason, or waited for."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response

from parlour.errors import ERROR_CODES
from tests.support.accounts import Account, log_in
from tests.support.administration import (
    ADMIN,
    ban_from_server,
    change_user,
)
from tests.support.answers import assert_deleted, assert_refused
from tests.support.files import say as say_with
from tests.support.files import sent
from tests.support.people import checked
from tests.support.places import (
    Place,
    follow,
    make_room,
    name_of,
    new_account,
    put,
    remove,
    say,
    somebody,
)
from tests.support.scheduling import Scheduled, ask, at, due, later, path_of, said_in, scheduled
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def ann(server: Server) -> Account:
    """Return somebody who has nothing scheduled yet."""
    return new_account(server, "ann")


@pytest.fixture
def place(ann: Account) -> Place:
    """Return a private room of ann's."""
    return make_room(ann)


def assert_code(answer: Response, code: str) -> None:
    """Assert that it is refused for this, perhaps for a while."""
    told = answer.json()
    assert (answer.status_code, told["code"]) == (ERROR_CODES[code].status, code), told


def failed(by: Account, one: Scheduled) -> dict[str, Any] | None:
    """Return why one of them was refused for good, if it was."""
    [found] = [each for each in scheduled(by) if each["id"] == one["id"]]
    assert (found["state"] == "failed") is (found["error"] is not None)
    return dict(found["error"]) if found["error"] else None


def test_who_may_not_speak_now_cannot_later(server: Server, ann: Account, place: Place) -> None:
    """The room is not there for strangers; who is muted or banned is told so."""
    assert_refused(ask(place, somebody(server)), "not_found")
    bob = new_account(server, "bob")
    place.add(bob)
    checked(ann.call("PUT", f"{place.path}/mutes/{name_of(bob)}", json={"seconds": 600}))
    assert_code(ask(place, bob), "muted")
    checked(ann.call("PATCH", place.path, json={"archived": True}))
    assert_refused(ask(place, ann), "archived")


def leave(place: Place, _bob: Account) -> None:
    """Let a member be put out."""
    assert remove(place, place.owner, _bob).is_success


def ban(place: Place, bob: Account) -> None:
    """Let a member be banned."""
    checked(place.owner.call("PUT", f"{place.path}/bans/{name_of(bob)}", json={}))


def mute(place: Place, bob: Account) -> None:
    """Let a member be silent for a while."""
    checked(place.owner.call("PUT", f"{place.path}/mutes/{name_of(bob)}", json={"seconds": 600}))


def archive(place: Place, _bob: Account) -> None:
    """Let the room be kept as it is."""
    checked(place.owner.call("PATCH", place.path, json={"archived": True}))


def delete_room(place: Place, _bob: Account) -> None:
    """Let the room be gone."""
    assert_deleted(place.owner.call("DELETE", place.path))


@pytest.mark.parametrize(
    ("kind", "act", "code"),
    [
        ("private", leave, "not_found"),
        ("public", ban, "banned"),
        ("private", mute, "muted"),
        ("private", archive, "archived"),
        ("private", delete_room, "not_found"),
    ],
)
async def test_what_is_refused_when_its_time_has_come_stays_with_the_reason(
    server: Server, ann: Account, kind: str, act: Any, code: str
) -> None:
    """Nothing of it is lost: its author is told, and sees it, until they decide."""
    place, bob = make_room(ann, kind), new_account(server, "bob")
    place.add(bob)
    own = await bob.connect()
    one = later(place, bob, "never said")
    act(place, bob)
    [one] = due(bob, one)
    told = await own.until("scheduled_updated", scheduled={"state": "failed"})
    assert told["scheduled"] == {**one, "state": "failed", "error": told["scheduled"]["error"]}
    error = failed(bob, one)
    assert error is not None
    assert error["code"] == code
    assert error["detail"]
    # Said at once it is refused again, for the same reason; put off it waits.
    assert_code(bob.call("POST", path_of(one, "/now")), code)
    assert failed(bob, one) == error
    checked(bob.call("PATCH", path_of(one), json={"content": "still not"}))
    assert failed(bob, one) == error
    changed = checked(bob.call("PATCH", path_of(one), json={"send_at": at(hours=1)}))
    assert (changed["state"], changed["error"]) == ("waiting", None)
    assert_deleted(bob.call("DELETE", path_of(one)))
    assert scheduled(bob) == []


async def test_it_is_said_again_when_the_reason_is_gone(server: Server, ann: Account) -> None:
    """What failed waits for another time, or is said at once."""
    place, bob = make_room(ann), new_account(server, "bob")
    place.add(bob)
    own = await bob.connect()
    made = [later(place, bob, words) for words in ("one", "two")]
    leave(place, bob)
    due(bob, *made)
    for one in made:
        await own.until("scheduled_updated", scheduled={"id": one["id"], "state": "failed"})
    checked(put(place, ann, bob))
    assert checked(bob.call("POST", path_of(made[1], "/now")))["content"] == "two"
    due(bob, made[0])
    await own.until("scheduled_removed", id=made[0]["id"])
    assert [each["content"] for each in said_in(place, ann)] == ["two", "one"]


async def test_slow_mode_is_waited_for(server: Server, ann: Account) -> None:
    """It is no reason to give it up; who wants it now is told how long it takes."""
    place, bob = make_room(ann), new_account(server, "bob")
    place.add(bob)
    checked(ann.call("PATCH", place.path, json={"slow_seconds": 2}))
    own = await bob.connect()
    one = later(place, bob, "second")
    first = checked(say(place, bob, "first"))
    due(bob, one)
    assert_code(bob.call("POST", path_of(one, "/now")), "slow_mode")
    told = await own.until("scheduled_removed", id=one["id"])
    said = said_in(place, ann)
    assert [each["id"] for each in said] == [first["id"], told["message_id"]]
    times = [datetime.fromisoformat(each["timestamp"]) for each in said]
    assert times[1] - times[0] >= timedelta(seconds=2)


async def test_who_is_signed_out_by_then_is_heard_all_the_same(
    server: Server, ann: Account, place: Place
) -> None:
    """They said when they wanted it to be said."""
    bob = new_account(server, "bob")
    place.add(bob)
    there = await follow(place, ann)
    due(bob, later(place, bob, "I have left"), seconds=2)
    assert bob.call("DELETE", "/api/auth/sessions").status_code == 204
    await there.until("message", message={"content": "I have left", "username": name_of(bob)})


async def test_a_refused_one_keeps_its_files(server: Server, ann: Account) -> None:
    """They are there when it is said after all."""
    place, bob = make_room(ann), new_account(server, "bob")
    place.add(bob)
    own = await bob.connect()
    file = sent(bob, place.room)
    one = later(place, bob, "look", files=[file["id"]])
    leave(place, bob)
    due(bob, one)
    told = await own.until("scheduled_updated", scheduled={"id": one["id"], "state": "failed"})
    assert told["scheduled"]["files"] == [file]
    checked(put(place, ann, bob))
    assert_refused(say_with(bob, place.room, file), "not_allowed", "files")
    assert checked(bob.call("POST", path_of(one, "/now")))["files"] == [file]


async def test_an_account_that_may_not_be_used_says_nothing(
    server: Server, chief: Account, ann: Account, place: Place
) -> None:
    """Disabled or banned: whoever may use it again finds what was not said."""
    own = await ann.connect()
    people = [new_account(server, "bob") for _ in range(2)]
    place.add(*people)
    for bob, words in zip(people, ("disabled", "banned"), strict=True):
        due(bob, later(place, bob, words), seconds=3)
    checked(change_user(chief, name_of(people[0]), disabled=True))
    ban_id = checked(ban_from_server(chief, name_of(people[1])))["id"]
    [last] = due(ann, later(place, ann, "the last"), seconds=3)
    await own.until("scheduled_removed", id=last["id"])
    assert [each["content"] for each in said_in(place, ann)] == ["the last"]
    checked(change_user(chief, name_of(people[0]), disabled=False))
    assert_deleted(chief.call("DELETE", f"{ADMIN}/bans/{ban_id}"))
    for bob, code in zip(people, ("not_allowed", "banned"), strict=True):
        [one] = scheduled(log_in(server, name_of(bob)))
        assert (one["state"], one["error"]["code"]) == ("failed", code)
