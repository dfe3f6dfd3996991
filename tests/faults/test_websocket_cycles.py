"""Connections that come and go, in order and not: what they took is given back."""

import time
from collections.abc import Callable
from itertools import cycle, islice

import pytest

from tests.faults.watch import Watch
from tests.support.brief import thorough_but
from tests.support.burden import MIB, back, closed_handles, handles, memory
from tests.support.frames import PING, TEXT, close_frame, frame
from tests.support.people import checked, http_client
from tests.support.rawsocket import RawSocket, handshake, say
from tests.support.server import Server
from tests.support.talkers import COUNT
from tests.support.timing import LONG, scaled

CYCLES = 10_000 if LONG else 4_000
# Messages on their way when their sender goes.
STORM = 20

Cycle = Callable[[Server, str], None]


def in_order(server: Server, path: str) -> None:
    """Come, and say goodbye."""
    with RawSocket(server, path) as raw:
        raw.send(close_frame(1000))
        assert raw.closed()[0] == 1000


def reset(server: Server, path: str) -> None:
    """Come, and be gone without a word."""
    raw = RawSocket(server, path)
    raw.reset()


def half_a_handshake(server: Server, path: str) -> None:
    """Begin to come."""
    raw = RawSocket(server)
    raw.send(handshake(server, path)[:-10])
    raw.reset()


def unread_handshake(server: Server, path: str) -> None:
    """Come, and be gone before the answer."""
    raw = RawSocket(server)
    raw.send(handshake(server, path))
    raw.reset()


def no_handshake(server: Server, path: str) -> None:
    """Ask for something that is no WebSocket."""
    with RawSocket(server) as raw:
        raw.send(handshake(server, path).replace(b"Version: 13", b"Version: 7"))
        assert raw.read_head().startswith("HTTP/1.1 426 ")


def refused(server: Server, path: str) -> None:
    """Come without a name."""
    with RawSocket(server, path.partition("?")[0]) as raw:
        raw.until(TEXT, b'"error"')
        raw.reset()


def in_the_middle_of_sends(server: Server, path: str) -> None:
    """Say a lot, and be gone before it is stored and told."""
    raw = RawSocket(server, path)
    raw.send(b"".join(frame(TEXT, say(f"{number}")) for number in range(STORM)))
    raw.reset()


def in_the_middle_of_a_resume(server: Server, path: str) -> None:
    """Ask for all that was missed, and be gone while it is read."""
    raw = RawSocket(server, f"{path}&after=0")
    raw.send(frame(PING, b"x" * 125) * 10 + frame(TEXT, say("half"))[:20])
    raw.reset()


KINDS: dict[str, list[Cycle]] = {
    "come and go": [in_order, reset],
    "handshakes that come to nothing": [half_a_handshake, unread_handshake, no_handshake, refused],
    "gone in the middle": [in_the_middle_of_sends, in_the_middle_of_a_resume],
}


def nothing_is_left(watch: Watch, before: dict[str, float]) -> None:
    """Wait until no more tasks run, and no more connections are in memory, than before.

    Not for as long as the server's own deadlines, whose timers would keep what they belong to.
    """
    deadline = time.monotonic() + scaled(9)
    for name in ("connections", "tasks"):
        while (now := watch.server.stalls()[name]) > before[name]:
            assert time.monotonic() < deadline, f"{now} {name}, before {before[name]}"


@pytest.mark.parametrize("name", thorough_but(["gone in the middle"], KINDS))
def test_who_came_and_went_leaves_nothing_to_be_collected(watch: Watch, name: str) -> None:
    """What a connection was is freed as it ends: to collect thousands held the loop for 60 ms."""
    server = watch.server
    path = f"/ws/chat/{watch.room_id}?username=visitor"
    rounds, open_before = 50, handles(server)
    before = server.stalls()
    for _ in range(rounds):
        for kind in KINDS[name]:
            kind(server, path)
    closed_handles(server, open_before)
    after = server.stalls()
    assert after["garbage"] < rounds
    # The last of them may be on its way out still.
    deadline = time.monotonic() + scaled(5)
    while server.stalls()["connections"] > before["connections"]:
        assert time.monotonic() < deadline


@pytest.mark.thorough
@pytest.mark.timeout(1_000 if LONG else 120)
def test_what_connections_took_is_given_back(watch: Watch) -> None:
    """Handles, tasks and memory are where they were, and nobody is left in the room."""
    server = watch.server
    path = f"/ws/chat/{watch.room_id}?username=visitor"

    def some(kinds: list[Cycle]) -> None:
        for kind in islice(cycle(kinds), CYCLES // len(KINDS)):
            kind(server, path)

    before, open_before = server.stalls(), handles(server)
    for kinds in KINDS.values():
        some(kinds)
    closed_handles(server, open_before)
    start = memory(server)
    for name, kinds in KINDS.items():

        def do(kinds: list[Cycle] = kinds) -> None:
            some(kinds)

        watch.abuse(name, do, cost=64 * MIB, once=True)
    closed_handles(server, open_before)
    nothing_is_left(watch, before)
    now = back(server, start)
    watch.record("memory, KiB", {"before": start // 1024, "after": now // 1024})
    with http_client(server) as http:
        deadline = time.monotonic() + scaled(10)
        while checked(http.get(f"/api/chat/rooms/{watch.room_id}"))["online"] != COUNT:
            assert time.monotonic() < deadline, "somebody is left"
