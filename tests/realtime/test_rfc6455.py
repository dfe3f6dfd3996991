"""RFC 6455, clause by clause, over raw sockets: the handshake, frames, fragments, controls."""

import pytest

from tests.support.frames import (
    BINARY,
    CLOSE,
    CONT,
    MASK,
    PING,
    PONG,
    TEXT,
    Frame,
    close_frame,
    frame,
)
from tests.support.rawsocket import (
    ACCEPT,
    ANSWER,
    ASK,
    DOOR,
    RawSocket,
    content_of,
    handshake,
    say,
    well,
)
from tests.support.server import Server

# The handshake (sections 1.3 and 4.2)


def test_a_handshake_is_answered_by_what_its_key_asks_for(raw: RawSocket) -> None:
    """101, the two headers, the key's answer, and no extension."""
    status, *lines = raw.head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert status.startswith("HTTP/1.1 101 ")
    assert headers["upgrade"].lower() == "websocket"
    assert headers["connection"].lower() == "upgrade"
    assert headers["sec-websocket-accept"] == ACCEPT
    assert "sec-websocket-protocol" not in headers
    assert "sec-websocket-extensions" not in headers


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=15, x-other",
        "x-webkit-deflate-frame",
    ],
)
def test_compression_is_declined(server: Server, offer: str) -> None:
    """The answer names none, so a compressed frame is a fault: its reserved bit is set."""
    header = f"Sec-WebSocket-Extensions: {offer}"
    with RawSocket(server, DOOR, header) as raw:
        assert raw.head.startswith("HTTP/1.1 101 ")
        assert "extensions" not in raw.head.lower()
        well(raw)
        raw.send(frame(TEXT, bytes.fromhex("aa562aa92c4855b252502ac84cd75100"), rsv=4))
        assert raw.closed()[0] == 1002


VERSION = "Sec-WebSocket-Version: 13"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


@pytest.mark.parametrize(
    ("there", "instead", "status"),
    [
        (VERSION, "Sec-WebSocket-Version: 12", 426),
        (VERSION, f"{VERSION}\r\nSec-WebSocket-Version: 8", 426),
        (VERSION, "X-Other: 13", 426),
        (KEY, "X-Other: 1", 400),
        (KEY, "Sec-WebSocket-Key: short", 400),
        (KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=", 400),
        (KEY, f"{KEY}\r\n{KEY}", 400),
        ("GET ", "POST ", 405),
        ("HTTP/1.1", "HTTP/1.0", 400),
    ],
    ids=[
        "version", "two versions", "no version", "no key", "short key", "no base64", "two keys",
        "POST", "HTTP/1.0",
    ],
)  # fmt: skip
def test_a_wrong_handshake_is_refused_as_http(
    server: Server, there: str, instead: str, status: int
) -> None:
    """No half of a connection comes of it; another version is told the right one."""
    request = handshake(server, DOOR).decode().replace(there, instead)
    with RawSocket(server) as raw:
        raw.send(request.encode())
        head = raw.read_head()
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert ("\r\nsec-websocket-version: 13\r\n" in head) == (status == 426)
    assert ("\r\nallow: GET\r\n" in head) == (status == 405)


# Frames (section 5.2)


@pytest.mark.parametrize("mask", [bytes(4), b"\xff" * 4, MASK, b"\x00\x00\x00\x01"])
def test_any_mask_is_taken_off(member: RawSocket, mask: bytes) -> None:
    """Whatever the length is modulo four."""
    for content in ("a", "ab", "abc", "abcd", "a€😀"):
        member.send(frame(TEXT, say(content), mask=mask))
        assert content_of(member) == content


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_a_frame_without_a_mask_ends_the_connection(raw: RawSocket, opcode: int) -> None:
    """1002 (section 5.1)."""
    raw.send(frame(opcode, b"", mask=None))
    assert raw.closed()[0] == 1002


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, CLOSE])
def test_a_reserved_bit_ends_the_connection(raw: RawSocket, opcode: int, rsv: int) -> None:
    """1002: none was agreed upon."""
    raw.send(frame(opcode, b"", rsv=rsv))
    assert raw.closed()[0] == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"payload"])
def test_a_reserved_opcode_ends_the_connection(raw: RawSocket, opcode: int, payload: bytes) -> None:
    """1002."""
    raw.send(frame(opcode, payload))
    assert raw.closed()[0] == 1002


@pytest.mark.parametrize("fault", [frame(3), frame(TEXT, rsv=1), frame(CONT)], ids=range(3))
def test_what_came_whole_before_a_fault_is_answered(raw: RawSocket, fault: bytes) -> None:
    """However the network cut it; what comes behind the fault is not."""
    raw.send(ASK + frame(PING, b"1") + ASK + frame(PING, b"2") + fault + ASK + frame(PING, b"3"))
    frames = [raw.read() for _ in range(4)]
    texts = [each for each in frames if each and each.opcode == TEXT]
    assert texts == [ANSWER] * 2
    assert [each for each in frames if each not in texts] == [Frame(PONG, b"1"), Frame(PONG, b"2")]
    assert raw.closed()[0] == 1002


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 1000, 8096])
def test_a_frame_of_any_length_is_read(raw: RawSocket, size: int) -> None:
    """Up to the largest; blanks are no JSON, which is told, and the connection stays."""
    raw.send(frame(TEXT, b" " * size))
    raw.until(TEXT, b'"bad_json"')
    well(raw)


@pytest.mark.parametrize("length", [8097, 65_535, 65_536, 2**31, 2**32 + 1, 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_length_beyond_the_limit_is_refused_before_the_body(
    raw: RawSocket, length: int, opcode: int
) -> None:
    """1009, although not one byte of the body was sent."""
    raw.send(frame(opcode, length=length))
    assert raw.closed()[0] == 1009


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 8096])
def test_a_length_in_more_bytes_than_it_needs_ends_the_connection(
    raw: RawSocket, opcode: int, size: int
) -> None:
    """1002 (section 5.2), whether or not the body has come."""
    length = b"\xfe" + size.to_bytes(2) if size < 126 else b"\xff" + size.to_bytes(8)
    raw.send(bytes([0x80 | opcode]) + length)
    assert raw.closed() == (1002, b"a length in more bytes than it needs")


def test_a_small_length_in_eight_bytes_ends_the_connection_too(raw: RawSocket) -> None:
    """Behind what is right, with its body, as a fragment, masked."""
    raw.send(ASK + frame(TEXT, b" ", fin=False))
    assert raw.read() == ANSWER
    raw.send(b"\x80\xff" + (1).to_bytes(8) + MASK + b"x" + ASK)
    assert raw.closed()[0] == 1002


def test_a_binary_message_is_refused_in_words(raw: RawSocket) -> None:
    """By the protocol above, and the connection stays."""
    raw.send(frame(BINARY, b"\x00\xff"))
    raw.until(TEXT, b'"bad_json"')
    raw.send(frame(BINARY, b"\xff", fin=False) + frame(CONT, b"\xfe"))
    raw.until(TEXT, b'"bad_json"')
    well(raw)


# Fragments (section 5.4)


@pytest.mark.parametrize("pieces", [2, 3, 7, 64])
def test_fragments_are_one_message(member: RawSocket, pieces: int) -> None:
    """Also where a character is cut in two, and where a fragment is empty."""
    text = say("ä€😀" * 30)
    step = -(-len(text) // (pieces - 1)) if pieces < 64 else 9
    parts = [text[at : at + step] for at in range(0, len(text), step)]
    parts = [*parts, b""]
    assert len(parts) <= 64
    for number, part in enumerate(parts):
        member.send(
            frame(CONT if number else TEXT, part, fin=part is parts[-1] and number > 0, mask=MASK)
        )
    assert content_of(member) == "ä€😀" * 30


def test_more_fragments_than_the_limit_end_the_connection(raw: RawSocket) -> None:
    """1008: 64 of them are a message, 65 are not."""
    rest = frame(CONT, b" ", fin=False) * 62
    raw.send(frame(TEXT, b" ", fin=False) + rest + frame(CONT, b" "))
    raw.until(TEXT, b'"bad_json"')
    # Control frames behind the fault come in the same read, and are not answered any more.
    tail = frame(CONT, b" ", fin=False) * 80 + frame(CONT, b" ") + frame(PING)
    raw.send(frame(TEXT, b" ", fin=False) + rest + tail)
    assert raw.closed() == (1008, b"too many fragments")


@pytest.mark.parametrize(
    "frames",
    [
        frame(CONT, b"x"),
        frame(CONT, b"x", fin=False),
        frame(CONT),
        frame(TEXT, b" ") + frame(CONT, b"x"),
        frame(TEXT, b" ", fin=False) + frame(TEXT, b"x"),
        frame(TEXT, b" ", fin=False) + frame(BINARY, b"x"),
        frame(BINARY, b" ", fin=False) + frame(TEXT, b"x", fin=False),
        frame(TEXT, b" ", fin=False) + frame(CONT, b" ") + frame(CONT, b"x"),
    ],
    ids=range(8),
)
def test_a_fragment_out_of_its_place_ends_the_connection(raw: RawSocket, frames: bytes) -> None:
    """1002."""
    raw.send(frames)
    assert raw.closed()[0] == 1002


def test_the_sum_of_the_fragments_is_limited_too(raw: RawSocket) -> None:
    """1009 at the head of the one that goes beyond it."""
    raw.send(frame(TEXT, b" " * 8000, fin=False) + frame(CONT, b" " * 46, fin=False))
    raw.send(frame(PING, b"so far"))
    raw.until(PONG, b"so far")
    raw.send(frame(CONT, b"", length=51))
    assert raw.closed()[0] == 1009


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_what_comes_between_fragments_is_no_part_of_their_sum(raw: RawSocket, opcode: int) -> None:
    """A control frame is as long as it may be where the message has room for one more byte."""
    raw.send(frame(TEXT, b" " * 8095, fin=False))
    for _ in range(3):
        raw.send(frame(opcode, b"x" * 125))
        if opcode == PING:
            assert raw.read() == Frame(PONG, b"x" * 125)
    raw.send(frame(CONT, b" "))
    raw.until(TEXT, b'"bad_json"')
    well(raw)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_between_fragments_may_not_be_long_either(
    raw: RawSocket, opcode: int
) -> None:
    """1002, as anywhere."""
    raw.send(frame(TEXT, b" " * 8095, fin=False))
    raw.send(frame(opcode, b"\x03\xe8" + b"x" * 124))
    assert raw.closed()[0] == 1002


# Control frames (section 5.5)


@pytest.mark.parametrize("payload", [b"", b"hello", b"\x00\xff\xfe\xfd\xfc", b"x" * 125])
@pytest.mark.parametrize("mask", [bytes(4), MASK])
def test_a_ping_is_answered_with_its_payload(raw: RawSocket, payload: bytes, mask: bytes) -> None:
    """Byte for byte."""
    raw.send(frame(PING, payload, mask=mask))
    assert raw.read() == Frame(PONG, payload)


def test_pings_are_answered_in_their_order(raw: RawSocket) -> None:
    """Each of them."""
    raw.send(b"".join(frame(PING, b"%d" % number) for number in range(20)))
    assert [raw.read() for _ in range(20)] == [Frame(PONG, b"%d" % n) for n in range(20)]


def test_a_pong_that_nobody_asked_for_is_nothing(raw: RawSocket) -> None:
    """With and without a payload (section 5.5.3)."""
    raw.send(frame(PONG) + frame(PONG, b"x" * 125))
    well(raw)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_may_be_neither_long_nor_in_fragments(server: Server, opcode: int) -> None:
    """1002."""
    for wrong in (frame(opcode, b"\x03\xe8" + b"x" * 124), frame(opcode, fin=False)):
        with RawSocket(server, DOOR) as raw:
            raw.send(wrong)
            assert raw.closed()[0] == 1002


def test_control_frames_come_between_fragments(member: RawSocket) -> None:
    """The ping is answered at once, the message is none the worse."""
    text = say("in pieces")
    member.send(frame(TEXT, text[:9], fin=False) + frame(PING, b"between"))
    member.until(PONG, b"between")
    member.send(frame(PONG) + frame(CONT, b"", fin=False) + frame(PING, b"again"))
    member.until(PONG, b"again")
    member.send(frame(CONT, text[9:]))
    assert content_of(member) == "in pieces"


def test_a_close_between_fragments_is_a_close(raw: RawSocket) -> None:
    """It is answered with its own code."""
    raw.send(frame(TEXT, b"x", fin=False) + close_frame(1001, b"away"))
    assert raw.closed() == (1001, b"away")
