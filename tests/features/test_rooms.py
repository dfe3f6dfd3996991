"""Rooms over HTTP: made, listed, read, deleted, and told to those who watch the list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from httpx2 import Client

from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import Person, Room, checked, http_client
from tests.support.server import Server

ROOMS = "/api/chat/rooms"


def test_a_room_is_made_and_told_whole(http: Client) -> None:
    """201 with every field of a room; the same is read afterwards."""
    answer = http.post(ROOMS, json={"name": "  The   Hall "})
    assert answer.status_code == 201
    room = answer.json()
    assert room["name"] == "The Hall"
    assert (room["version"], room["online"], room["kind"], room["topic"]) == (0, 0, "public", "")
    assert len(room["epoch"]) == 16
    assert room["created_at"].endswith("Z")
    assert datetime.fromisoformat(room["created_at"]).tzinfo is not None
    empty = ("archived_at", "owner", "role", "unread", "mentions", "last_read", "level")
    assert all(room[field] is None for field in empty)
    assert checked(http.get(f"{ROOMS}/{room['id']}")) == room
    assert room in checked(http.get(ROOMS))


def test_rooms_are_listed_in_order_of_creation(new_server: Callable[..., Server]) -> None:
    """A new server has none; their number is not bounded."""
    with http_client(new_server().start()) as http:
        assert checked(http.get(ROOMS)) == []
        names = ["c", "a", "b"]
        made = [checked(http.post(ROOMS, json={"name": name})) for name in names]
        assert checked(http.get(ROOMS)) == made
        assert_deleted(http.delete(f"{ROOMS}/{made[1]['id']}"))
        assert checked(http.get(ROOMS)) == [made[0], made[2]]


@pytest.mark.parametrize(
    "name", ["Зал", "会議室", "قاعة", "\U0001f44b\U0001f3fd party", 'O\'Neil "x" <b>']
)
def test_a_room_may_be_named_in_any_script(http: Client, name: str) -> None:
    """As it is written, so it is told."""
    assert checked(http.post(ROOMS, json={"name": name}))["name"] == name


def test_a_taken_name_is_refused_without_regard_to_case(http: Client) -> None:
    """409, also for the same letters in another form; the first stays."""
    first = checked(http.post(ROOMS, json={"name": "Straße"}))
    for name in ("straße", "STRASSE", " Stra\u00dfe "):
        assert_refused(http.post(ROOMS, json={"name": name}), "room_exists", "name")
    assert checked(http.get(f"{ROOMS}/{first['id']}")) == first
    checked(http.post(ROOMS, json={"name": "Strase"}))


def test_a_deleted_rooms_name_is_free_again(http: Client) -> None:
    """The new room is another one."""
    old = checked(http.post(ROOMS, json={"name": "Phoenix"}))
    assert_deleted(http.delete(f"{ROOMS}/{old['id']}"))
    new = checked(http.post(ROOMS, json={"name": "phoenix"}))
    assert new["id"] > old["id"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "name"),
        ({"name": ""}, "empty", "name"),
        ({"name": "\u3000\u200b"}, "empty", "name"),
        ({"name": "x" * 101}, "too_long", "name"),
        ({"name": "a\u202eb"}, "name_invalid", "name"),
        ({"name": "a\nb"}, "name_invalid", "name"),
        ({"name": "a\u0000b"}, "invalid", "name"),
        ({"name": 5}, "invalid", "name"),
        ({"name": None}, "invalid", "name"),
        ({"name": "ok", "colour": "?"}, "invalid", "colour"),
        ({"name": "ok", "topic": "a" * 251}, "too_long", "topic"),
        ({"name": "ok", "kind": "direct"}, "invalid", "kind"),
        (["ok"], "invalid", None),
        ("ok", "invalid", None),
        (None, "invalid", None),
    ],
)
def test_a_wrong_room_is_refused_and_none_is_made(
    http: Client, body: Any, code: str, field: str | None
) -> None:
    """422 that names the field."""
    before = checked(http.get(ROOMS))
    assert_refused(http.post(ROOMS, json=body), code, field)
    assert checked(http.get(ROOMS)) == before


def test_a_name_of_a_hundred_characters_is_not_too_long(http: Client) -> None:
    """Code points are counted, after trimming."""
    name = "\U0001f3e0" * 100
    assert checked(http.post(ROOMS, json={"name": f" {name} "}))["name"] == name


NOT_THERE = ["999999", str(2**53 - 1)]
NO_ID = ["abc", "0", "-1", "1.0", "+1", " 1", "1e3", "0x1", str(2**53), "9" * 400, "\u0661", "1_0"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("room_id", NOT_THERE)
def test_a_room_that_is_not_there_is_not_found(http: Client, method: str, room_id: str) -> None:
    """404, whatever one wants with it."""
    assert_refused(http.request(method, f"{ROOMS}/{room_id}"), "not_found")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("room_id", NO_ID)
def test_what_is_no_id_is_invalid(http: Client, method: str, room_id: str) -> None:
    """422: only plain digits up to 2^53 - 1 are one."""
    assert_refused(http.request(method, f"{ROOMS}/{room_id}"), "invalid", "room_id")


def test_a_room_is_deleted_with_all_that_was_said_in_it(http: Client, room: Room) -> None:
    """204 without a body; afterwards there is nothing of it at any address."""
    path = f"{ROOMS}/{room['id']}"
    said = {"username": "alice"}
    checked(http.post(f"{path}/messages", params=said, json={"content": "hi"}))
    answer = http.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_refused(http.get(path), "not_found")
    assert_refused(http.get(f"{path}/messages"), "not_found")
    posting = http.post(f"{path}/messages", params=said, json={"content": "hi"})
    assert_refused(posting, "not_found")
    assert_refused(http.delete(path), "not_found")
    assert room["id"] not in [each["id"] for each in checked(http.get(ROOMS))]


@pytest.mark.parametrize(
    ("username", "code"),
    [("", "empty"), ("x" * 51, "too_long"), ("a\u202eb", "name_invalid"), ("a\x00", "invalid")],
)
def test_a_wrong_name_of_who_deletes_is_refused_and_the_room_stays(
    http: Client, room: Room, username: str, code: str
) -> None:
    """The name is only for the notice, but nobody deletes under one that cannot be."""
    path = f"{ROOMS}/{room['id']}"
    assert_refused(http.delete(path, params={"username": username}), code, "username")
    assert checked(http.get(path)) == room


async def test_a_new_room_is_told_to_those_who_watch_the_list(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], server: Server
) -> None:
    """Not to a connection of the seed's kind."""
    watching = await alice.connect()
    seed = await bob.enter(room)
    made = new_room(server)
    told = await watching.until("room_created")
    assert told["room"] == made
    assert "room_created" not in {frame["type"] for frame in await seed.settle()}


async def test_a_deleted_room_is_told_to_those_who_watch_the_list(
    alice: Person, bob: Person, room: Room, new_room: Callable[..., Room], http: Client,
    server: Server,
) -> None:  # fmt: skip
    """As it was; not to a connection of the seed's kind in another room."""
    other = new_room(server)
    watching = await alice.connect()
    seed = await bob.enter(other)
    assert_deleted(http.delete(f"{ROOMS}/{room['id']}"))
    told = await watching.until("room_removed")
    assert told["room"] == room
    await seed.silence()


async def test_the_number_of_people_is_that_of_people_and_not_of_connections(
    alice: Person, bob: Person, room: Room, http: Client
) -> None:
    """In the list and in the room itself."""
    desk = await alice.enter(room)
    await alice.connect(room)
    await bob.enter(room)
    await desk.until("user_list", users=["alice", "bob"])
    assert checked(http.get(f"{ROOMS}/{room['id']}"))["online"] == 2
    [listed] = [each for each in checked(http.get(ROOMS)) if each["id"] == room["id"]]
    assert listed["online"] == 2
