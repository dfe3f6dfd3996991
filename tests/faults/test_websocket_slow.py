"""Clients that read slowly: normal ones are served in their time, others cost no more than that."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from itertools import repeat

import pytest

from tests.support.burden import MIB, closed_handles, handles, most_memory
from tests.support.flood import pour
from tests.support.frames import PING, PONG, TEXT, Frame, close_frame, frame
from tests.support.hurried import MESSAGE_SECONDS
from tests.support.hurried_server import HurriedServer
from tests.support.people import MakePerson, NewRoom, Room
from tests.support.rawhttp import HOST, RawHTTP, assert_refused, take_apart
from tests.support.rawsocket import ASK, RawSocket, content_of, enter, handshake, path_of, say, well
from tests.support.server import Server
from tests.support.timing import SLACK, scaled

# Messages of 4 kB: a page of them has 820 kB, and half a page less than a client may lag behind.
LONG_TEXT = frame(TEXT, say("😀" * 970))
PAGE = 200
HALF = 100


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose WebSockets hurry."""
    home = tmp_path_factory.mktemp("hurried")
    with HurriedServer(home, hurry=("websockets",)) as running:
        yield running


def slow(server: Server, path: str | None = None) -> RawSocket:
    """Return a connection with hardly any room on its way for what has not been read yet."""
    return RawSocket(server, path, receive_buffer=2048, segment=536)


def full_room(server: Server, new_room: NewRoom, count: int) -> Room:
    """Return a room in which so many long messages were said."""
    room = new_room(server)
    with enter(server, room, "talker") as talker:
        talker.send(LONG_TEXT * count)
        for _ in range(count):
            content_of(talker)
        talker.send(close_frame(1000))
        assert talker.closed()[0] == 1000
    return room


def begins(raw: RawSocket) -> None:
    """Wait until there is something to read."""
    assert select.select([raw.sock], [], [], raw.sock.gettimeout())[0]


def test_who_has_not_read_its_page_is_not_let_in_on_the_same_connection(
    hurried: Server, new_room: NewRoom
) -> None:
    """The bounds of a WebSocket would not hold: what waits is watched only from its bound on."""
    room = full_room(hurried, new_room, PAGE)
    request = f"GET /api/chat/rooms/{room['id']}/messages?limit={PAGE} HTTP/1.1\r\n".encode()
    command = {"type": "subscribe", "room_id": room["id"], "after": 0}
    asking = frame(TEXT, json.dumps(command).encode())
    before = handles(hurried)
    with most_memory(hurried) as most, slow(hurried) as raw:
        raw.send(request + HOST + b"\r\n")
        begins(raw)
        raw.send(handshake(hurried, path_of(room, "sloth")))
        # Each would be answered with as much as the page has.
        pour(raw, repeat(asking, 2_000), seconds=20, read=False)
        while raw._more():
            pass
    page, refusal = take_apart(raw.unread)
    assert (page.status, len(page.body) > 800_000) == (200, True)
    assert_refused(refusal, "bad_request")
    # What pages leave to the collector of garbage comes to some dozens by itself.
    assert most.growth < 64 * MIB
    closed_handles(hurried, before)


def test_who_has_read_its_page_is_let_in_on_the_same_connection(
    hurried: Server, new_room: NewRoom
) -> None:
    """However slow its network is."""
    room = full_room(hurried, new_room, PAGE)
    request = f"GET /api/chat/rooms/{room['id']}/messages?limit={PAGE} HTTP/1.1\r\n".encode()
    with slow(hurried) as raw:
        raw.send(request + HOST + b"\r\n")
        head = raw.read_head()
        size = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
        assert size > 800_000
        while len(raw.unread) < size:
            assert raw._more()
        raw.unread = b""
        raw.send(handshake(hurried, path_of(room, "alice")))
        assert raw.read_head().startswith("HTTP/1.1 101 ")
        raw.until(TEXT, b'"user_list"')
        well(raw)


async def test_who_has_ended_its_half_is_gone_for_the_others_at_once(
    hurried: Server, new_room: NewRoom, person: MakePerson
) -> None:
    """However much it has still to read; and if it does so at 2 kB/s, its socket goes too."""
    room = full_room(hurried, new_room, HALF)
    watcher = await person("alice", hurried).enter(room)
    before = handles(hurried)
    with slow(hurried, path_of(room, "sloth") + "&after=0") as raw:
        await watcher.until("join", username="sloth")
        begins(raw)
        raw.sock.shutdown(socket.SHUT_WR)
        await watcher.until("leave", username="sloth")
        await watcher.until("user_list", users=["alice"])
        deadline = time.monotonic() + scaled(MESSAGE_SECONDS * SLACK)
        pace = threading.Event()
        while handles(hurried) > before:
            assert time.monotonic() < deadline, "its socket is still there"
            with contextlib.suppress(ConnectionError):
                raw.sock.recv(200)
            pace.wait(0.1)


def test_a_ping_of_who_reads_slowly_is_answered_in_its_turn(
    server: Server, new_room: NewRoom
) -> None:
    """Behind the 400 kB that it has asked for and not read yet; it is not cut off for it."""
    room = full_room(server, new_room, HALF)
    with slow(server, path_of(room, "bob") + "&after=0") as raw:
        begins(raw)
        raw.send(frame(PING, b"still here"))
        # Whoever is answered now was read after the ping.
        for _ in range(3):
            with RawHTTP(server) as other:
                assert other.ask().status == 200
        assert len(raw.until(TEXT, b'"sync"').payload) > 400_000
        assert raw.until(PONG) == Frame(PONG, b"still here")
        well(raw)


def test_pings_of_who_reads_slowly_are_all_answered(server: Server, new_room: NewRoom) -> None:
    """As many as nobody sends by the second, one by one while the 400 kB are on their way."""
    room = full_room(server, new_room, HALF)
    with slow(server, path_of(room, "bob") + "&after=0") as raw:
        begins(raw)
        pings = [b"%d" % number for number in range(1_000)]
        for payload in pings:
            raw.send(frame(PING, payload))
        assert [raw.until(PONG).payload for _ in pings] == pings
        well(raw)


def test_who_says_goodbye_and_goes_on_sending_reads_all_that_it_was_sent(
    server: Server, new_room: NewRoom
) -> None:
    """Up to the answer to its close: a reset would throw away what is still on its way."""
    room = full_room(server, new_room, HALF)
    with slow(server, path_of(room, "bob") + "&after=0") as raw:
        begins(raw)
        raw.send(close_frame(1000, b"bye") + b"\xff" * 2 * MIB)
        assert len(raw.until(TEXT, b'"sync"').payload) > 400_000
        assert raw.closed() == (1000, b"bye")


def test_who_takes_what_they_asked_for_bit_by_bit_is_not_taken_for_gone(
    hurried: Server, new_room: NewRoom
) -> None:
    """The ping waits behind a `sync` for longer than its answer may take, and is answered then."""
    room = full_room(hurried, new_room, HALF)
    command = {"type": "subscribe", "room_id": room["id"], "after": 0}
    with slow(hurried, "/ws/chat?username=patient") as raw:
        raw.send(frame(TEXT, json.dumps(command).encode()))
        begins(raw)
        begin = time.monotonic()
        # Several times as long as a ping may wait.
        while time.monotonic() - begin < scaled(6 * MESSAGE_SECONDS):
            raw.unread += raw.sock.recv(4_096)
            threading.Event().wait(0.1)
        assert len(raw.unread) < 350_000
        raw.until(TEXT, b'"user_list"')
        ping = raw.until(PING)
        raw.send(frame(PONG, ping.payload) + ASK)
        raw.until(TEXT, b'"pong"')
