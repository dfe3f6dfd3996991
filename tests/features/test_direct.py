"""Direct conversations: one for each set of people, theirs alone, for ever."""

import asyncio

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
    for client in clients[:2]:
        await client.until("room_created", room={"id": room["id"], "kind": "direct"})
    path = f"{ROOMS}/{room['id']}"
    checked(ann.call("POST", f"{path}/messages", json={"content": "between us"}))
    [message] = checked(ben.call("GET", f"{path}/messages"))
    assert (message["content"], message["guest"]) == ("between us", False)
    assert cy.call("GET", f"{path}/messages").status_code == 404
    assert room["id"] not in [each["id"] for each in checked(cy.call("GET", ROOMS))]
    assert not [f for f in await clients[2].settle() if f.get("room", {}).get("id") == room["id"]]


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
