"""One connection: a bounded outbox that a single task empties into the socket, in order."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.websockets import WebSocketDisconnect

# Well above one page of history in one frame; past it the client is too slow to be kept.
OUTBOX_LIMIT: Final = 4 * 1024 * 1024
# Past half of the limit, frames that nobody needs later are no longer queued.
OUTBOX_BUSY: Final = OUTBOX_LIMIT // 2
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
        self._bytes += len(frame)
        self._flushed.clear()
        self._wake.set()
        if self._bytes > OUTBOX_BUSY:
            self._caught_up.clear()
        # One frame alone may be as large as it is: it was asked for.
        if self._bytes > OUTBOX_LIMIT and len(self._frames) > 1:
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
                while self._frames:
                    frame = self._frames.popleft()
                    self._bytes -= len(frame)
                    if self._bytes <= OUTBOX_BUSY:
                        self._caught_up.set()
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._send_text(frame)
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


async def run_beside(connection: Connection, reader: Awaitable[None]) -> None:
    """Run a connection's writer beside its reader until the reader ends or the writer gives up."""
    writing = asyncio.create_task(connection.run())
    reading = asyncio.ensure_future(reader)
    cut = asyncio.create_task(connection.cut.wait())
    try:
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
