"""One bad client costs the others nothing, and the server a bounded amount of memory and time.

Each abuse is done once before it is looked at: the first time the server also fills its caches.
Fifty normal people talk in the room meanwhile.
"""

from itertools import repeat

import pytest

from tests.faults.watch import Watch
from tests.support.burden import MIB
from tests.support.flood import pour
from tests.support.frames import CLOSE, CONT, PING, TEXT, frame
from tests.support.rawsocket import RawSocket
from tests.support.timing import SLACK

MILLION = 1_000_000


@pytest.mark.thorough
def test_a_million_tiny_frames_end_the_connection(watch: Watch) -> None:
    """Messages of two bytes, fragments of two bytes, and fragments of none."""
    server, room_id = watch.server, watch.room_id
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
                # A tenth of a second; to parse them would take several.
                pour(raw, pieces, seconds=2)
                codes.append(raw.closed()[0])

        do()
        watch.abuse(name, do)
        assert set(codes) == {1008}


@pytest.mark.thorough
def test_pings_whose_answers_are_not_read_end_the_connection(watch: Watch) -> None:
    """As soon as more of them wait than should, which takes no ten seconds."""
    server, room_id = watch.server, watch.room_id
    some = frame(PING, b"x" * 125) * 1000

    def do() -> None:
        path = f"/ws/chat/{room_id}?username=ping"
        with RawSocket(server, path, receive_buffer=4096) as raw:
            pour(raw, repeat(some), seconds=10 * SLACK, read=False)

    do()
    watch.abuse("unread pongs", do)


@pytest.mark.thorough
def test_what_is_too_long_is_refused_before_it_is_read(watch: Watch) -> None:
    """The client gets the 1009 although it goes on sending, and reads nothing meanwhile."""
    server, room_id = watch.server, watch.room_id
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
