"""RFC 6455 over raw sockets, further: text, closing, and how the bytes are delivered."""

from itertools import repeat
from typing import Any

import pytest
from httpx2 import Client

from tests.support.flood import pour
from tests.support.frames import CLOSE, CONT, MASK, PING, PONG, TEXT, Frame, close_frame, frame
from tests.support.people import Room, checked
from tests.support.rawsocket import ANSWER, ASK, DOOR, RawSocket, handshake, say, well
from tests.support.server import Server

# Text (section 8.1)

RIGHT = ["é", "€", "😀", "\u0000", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U0010ffff", "κόσμε"]
WRONG = {
    "a lone continuation byte": b"\x80",
    "a byte that never comes": b"\xfe",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xe0\x80\x80",
    "an overlong one of four": b"\xf0\x8f\xbf\xbf",
    "half a surrogate pair": b"\xed\xa0\x80",
    "beyond the last character": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "an end too early": b"\xf0\x9f\x98",
    "a beginning twice": b"\xc3\xc3\xa9",
}


@pytest.mark.parametrize("text", RIGHT, ids=lambda text: f"U+{ord(text[0]):04X}")
def test_every_character_is_read_wherever_it_is_cut(raw: RawSocket, text: str) -> None:
    """Right UTF-8 that is no JSON is told to be no JSON."""
    data = text.encode()
    for at in range(len(data) + 1):
        raw.send(frame(TEXT, data[:at], fin=False) + frame(CONT, data[at:], mask=MASK))
        raw.until(TEXT, b'"bad_json"')


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_text_that_is_no_utf8_ends_the_connection(server: Server, wrong: bytes) -> None:
    """1007: whole, cut anywhere, and behind what is right."""
    data = "é".encode() + wrong
    cuts = [frame(TEXT, data[:at], fin=False) + frame(CONT, data[at:]) for at in range(len(data))]
    for frames in (frame(TEXT, data), *cuts):
        with RawSocket(server, DOOR) as raw:
            raw.send(frames)
            assert raw.closed()[0] == 1007


@pytest.mark.parametrize("before", [b"", b"abc", "é".encode()[:1]])
def test_wrong_text_is_refused_at_its_first_wrong_fragment(raw: RawSocket, before: bytes) -> None:
    """The message has not ended, and nobody waits for its end."""
    if before:
        raw.send(frame(TEXT, before, fin=False) + frame(CONT, b"\xff", fin=False))
    else:
        raw.send(frame(TEXT, b"\xff", fin=False))
    assert raw.closed()[0] == 1007


# Closing (sections 5.5.1 and 7)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
)
def test_a_close_is_answered_with_its_code(raw: RawSocket, code: int) -> None:
    """And its reason; then the server ends the connection."""
    raw.send(close_frame(code, "because €".encode()))
    assert raw.closed() == (code, "because €".encode())


def test_a_close_without_a_code_is_answered_without_one(raw: RawSocket) -> None:
    """Which reads as 1005."""
    raw.send(close_frame())
    assert raw.closed() == (1005, b"")


def test_a_reason_may_have_123_bytes(raw: RawSocket) -> None:
    """As many as a control frame has room for behind the code."""
    raw.send(close_frame(1000, b"x" * 123))
    assert raw.closed() == (1000, b"x" * 123)


@pytest.mark.parametrize(
    "code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
)
def test_a_code_that_may_not_be_sent_is_a_fault(raw: RawSocket, code: int) -> None:
    """1002 (section 7.4)."""
    raw.send(close_frame(code))
    assert raw.closed()[0] == 1002


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"\x03", 1002), (b"\x03\xe8\xff", 1007), (b"\x03\xe8" + "€".encode()[:2], 1007)],
)
def test_a_close_that_cannot_be_read_is_a_fault(raw: RawSocket, payload: bytes, code: int) -> None:
    """Half a code, or a reason that is no UTF-8."""
    raw.send(frame(CLOSE, payload))
    assert raw.closed()[0] == code


def test_nothing_behind_a_close_is_read(member: RawSocket, room: Room, http: Client) -> None:
    """No text, no ping, no second close."""
    member.send(close_frame(1000) + frame(TEXT, say("late")) + frame(PING) + close_frame(1001))
    assert member.closed() == (1000, b"")
    assert checked(http.get(f"/api/chat/rooms/{room['id']}/messages")) == []


JUNK = {
    "frames": ASK * 10_000,
    "no frames": b"\xff" * 200_000,
    "more than the kernels hold": bytes(3 * 1024 * 1024),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_what_comes_behind_a_close_does_not_spoil_the_answer(raw: RawSocket, junk: bytes) -> None:
    """To close with bytes unread would reset the connection, and the answer be lost with it."""
    pour(raw, [close_frame(1000, b"bye"), junk], seconds=10, read=False)
    assert raw.closed() == (1000, b"bye")


def test_nobody_can_go_on_for_ever_behind_a_close(raw: RawSocket) -> None:
    """After some megabytes the connection is cut, whoever closed it."""
    more = 1024 * 1024
    taken = pour(raw, [close_frame(1000), *repeat(bytes(more), 1000)], seconds=10, read=False)
    assert taken < 100 * more


def test_the_server_that_closes_waits_for_the_answer(
    member: RawSocket, room: Room, http: Client
) -> None:
    """What it says is behind all it said before; what comes instead of an answer is not done."""
    http.delete(f"/api/chat/rooms/{room['id']}")
    member.until(CLOSE, (4504).to_bytes(2))
    member.send(ASK + frame(PING, b"still reading") + frame(TEXT, say("late")))
    member.send(close_frame(4504))
    rest: list[Any] = []
    while (each := member.read()) is not None:
        rest.append(each)
    assert [each for each in rest if each.opcode != PONG] == []


# Delivery


@pytest.mark.parametrize(
    ("data", "expect"),
    [
        (frame(TEXT, b'{"type":"ping"}', mask=MASK), [ANSWER]),
        (frame(PING, b"abc", mask=MASK), [Frame(PONG, b"abc")]),
        (
            frame(TEXT, b'{"type":', fin=False) + frame(PING) + frame(CONT, b'"ping"}'),
            [Frame(PONG, b""), ANSWER],
        ),
        (close_frame(1000, b"bye"), [Frame(CLOSE, b"\x03\xe8bye")]),
    ],
    ids=["text", "ping", "fragments", "close"],
)
def test_frames_may_come_byte_by_byte(raw: RawSocket, data: bytes, expect: list[Frame]) -> None:
    """Each byte in a packet of its own."""
    for number in range(len(data)):
        raw.send(data[number : number + 1])
    assert [raw.read() for _ in expect] == expect


def test_a_handshake_may_come_byte_by_byte(server: Server) -> None:
    """As any HTTP request."""
    with RawSocket(server) as raw:
        for byte in handshake(server, DOOR):
            raw.send(bytes([byte]))
        assert raw.read_head().startswith("HTTP/1.1 101 ")
        well(raw)


@pytest.mark.parametrize("size", [1, 4096, 4097, 65_536])
def test_many_frames_in_one_read_are_all_done(raw: RawSocket, size: int) -> None:
    """However large the read is of which the server does a piece in a turn."""
    count = size // len(ASK) + 1
    raw.send(ASK * count)
    assert [raw.read() for _ in range(count)] == [ANSWER] * count
