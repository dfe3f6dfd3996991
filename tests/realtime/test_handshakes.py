"""Handshakes: by what they are known, what makes them wrong, and what comes right behind them."""

import json
import time

import pytest
from httpx2 import Client

from tests.support.frames import CLOSE, PING, PONG, TEXT, Frame, close_frame, frame
from tests.support.people import Room, checked
from tests.support.rawhttp import HEALTH, RawHTTP, assert_refused
from tests.support.rawsocket import (
    ANSWER,
    ASK,
    DOOR,
    RawSocket,
    content_of,
    enter,
    handshake,
    path_of,
    say,
    well,
)
from tests.support.server import Server
from tests.support.timing import scaled

CONNECTION = "Connection: Upgrade"
UPGRADE = "Upgrade: websocket"
HOST = "Host: 127.0.0.1"


def changed(server: Server, there: str, instead: str, path: str = DOOR) -> bytes:
    """Return a handshake of which the header line that begins with `there` is another."""
    lines = handshake(server, path).decode().split("\r\n")
    [place] = [number for number, line in enumerate(lines) if line.startswith(there)]
    lines[place : place + 1] = instead.split("\n") if instead else []
    return "\r\n".join(lines).encode()


# What asks for a WebSocket


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (CONNECTION, "Connection: keep-alive, Upgrade"),
        (CONNECTION, "Connection: keep-alive ,\tUPGRADE ,"),
        (CONNECTION, "Connection: keep-alive\nConnection: upgrade"),
        (CONNECTION, "Connection: Upgrade\nConnection: keep-alive"),
        (CONNECTION, "CONNECTION: close, Upgrade"),
        (UPGRADE, "Upgrade: WebSocket"),
        (UPGRADE, "Upgrade: h2c, websocket"),
        (UPGRADE, "Upgrade: websocket, h2c"),
        (UPGRADE, "Upgrade: websocket\nUpgrade: h2c"),
        (UPGRADE, "Upgrade: h2c\nUpgrade: ,websocket"),
    ],
)
def test_a_handshake_is_known_by_all_of_its_headers(
    server: Server, there: str, instead: str
) -> None:
    """Each may come several times, and is a list without regard to case (RFC 9110)."""
    with RawSocket(server) as raw:
        raw.send(changed(server, there, instead))
        assert raw.read_head().startswith("HTTP/1.1 101 ")
        well(raw)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (CONNECTION, "Connection: keep-alive"),
        (CONNECTION, "Connection: x-upgrade"),
        (CONNECTION, ""),
        (UPGRADE, "Upgrade: websockets"),
        (UPGRADE, "Upgrade: h2c"),
        (UPGRADE, "Upgrade: web, socket"),
        (UPGRADE, ""),
    ],
)
def test_what_only_resembles_a_handshake_is_a_request_like_any_other(
    server: Server, there: str, instead: str
) -> None:
    """There is no page at the address of a WebSocket."""
    with RawSocket(server) as raw:
        raw.send(changed(server, there, instead))
        assert raw.read_head().startswith("HTTP/1.1 404 ")


# What makes it wrong


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (HOST, ""),
        (HOST, f"{HOST}\n{HOST}"),
        (HOST, f"{HOST}\nhost: localhost"),
        (UPGRADE, f"{UPGRADE}\nContent-Length: 6"),
        (UPGRADE, f"{UPGRADE}\nTransfer-Encoding: chunked"),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, again"),
    ],
    ids=["no host", "one host twice", "two hosts", "a body", "chunks", "a list of keys"],
)
def test_a_wrong_handshake_is_refused_in_the_form_of_all_refusals(
    server: Server, there: str, instead: str
) -> None:
    """400, whether its frames, or its body, come with it or not."""
    for behind in (b"", ASK, b"5\r\n" + ASK[:5] + b"\r\n0\r\n\r\n"):
        with RawHTTP(server) as client:
            client.send(changed(server, there, instead) + behind)
            [answer] = client.until_end(seconds=10)
        assert_refused(answer, "bad_request")


def test_a_length_of_nothing_is_no_body(server: Server) -> None:
    """Some libraries send one with every request."""
    with RawSocket(server, DOOR, "Content-Length: 0") as raw:
        well(raw)


def test_thousands_of_parameters_cost_nothing(server: Server) -> None:
    """They are counted, not looked at one by one."""
    names = "&".join(f"p{number}" for number in range(1_000))
    begin = time.monotonic()
    for _ in range(20):
        with RawSocket(server, f"/ws/chat?username=alice&{names}") as raw:
            refusal = json.loads(raw.until(TEXT, b'"error"').payload)
            assert refusal["code"] == "invalid"
            assert int.from_bytes(raw.until(CLOSE).payload[:2]) == 4500
    assert time.monotonic() - begin < scaled(2)


def test_an_address_without_a_path_is_refused(server: Server) -> None:
    """In the form of all refusals, and without a line in the log."""
    request = handshake(server, "/ws/chat").replace(b"GET /ws/chat ", b"GET http://127.0.0.1 ")
    with RawSocket(server) as raw:
        raw.send(request)
        assert raw.read_head().startswith("HTTP/1.1 4")


# What comes right behind it

FIRST = ASK + frame(PING, b"first") + frame(TEXT, b'{"type":"ping"}', mask=b"\x01\x02\x03\x04")
ANSWERS = [ANSWER, Frame(PONG, b"first"), ANSWER]


def assert_first(raw: RawSocket, head: str) -> None:
    """Assert that the handshake and the first frames are answered, and nothing else."""
    assert head.startswith("HTTP/1.1 101 ")
    frames = [raw.read() for _ in ANSWERS]
    assert sorted(map(str, frames)) == sorted(map(str, ANSWERS))
    well(raw)


def test_frames_may_come_with_the_handshake_however_it_is_cut(server: Server) -> None:
    """Into two pieces at every byte, of which the second comes at once or after the answer."""
    request = handshake(server, DOOR)
    whole = request + FIRST
    for at in range(1, len(whole) + 1):
        with RawSocket(server) as raw:
            raw.send(whole[:at])
            head = raw.read_head() if at >= len(request) else ""
            raw.send(whole[at:])
            assert_first(raw, head or raw.read_head())


def test_frames_may_come_with_a_handshake_of_any_length(server: Server) -> None:
    """Wherever the parser of HTTP cuts what it takes at once, and behind another request."""
    for size in [*range(700, 960, 7), 1_900, 2_048, 20_000]:
        request = handshake(server, DOOR, f"Cookie: {'x' * size}")
        with RawSocket(server) as raw:
            raw.send(HEALTH)
            assert raw.read_head().startswith("HTTP/1.1 200 ")
            while not raw.unread.endswith(b"}"):
                assert raw._more()
            raw.unread = b""
            raw.send(request + FIRST)
            assert_first(raw, raw.read_head())


def test_many_frames_may_come_with_the_handshake(server: Server, room: Room) -> None:
    """They are done in their order, and once those of the room have been told who is there."""
    count = 300
    said = [frame(TEXT, say(f"{number}")) for number in range(count)]
    with enter(server, room, "alice") as member, RawSocket(server) as raw:
        raw.send(handshake(server, path_of(room, "bob")) + b"".join(said))
        assert raw.read_head().startswith("HTTP/1.1 101 ")
        assert [content_of(raw) for _ in said] == [f"{number}" for number in range(count)]
        assert [content_of(member) for _ in said] == [f"{number}" for number in range(count)]


def test_a_handshake_behind_a_request_that_is_not_answered_yet_is_refused(server: Server) -> None:
    """In its turn; who asks for a WebSocket waits for what it asked before."""
    with RawHTTP(server) as client:
        client.send(HEALTH + handshake(server, DOOR) + FIRST)
        answered, refused = client.until_end(seconds=10)
    assert answered.status == 200
    assert_refused(refused, "bad_request")


def test_who_is_not_let_in_reads_why_whatever_was_sent_at_once(
    server: Server, room: Room, http: Client
) -> None:
    """The frames behind the handshake are nobody's."""
    behind = frame(TEXT, say("early")) * 100 + close_frame(1000)
    path = path_of(room, "bob") + "&colour=red"
    with RawSocket(server) as raw:
        raw.send(handshake(server, path) + behind)
        assert raw.read_head().startswith("HTTP/1.1 101 ")
        raw.until(TEXT, b'"invalid"')
        assert raw.closed() == (4500, b"invalid")
    assert checked(http.get(f"/api/chat/rooms/{room['id']}/messages")) == []


@pytest.mark.one_node("each may write so many lines")
def test_a_page_of_another_origin_is_refused_whatever_it_sent_at_once(server: Server) -> None:
    """403, as ever; and nobody fills the disk with what the log says of it."""
    server.expect_fault("refused a WebSocket from a page")
    for _ in range(25):
        with RawHTTP(server) as client:
            # No more of it is told than its beginning, and nothing behind its host.
            origin = f"Origin: https://evil.example{'x' * 10_000}/{'y' * 10_000}"
            client.send(handshake(server, DOOR, origin) + FIRST)
            [answer] = client.until_end(seconds=10)
        assert answer.status == 403
    server.process.wait_for_line("https://evil.examplexxx")
    lines = [line for line in server.log if "https://evil.examplexxx" in line]
    assert 0 < len(lines) <= 20
    assert all(len(line) < 300 and "yyy" not in line for line in lines)
