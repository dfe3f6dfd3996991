"""The wire under any ASGI server: a queue, which one task empties by awaiting each frame."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from parlour.realtime.connection import OUTBOX_BUSY, STALL_SECONDS, Listener
from parlour.realtime.frames import texts

# Messages of one connection that are read in one turn of the event loop.
TURN: Final = 8
# Frames that a connection writes in one turn while others wait for theirs.
WRITE_TURN: Final = 4


class QueuedWire:
    """For servers that are not given `WebSocketProtocol`: same promises, more tasks."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._listener: Listener | None = None
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._slow = False
        self._ending: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._dropped = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()

    async def listen(self, websocket: WebSocket, listener: Listener) -> None:
        """Tell `listener` of every message until the connection ends."""
        self._listener = listener
        writing = asyncio.create_task(self._write())
        reading = asyncio.create_task(self._read(listener))
        dropped = asyncio.create_task(self._dropped.wait())
        try:
            # The writer is done when it has closed, or has nobody to write to any more.
            await asyncio.wait({writing, reading, dropped}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled() and reading.exception() is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STALL_SECONDS if self._ending else 0):
                        await asyncio.shield(writing)
        finally:
            self._texts.clear()
            listener.lost()
            for task in (writing, reading, dropped):
                task.cancel()
            await asyncio.gather(writing, reading, dropped, return_exceptions=True)

    def write(self, frames: bytes) -> None:
        """Queue whole frames."""
        if self._ending is not None or self._dropped.is_set():
            return
        for text in texts(frames):
            self._texts.append(text)
            self._bytes += text.__sizeof__()
        self._wake.set()
        if self._bytes > OUTBOX_BUSY and not self._slow:
            self._slow = True
            if self._listener is not None:
                self._listener.slow()

    def writer(self) -> Callable[[bytes], None]:
        """Queue whole frames."""
        return self.write

    def waiting(self) -> int:
        """Bytes of memory that the queue takes."""
        return self._bytes

    def close(self, code: int, reason: str) -> None:
        """Close behind all that is queued."""
        if self._ending is None:
            self._ending = (code, reason)
            self._wake.set()

    def drop(self) -> None:
        """Stop writing and reading; the server closes what it must."""
        self._texts.clear()
        self._bytes = 0
        self._dropped.set()

    def pause_reading(self) -> None:
        """Read no further message."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Read again."""
        self._may_read.set()

    async def _read(self, listener: Listener) -> None:
        read = 0
        while True:
            await self._may_read.wait()
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            listener.received(message.get("text"))
            read += 1
            if read % TURN == 0:
                # Nothing here waits while messages of this client are there to be read.
                await asyncio.sleep(0)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._empty()
                if self._ending is not None:
                    async with asyncio.timeout(STALL_SECONDS):
                        await self._websocket.close(*self._ending)
                    return
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
            # Too slow, or Starlette's and the server's ways to say that the peer has gone.
            self.drop()

    async def _empty(self) -> None:
        written = 0
        while self._texts:
            text = self._texts.popleft()
            async with asyncio.timeout(STALL_SECONDS):
                await self._websocket.send_text(text)
            self._bytes -= text.__sizeof__()
            if self._slow and self._bytes < OUTBOX_BUSY // 2:
                self._slow = False
                if self._listener is not None:
                    self._listener.drained()
            written += 1
            if self._texts and written % WRITE_TURN == 0:
                # Sending does not give way by itself.
                await asyncio.sleep(0)
