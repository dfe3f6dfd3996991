"""Reading commands: strictly, naming the field at fault; and writing events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.commands import COMMAND_SHAPES, SendMessage, Subscribe, Typing
from parlour.errors import ERROR_CODES, Refusal
from parlour.fields import MAX_ID
from parlour.gateway import COMMANDS
from parlour.protocol import (
    EVENT_SHAPES,
    SEED_EVENTS,
    BadFrame,
    HeartbeatEvent,
    encode,
    encode_error,
    parse,
)

MESSAGE = {"type": "message", "content": "hi"}
SUBSCRIBE = {"type": "subscribe", "room_id": 1}


def refused(text: str) -> BadFrame:
    """Return how a frame is refused."""
    with pytest.raises(BadFrame) as bad:
        parse(text)
    return bad.value


def test_every_command_is_read() -> None:
    """With and without what it may leave out."""
    assert parse('{"type": "message", "content": " hi "}') == SendMessage(
        type="message", content="hi"
    )
    full = {"type": "message", "content": "hi", "client_id": "c", "room_id": 5}
    assert parse(json.dumps(full)) == SendMessage.model_validate(full)
    assert parse('{"type": "typing"}') == Typing(type="typing")
    assert parse(json.dumps({**SUBSCRIBE, "after": 0, "epoch": "e"})) == Subscribe(
        type="subscribe", room_id=1, after=0, epoch="e"
    )
    assert parse('{"type": "unsubscribe", "room_id": 1}').type == "unsubscribe"
    assert parse(' {"type" : "ping"}\n').type == "ping"


def test_every_command_has_a_shape_and_a_handler() -> None:
    """The gateway's table and the protocol's are of the same commands."""
    assert COMMANDS.keys() == COMMAND_SHAPES.keys()
    for kind, shape in COMMAND_SHAPES.items():
        assert shape.model_json_schema()["properties"]["type"]["const"] == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        "{}}",
        '{"type": "ping",}',
        "{'type': 'ping'}",
        '{"type": "message", "content": NaN}',
        '{"type": "message", "content": Infinity}',
        '{"type": "message", "content": -Infinity}',
        '{"type": "message", "content": "\\ud800"}',
        '{"type": "message", "content": "\\udc00\\ud800"}',
        '{"type": "message", "content": "a\nb"}',
        '{"type": "message", "content": "\x00"}',
        '\ufeff{"type": "ping"}',
        '{"type": "ping", "x": ' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"type": "ping", "x": ' + '{"x":' * 5_000 + "1" + "}" * 5_000 + "}",
        '{"type": "message", "room_id": ' + "9" * 10_000 + "}",
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_json_is_refused_as_that(text: str) -> None:
    """NaN, lone surrogates, raw controls, a mark in front, too deep or too many digits."""
    bad = refused(text)
    assert bad.refusal.code == "bad_json"
    assert bad.frame is None


@pytest.mark.parametrize("text", ["[]", "1", '"ping"', "null", "true", '[{"type": "ping"}]'])
def test_a_frame_that_is_no_object_is_refused(text: str) -> None:
    """One frame is one command."""
    bad = refused(text)
    assert bad.refusal.code == "bad_json"
    assert "object" in bad.refusal.detail


@pytest.mark.parametrize("kind", [None, 1, True, "", "Message", "ping ", "sync", ["ping"], {}])
def test_an_unknown_type_is_refused_with_those_there_are(kind: object) -> None:
    """Types of the server's own frames are no commands either."""
    bad = refused(json.dumps({"type": kind, "client_id": "c"}))
    assert bad.refusal.code == "unknown_type"
    assert bad.refusal.field == "type"
    for known in COMMAND_SHAPES:
        assert known in bad.refusal.detail
    assert bad.frame is not None
    assert bad.frame["client_id"] == "c"


def test_a_frame_without_a_type_is_of_unknown_type() -> None:
    """There is no default."""
    assert refused("{}").refusal.code == "unknown_type"


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        ({"type": "message", "forward": 0}, "invalid", "forward"),
        ({**MESSAGE, "content": " \u200b\n"}, "empty", "content"),
        ({**MESSAGE, "content": "a\x00b"}, "invalid", "content"),
        ({**MESSAGE, "content": 1}, "invalid", "content"),
        ({**MESSAGE, "content": ["hi"]}, "invalid", "content"),
        ({**MESSAGE, "content": {"text": "hi"}}, "invalid", "content"),
        ({**MESSAGE, "client_id": ""}, "invalid", "client_id"),
        ({**MESSAGE, "client_id": "x" * 65}, "too_long", "client_id"),
        ({**MESSAGE, "client_id": 5}, "invalid", "client_id"),
        ({**MESSAGE, "client_id": "a\tb"}, "invalid", "client_id"),
        ({**MESSAGE, "room_id": "1"}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": 1.0}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": True}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": 0}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": -1}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": MAX_ID + 1}, "invalid", "room_id"),
        ({**MESSAGE, "room_id": 10**4000}, "invalid", "room_id"),
        ({**MESSAGE, "username": "eve"}, "invalid", "username"),
        ({**MESSAGE, "timestamp": "now"}, "invalid", "timestamp"),
        ({**MESSAGE, "version": 5}, "invalid", "version"),
        ({**MESSAGE, "": 5}, "invalid", None),
        ({"type": "typing", "content": "x"}, "invalid", "content"),
        ({"type": "subscribe"}, "invalid", "room_id"),
        ({**SUBSCRIBE, "room_id": None}, "invalid", "room_id"),
        ({**SUBSCRIBE, "after": -1}, "invalid", "after"),
        ({**SUBSCRIBE, "after": "0"}, "invalid", "after"),
        ({**SUBSCRIBE, "after": 0.5}, "invalid", "after"),
        ({**SUBSCRIBE, "after": MAX_ID + 1}, "invalid", "after"),
        ({**SUBSCRIBE, "epoch": "x" * 65}, "too_long", "epoch"),
        ({**SUBSCRIBE, "epoch": 5}, "invalid", "epoch"),
        ({"type": "unsubscribe"}, "invalid", "room_id"),
        ({"type": "ping", "room_id": 1}, "invalid", "room_id"),
    ],
)
def test_a_wrong_field_is_named(frame: dict[str, Any], code: str, field: str | None) -> None:
    """The words begin with its name, and the frame comes back for its `client_id`."""
    bad = refused(json.dumps(frame))
    assert bad.refusal.code == code
    assert bad.refusal.field == field
    if field:
        assert bad.refusal.detail.startswith(f"{field}: ")
    assert bad.frame == frame


def test_a_field_given_twice_is_named() -> None:
    """Readers of JSON differ in which of the two they take."""
    bad = refused('{"type": "message", "content": "a", "content": "b", "client_id": "c"}')
    assert bad.refusal.code == "invalid"
    assert bad.refusal.field == "content"
    assert bad.frame is not None
    assert bad.frame["client_id"] == "c"


def test_an_unknown_fields_name_is_told_in_short() -> None:
    """It is the client's own text and may be as long as a frame."""
    bad = refused(json.dumps({"type": "ping", "x" * 5000: 1}))
    assert bad.refusal.field == "x" * 64
    assert len(bad.refusal.detail) < 200


def test_a_number_that_is_too_large_for_a_float_is_no_room() -> None:
    """JSON has no bound for numbers."""
    assert refused('{"type": "subscribe", "room_id": 1e400}').refusal.field == "room_id"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FRAMES = st.dictionaries(
    st.sampled_from(["type", "content", "client_id", "room_id", "after", "epoch", "x"]),
    st.sampled_from([*COMMAND_SHAPES]) | JSON_VALUES,
)


@given(st.text() | FRAMES.map(json.dumps))
def test_any_text_is_a_command_or_is_refused_by_a_code(text: str) -> None:
    """And what was read says the same when it is read again."""
    try:
        command = parse(text)
    except BadFrame as bad:
        told = json.loads(encode_error(bad.refusal, frame=bad.frame))
    else:
        told = None
        assert parse(command.model_dump_json(exclude_none=True)) == command
    assert told is None or told["code"] in ERROR_CODES


def test_an_error_echoes_what_finds_the_clients_own_frame() -> None:
    """Its `client_id` and room, and nothing that is not there."""
    told = json.loads(
        encode_error(
            Refusal("too_long", "content: too long", field="content"),
            frame={"client_id": "c", "room_id": 5, "content": "x" * 9999},
        )
    )
    assert told == {
        "type": "error",
        "code": "too_long",
        "message": "content: too long",
        "field": "content",
        "client_id": "c",
        "room_id": 5,
    }
    assert json.loads(encode_error(Refusal("internal", "oops"), log_id="ab12")) == {
        "type": "error",
        "code": "internal",
        "message": "oops",
        "id": "ab12",
    }


@pytest.mark.parametrize(
    "frame",
    [
        {"client_id": 5, "room_id": "1"},
        {"client_id": ["c"], "room_id": True},
        {"client_id": "x" * 65, "room_id": MAX_ID + 1},
        {"client_id": None, "room_id": -1},
        {"client_id": {"a": 1}, "room_id": 1.5},
    ],
)
def test_an_error_echoes_only_what_could_be_one(frame: dict[str, Any]) -> None:
    """A wrong `client_id` or room comes back in no form."""
    told = json.loads(encode_error(Refusal("invalid", "wrong"), frame=frame))
    assert told == {"type": "error", "code": "invalid", "message": "wrong"}


def test_an_event_is_encoded_as_json_without_bytes_that_json_has_not() -> None:
    """Keys of a mapping of rooms are text, as JSON wants them."""
    assert json.loads(encode(HeartbeatEvent(versions={5: 7}))) == {
        "type": "heartbeat",
        "versions": {"5": 7},
    }


def test_the_seeds_events_are_those_the_seed_names() -> None:
    """And those without which a connection could not be told of a fault or the end."""
    known = {
        kind
        for shape in EVENT_SHAPES
        for kind in _kinds(shape.model_json_schema()["properties"]["type"])
    }
    assert {
        "message", "message_updated", "join", "leave", "user_list", "typing", "room_deleted",
        "error", "closing",
    } == SEED_EVENTS  # fmt: skip
    assert known > SEED_EVENTS


def _kinds(schema: dict[str, Any]) -> list[str]:
    return schema.get("enum") or [schema["const"]]
