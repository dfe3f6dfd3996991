"""Clients that never read, in a room in which half a megabyte is said in a second."""

import contextlib

import pytest

from tests.faults.conftest import ProbedServer, watched
from tests.faults.watch import COST, Record
from tests.support.burden import back, closed_handles, handles, memory
from tests.support.figures import figures
from tests.support.rawsocket import RawSocket
from tests.support.timing import LONG

pytestmark = pytest.mark.thorough

COUNT = 300 if LONG else 40
# Messages of 4 kB. Fifty who hear all of it are more than a busy machine can serve in time; what
# the server then keeps for them is no cost of those who never read.
PACE = {"per_second": 128, "characters": 970, "count": 50 if LONG else 10}
# Bytes that the kernel takes for a connection before the server has to keep any: by itself it
# takes so many that most of a test would be the waiting for it.
SEND_BUFFER = 128 * 1024


@pytest.mark.timeout(600 if LONG else 120)
def test_who_never_reads_is_cut_off(probed_server: ProbedServer, record_property: Record) -> None:
    """Within half a minute, one or many, and what they cost is given back."""
    if not LONG:
        probed_server.env["PROBE_SEND_BUFFER"] = str(SEND_BUFFER)
    with watched(probed_server, **PACE) as watch:
        watch.record = record_property
        before, gone = handles(probed_server), 0

        def some(count: int) -> None:
            nonlocal gone
            with contextlib.ExitStack() as stack:
                for number in range(count):
                    path = f"/ws/chat/{watch.room_id}?username=sloth{number}"
                    sloth = RawSocket(probed_server, path, receive_buffer=4096)
                    stack.enter_context(contextlib.closing(sloth))
                closed_handles(probed_server, before, seconds=30)
            gone += count

        # How much waits at once at most is a matter of chance, and the first time of nearly none.
        for _ in range(2 if LONG else 1):
            some(COUNT)
        watch.abuse("one who never reads", lambda: some(1))
        start = memory(probed_server)
        watch.abuse(f"{COUNT} who never read", lambda: some(COUNT), cost=COUNT * COST)
        watch.record("memory after it, KiB", (start // 1024, back(probed_server, start) // 1024))
        assert figures(probed_server)['parlour_connections_cut_total{reason="slow"}'] >= gone
