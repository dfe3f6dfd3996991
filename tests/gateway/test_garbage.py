"""What is no good frame: an error that names the fault, nothing stored, the connection stays."""

import json
from typing import Any

import pytest
from httpx2 import AsyncClient

from parlour.conversation import MAX_FAULTS
from tests.support.people import Person, Room, checked
from tests.support.websocket import Client

SERVER_ENV = {"PARLOUR_MAX_MESSAGE_LENGTH": "100"}
MAX_FRAME_BYTES = 4 * 100 + 4096


def message(**fields: Any) -> str:
    """Return the text of a `message` frame."""
    return json.dumps({"type": "message", "content": "hi", "client_id": "c", **fields})


TYPING_IN = '{"type": "typing", "room_id": %s}'
NO_JSON = ("bad_json", None)
# What is sent, the code it is answered with, and the field that is named.
GARBAGE: dict[str, tuple[str | bytes, str, str | None]] = {
    "nothing": ("", *NO_JSON),
    "words": ("hello", *NO_JSON),
    "half an object": ('{"type": "ping"', *NO_JSON),
    "two objects": ('{"type": "ping"}{"type": "ping"}', *NO_JSON),
    "single quotes": ("{'type': 'ping'}", *NO_JSON),
    "a list": ('[{"type": "ping"}]', *NO_JSON),
    "a string": ('"ping"', *NO_JSON),
    "a number": ("1", *NO_JSON),
    "null": ("null", *NO_JSON),
    "binary": (b'{"type": "ping"}', *NO_JSON),
    "binary that is no text": (b"\xff\x00\xfe", *NO_JSON),
    "NaN": (message().replace('"hi"', "NaN"), *NO_JSON),
    "infinity": (message().replace('"hi"', "Infinity"), *NO_JSON),
    "minus infinity": (message(room_id=1).replace(" 1}", " -Infinity}"), *NO_JSON),
    "a number beyond floats": (message().replace('"hi"', "1e999"), "invalid", "content"),
    "a lone high surrogate": (message().replace("hi", "\\ud83d"), *NO_JSON),
    "a lone low surrogate": (message().replace("hi", "a\\udc4bb"), *NO_JSON),
    "a lone surrogate in a name": ('{"type": "ping", "\\ud800": 1}', *NO_JSON),
    "NUL": (message(content="a\x00b"), "invalid", "content"),
    "a raw NUL": ('{"type": "ping"}\x00', *NO_JSON),
    "a raw line break": (message().replace("hi", "a\nb"), *NO_JSON),
    "a byte order mark": ("\ufeff" + message(), *NO_JSON),
    "lists too deep": (message().replace('"hi"', "[" * 300 + "]" * 300), *NO_JSON),
    "lists deep": (message().replace('"hi"', "[" * 100 + "]" * 100), "invalid", "content"),
    "objects too deep": (message().replace('"hi"', '{"a":' * 300 + "1" + "}" * 300), *NO_JSON),
    "an integer of 4,200 digits": (TYPING_IN % ("9" * 4200), "invalid", "room_id"),
    "an integer of 4,400 digits": (TYPING_IN % ("9" * 4400), *NO_JSON),
    "a name twice": (message()[:-1] + ', "content": "b"}', "invalid", "content"),
    "the type twice": ('{"type": "ping", "type": "message"}', "invalid", "type"),
    "a name twice inside": (message().replace('"hi"', '{"a": 1, "a": 2}'), "invalid", "a"),
    "no type": ("{}", "unknown_type", "type"),
    "an unknown type": ('{"type": "shout"}', "unknown_type", "type"),
    "an edit of nothing": ('{"type": "edit", "content": "x"}', "invalid", "message_id"),
    "an edit of what is not there": (
        '{"type": "edit", "message_id": 987654321, "content": "x"}', "not_found", None
    ),
    "a deletion of no id": ('{"type": "delete", "message_id": "1"}', "invalid", "message_id"),
    "a type that is no text": ('{"type": ["ping"]}', "unknown_type", "type"),
    "a server's own type": ('{"type": "room_deleted"}', "unknown_type", "type"),
    "an unknown field": (message(colour="red"), "invalid", "colour"),
    "an author": (message(username="eve"), "invalid", "username"),
    "an id": (message(id=1), "invalid", "id"),
    "__proto__": (message(__proto__={"a": 1}), "invalid", "__proto__"),
    "no content": ('{"type": "message"}', "invalid", "content"),
    "content that is null": (message(content=None), "invalid", "content"),
    "content that is a number": (message(content=1), "invalid", "content"),
    "content that is a list": (message(content=["hi"]), "invalid", "content"),
    "content that is true": (message(content=True), "invalid", "content"),
    "blank content": (message(content=" \u200b\u3164 \n"), "empty", "content"),
    "long content": (message(content="x" * 101), "too_long", "content"),
    "a client id that is a number": (message(client_id=5), "invalid", "client_id"),
    "an empty client id": (message(client_id=""), "invalid", "client_id"),
    "a long client id": (message(client_id="x" * 65), "too_long", "client_id"),
    "a client id with a control": (message(client_id="a\u0007"), "invalid", "client_id"),
    "a room that is text": (message(room_id="1"), "invalid", "room_id"),
    "a room that is true": (message(room_id=True), "invalid", "room_id"),
    "half a room": (message(room_id=1.5), "invalid", "room_id"),
    "room nought": (message(room_id=0), "invalid", "room_id"),
    "a room beyond 2^53": (message(room_id=2**53), "invalid", "room_id"),
    "a version that is text": ('{"type":"subscribe","room_id":1,"after":"0"}', "invalid", "after"),
    "a version below nought": ('{"type":"subscribe","room_id":1,"after":-1}', "invalid", "after"),
    "a subscription to nothing": ('{"type": "subscribe"}', "invalid", "room_id"),
}  # fmt: skip


@pytest.fixture
async def client(alice: Person, room: Room) -> Client:
    """Return a connection to a room in which nothing was said."""
    return await alice.enter(room)


async def unharmed(client: Client, room: Room, http: AsyncClient) -> None:
    """Assert that nothing was stored, and that the connection and the room still work."""
    answer = await http.get(f"/api/chat/rooms/{room['id']}/messages")
    assert (answer.json(), answer.headers["parlour-version"]) == ([], "0")
    await client.send("message", content="still here", client_id="c")
    await client.expect("message", version=1, message={"content": "still here"})


@pytest.mark.parametrize(("frame", "code", "field"), GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_refused_by_name_and_nothing_else_happens(
    client: Client, room: Room, bob: Person, ahttp: AsyncClient,
    frame: str | bytes, code: str, field: str | None,
) -> None:  # fmt: skip
    """An `error` to the one who sent it; nobody else hears of it."""
    watcher = await bob.enter(room)
    await client.until("user_list", users=["alice", "bob"])
    await client.send_text(frame)
    error = await client.expect("error", code=code)
    assert error.get("field") == field
    assert error["message"]
    if field is not None:
        assert error["message"].startswith(f"{field}: ")
    await watcher.silence()
    await unharmed(client, room, ahttp)


@pytest.mark.parametrize("name", ["an author", "long content", "an unknown type", "a name twice"])
async def test_an_error_echoes_the_client_id_of_the_frame(client: Client, name: str) -> None:
    """As far as the frame was read."""
    frame = GARBAGE[name][0]
    assert isinstance(frame, str)
    whole = frame if "client_id" in frame else frame[:-1] + ', "client_id": "c", "room_id": 7}'
    await client.send_text(whole)
    error = await client.expect("error", client_id="c")
    assert error.get("room_id") == (7 if "room_id" in whole else None)


async def test_what_is_echoed_could_be_a_client_id(client: Client) -> None:
    """The error for a wrong one has none."""
    await client.send("message", content="hi", client_id="x" * 65)
    assert "client_id" not in await client.expect("error", field="client_id")


async def test_a_message_of_the_full_length_is_no_garbage(client: Client) -> None:
    """Characters are counted, whatever their bytes."""
    for content in ("x" * 100, "\U0001f44b" * 100, "\u1e69" * 100):
        await client.send("message", content=content)
        await client.expect("message", message={"content": content})


async def test_a_frame_of_the_largest_size_is_read_and_one_byte_more_ends_the_connection(
    client: Client, room: Room, bob: Person
) -> None:
    """1009: a client does not send it again. The others go on."""
    watcher = await bob.enter(room)
    frame = message()
    await client.send_text(frame + " " * (MAX_FRAME_BYTES - len(frame)))
    await client.until("message")
    await client.send_text(frame + " " * (MAX_FRAME_BYTES + 1 - len(frame)))
    assert await client.closed() == 1009
    await watcher.until("leave", username="alice")
    await watcher.send("message", content="hi")
    await watcher.until("message", version=2)


async def test_a_frame_in_many_pieces_is_one_frame(client: Client) -> None:
    """Whatever the pieces are."""
    frame = message(content="in pieces")
    await client.connection.send(frame[start : start + 7] for start in range(0, len(frame), 7))
    await client.expect("message", message={"content": "in pieces"})


async def test_a_long_frame_in_many_pieces_is_too_long_all_the_same(client: Client) -> None:
    """Its pieces are counted together."""
    # All at once: a client that still writes when the server has closed may miss why it did.
    first, following, last = 0x01, 0x00, 0x80
    pieces = [first, *[following] * 8, last]
    client.connection.transport.write(
        b"".join(bytes([kind, 0xFE, 0x03, 0xE8, 0, 0, 0, 0]) + b"x" * 1000 for kind in pieces)
    )
    assert await client.closed() == 1009


async def test_text_that_is_no_utf8_ends_the_connection(client: Client) -> None:
    """1007, by the WebSocket protocol itself."""
    client.connection.transport.write(b"\x81\x82" + b"\x00\x00\x00\x00" + b"\xff\xfe")
    assert await client.closed() == 1007


async def test_many_refused_frames_in_a_short_time_end_the_connection(
    client: Client, room: Room, bob: Person
) -> None:
    """1008 after the last error; the others go on, and so may the one who did it, anew."""
    watcher = await bob.enter(room)
    for _ in range(MAX_FAULTS + 5):
        await client.send("nonsense")
    assert await client.closed() == 1008
    errors = [frame["code"] for frame in client.frames if frame["type"] == "error"]
    assert errors == ["unknown_type"] * (MAX_FAULTS + 1) + ["flooding"]
    await watcher.until("leave", username="alice")
    assert [f for f in await watcher.settle() if f["type"] == "error"] == []


async def test_fewer_refused_frames_do_not(client: Client, room: Room, ahttp: AsyncClient) -> None:
    """However many good ones are between them."""
    for _ in range(MAX_FAULTS):
        await client.send("nonsense")
        await client.send("ping")
    await unharmed_after(client, errors=MAX_FAULTS)
    answer = checked(await ahttp.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert [each["content"] for each in answer] == ["still here"]


async def unharmed_after(client: Client, *, errors: int) -> None:
    """Read so many errors and pongs, and assert that the connection still works."""
    for _ in range(errors):
        await client.expect("error", code="unknown_type")
        await client.expect("pong")
    await client.send("message", content="still here")
    await client.expect("message", version=1)
