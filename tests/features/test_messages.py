"""Saying something over HTTP: stored before it is answered, told to the room, never doubled."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from httpx2 import AsyncClient, Client

from tests.support.answers import assert_refused
from tests.support.people import Message, Person, Room, checked
from tests.support.server import Server

ALICE = {"username": "alice"}


def path_of(room: Room | int) -> str:
    """Return the address of a room's messages."""
    room_id = room if isinstance(room, int) else room["id"]
    return f"/api/chat/rooms/{room_id}/messages"


def test_a_message_is_stored_and_told_whole(http: Client, room: Room) -> None:
    """201 with every field of a message; the history has the very same."""
    body = {"content": " Hello,\n  world! \n", "client_id": "c1"}
    answer = http.post(path_of(room), params={"username": " Ada "}, json=body)
    assert answer.status_code == 201
    message = answer.json()
    assert message["room_id"] == room["id"]
    assert message["username"] == "Ada"
    assert message["content"] == "Hello,\n  world!"
    assert (message["version"], message["client_id"], message["guest"]) == (1, "c1", True)
    assert message["timestamp"].endswith("Z")
    assert datetime.fromisoformat(message["timestamp"]).tzinfo is not None
    assert (message["reactions"], message["files"]) == ([], [])
    # In one order, whether it is new or from the history.
    [kept] = checked(http.get(path_of(room)))
    assert list(kept.items()) == list(message.items())
    empty = (
        "reply_to", "chain", "replies", "edited_at", "deleted_at", "pinned_at", "pinned_by",
    )  # fmt: skip
    assert all(message[field] is None for field in empty)
    history = http.get(path_of(room))
    assert history.json() == [message]
    assert history.headers["parlour-version"] == "1"
    assert history.headers["parlour-epoch"] == room["epoch"]


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE messages;--",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "مرحبا\u200f بالعالم \u202e",
        "a\tb\r\nc",
        "\\u0000 is not NUL",
        "a\u007f\u0007",
        "x" * 1000,
        "\U0001f44b" * 1000,
        "e\u0301" * 1000,
    ],
    ids=lambda content: ascii(content[:20]),
)
async def test_content_is_kept_as_it_is(
    ahttp: AsyncClient, room: Room, alice: Person, content: str
) -> None:
    """Plain text: what it looks like is the reader's business. Only its normal form is one."""
    reader = await alice.enter(room)
    said = checked(await ahttp.post(path_of(room), params=ALICE, json={"content": content}))
    assert said["content"] == content.replace("e\u0301", "\u00e9")
    assert checked(await ahttp.get(path_of(room)))[0]["content"] == said["content"]
    assert (await reader.expect("message"))["message"] == said


async def test_a_message_posted_is_told_to_its_room_and_to_no_other(
    alice: Person, bob: Person, eve: Person, room: Room, new_room: Callable[..., Room],
    server: Server,
) -> None:  # fmt: skip
    """With the version at the top of the frame; whoever posts need not be there."""
    other = new_room(server)
    here, there = await bob.enter(room), await eve.enter(other)
    message = await alice.post(room, "hi")
    told = await here.expect("message")
    assert told == {
        "type": "message",
        "room_id": room["id"],
        "version": message["version"],
        "message": message,
    }
    await there.silence()


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "content"),
        ({"content": ""}, "empty", "content"),
        ({"content": " \n\u200b"}, "empty", "content"),
        ({"content": "x" * 1001}, "too_long", "content"),
        ({"content": "a\u0000b"}, "invalid", "content"),
        ({"content": 5}, "invalid", "content"),
        ({"content": "hi", "client_id": ""}, "invalid", "client_id"),
        ({"content": "hi", "client_id": "x" * 65}, "too_long", "client_id"),
        ({"content": "hi", "client_id": 5}, "invalid", "client_id"),
        ({"content": "hi", "client_id": "a\nb"}, "invalid", "client_id"),
        ({"content": "hi", "username": "eve"}, "invalid", "username"),
        ({"content": "hi", "id": 5}, "invalid", "id"),
        ({"content": "hi", "version": 5}, "invalid", "version"),
        ({"content": "hi", "timestamp": "2026-01-31T12:00:00Z"}, "invalid", "timestamp"),
        (["hi"], "invalid", None),
        ("hi", "invalid", None),
        (None, "invalid", None),
    ],
)
def test_a_wrong_message_is_refused_and_nothing_is_stored(
    http: Client, room: Room, body: Any, code: str, field: str | None
) -> None:
    """422 that names the field; the room's version stays."""
    assert_refused(http.post(path_of(room), params=ALICE, json=body), code, field)
    history = http.get(path_of(room))
    assert (history.json(), history.headers["parlour-version"]) == ([], "0")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid"),
        ({"username": ""}, "empty"),
        ({"username": " \u3164 "}, "empty"),
        ({"username": "x" * 51}, "too_long"),
        ({"username": "a\u202eb"}, "name_invalid"),
        ({"username": "a\u200cb"}, "name_invalid"),
        ({"username": "\U00017000\u200c"}, "name_invalid"),
        ({"username": "a\tb"}, "name_invalid"),
        ({"username": "a\x00b"}, "invalid"),
    ],
)
def test_a_wrong_author_is_refused(
    http: Client, room: Room, query: dict[str, str], code: str
) -> None:
    """422 about `username`."""
    answer = http.post(path_of(room), params=query, json={"content": "hi"})
    assert_refused(answer, code, "username")
    assert checked(http.get(path_of(room))) == []


@pytest.mark.parametrize(("room_id", "code"), [("999999", "not_found"), ("abc", "invalid")])
def test_a_message_needs_a_room_that_is_there(http: Client, room_id: str, code: str) -> None:
    """404, or 422 for what is no id."""
    answer = http.post(f"/api/chat/rooms/{room_id}/messages", params=ALICE, json={"content": "hi"})
    assert_refused(answer, code, "room_id" if code == "invalid" else None)


def test_a_name_of_fifty_characters_is_not_too_long(http: Client, room: Room) -> None:
    """Code points are counted, after trimming."""
    name = "\U0001f44b" * 50
    answer = http.post(path_of(room), params={"username": f" {name} "}, json={"content": "hi"})
    assert checked(answer)["username"] == name


def test_a_repeated_client_id_answers_200_with_the_first_message(http: Client, room: Room) -> None:
    """At any time, in any spelling of the name, whatever the second content."""
    path = path_of(room)
    first = http.post(path, params=ALICE, json={"content": "one", "client_id": "c"})
    assert first.status_code == 201
    checked(http.post(path, params=ALICE, json={"content": "between"}))
    for name, content in (("alice", "one"), ("ALICE", "another")):
        again = http.post(
            path, params={"username": name}, json={"content": content, "client_id": "c"}
        )
        assert again.status_code == 200
        assert again.json() == first.json()
    history = http.get(path)
    assert [message["content"] for message in history.json()] == ["one", "between"]
    assert history.headers["parlour-version"] == "2"


def test_a_client_id_is_its_authors_and_its_rooms_own(
    http: Client, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Somebody else's, or one in another room, makes a message of its own."""
    body = {"content": "hi", "client_id": "c"}
    other = new_room(server)
    for where, who in ((room, "alice"), (room, "bob"), (other, "alice")):
        answer = http.post(path_of(where), params={"username": who}, json=body)
        assert answer.status_code == 201


async def test_a_repeat_is_told_to_nobody(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """The room has been told once."""
    reader = await bob.enter(room)
    first = await alice.post(room, "hi", client_id="c")
    assert (await reader.expect("message"))["message"] == first
    assert await alice.post(room, "hi", client_id="c") == first
    await reader.silence()


async def test_fifty_sends_of_one_client_id_at_once_make_one_message(
    alice: Person, bob: Person, room: Room, ahttp: AsyncClient
) -> None:
    """Over both doors: one row, fifty equal answers, one of them new, one frame for the others."""
    reader = await bob.enter(room)
    desk, phone = await alice.enter(room), await alice.connect(room)
    await phone.expect("user_list")
    await reader.until("user_list", users=["bob", "alice"])
    body = {"content": "hi", "client_id": "c"}

    async def post() -> tuple[int, Message]:
        answer = await ahttp.post(path_of(room), params=ALICE, json=body)
        return answer.status_code, dict(checked(answer))

    sends = [client.send("message", **body) for client in (desk, phone) for _ in range(10)]
    outcomes = await asyncio.gather(*(post() for _ in range(30)), *sends)
    statuses = [outcome[0] for outcome in outcomes if outcome]
    messages = [outcome[1] for outcome in outcomes if outcome]
    frames = [frame for client in (desk, phone) for frame in await client.settle()]
    repeats = [frame for frame in frames if frame.get("repeated")]
    [message] = checked(await ahttp.get(path_of(room)))
    assert all(each == message for each in messages)
    assert all(frame["message"] == message for frame in frames if frame["type"] == "message")
    # The message itself is told once to each of the two; every other send is a repeat.
    assert statuses.count(201) + (20 - len(repeats)) == 1
    assert statuses.count(200) + statuses.count(201) == 30
    assert len([f for f in frames if f["type"] == "message" and not f.get("repeated")]) == 2
    told = [frame for frame in await reader.settle() if frame["type"] == "message"]
    assert [frame["message"] for frame in told] == [message]
    assert message["version"] == 1


async def test_messages_posted_at_once_have_versions_without_gaps(
    room: Room, ahttp: AsyncClient, bob: Person
) -> None:
    """Whoever is in the room gets them in the order of their versions and ids."""
    reader = await bob.enter(room)

    async def post(number: int) -> Message:
        name = {"username": f"person {number % 7}"}
        return dict(
            checked(await ahttp.post(path_of(room), params=name, json={"content": f"{number}"}))
        )

    posted = await asyncio.gather(*(post(number) for number in range(60)))
    told = [(await reader.expect("message"))["message"] for _ in range(60)]
    assert [message["version"] for message in told] == list(range(1, 61))
    assert [message["id"] for message in told] == sorted(message["id"] for message in posted)
    assert sorted(posted, key=lambda message: int(message["version"])) == told
    assert checked(await ahttp.get(path_of(room), params={"limit": 200})) == told
