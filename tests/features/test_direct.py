"""Direct conversations: one for each set of people, theirs alone, for ever."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from httpx2 import Response

from tests.support.accounts import Account
from tests.support.people import checked
from tests.support.places import ROOMS, follow, name_of, new_account
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

DIRECT = "/api/chat/direct"


def open_direct(by: Account, *others: Account | str) -> Response:
    """Ask for the conversation with these people."""
    names = [each if isinstance(each, str) else name_of(each) for each in others]
    return by.call("POST", DIRECT, json={"usernames": names})


@pytest.fixture
def three(server: Server) -> list[Account]:
    """Return three accounts."""
    return [new_account(server, name) for name in ("ann", "ben", "cy")]


def test_the_same_people_have_the_same_conversation(three: list[Account]) -> None:
    """Whoever asks, in whatever order, how often a name is given, in any case."""
    ann, ben, _ = three
    made = open_direct(ann, ben)
    room = checked(made)
    assert made.status_code == 201
    assert (room["kind"], room["owner"], room["role"]) == ("direct", None, "member")
    assert room["name"] == ", ".join(sorted([name_of(ann), name_of(ben)]))
    for again in (
        open_direct(ann, ben),
        open_direct(ben, ann),
        open_direct(ann, name_of(ben).upper(), ann, ben),
    ):
        assert (again.status_code, checked(again)["id"]) == (200, room["id"])


def test_another_set_of_people_has_another(three: list[Account]) -> None:
    """A few are not the two of them."""
    ann, ben, cy = three
    ids = {checked(open_direct(ann, *others))["id"] for others in ([ben], [cy], [ben, cy])}
    assert len(ids) == 3


async def test_fifty_at_once_make_one(three: list[Account]) -> None:
    """From both sides."""
    ann, ben, _ = three
    pairs = [(ann, ben), (ben, ann)] * 25
    asks = [asyncio.to_thread(open_direct, by, other) for by, other in pairs]
    answers = await asyncio.gather(*asks)
    assert len({checked(answer)["id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]


def test_nobody_talks_to_nobody(three: list[Account]) -> None:
    """To oneself alone, to a name that nobody has, to more than seven others."""
    ann = three[0]
    for others, code in (
        ([], "invalid"), ([ann], "invalid"), (["nobody-at-all"], "not_found"),
        (["x"] * 8, "too_long"),
    ):  # fmt: skip
        answer = open_direct(ann, *others)
        assert answer.json()["code"] == code
        assert answer.json()["field"].startswith("usernames")
    assert not [room for room in checked(ann.call("GET", ROOMS)) if room["kind"] == "direct"]


async def test_both_are_told_and_nobody_else(three: list[Account]) -> None:
    """The room comes into the lists of the two; what is said stays between them."""
    ann, ben, cy = three
    clients = [await each.connect() for each in three]
    room = checked(open_direct(ann, ben))
    path = f"{ROOMS}/{room['id']}"
    checked(ann.call("POST", f"{path}/messages", json={"content": "between us"}))
    for client in clients[:2]:
        await client.until("room_created", room={"id": room["id"], "kind": "direct"})
    [message] = checked(ben.call("GET", f"{path}/messages"))
    assert (message["content"], message["guest"]) == ("between us", False)
    assert cy.call("GET", f"{path}/messages").status_code == 404
    assert room["id"] not in [each["id"] for each in checked(cy.call("GET", ROOMS))]
    assert not [f for f in await clients[2].settle() if f.get("room", {}).get("id") == room["id"]]


def listed(by: Account, room_id: int) -> dict[str, Any] | None:
    """Return a room as somebody's list has it, None where it has not."""
    return next((each for each in checked(by.call("GET", ROOMS)) if each["id"] == room_id), None)


async def test_what_nobody_has_said_yet_is_listed_for_who_opened_it(three: list[Account]) -> None:
    """For the others it is there from the first message on, with all of it unread."""
    ann, ben, cy = three
    clients = [await each.connect() for each in three]
    room_id = checked(open_direct(ann, ben, cy))["id"]
    await clients[0].until("room_created", room={"id": room_id, "role": "member"})
    # Whoever is in it is told of to those who have it in their lists.
    place = await follow(SimpleNamespace(id=room_id), ann)  # type: ignore[arg-type]
    await clients[0].until("room_changed", room={"id": room_id, "online": 1})
    assert listed(ann, room_id)
    for by, client in ((ben, clients[1]), (cy, clients[2])):
        assert listed(by, room_id) is None
        seen = await client.settle()
        assert not [each for each in seen if (each.get("room") or {}).get("id") == room_id]
    # One of them opens it as well: on all their devices it is there, and only there.
    again = open_direct(ben, ann, cy)
    assert (again.status_code, checked(again)["id"]) == (200, room_id)
    await clients[1].until("room_created", room={"id": room_id, "role": "member"})
    assert listed(ben, room_id)
    assert listed(cy, room_id) is None
    open_direct(ben, ann, cy)
    await place.send("message", room_id=room_id, content="hello", client_id="1")
    told = await clients[2].until("room_created", room={"id": room_id})
    assert (told["room"]["role"], told["room"]["unread"]) == ("member", 1)
    await place.send("message", room_id=room_id, content="both", client_id="2")
    # All else that is told of it comes later, and can be placed.
    for text in ("hello", "both"):
        await clients[2].until("notification", message={"content": text})
    fresh = listed(cy, room_id)
    assert fresh is not None
    assert (fresh["unread"], fresh["message_count"]) == (2, 2)
    for key in ("id", "name", "level", "last_read"):
        assert fresh[key] == told["room"][key]
    for client in clients:
        seen = [each for each in await client.settle() if each["type"] == "room_created"]
        assert room_id not in [each["room"]["id"] for each in seen]


async def test_who_comes_into_a_conversation_by_its_address_has_opened_it(
    three: list[Account],
) -> None:
    """It is in their list on all their devices, and stays there."""
    ann, ben, _ = three
    elsewhere = await ben.connect()
    room_id = checked(open_direct(ann, ben))["id"]
    assert listed(ben, room_id) is None
    here = await ben.connect()
    await here.send("subscribe", room_id=room_id)
    for client in (elsewhere, here):
        await client.until("room_created", room={"id": room_id, "role": "member"})
    assert listed(ben, room_id)
    await here.send("subscribe", room_id=room_id)
    await here.until("sync", room_id=room_id)
    assert not [each for each in await here.settle() if each["type"] == "room_created"]


async def test_a_first_message_that_is_refused_lists_nothing(three: list[Account]) -> None:
    """Nor one of somebody else's; from outside it can be said without having opened it."""
    ann, ben, cy = three
    client = await ben.connect()
    room_id = checked(open_direct(ann, ben))["id"]
    path = f"{ROOMS}/{room_id}/messages"
    refused = ann.call("POST", path, json={"content": "hello", "reply_to": 2**40})
    assert refused.status_code >= 400
    assert cy.call("POST", path, json={"content": "hello"}).status_code == 404
    assert listed(ben, room_id) is None
    checked(ben.call("POST", path, json={"content": "hello", "client_id": "c"}))
    told = await client.until("room_created", room={"id": room_id})
    assert (told["room"]["unread"], told["room"]["message_count"]) == (0, 1)
    checked(ben.call("POST", path, json={"content": "hello", "client_id": "c"}))
    frames = [each for each in await client.settle() if each["type"] == "room_created"]
    assert room_id not in [each["room"]["id"] for each in frames]
    assert listed(ann, room_id)


def test_a_conversation_can_be_neither_changed_nor_left(three: list[Account]) -> None:
    """It is what these people have, not a place."""
    ann, ben, cy = three
    path = f"{ROOMS}/{checked(open_direct(ann, ben))['id']}"
    for method, where, body in (
        ("PATCH", "", {"name": "ours"}),
        ("PATCH", "", {"topic": "us"}),
        ("PATCH", "", {"archived": True}),
        ("DELETE", "", None),
        ("PUT", f"/members/{name_of(cy)}", {}),
        ("PUT", f"/members/{name_of(ben)}", {"role": "owner"}),
        ("DELETE", f"/members/{name_of(ann)}", None),
        ("DELETE", f"/members/{name_of(ben)}", None),
        ("POST", "/invites", {}),
    ):
        answer = ann.call(method, path + where, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), where
    assert {each["role"] for each in checked(ann.call("GET", f"{path}/members"))} == {"member"}


async def test_what_is_said_reaches_all_the_devices_of_both(three: list[Account]) -> None:
    """As in any room."""
    ann, ben, _ = three
    room = checked(open_direct(ann, ben))

    class Here:
        """A place as `follow` takes it."""

        id = room["id"]

    clients = [await follow(Here, each) for each in (ann, ann, ben)]  # type: ignore[arg-type]
    await clients[0].send("message", room_id=room["id"], content="hello", client_id="c")
    for client in clients:
        await client.until("message", message={"content": "hello", "username": name_of(ann)})
