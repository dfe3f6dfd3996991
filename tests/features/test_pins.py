"""Pinning what is to stay before everybody's eyes, and what is pinned."""

from typing import Any

import pytest
from httpx2 import Client, Response

from parlour.pinning import MAX_PINS
from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.moderation import mute
from tests.support.people import Message, Person, Room, checked
from tests.support.places import Place, follow, make_room, name_of, say, somebody
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def pin(http: Client, message: Message, name: str = "bob", *, on: bool = True) -> Response:
    """Pin a message as a guest, or take its pin away."""
    path = f"/api/chat/messages/{message['id']}/pin"
    return http.request("PUT" if on else "DELETE", path, params={"username": name})


def pin_as(account: Account, message: Message, *, on: bool = True) -> Response:
    """The same as somebody with an account."""
    return account.call("PUT" if on else "DELETE", f"/api/chat/messages/{message['id']}/pin")


def pins(http: Client, room: Room, **query: Any) -> list[Message]:
    """Return a page of what is pinned in a room."""
    return list(checked(http.get(f"/api/chat/rooms/{room['id']}/pins", params=query)))


async def test_a_pin_is_told_to_the_room_and_stays_until_it_is_taken_away(
    http: Client, room: Room, alice: Person, bob: Person
) -> None:
    """In a room that a guest made everybody may, also take away what somebody else pinned."""
    said = await alice.post(room, "Tuesdays at nine")
    reader = await alice.connect(room)
    now = checked(pin(http, said))
    assert now == {**said, "version": 2, "pinned_at": now["pinned_at"], "pinned_by": "bob"}
    await reader.until("message_updated", version=2, message=now)
    assert pins(http, room) == [now]
    # To do it twice changes nothing, whoever does it.
    assert checked(pin(http, said, "carol")) == now
    writer = await bob.enter(room)
    await writer.send("pin", message_id=said["id"], on=False)
    free = {**said, "version": 3}
    for client in (reader, writer):
        await client.until("message_updated", version=3, message=free)
    await writer.send("pin", message_id=said["id"], on=False)
    await writer.until("message_updated", version=3, message=free)
    assert pins(http, room) == []


async def test_a_resume_tells_of_pins_and_of_those_taken_away(
    http: Client, room: Room, alice: Person
) -> None:
    """As messages that have changed."""
    first, second = [await alice.post(room, f"plan {number}") for number in range(2)]
    checked(pin(http, first))
    after = 3
    checked(pin(http, first, on=False))
    now = checked(pin(http, second))
    client = await alice.connect(room, after=after)
    sync = await client.until("sync")
    assert sync["messages"] == [{**first, "version": 4}, now]
    assert sync["version"] == 5


async def test_pins_come_in_pages_the_last_one_first(
    http: Client, room: Room, alice: Person
) -> None:
    """In the order of pinning, not of the messages; a page goes on behind one unpinned since."""
    said = [await alice.post(room, f"{number}") for number in range(5)]
    for place in (2, 0, 4, 1, 3):
        checked(pin(http, said[place]))
    whole = [message["content"] for message in pins(http, room)]
    assert whole == ["3", "1", "4", "0", "2"]
    page = pins(http, room, limit=2)
    checked(pin(http, said[1], on=False))
    rest = pins(http, room, before=page[-1]["pinned_at"])
    assert [message["content"] for message in rest] == ["4", "0", "2"]


async def test_a_deleted_message_loses_its_pin_and_cannot_be_pinned(
    http: Client, room: Room, alice: Person
) -> None:
    """Nor can what was never said."""
    said = await alice.post(room, "wrong")
    checked(pin(http, said))
    path = f"/api/chat/messages/{said['id']}"
    assert http.delete(path, params={"username": "alice"}).status_code == 204
    assert pins(http, room) == []
    [kept] = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert (kept["pinned_at"], kept["pinned_by"]) == (None, None)
    assert_refused(pin(http, said), "not_found")
    assert_refused(pin(http, {"id": 987654321}), "not_found")


async def test_an_edited_message_stays_pinned(http: Client, room: Room, alice: Person) -> None:
    """With its new words."""
    said = await alice.post(room, "Tuesdays")
    now = checked(pin(http, said))
    path = f"/api/chat/messages/{said['id']}"
    edited = checked(http.patch(path, params={"username": "alice"}, json={"content": "Fridays"}))
    assert pins(http, room) == [edited]
    assert edited["pinned_at"] == now["pinned_at"]


async def test_a_room_has_so_many_pins(http: Client, room: Room, alice: Person) -> None:
    """The refusal says what to do; when that is done, there is room for the next."""
    said = [await alice.post(room, f"{number}") for number in range(MAX_PINS + 1)]
    for message in said[:-1]:
        checked(pin(http, message))
    refusal = assert_refused(pin(http, said[-1]), "not_allowed")
    assert "Unpin one of them first" in refusal["detail"]
    # What is pinned already stays so.
    checked(pin(http, said[0]))
    checked(pin(http, said[0], on=False))
    checked(pin(http, said[-1]))
    assert len(pins(http, room, limit=200)) == MAX_PINS


async def test_a_room_with_an_owner_is_pinned_to_by_who_looks_after_it(server: Server) -> None:
    """Nobody else does; who is muted does not, and nobody pins to an archived room."""
    owner, moderator, member = (somebody(server) for _ in range(3))
    place: Place = make_room(owner)
    place.add(moderator, role="moderator")
    place.add(member)
    said = checked(say(place, member, "Read this first"))
    assert_refused(pin_as(member, said), "not_allowed")
    watching = await follow(place, member)
    assert checked(pin_as(moderator, said))["pinned_by"] == name_of(moderator)
    await watching.until("message_updated", message={"pinned_by": name_of(moderator)})
    assert_refused(pin_as(member, said, on=False), "not_allowed")
    # A pin is a way of saying something.
    checked(mute(place, owner, moderator, 60))
    assert pin_as(moderator, said, on=False).json()["code"] == "muted"
    checked(owner.call("PATCH", place.path, json={"archived": True}))
    assert_refused(pin_as(owner, said, on=False), "archived")
    assert [each["id"] for each in checked(member.call("GET", f"{place.path}/pins"))] == [
        said["id"]
    ]


def test_in_a_direct_conversation_everybody_pins(server: Server) -> None:
    """And nobody else knows of it."""
    owner, other, stranger = (somebody(server) for _ in range(3))
    asked = {"usernames": [name_of(other)]}
    room = checked(owner.call("POST", "/api/chat/direct", json=asked))
    path = f"/api/chat/rooms/{room['id']}"
    said = checked(owner.call("POST", f"{path}/messages", json={"content": "the key"}))
    assert checked(pin_as(other, said))["pinned_by"] == name_of(other)
    assert_refused(pin_as(stranger, said, on=False), "not_found")
    assert_refused(stranger.call("GET", f"{path}/pins"), "not_found")
    assert checked(pin_as(owner, said, on=False))["pinned_at"] is None
