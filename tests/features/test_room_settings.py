"""What a room is called, is about, how fast it is, and whether it lives."""

import asyncio
import time

import pytest
from httpx2 import AsyncClient

from tests.support.accounts import Account
from tests.support.people import Person, checked
from tests.support.places import Place, follow, make_room, name_of, put, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def place(server: Server) -> Place:
    """Return a public room of somebody's."""
    return make_room(somebody(server), "public")


@pytest.fixture
def moderator(server: Server, place: Place) -> Account:
    """Return its moderator."""
    account = somebody(server)
    put(place, place.owner, account, "moderator")
    return account


def change(place: Place, by: Account, **changes: object) -> dict[str, object]:
    """Change a room; return it, or the refusal."""
    return dict(by.call("PATCH", place.path, json=changes).json())


async def test_everybody_sees_what_was_changed(place: Place, moderator: Account) -> None:
    """Those in it by the room's next version, all others in their lists."""
    inside, outside = await follow(place, moderator), await place.owner.connect()
    version = checked(place.owner.call("GET", place.path))["version"]
    room = change(place, place.owner, name=f"{place.room['name']} anew", topic=" What  for ")
    assert (room["topic"], room["version"], room["role"]) == ("What for", version + 1, "owner")
    told = await inside.until("room_updated", version=version + 1)
    assert told["room"]["name"] == room["name"]
    await outside.until("room_changed", room={"id": place.id, "name": room["name"]})


async def test_what_changes_nothing_is_no_version(place: Place, moderator: Account) -> None:
    """And told to nobody."""
    inside = await follow(place, moderator)
    before = checked(place.owner.call("GET", place.path))
    after = change(
        place, place.owner, name=before["name"], topic="", archived=False, slow_seconds=0
    )
    assert after["version"] == before["version"]
    assert change(place, place.owner)["version"] == before["version"]
    assert "room_updated" not in [frame["type"] for frame in await inside.settle()]


def test_a_name_that_another_room_has_is_refused(server: Server, place: Place) -> None:
    """Without regard to case; nothing of the change is made."""
    other = make_room(place.owner, "public")
    refused = change(place, place.owner, topic="new", name=str(other.room["name"]).upper())
    assert (refused["code"], refused["field"]) == ("room_exists", "name")
    assert checked(place.owner.call("GET", place.path))["topic"] == ""


def test_moderators_set_the_topic_and_the_pace(place: Place, moderator: Account) -> None:
    """Not the name, and not with it: all or nothing."""
    assert change(place, moderator, topic="Tea", slow_seconds=5)["slow_seconds"] == 5
    for changes in ({"name": "Mine"}, {"archived": True}, {"topic": "Coffee", "name": "Mine"}):
        assert change(place, moderator, **changes)["code"] == "not_allowed"
    assert checked(place.owner.call("GET", place.path))["topic"] == "Tea"


async def test_an_archived_room_is_read_and_not_changed(
    place: Place, moderator: Account, alice: Person
) -> None:
    """By no door; until it is brought back."""
    checked(say(place, moderator, "the last word"))
    inside = await alice.enter(place.room)
    await inside.send("message", content="before", client_id="b")
    await inside.until("message", message={"content": "before"})
    room = change(place, place.owner, archived=True)
    assert room["archived_at"]
    await inside.send("message", content="one more", client_id="c")
    await inside.until("error", code="archived", client_id="c")
    assert say(place, place.owner, "one more").json()["code"] == "archived"
    # What was said before is found by whoever sends it again.
    await inside.send("message", content="before", client_id="b")
    await inside.until("message", repeated=True, message={"content": "before"})
    assert change(place, place.owner, topic="dead")["code"] == "archived"
    message, _ = checked(place.owner.call("GET", f"{place.path}/messages"))
    path = f"/api/chat/messages/{message['id']}"
    assert moderator.call("DELETE", path).json()["code"] == "archived"
    assert moderator.call("PATCH", path, json={"content": "x"}).json()["code"] == "archived"
    assert change(place, place.owner, archived=False)["archived_at"] is None
    checked(say(place, place.owner, "one more"))


async def test_slow_mode_lets_each_speak_once_in_its_time(
    ahttp: AsyncClient, place: Place, moderator: Account, alice: Person, bob: Person
) -> None:
    """Each for themselves; moderators as they like; who has to wait is told how long."""
    change(place, place.owner, slow_seconds=3600)
    client, other = await alice.enter(place.room), await bob.connect(place.room)
    await client.send("message", content="first", client_id="1")
    await client.until("message", message={"content": "first"})
    await client.send("message", content="second", client_id="2")
    refused = await client.until("error", code="slow_mode", client_id="2")
    assert 3_590_000 < refused["retry_after_ms"] <= 3_600_000
    # What was said comes back to whoever sends it again: it is not said a second time.
    await client.send("message", content="first", client_id="1")
    await client.until("message", repeated=True)
    await other.send("message", content="me too", client_id="3")
    await other.until("message", message={"content": "me too"})
    for number in range(3):
        checked(say(place, moderator, f"moderated {number}"))
    words = {"content": "hi"}
    over_http = await ahttp.post(f"{place.path}/messages", params={"username": "alice"}, json=words)
    assert (over_http.status_code, over_http.json()["code"]) == (429, "slow_mode")
    assert 3_590 < int(over_http.headers["retry-after"]) <= 3_600


async def test_slow_mode_lets_each_correct_themselves_once_in_its_time(
    ahttp: AsyncClient, place: Place, moderator: Account, alice: Person
) -> None:
    """Or what cannot be said would be said by changing what was."""
    change(place, place.owner, slow_seconds=3600)
    said = await alice.post(place.room, "helo")
    path, by = f"/api/chat/messages/{said['id']}", {"username": "alice"}
    first = await ahttp.patch(path, params=by, json={"content": "hello"})
    assert first.status_code == 200
    second = await ahttp.patch(path, params=by, json={"content": "another thing"})
    assert (second.status_code, second.json()["code"]) == (429, "slow_mode")
    assert 3_590 < int(second.headers["retry-after"]) <= 3_600
    same = await ahttp.patch(path, params=by, json={"content": "hello"})
    assert same.json() == first.json()
    own = checked(say(place, moderator, "moderated"))
    for number in range(3):
        words = {"content": f"moderated {number}"}
        checked(moderator.call("PATCH", f"/api/chat/messages/{own['id']}", json=words))
    assert (await ahttp.delete(path, params=by)).status_code == 204


async def test_a_short_pause_is_over_when_it_is(place: Place, alice: Person) -> None:
    """And sends that come together count one after the other."""
    change(place, place.owner, slow_seconds=1)
    client = await alice.enter(place.room)
    began = time.monotonic()
    for number in range(3):
        await client.send("message", content=f"{number}", client_id=f"{number}")
    await client.until("message", message={"content": "0"})
    waits = [(await client.until("error", code="slow_mode"))["retry_after_ms"] for _ in range(2)]
    assert all(0 < wait <= 1000 for wait in waits)
    # The wait that was told is the promise: after it one is let through.
    await asyncio.sleep(max(waits) / 1000)
    await client.send("message", content="again", client_id="again")
    await client.until("message", message={"content": "again"})
    assert time.monotonic() - began >= 1.0


def test_who_owns_a_room_is_shown_to_everybody(place: Place, alice: Person) -> None:
    """By the name of the account."""
    assert checked(place.owner.call("GET", place.path))["owner"] == name_of(place.owner)
