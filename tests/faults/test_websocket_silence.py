"""Peers that say nothing: gone without a word, or in the middle of one. They are found in time."""

import asyncio
import contextlib
import ctypes
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support import hurried
from tests.support.brief import thorough_but
from tests.support.burden import closed_handles, handles
from tests.support.figures import figures
from tests.support.frames import CLOSE, CONT, PING, PONG, TEXT, frame
from tests.support.hurried_server import HurriedServer
from tests.support.people import NewRoom, Person, Room
from tests.support.rawsocket import ANSWER, ASK, RawSocket, enter, handshake, path_of, say
from tests.support.server import Server
from tests.support.timing import LONG, SLACK, scaled

# With the numbers of production in a long run.
MESSAGE_SECONDS = 10.0 if LONG else hurried.MESSAGE_SECONDS
KEEPALIVE = 40.0 if LONG else hurried.PING_INTERVAL + hurried.PING_TIMEOUT
# How many were let go because they did not answer.
SILENT = 'parlour_connections_cut_total{reason="silent"}'


# A client that opens a connection and reads, until it is stopped.
READER = """
import socket, sys
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sock.sendall(bytes.fromhex(sys.argv[2]))
while data := sock.recv(65536):
    if b"user_list" in data:
        print("in", flush=True)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose WebSockets hurry, unless there is time."""
    hurry = () if LONG else ("websockets",)
    with HurriedServer(tmp_path_factory.mktemp("hurried"), hurry=hurry) as running:
        yield running


@contextmanager
def stopped(server: Server, room: Room, name: str) -> Iterator[None]:
    """Have a member whose process is stopped: its kernel takes what comes, nobody answers."""
    request = handshake(server, path_of(room, name)).hex()
    command = [sys.executable, "-c", READER, str(server.port), request]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"in\n"
            process.send_signal(signal.SIGSTOP)
            yield
        finally:
            process.kill()


@contextmanager
def swallowed(server: Server, room: Room, name: str) -> Iterator[None]:
    """Have a member behind a proxy that takes everything and passes nothing on."""
    with RawSocket(server, path_of(room, name)):
        yield


class SockFilter(ctypes.Structure):
    """One instruction of a socket's filter (linux/filter.h)."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class SockFprog(ctypes.Structure):
    """A filter."""

    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(SockFilter)))


@contextmanager
def unplugged(server: Server, room: Room, name: str) -> Iterator[None]:
    """Have a member whose kernel hears nothing any more: not even that data came is confirmed."""
    with enter(server, room, name) as raw:
        give_back_nothing = SockFilter(0x06, 0, 0, 0)
        program = SockFprog(1, ctypes.pointer(give_back_nothing))
        attach_filter = 26
        raw.sock.setsockopt(socket.SOL_SOCKET, attach_filter, bytes(program))
        yield


@pytest.mark.timeout(200)
@pytest.mark.parametrize("gone", thorough_but([unplugged], [stopped, swallowed, unplugged]))
async def test_a_peer_that_is_gone_without_a_word_is_found(
    server: Server,
    room: Room,
    alice: Person,
    gone: Callable[[Server, Room, str], contextlib.AbstractContextManager[None]],
) -> None:
    """Within the interval of pings and the time for an answer; the others see it leave."""
    watcher = await alice.enter(room)
    before, cut = handles(server), figures(server)[SILENT]
    with gone(server, room, "ghost"):
        await watcher.until("join", username="ghost")
        begin = time.monotonic()
        # What is written to it changes nothing.
        await watcher.send("message", content="boo")
        await watcher.until("leave", seconds=KEEPALIVE * SLACK, username="ghost")
        assert time.monotonic() - begin < scaled(KEEPALIVE * SLACK)
        await watcher.until("user_list", users=["alice"])
        assert figures(server)[SILENT] == cut + 1
        closed_handles(server, before)


@pytest.mark.thorough
async def test_a_peer_that_answers_pings_stays(server: Server, room: Room, alice: Person) -> None:
    """However little it says otherwise, and for longer than both times together."""
    watcher = await alice.enter(room)
    quiet = await Person("quiet", server).connect(room)
    await watcher.until("join", username="quiet")
    # The time itself is what is looked at: nothing happens at its end.
    await asyncio.sleep(KEEPALIVE * 1.5)
    await quiet.settle()
    await watcher.settle()
    assert [each for each in watcher.frames if each["type"] == "leave"] == []
    await quiet.close()


BEGINNINGS = {
    "one byte": b"\x81",
    "a head": frame(TEXT, length=100),
    "half a frame": frame(TEXT, b"x" * 50, length=100),
    "a fragment": frame(TEXT, b"x", fin=False),
    "two fragments": frame(TEXT, b"x", fin=False) + frame(CONT, fin=False),
    "half a close": frame(CLOSE, b"\x03", length=2),
}


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    "beginning",
    thorough_but([BEGINNINGS["half a frame"], BEGINNINGS["a fragment"]], BEGINNINGS.values()),
    ids=BEGINNINGS,
)
def test_a_message_that_does_not_end_ends_the_connection(
    server: Server, room: Room, beginning: bytes
) -> None:
    """1008 when its time is over, and not before."""
    with enter(server, room, "bob") as raw:
        raw.sock.settimeout(scaled(MESSAGE_SECONDS * SLACK))
        begin = time.monotonic()
        raw.send(beginning)
        assert raw.closed() == (1008, b"the message took too long")
        assert MESSAGE_SECONDS * 0.9 < time.monotonic() - begin < scaled(MESSAGE_SECONDS * SLACK)


@pytest.mark.timeout(100)
def test_a_message_that_trickles_in_ends_the_connection(server: Server, room: Room) -> None:
    """Each byte comes soon after the last, but the message as a whole does not."""
    with enter(server, room, "bob") as raw:
        begin, text = time.monotonic(), frame(TEXT, say("x" * 900))
        for at in range(len(text)):
            # Until the server has something to say.
            if select.select([raw.sock], [], [], 0.05)[0]:
                break
            raw.send(text[at : at + 1])
        assert raw.closed() == (1008, b"the message took too long")
        assert time.monotonic() - begin < scaled(MESSAGE_SECONDS * SLACK)


@pytest.mark.thorough
@pytest.mark.timeout(100)
def test_messages_that_end_in_time_may_follow_one_another_for_ever(
    server: Server, room: Room
) -> None:
    """Each has its own time, also when a read always ends in the middle of one."""
    with enter(server, room, "bob") as raw:
        raw.send(ASK[:5])
        answer = b""
        end = time.monotonic() + MESSAGE_SECONDS * 2.2
        while time.monotonic() < end:
            # The server's pings are answered between two messages.
            raw.send(ASK[5:] + answer + ASK[:5])
            answer = b""
            while (each := raw.read()) != ANSWER:
                assert each is not None, "it was closed"
                answer = frame(PONG, each.payload) if each.opcode == PING else b""
        raw.send(ASK[5:])
        raw.until(TEXT, b'"pong"')


@pytest.mark.thorough
@pytest.mark.timeout(100)
def test_a_close_that_is_not_answered_ends_all_the_same(
    server: Server, new_room: NewRoom, room: Room
) -> None:
    """A peer that breaks the protocol and then neither reads nor goes keeps no socket."""
    del room
    before = handles(server)
    place = new_room(server)
    with RawSocket(server, path_of(place, "bob"), receive_buffer=4096) as raw:
        raw.send(frame(TEXT, mask=None))
        closed_handles(server, before, seconds=MESSAGE_SECONDS * SLACK)
