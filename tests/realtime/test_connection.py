"""One connection: in order, bounded, and never waited for by those who write to it."""

import asyncio

import pytest

from parlour.realtime import connection as connection_module
from parlour.realtime.connection import OUTBOX_BUSY, OUTBOX_LIMIT
from parlour.support.counts import COUNTS
from tests.support.sockets import Socket
from tests.support.timing import scaled

TENTH = b"x" * (OUTBOX_LIMIT // 10)


@pytest.fixture
async def socket() -> Socket:
    """Return the far end of a connection."""
    return Socket()


async def test_frames_are_written_at_once_and_in_the_order_in_which_they_were_sent(
    socket: Socket,
) -> None:
    """Nothing waits for a task to run."""
    for number in range(50):
        socket.connection.send(b"%d" % number)
    assert socket.frames == [f"{number}" for number in range(50)]


async def test_ephemeral_frames_are_dropped_while_a_client_lags(socket: Socket) -> None:
    """And only they; before and after they are written."""
    socket.block()
    socket.connection.send(b"typing", ephemeral=True)
    while not socket.connection.lagging:
        socket.connection.send(TENTH)
    socket.connection.send(b"dropped", ephemeral=True)
    socket.connection.send(b"kept")
    assert socket.frames[0] == "typing"
    assert socket.frames[-1] == "kept"
    assert "dropped" not in socket.frames
    socket.go_on()
    socket.connection.send(b"typing again", ephemeral=True)
    assert socket.frames[-1] == "typing again"


async def test_a_client_that_lags_too_far_behind_is_cut(socket: Socket) -> None:
    """Its socket is dropped, not closed politely, and nothing is written to it any more."""
    socket.block()
    for _ in range(9):
        socket.connection.send(TENTH)
    before, cut = socket.dropped, COUNTS.cut["slow"]
    socket.connection.send(TENTH)
    assert (before, socket.dropped) == (False, True)
    assert socket.connection.ending
    assert COUNTS.cut["slow"] == cut + 1
    socket.connection.send(b"later")
    socket.connection.end(1000)
    assert socket.closed == []


async def test_one_frame_may_be_larger_than_the_limit(socket: Socket) -> None:
    """It was asked for, as a long resume is, and the next ones do not make it the last."""
    socket.block()
    socket.connection.send(b"x" * (2 * OUTBOX_LIMIT))
    for _ in range(9):
        socket.connection.send(TENTH)
    assert not socket.dropped
    for _ in range(2):
        socket.connection.send(TENTH)
    assert socket.dropped


async def test_what_was_allowed_for_a_large_frame_ends_when_it_has_been_read(
    socket: Socket,
) -> None:
    """From then on the limit is what it was."""
    socket.block()
    socket.connection.send(b"x" * (2 * OUTBOX_LIMIT))
    socket.go_on()
    socket.block()
    for _ in range(11):
        socket.connection.send(TENTH)
    assert socket.dropped


async def test_a_lagging_client_that_reads_nothing_is_cut_after_a_while(
    socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little more it is sent; one that reads slowly stays."""
    monkeypatch.setattr(connection_module, "STALL_SECONDS", 0.02)
    slow = Socket("slow")
    for each in (socket, slow):
        each.block()
        each.connection.send(b"x" * (OUTBOX_BUSY + 1))
        assert each.connection.lagging
    async with asyncio.timeout(scaled(10)):
        while not (socket.dropped and socket.connection.ending):
            slow.take(1)
            await asyncio.sleep(0.001)
    assert not slow.dropped
    slow.go_on()
    assert not slow.connection.lagging


async def test_the_end_comes_after_all_that_was_sent_before(socket: Socket) -> None:
    """What is sent later is lost, and only the first end counts."""
    for number in range(10):
        socket.connection.send(b"%d" % number)
    socket.connection.end(4504, "room deleted")
    socket.connection.send(b"too late")
    socket.connection.end(1011, "another")
    assert socket.frames == [f"{number}" for number in range(10)]
    assert socket.closed == [(4504, "room deleted")]
