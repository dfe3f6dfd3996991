"""The shapes that cross a border: what they take, what they refuse, and how they are told."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from parlour.fields import MAX_ID, format_time
from parlour.models import Message, MessageCreate, Person, Room, RoomCreate, WebSocketMessage
from parlour.paging import HistoryQuery

TIME = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)


def error_of(shape: type[BaseModel], fields: Any) -> tuple[str, str]:
    """Return type and field of the first error of a shape that is refused."""
    with pytest.raises(ValidationError) as refused:
        shape.model_validate(fields)
    first = refused.value.errors()[0]
    return first["type"], ".".join(str(part) for part in first["loc"])


def test_times_are_told_in_utc_with_microseconds_and_z() -> None:
    """One form, which sorts as the times do."""
    assert format_time(TIME) == "2026-01-31T12:00:00.000005Z"
    berlin = timezone(timedelta(hours=1))
    assert format_time(datetime(2026, 1, 31, 13, tzinfo=berlin)) == "2026-01-31T12:00:00.000000Z"


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - Hypothesis wants it naive
def test_any_time_survives_being_told(time: datetime) -> None:
    """And two times compare as their texts do."""
    told = format_time(time)
    assert datetime.fromisoformat(told) == time
    later = time + timedelta(microseconds=1) if time.year < 9999 else time
    assert told <= format_time(later)


def test_a_room_is_told_with_every_field() -> None:
    """What does not apply is null and not left out."""
    room = Room(id=1, name="Hall", created_at=TIME, version=7, epoch="e", online=2)
    assert json.loads(room.model_dump_json()) == {
        "id": 1,
        "name": "Hall",
        "created_at": "2026-01-31T12:00:00.000005Z",
        "version": 7,
        "epoch": "e",
        "kind": "public",
        "topic": "",
        "online": 2,
        "archived_at": None,
        "owner": None,
        "slow_seconds": 0,
        "role": None,
        "message_count": 0,
        "purged_to": 0,
        "deleted_count": 0,
        "unread": None,
        "mentions": None,
        "last_read": None,
        "level": None,
    }


def test_a_message_is_told_with_every_field() -> None:
    """Features of later days are empty lists or null."""
    message = Message(
        id=1, room_id=2, username="ada", content="hi", timestamp=TIME, version=3, client_id="c"
    )
    assert json.loads(message.model_dump_json()) == {
        "id": 1,
        "room_id": 2,
        "username": "ada",
        "content": "hi",
        "timestamp": "2026-01-31T12:00:00.000005Z",
        "version": 3,
        "client_id": "c",
        "guest": True,
        "reply_to": None,
        "chain": None,
        "replies": None,
        "edited_at": None,
        "deleted_at": None,
        "reactions": [],
        "files": [],
        "mentions": [],
        "forwarded": None,
        "pinned_at": None,
        "pinned_by": None,
    }


def test_a_rooms_name_is_trimmed_and_bounded() -> None:
    """A hundred characters after trimming, counted as code points."""
    assert RoomCreate(name="  the   hall ").name == "the hall"
    assert RoomCreate(name=" " + "\U0001f44b" * 100 + " ").name == "\U0001f44b" * 100
    assert RoomCreate(name="e\u0301" * 100).name == "\u00e9" * 100
    assert error_of(RoomCreate, {"name": "x" * 101}) == ("too_long", "name")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, ("missing", "name")),
        ({"name": ""}, ("empty", "name")),
        ({"name": " \n "}, ("empty", "name")),
        ({"name": "a\u202eb"}, ("name_invalid", "name")),
        ({"name": "a\x00"}, ("invalid", "name")),
        ({"name": 5}, ("string_type", "name")),
        ({"name": None}, ("string_type", "name")),
        ({"name": ["Hall"]}, ("string_type", "name")),
        ({"name": b"Hall"}, ("string_type", "name")),
        ({"name": "Hall", "owner": "ada"}, ("extra_forbidden", "owner")),
        ({"name": "Hall", "id": 5}, ("extra_forbidden", "id")),
        ([], ("model_type", "")),
        ("Hall", ("model_type", "")),
    ],
)
def test_a_wrong_request_for_a_room_names_its_field(fields: Any, error: tuple[str, str]) -> None:
    """Nothing is converted and nothing unknown is passed over."""
    assert error_of(RoomCreate, fields) == error


@pytest.mark.parametrize("client_id", ["c", "x" * 64, "7f1c-ä\U0001f44b", " "])
def test_a_client_id_is_the_clients_choice(client_id: str) -> None:
    """One to sixty-four characters that can be printed."""
    assert MessageCreate(content="hi", client_id=client_id).client_id == client_id


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content": " \n\u200b "}, ("empty", "content")),
        ({"content": "a\x00b"}, ("invalid", "content")),
        ({"content": 1}, ("string_type", "content")),
        ({"content": "a", "client_id": ""}, ("string_too_short", "client_id")),
        ({"content": "a", "client_id": "x" * 65}, ("string_too_long", "client_id")),
        ({"content": "a", "client_id": "a\nb"}, ("invalid", "client_id")),
        ({"content": "a", "client_id": "a\u202eb"}, ("invalid", "client_id")),
        ({"content": "a", "client_id": "\ud800"}, ("string_unicode", "client_id")),
        ({"content": "a", "client_id": 7}, ("string_type", "client_id")),
        ({"content": "a", "username": "eve"}, ("extra_forbidden", "username")),
        ({"content": "a", "timestamp": 1}, ("extra_forbidden", "timestamp")),
    ],
)
def test_a_wrong_request_to_say_something_names_its_field(
    fields: Any, error: tuple[str, str]
) -> None:
    """Also for what the server decides: a client may not set it."""
    assert error_of(MessageCreate, fields) == error


def test_a_message_without_client_id_has_none() -> None:
    """It is the client's to give one."""
    assert MessageCreate(content="hi").client_id is None
    assert MessageCreate(content="hi", client_id=None).client_id is None


def test_a_page_is_the_newest_fifty_unless_asked_otherwise() -> None:
    """Query fields are text in digits."""
    assert HistoryQuery() == HistoryQuery.model_validate({"limit": "50"})
    query = HistoryQuery.model_validate({"limit": "200", "before": str(MAX_ID)})
    assert (query.limit, query.before, query.after, query.around) == (200, MAX_ID, None, None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "5.0"}, "limit"),
        ({"limit": " 5"}, "limit"),
        ({"limit": "+5"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": "\u0665"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"before": "0"}, "before"),
        ({"after": str(MAX_ID + 1)}, "after"),
        ({"around": "9" * 5000}, "around"),
        ({"around": "x"}, "around"),
        ({"offset": "5"}, "offset"),
        ({"before": "1", "after": "1"}, ""),
        ({"after": "1", "around": "1"}, ""),
    ],
)
def test_a_wrong_place_in_history_names_its_field(fields: dict[str, str], field: str) -> None:
    """Only plain digits are numbers, and there is only one place at a time."""
    assert error_of(HistoryQuery, fields)[1] == field


def test_the_same_name_in_any_case_is_the_same_author() -> None:
    """The name that people see stays as it was given."""
    one, other = Person.by_name("Stra\u00dfe"), Person.by_name("STRASSE")
    assert one.author == other.author == "name:strasse"
    assert (one.username, other.username) == ("Stra\u00dfe", "STRASSE")
    assert one.guest
    assert Person.by_name("eve").author != one.author


@pytest.mark.parametrize("shape", [Room, Message, RoomCreate, MessageCreate, WebSocketMessage])
def test_shapes_are_immutable_and_take_no_unknown_field(shape: type[BaseModel]) -> None:
    """What was checked stays as it was checked."""
    assert shape.model_config["frozen"]
    assert shape.model_config["extra"] == "forbid"
    assert shape.model_config["strict"]
