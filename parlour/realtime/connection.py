"""One connection: a bounded outbox that a single task empties into the socket, in order."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.websockets import WebSocketDisconnect

logger = logging.getLogger(__name__)

# Bytes of memory; past it the client is too slow to be kept.
OUTBOX_LIMIT: Final = 4 * 1024 * 1024
# Past half of the limit, frames that nobody needs later are no longer queued.
OUTBOX_BUSY: Final = OUTBOX_LIMIT // 2
# Frames that a connection writes in one turn of the event loop while others wait for theirs.
TURN: Final = 4
# A frame that the socket has not taken after this many seconds never will be.
SEND_TIMEOUT: Final = 10.0


class Connection:
    """A WebSocket as the rooms see it: `send()` never waits and never fails.

    One task, `run()`, writes to the socket: frames cannot overtake one another. A client that
    reads too slowly is cut (`cut` is set) rather than waited for; it resumes by version.
    """

    def __init__(
        self,
        *,
        send_text: Callable[[str], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
        person_key: str,
        username: str,
        guest: bool,
        one_room: bool,
        aware: bool,
        drop: Callable[[], None] | None = None,
    ) -> None:
        self.person_key = person_key
        self.username = username
        self.guest = guest
        # Whether it came through the door of one room, and so ends with that room.
        self.one_room = one_room
        # Whether it asked for more than the seed's frames: by `after`, by the door it came
        # through, or by subscribing.
        self.aware = aware
        self.cut = asyncio.Event()
        self._send_text = send_text
        self._close = close
        self._drop = drop
        self._frames: deque[str] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._flushed = asyncio.Event()
        self._flushed.set()
        self._caught_up = asyncio.Event()
        self._caught_up.set()
        self._ending: tuple[int, str] | None = None

    def send(self, frame: str, *, ephemeral: bool = False) -> None:
        """Queue a frame. An ephemeral one is dropped when the client lags behind."""
        if self._ending is not None or (ephemeral and self._bytes > OUTBOX_BUSY):
            return
        self._frames.append(frame)
        self._bytes += _cost(frame)
        self._flushed.clear()
        self._wake.set()
        if self._bytes > OUTBOX_BUSY:
            self._caught_up.clear()
        if self._bytes > OUTBOX_LIMIT:
            self.abort()

    def end(self, code: int, reason: str = "") -> None:
        """Close with `code` once all that was queued before is written. Later frames are lost."""
        if self._ending is None:
            self._ending = (code, reason)
            self._flushed.clear()
            self._wake.set()

    def abort(self) -> None:
        """Give the client up: it cannot keep up. It reconnects and resumes."""
        self._frames.clear()
        self._bytes = 0
        self._ending = (1013, "too slow")
        self._caught_up.set()
        self._flushed.set()
        self.cut.set()
        if self._drop is not None:
            self._drop()

    @property
    def ending(self) -> bool:
        """Whether it has been told to end, or has ended."""
        return self._ending is not None

    async def caught_up(self) -> None:
        """Wait until the outbox is less than half full, or the connection has ended."""
        await self._caught_up.wait()

    async def flushed(self) -> None:
        """Wait until the outbox is empty or the connection is cut."""
        await self._flushed.wait()

    async def run(self) -> None:
        """Write frames until the connection ends. Returns, never raises, when the peer is gone."""
        try:
            while not self.cut.is_set():
                await self._wake.wait()
                self._wake.clear()
                written = 0
                while self._frames:
                    frame = self._frames.popleft()
                    self._bytes -= _cost(frame)
                    if self._bytes <= OUTBOX_BUSY:
                        self._caught_up.set()
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._send_text(frame)
                    written += 1
                    if self._frames and written % TURN == 0:
                        # Sending does not give way by itself: in a busy room each connection
                        # would write all it has in one turn of the event loop.
                        await asyncio.sleep(0)
                if self._ending is not None and not self.cut.is_set():
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._close(*self._ending)
                    return
                self._flushed.set()
        except TimeoutError:
            self.abort()
        except (RuntimeError, OSError, WebSocketDisconnect):
            # Starlette's and Uvicorn's ways to say that the peer has gone; the reader of the
            # connection sees the disconnect itself.
            pass
        finally:
            self._frames.clear()
            self._ending = self._ending or (1006, "gone")
            self._caught_up.set()
            self._flushed.set()


def _cost(frame: str) -> int:
    """What a frame counts for, in bytes: the memory it takes, with up to four for a character.

    One as large as all that one missed counts for less: it was asked for, and must not make the
    next small one the last.
    """
    return min(frame.__sizeof__(), OUTBOX_LIMIT // 4)


async def run_beside(connection: Connection, reader: Awaitable[None]) -> None:
    """Run a connection's writer beside its reader until the reader ends or the writer gives up."""
    writing = asyncio.create_task(connection.run())
    reading = asyncio.ensure_future(reader)
    cut = asyncio.create_task(connection.cut.wait())
    try:
        await asyncio.wait({reading, writing, cut}, return_when=asyncio.FIRST_COMPLETED)
        if writing.done() and (fault := writing.exception()) is not None:
            logger.error("a connection's writer failed", exc_info=fault)
            connection.abort()
        await asyncio.wait({reading, cut}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            # Whatever is still queued (an `error` and a close code) is for the peer to read.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SEND_TIMEOUT):
                    await connection.flushed()
    finally:
        for task in (writing, cut, reading):
            task.cancel()
        await asyncio.gather(writing, cut, reading, return_exceptions=True)
