"""A stop while people come in: each is told to come back, and none holds the stop up."""

import contextlib
import json
import signal
import threading
import time
from typing import Final

import pytest

from tests.support.frames import CLOSE, TEXT, frame
from tests.support.people import NewRoom
from tests.support.rawsocket import ASK, RawSocket, enter, handshake, path_of, say
from tests.support.server import Server
from tests.support.timing import SLACK, scaled

# Seconds; what is promised, and a slow or busy machine gets five times as much.
PROMISE: Final = 10
LATE: Final = 50
COMING: Final = 8
# Visits of the storm before the stop.
ENOUGH: Final = 100


def test_who_asks_to_come_in_while_the_server_goes_is_told_to_come_back(
    own_server: Server, new_room: NewRoom
) -> None:
    """`closing` and 1012, on connections that were open before."""
    room = new_room(own_server)
    with contextlib.ExitStack() as stack:
        late = [stack.enter_context(RawSocket(own_server)) for _ in range(LATE)]
        # The server waits two seconds for its answer to the close.
        silent = stack.enter_context(enter(own_server, room, "silent"))
        begin = time.monotonic()
        own_server.process.signal(signal.SIGTERM)
        silent.until(CLOSE, (1012).to_bytes(2))
        for number, raw in enumerate(late):
            raw.send(handshake(own_server, path_of(room, f"late{number}")) + ASK)
        for raw in late:
            assert raw.read_head().startswith("HTTP/1.1 101 ")
            told = json.loads(raw.until(TEXT).payload)
            assert told == {"type": "closing", "retry_after_ms": 1000}
            assert raw.closed() == (1012, b"the server restarts")
        assert own_server.process.wait(seconds=PROMISE * SLACK) == 0
        assert time.monotonic() - begin < scaled(PROMISE * SLACK)
    assert own_server.faults() == []


@pytest.mark.thorough
def test_a_storm_of_those_who_come_does_not_hold_a_stop_up(
    own_server: Server, new_room: NewRoom
) -> None:
    """Whoever is let in is served, or told; nobody gets the half of an answer."""
    path = path_of(new_room(own_server), "visitor")
    stories: list[bytes] = []
    enough = threading.Event()

    def come_again_and_again() -> None:
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                lost = contextlib.suppress(ConnectionResetError, BrokenPipeError)
                with lost, RawSocket(own_server) as raw:
                    raw.send(handshake(own_server, path) + ASK)
                    while raw._more() and b'"pong"' not in raw.unread:
                        pass
                    stories.append(raw.unread)
                if len(stories) >= ENOUGH:
                    enough.set()

    storm = [threading.Thread(target=come_again_and_again) for _ in range(COMING)]
    for each in storm:
        each.start()
    assert enough.wait(scaled(20))
    begin = time.monotonic()
    assert own_server.stop(seconds=PROMISE * SLACK) == 0
    assert time.monotonic() - begin < scaled(PROMISE * SLACK)
    for each in storm:
        each.join()
    for story in stories:
        if story.startswith(b"HTTP/1.1 101 "):
            told = b'"closing"' in story and (1012).to_bytes(2) + b"the server" in story
            assert told or b'"pong"' in story, story
        else:
            assert not story or story.startswith(b"HTTP/1.1 503 "), story
    assert own_server.faults() == []


def test_who_does_not_read_their_pages_holds_no_stop_up_and_fills_no_log(
    own_server: Server, new_room: NewRoom
) -> None:
    """What is not taken when the time is over is not worth a word."""
    room = new_room(own_server)
    with enter(own_server, room, "talker") as talker:
        talker.send(frame(TEXT, say("x" * 1_000)) * 200)
        for _ in range(200):
            talker.until(TEXT, b'"message"')
    page = f"GET /api/chat/rooms/{room['id']}/messages?limit=200 HTTP/1.1\r\nHost: a\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            deaf = stack.enter_context(RawSocket(own_server, receive_buffer=4096))
            deaf.send(page.encode() * 30)
            assert deaf.read_head().startswith("HTTP/1.1 200")
        begin = time.monotonic()
        own_server.process.signal(signal.SIGTERM)
        assert own_server.process.wait(seconds=PROMISE * SLACK) == 0
        assert time.monotonic() - begin < scaled(PROMISE * SLACK)
    assert own_server.faults() == []
