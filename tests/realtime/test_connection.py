"""One connection's outbox: in order, bounded, and never waited for by those who fill it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.websockets import WebSocketDisconnect

from parlour.realtime import connection as connection_module
from parlour.realtime.connection import OUTBOX_BUSY, OUTBOX_LIMIT, run_beside
from tests.support.sockets import Socket
from tests.support.timing import scaled

# The most that one frame counts for.
QUARTER = "x" * (OUTBOX_LIMIT // 4)


@pytest.fixture
async def socket() -> Socket:
    """Return the far end of a connection."""
    return Socket()


@asynccontextmanager
async def running(socket: Socket) -> AsyncIterator[asyncio.Task[None]]:
    """Run a connection's writer for the block's length, which must not take for ever."""
    task = asyncio.create_task(socket.connection.run())
    try:
        async with asyncio.timeout(scaled(20)):
            yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_frames_are_written_in_the_order_in_which_they_were_sent(socket: Socket) -> None:
    """Whether the writer runs already or not."""
    socket.connection.send("1")
    async with running(socket):
        for number in range(2, 50):
            socket.connection.send(f"{number}")
        await socket.connection.flushed()
        assert socket.frames == [f"{number}" for number in range(1, 50)]
        socket.connection.send("late")
        await socket.connection.flushed()
        assert socket.frames[-1] == "late"


async def test_sending_does_not_wait_for_a_slow_reader(socket: Socket) -> None:
    """The frames wait instead, and come when it reads again."""
    socket.block()
    async with running(socket):
        for number in range(100):
            socket.connection.send(f"{number}")
        await socket.taking.wait()
        assert socket.frames == []
        socket.go_on()
        await socket.connection.flushed()
        assert len(socket.frames) == 100


async def test_flushed_waits_for_the_last_frame_to_be_taken(socket: Socket) -> None:
    """Not only for the outbox to be empty."""
    await socket.connection.flushed()
    socket.block()
    async with running(socket):
        socket.connection.send("1")
        await socket.taking.wait()
        assert socket.queued() == []
        flushing = asyncio.ensure_future(socket.connection.flushed())
        await asyncio.sleep(0)
        assert not flushing.done()
        socket.go_on()
        await flushing
        assert socket.frames == ["1"]


async def test_ephemeral_frames_are_dropped_past_half_of_the_limit(socket: Socket) -> None:
    """And only they; below half they are kept."""
    socket.connection.send("typing", ephemeral=True)
    assert socket.queued() == ["typing"]
    for _ in range(3):
        socket.connection.send(QUARTER)
    socket.connection.send("dropped", ephemeral=True)
    socket.connection.send("kept")
    assert socket.queued()[-1] == "kept"
    assert "dropped" not in socket.queued()
    async with running(socket):
        await socket.connection.flushed()
        socket.connection.send("typing again", ephemeral=True)
        await socket.connection.flushed()
    assert socket.frames[-1] == "typing again"


async def test_a_client_that_lags_too_far_behind_is_cut(socket: Socket) -> None:
    """Nothing is kept for it any more; those who wait for it go on."""
    for _ in range(4):
        socket.connection.send(QUARTER)
    assert not socket.connection.cut.is_set()
    socket.connection.send("one too many")
    assert socket.connection.cut.is_set()
    assert socket.queued() == []
    await socket.connection.flushed()
    await socket.connection.caught_up()
    socket.connection.send("later")
    assert socket.queued() == []


async def test_one_frame_may_be_larger_than_the_limit(socket: Socket) -> None:
    """It was asked for, as a long resume is, and the next ones do not make it the last."""
    socket.connection.send("x" * (2 * OUTBOX_LIMIT))
    for _ in range(10):
        socket.connection.send("what happened meanwhile")
    assert not socket.connection.cut.is_set()
    async with running(socket):
        await socket.connection.flushed()
    assert len(socket.frames) == 11


async def test_frames_count_for_the_memory_that_they_take(socket: Socket) -> None:
    """A character may take four bytes of it."""
    frame = "\U0001f44b" * (OUTBOX_LIMIT // 40)
    for _ in range(9):
        socket.connection.send(frame)
    assert not socket.connection.cut.is_set()
    socket.connection.send(frame)
    assert socket.connection.cut.is_set()


async def test_a_cut_drops_the_socket_itself() -> None:
    """Whoever does not read would keep it for ever; under some servers it cannot be done."""
    dropped: list[bool] = []
    socket = Socket(drop=lambda: dropped.append(True))
    socket.connection.abort()
    assert dropped == [True]


async def test_caught_up_waits_until_the_outbox_is_less_than_half_full(socket: Socket) -> None:
    """A client that does not read what it gets is not read either."""
    await socket.connection.caught_up()
    socket.block()
    for _ in range(3):
        socket.connection.send("x" * (OUTBOX_BUSY // 2))
    waiting = asyncio.ensure_future(socket.connection.caught_up())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with running(socket):
        socket.go_on()
        await waiting
    assert waiting.done()


async def test_the_end_comes_after_all_that_was_sent_before(socket: Socket) -> None:
    """What is sent later is lost, and only the first end counts."""
    for number in range(10):
        socket.connection.send(f"{number}")
    socket.connection.end(4504, "room deleted")
    socket.connection.send("too late")
    socket.connection.end(1011, "another")
    async with running(socket) as task:
        await socket.connection.flushed()
        await task
    assert socket.frames == [f"{number}" for number in range(10)]
    assert socket.closed == [(4504, "room deleted")]


async def test_a_cut_client_is_not_closed_politely(socket: Socket) -> None:
    """A close would wait behind what it does not read."""
    socket.block()
    async with running(socket) as task:
        socket.connection.send("1")
        await socket.taking.wait()
        socket.connection.abort()
        socket.go_on()
        await task
    assert socket.closed == []


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError('Cannot call "send" once a close message has been sent.'),
        WebSocketDisconnect(1006),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_peer_that_has_gone_ends_the_writer_without_an_error(
    socket: Socket, error: Exception
) -> None:
    """Its reader sees the disconnect; nobody is left waiting and nothing is queued any more."""
    socket.error = error
    socket.connection.send("1")
    socket.connection.send("2")
    async with running(socket) as task:
        await task
    await socket.connection.flushed()
    await socket.connection.caught_up()
    socket.connection.send("3")
    assert socket.queued() == []
    assert not socket.connection.cut.is_set()


@pytest.mark.parametrize("ending", [False, True])
async def test_a_frame_that_is_not_taken_in_time_cuts_the_client(
    socket: Socket, monkeypatch: pytest.MonkeyPatch, ending: bool
) -> None:
    """Also when it is the close itself."""
    monkeypatch.setattr(connection_module, "SEND_TIMEOUT", 0.01)
    socket.block()
    if ending:
        socket.connection.end(1008)
    else:
        socket.connection.send("1")
    async with running(socket) as task:
        await task
    assert socket.connection.cut.is_set()


async def test_a_writer_gives_way_to_others_between_its_frames() -> None:
    """In a busy room no connection writes all it has before another writes its first."""
    one, other = Socket("one"), Socket("other")
    for number in range(100):
        one.connection.send(f"{number}")
    other.connection.send("first")
    async with running(one), running(other):
        await other.connection.flushed()
        assert len(one.frames) < 100
        await one.connection.flushed()
    assert len(one.frames) == 100


async def test_run_beside_ends_when_the_reader_does(socket: Socket) -> None:
    """What is queued by then, and the close code, still reach the peer."""

    async def read() -> None:
        socket.connection.send("an error")
        socket.connection.end(1008, "flooding")

    async with asyncio.timeout(scaled(10)):
        await run_beside(socket.connection, read())
    assert socket.frames == ["an error"]
    assert socket.closed == [(1008, "flooding")]


async def test_run_beside_ends_when_the_client_is_cut(socket: Socket) -> None:
    """The reader is cancelled, wherever it waits."""
    story: list[str] = []

    async def read() -> None:
        try:
            socket.connection.abort()
            await asyncio.Event().wait()
        finally:
            story.append("cancelled")

    async with asyncio.timeout(scaled(10)):
        await run_beside(socket.connection, read())
    assert story == ["cancelled"]


async def test_run_beside_does_not_wait_for_ever_for_a_client_that_does_not_read(
    socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its goodbye is lost."""
    monkeypatch.setattr(connection_module, "SEND_TIMEOUT", 0.01)
    socket.block()

    async def read() -> None:
        socket.connection.send("an error")

    async with asyncio.timeout(scaled(10)):
        await run_beside(socket.connection, read())
    assert socket.frames == []


async def test_run_beside_takes_its_writer_along_when_it_is_cancelled(socket: Socket) -> None:
    """No task outlives the connection."""
    reading = asyncio.Event()

    async def read() -> None:
        reading.set()
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    serving = asyncio.create_task(run_beside(socket.connection, read()))
    await reading.wait()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert asyncio.all_tasks() <= before
