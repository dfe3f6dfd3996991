"""One bad client costs the others nothing, and the server a bounded amount of memory and time.

Each abuse is done twice: the first time the server also fills its caches. Fifty normal people talk
in the room meanwhile.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from tests.faults.conftest import ProbedServer
from tests.support.burden import MIB, back, closed_handles, handles, memory, most_memory
from tests.support.flood import pour
from tests.support.people import Room
from tests.support.rawsocket import CLOSE, CONT, PING, TEXT, RawSocket, frame
from tests.support.talkers import Talkers, talkers
from tests.support.timing import scaled

LONG = os.environ.get("TEST_LONG") == "1"
SLACK = 5
# Milliseconds: below this, or below twice what it was when it was quiet, the others feel nothing.
# Other tests and what measures the coverage take the same cores, unless it is a long run.
UNFELT = 50 if LONG else 50 * SLACK
# Milliseconds that nothing may hold the event loop.
STALL = 250
# Bytes that one bad client may cost.
COST = 2 * MIB
MILLION = 1_000_000

Record = Callable[[str, object], None]
NewRoom = Callable[..., Room]


@pytest.fixture
def talked(
    probed_server: ProbedServer, new_room: NewRoom
) -> Iterator[tuple[ProbedServer, int, Talkers]]:
    """Yield a server, a room of it, and the fifty who talk there."""
    probed_server.start()
    room_id = new_room(probed_server, "Square")["id"]
    with talkers(probed_server, room_id) as people:
        yield probed_server, room_id, people


class Watch:
    """What an abuse did: to the others, to the loop, to memory."""

    def __init__(self, server: ProbedServer, people: Talkers, record: Record) -> None:
        self.server, self.people, self.record = server, people, record
        # Long enough to say what is usual.
        threading.Event().wait(1.5)
        self.quiet = people.report()
        assert self.quiet.deliveries > 0

    def abuse(self, name: str, do: Callable[[], object], *, cost: int = COST) -> None:
        """Do it again and again, and hold what it did to the promises."""
        self.server.stalls()
        self.people.report()
        times, begin = 1, time.monotonic()
        with most_memory(self.server) as most:
            do()
        # As often as it takes for the others to be heard in it, one after the other.
        while (seconds := time.monotonic() - begin) < 2:
            threading.Event().wait(0.1)
            do()
            times += 1
        stalls, talk = self.server.stalls(), self.people.report()
        figures = {
            "times": times,
            "seconds": round(seconds, 2),
            "growth_kib": most.growth // 1024,
            "stall_ms": stalls["longest"],
            "quiet_p99_ms": self.quiet.p99,
            "p99_ms": talk.p99,
        }
        self.record(name, figures)
        print(f"{name}: {figures}")  # noqa: T201 - pytest shows it when the test fails
        assert talk.cut == 0
        assert talk.deliveries > 0
        assert talk.p99 <= max(2 * self.quiet.p99, scaled(UNFELT))
        assert stalls["longest"] <= scaled(STALL)
        assert most.growth <= cost


@pytest.fixture
def watch(talked: tuple[ProbedServer, int, Talkers], record_property: Record) -> Watch:
    """Return the watch over the fifty."""
    server, _, people = talked
    return Watch(server, people, record_property)


def test_a_million_tiny_frames_end_the_connection(
    talked: tuple[ProbedServer, int, Talkers], watch: Watch
) -> None:
    """Messages of two bytes, fragments of two bytes, and fragments of none."""
    server, room_id, _ = talked
    begun = frame(TEXT, b"{}", fin=False)
    floods = {
        "messages of 2 bytes": (b"", frame(TEXT, b"{}")),
        "fragments of 2 bytes": (begun, frame(CONT, b"{}", fin=False)),
        "empty continuations": (begun, frame(CONT, fin=False)),
    }
    for name, (first, each) in floods.items():
        codes: list[int | None] = []

        def do(codes: list[int | None] = codes, first: bytes = first, each: bytes = each) -> None:
            with RawSocket(server, f"/ws/chat/{room_id}?username=flood") as raw:
                pieces = [first, *repeat(each * 10_000, MILLION // 10_000)]
                pour(raw, pieces, seconds=10 * SLACK)
                codes.append(raw.closed()[0])

        do()
        watch.abuse(name, do)
        assert set(codes) == {1008}


def test_pings_whose_answers_are_not_read_end_the_connection(
    talked: tuple[ProbedServer, int, Talkers], watch: Watch
) -> None:
    """As soon as more of them wait than should, which takes no ten seconds."""
    server, room_id, _ = talked
    some = frame(PING, b"x" * 125) * 1000

    def do() -> None:
        path = f"/ws/chat/{room_id}?username=ping"
        with RawSocket(server, path, receive_buffer=4096) as raw:
            pour(raw, repeat(some), seconds=10 * SLACK, read=False)

    do()
    watch.abuse("unread pongs", do)


def test_what_is_too_long_is_refused_before_it_is_read(
    talked: tuple[ProbedServer, int, Talkers], watch: Watch
) -> None:
    """The client gets the 1009 although it goes on sending, and reads nothing meanwhile."""
    server, room_id, _ = talked
    long = frame(TEXT, b" " * MIB)
    fragments = frame(TEXT, b" " * 4000, fin=False) + frame(CONT, b" " * 4000, fin=False) * 60

    def do() -> None:
        for read in (True, False):
            for data in (long, fragments):
                with RawSocket(server, f"/ws/chat/{room_id}?username=long") as raw:
                    pour(raw, [data], seconds=10 * SLACK, read=read)
                    assert raw.until(CLOSE).payload[:2] == (1009).to_bytes(2)
        # One that never stops is cut off in the end.
        with RawSocket(server, f"/ws/chat/{room_id}?username=long") as raw:
            pour(raw, [long, *repeat(b" " * MIB, 1000)], seconds=10 * SLACK)
            assert raw.until(CLOSE).payload[:2] == (1009).to_bytes(2)

    do()
    watch.abuse("too long", do)


def silent(server: ProbedServer, room_id: int, name: str) -> RawSocket:
    """Return a member of the room that will read nothing."""
    return RawSocket(server, f"/ws/chat/{room_id}?username={name}", receive_buffer=4096)


def test_who_never_reads_is_cut_off(
    probed_server: ProbedServer, new_room: NewRoom, record_property: Record
) -> None:
    """In a room in which half a megabyte is said in a second: within half a minute."""
    probed_server.start()
    room_id = new_room(probed_server, "Market")["id"]
    count = 300 if LONG else 40
    with talkers(probed_server, room_id, per_second=128, characters=970) as people:
        watch = Watch(probed_server, people, record_property)
        before = handles(probed_server)

        def one() -> None:
            with contextlib.closing(silent(probed_server, room_id, "sloth")):
                closed_handles(probed_server, before, seconds=30)

        def many() -> None:
            with contextlib.ExitStack() as stack:
                for number in range(count):
                    sloth = silent(probed_server, room_id, f"sloth{number}")
                    stack.enter_context(contextlib.closing(sloth))
                closed_handles(probed_server, before, seconds=60)

        many()
        watch.abuse("one who never reads", one)
        start = memory(probed_server)
        watch.abuse(f"{count} who never read", many, cost=count * COST)
        record_property("memory after it", back(probed_server, start) // 1024)
