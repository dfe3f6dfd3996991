"""Saying something later: until then it is one's own, then it is a message like any other."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Client

from tests.support.accounts import Account
from tests.support.answers import assert_deleted, assert_refused
from tests.support.files import get, sent
from tests.support.files import say as say_with
from tests.support.people import Room, checked
from tests.support.places import Place, follow, make_room, name_of, new_account, say, somebody
from tests.support.scheduling import SCHEDULED, ask, at, due, later, path_of, said_in, scheduled
from tests.support.server import Server
from tests.support.timing import scaled

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def ann(server: Server) -> Account:
    """Return somebody who has nothing scheduled yet."""
    return new_account(server, "ann")


@pytest.fixture
def place(ann: Account) -> Place:
    """Return a private room of ann's."""
    return make_room(ann)


async def test_it_is_said_at_its_time_and_told_like_any_other(
    server: Server, ann: Account, place: Place
) -> None:
    """To the room with its commit, to whom it names; its author's connections lose it then."""
    bob = somebody(server)
    place.add(bob)
    there, elsewhere, own = await follow(place, bob), await bob.connect(), await ann.connect()
    first = checked(say(place, bob, "when?"))
    words = f"now, @{name_of(bob)}"
    send_at = at(hours=1)
    one = later(place, ann, words, send_at=send_at, reply_to=first["id"])
    assert datetime.fromisoformat(one["send_at"]) == datetime.fromisoformat(send_at)
    assert (one["state"], one["error"], one["files"]) == ("waiting", None, [])
    assert scheduled(ann) == [one]
    assert (await own.until("scheduled_updated"))["scheduled"] == one
    [one] = due(ann, one)
    told = (await there.until("message", message={"content": words}))["message"]
    assert told["client_id"] == one["client_id"]
    assert (told["username"], told["guest"]) == (name_of(ann), False)
    assert (told["reply_to"], told["chain"]) == (first["id"], first["id"])
    assert told["mentions"] == [name_of(bob)]
    assert told["timestamp"] >= one["send_at"]
    await elsewhere.until("notification", message={"id": told["id"]}, reason="mention")
    gone = await own.until("scheduled_removed")
    assert gone == {"type": "scheduled_removed", "id": one["id"], "message_id": told["id"]}
    assert scheduled(ann) == []
    for client in (there, elsewhere):
        await client.settle()
        assert not [frame for frame in client.frames if frame["type"].startswith("scheduled")]


async def test_what_comes_sooner_is_said_first(ann: Account, place: Place) -> None:
    """Though whoever sleeps until the other was asleep already."""
    there = await follow(place, ann)
    times = {"third": 3.6, "first": 3, "second": 3.3}
    for words, seconds in times.items():
        later(place, ann, words, send_at=at(seconds=scaled(seconds)))
    assert [each["content"] for each in scheduled(ann)] == ["first", "second", "third"]
    said = [(await there.until("message"))["message"]["content"] for _ in times]
    assert said == ["first", "second", "third"]


async def test_the_same_client_id_makes_one(ann: Account, place: Place) -> None:
    """Also once it has been said, and where it was said otherwise in the meantime."""
    client_id = str(uuid4())
    one = later(place, ann, client_id=client_id)
    again = ask(place, ann, "other words", client_id=client_id)
    assert (again.status_code, again.json()) == (200, one)
    # In another room, and of somebody else, it is another one.
    other = make_room(ann, "public")
    assert later(other, ann, client_id=client_id)["id"] != one["id"]
    message = checked(ann.call("POST", path_of(one, "/now")))
    assert message["client_id"] == client_id
    assert_refused(ask(place, ann, client_id=client_id), "not_allowed", "client_id")
    second = later(place, ann)
    there = await follow(place, ann)
    body = {"content": "before", "client_id": second["client_id"]}
    before = checked(ann.call("POST", f"{place.path}/messages", json=body))
    own = await ann.connect()
    due(ann, second)
    told = await own.until("scheduled_removed", id=second["id"])
    assert told["message_id"] == before["id"]
    await there.settle()
    assert [each["content"] for each in said_in(place, ann)] == ["later", "before"]


async def test_it_is_changed_put_off_deleted_or_said_at_once(ann: Account, place: Place) -> None:
    """Until its time has come; one's own connections are told of each."""
    own = await ann.connect()
    one, two = later(place, ann, "one"), later(place, ann, "two")
    changed = one
    for changes in ({"content": "other"}, {"send_at": at(days=2)}):
        changed = checked(ann.call("PATCH", path_of(one), json=changes))
        assert (await own.until("scheduled_updated", scheduled=changed))["scheduled"] == changed
    assert [each["content"] for each in scheduled(ann)] == ["two", "other"]
    assert checked(ann.call("PATCH", path_of(one), json={})) == changed
    assert_deleted(ann.call("DELETE", path_of(two)))
    gone = {"type": "scheduled_removed", "id": two["id"], "message_id": None}
    assert await own.until("scheduled_removed") == gone
    answer = ann.call("POST", path_of(one, "/now"))
    assert answer.status_code == 201
    assert answer.json()["content"] == "other"
    assert (await own.until("scheduled_removed"))["message_id"] == answer.json()["id"]
    assert scheduled(ann) == []
    for method, rest in (("PATCH", ""), ("DELETE", ""), ("POST", "/now")):
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        assert_refused(ann.call(method, path_of(one, rest), **body), "not_found")


async def test_another_time_is_heeded_though_the_first_was_near(ann: Account, place: Place) -> None:
    """Put off it is not said then; moved forward it is said sooner."""
    own = await ann.connect()
    near, far = (later(place, ann, words) for words in ("near", "far"))
    due(ann, near, seconds=2)
    checked(ann.call("PATCH", path_of(near), json={"send_at": at(hours=2)}))
    due(ann, far, seconds=2)
    await own.until("scheduled_removed", id=far["id"])
    assert [each["content"] for each in said_in(place, ann)] == ["far"]
    assert [each["id"] for each in scheduled(ann)] == [near["id"]]


def test_it_is_nobody_elses(server: Server, ann: Account, place: Place) -> None:
    """Not of the room's owner's either, whatever they may do there."""
    bob = somebody(server)
    place.add(bob)
    one = later(place, bob)
    assert scheduled(ann) == []
    for method, rest, body in (
        ("PATCH", "", {"content": "mine"}), ("DELETE", "", None), ("POST", "/now", None),
    ):  # fmt: skip
        answer = ann.call(method, path_of(one, rest), **({"json": body} if body else {}))
        assert_refused(answer, "not_found")
    assert_deleted(bob.call("DELETE", path_of(one)))


def test_guests_are_told_to_sign_in(http: Client, room: Room) -> None:
    """Who has no account cannot be told what became of it."""
    body = {"content": "x", "client_id": "x", "send_at": at(hours=1)}
    path = f"/api/chat/rooms/{room['id']}/scheduled"
    assert_refused(http.post(path, json=body), "not_signed_in")
    assert_refused(http.get(SCHEDULED), "not_signed_in")
    assert_refused(http.patch(f"{SCHEDULED}/1", json={}), "not_signed_in")
    assert_refused(http.delete(f"{SCHEDULED}/1"), "not_signed_in")
    assert_refused(http.post(f"{SCHEDULED}/1/now"), "not_signed_in")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"send_at": at(seconds=-1)}, "invalid", "send_at"),
        ({"send_at": at(days=367)}, "invalid", "send_at"),
        ({"send_at": "2999-01-01T00:00:00"}, "invalid", "send_at"),
        ({"send_at": "tomorrow"}, "invalid", "send_at"),
        ({"send_at": 4_000_000_000}, "invalid", "send_at"),
        ({"send_at": None}, "invalid", "send_at"),
        ({"client_id": None}, "invalid", "client_id"),
        ({"client_id": "x" * 65}, "too_long", "client_id"),
        ({"content": None}, "invalid", "content"),
        ({"content": "  "}, "empty", "content"),
        ({"content": "x" * 1001}, "too_long", "content"),
        ({"forward": 1}, "invalid", "forward"),
        ({"reply_to": 987_654_321}, "not_found", "reply_to"),
        ({"files": ["0" * 32]}, "not_found", "files"),
    ],
)
def test_what_is_wrong_is_refused_at_once(
    server: Server, fields: dict[str, Any], code: str, field: str
) -> None:
    """With the field at fault."""
    ann = somebody(server)
    place = make_room(ann)
    assert_refused(ask(place, ann, **fields), code, field)
    assert [each for each in scheduled(ann) if each["room_id"] == place.id] == []


def test_a_time_may_be_told_in_any_zone(ann: Account, place: Place) -> None:
    """It comes back in UTC."""
    moment = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=250_000)
    there = moment.replace(tzinfo=None) + timedelta(hours=5, minutes=30)
    one = later(place, ann, send_at=f"{there.isoformat()}+05:30")
    assert one["send_at"] == f"{moment.replace(tzinfo=None).isoformat()}Z"
    assert checked(ann.call("PATCH", path_of(one), json={"send_at": at(days=366)}))
    for wrong in (at(days=366, minutes=1), at(), "x", None):
        answer = ann.call("PATCH", path_of(one), json={"send_at": wrong})
        assert_refused(answer, "invalid", "send_at")
    assert_refused(ann.call("PATCH", path_of(one), json={"content": ""}), "empty", "content")
    answer = ann.call("PATCH", path_of(one), json={"content": "x" * 1001})
    assert_refused(answer, "too_long", "content")


def test_one_has_a_hundred_at_most(ann: Account, place: Place) -> None:
    """Until one of them is gone."""
    made = [later(place, ann, str(number), send_at=at(days=3)) for number in range(100)]
    assert_refused(ask(place, ann), "not_allowed")
    # What is there is told all the same.
    again = ask(place, ann, client_id=made[0]["client_id"])
    assert (again.status_code, again.json()["id"]) == (200, made[0]["id"])
    assert_deleted(ann.call("DELETE", path_of(made[0])))
    assert later(place, ann)


async def test_what_was_unread_stays_unread(server: Server, ann: Account, place: Place) -> None:
    """Nobody has read what was said meanwhile by having something said for them."""
    bob = new_account(server, "bob")
    place.add(bob)
    there = await follow(place, ann)
    morning = later(place, bob, "good morning")
    for words in ("one", "two", "three"):
        checked(say(place, ann, words))
    due(bob, morning)
    await there.until("message", message={"content": "good morning"})
    seen = place.seen_by(bob)
    assert seen is not None
    assert (seen["unread"], seen["message_count"]) == (3, 4)
    checked(say(place, bob, "here I am"))
    seen = place.seen_by(bob)
    assert seen is not None
    assert seen["unread"] == 0


async def test_files_come_along_and_are_nobody_elses_meanwhile(ann: Account, place: Place) -> None:
    """No other message takes them, and they are not deleted but with it."""
    own = await ann.connect()
    files = [sent(ann, place.room, f"file {number}".encode()) for number in range(3)]
    ids = [file["id"] for file in files]
    one = later(place, ann, "", files=ids[1::-1])
    assert one["files"] == files[1::-1]
    assert_refused(ask(place, ann, files=ids[:1]), "not_allowed", "files")
    assert_refused(say_with(ann, place.room, files[0]), "not_allowed", "files")
    assert_refused(ann.call("DELETE", f"/api/chat/files/{ids[0]}"), "not_allowed")
    # Given back they are as they were.
    two = later(place, ann, "with one", files=ids[2:])
    assert_deleted(ann.call("DELETE", path_of(two)))
    assert checked(say_with(ann, place.room, files[2]))["files"] == [files[2]]
    due(ann, one)
    told = await own.until("scheduled_removed", id=one["id"])
    [message] = [each for each in said_in(place, ann) if each["id"] == told["message_id"]]
    assert (message["content"], message["files"]) == ("", files[1::-1])
    assert get(ann, ids[0]).is_success
    assert_refused(ann.call("PATCH", path_of(one), json={}), "not_found")


def test_nothing_of_it_is_told_before_its_time(ann: Account, place: Place) -> None:
    """Neither by the search nor by counts nor by its file."""
    one = later(place, ann, "a secret until then")
    found = checked(ann.call("GET", "/api/chat/search", params={"q": "secret"}))
    assert found["results"] == []
    room = checked(ann.call("GET", place.path))
    assert (room["version"], room["message_count"]) == (0, 0)
    assert scheduled(ann) == [one]
