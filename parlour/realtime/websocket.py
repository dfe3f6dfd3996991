"""The WebSocket protocol class that Uvicorn is given: the wire of a connection."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope
from starlette.websockets import WebSocket
from websockets.protocol import State

from parlour.realtime.connection import OUTBOX_BUSY, Listener
from parlour.realtime.guarded import GuardedProtocol

_EXTENSION: Final = "parlour.wire"


class WebSocketProtocol(GuardedProtocol):
    """A guarded protocol with a `write` that never waits and no task switch for a message."""

    # The wire

    async def listen(self, websocket: WebSocket, listener: Listener) -> None:
        """Tell `listener` of every message, now and to come, until the connection ends."""
        # What came while the connection was being accepted waits in Uvicorn's queue.
        early = []
        while not self.queue.empty():
            early.append(self.queue.get_nowait())
        self.read_paused = False
        self._open = not (self.close_sent or self.disconnected or self.transport.is_closing())
        self._listener = listener
        self._stopped = True
        for event in early:
            if event["type"] == "websocket.receive":
                listener.received(event.get("text"))
            else:
                self.queue.put_nowait(event)
        self._set_reading()
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass

    def write(self, frames: bytes) -> None:
        """Write whole frames. Never waits; after the end nothing happens."""
        if self._open:
            self.transport.write(frames)

    def writer(self) -> Callable[[bytes], None]:
        """The transport's own `write`."""
        return self.transport.write

    def waiting(self) -> int:
        """Bytes that the network has not taken yet."""
        return self.transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """Close with `code` behind all that was written; the peer has 10 s to answer."""
        if self.close_sent or self.transport.is_closing() or self.conn.state is not State.OPEN:
            return
        self._shut()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        # The peer's answer has to be read.
        self._held = False
        self._set_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def drop(self) -> None:
        """End the connection at once; a close would wait until the peer has read everything."""
        self._shut()
        self.transport.abort()

    def pause_reading(self) -> None:
        """Tell the listener of nothing more, and the peer's network to wait."""
        self._held = True
        self._set_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._held = False
        self._set_reading()

    # Uvicorn's and asyncio's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over from the HTTP protocol."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=OUTBOX_BUSY, low=OUTBOX_BUSY // 2)

    def pause_writing(self) -> None:
        """More than OUTBOX_BUSY bytes wait."""
        super().pause_writing()
        if self._listener is not None:
            self._listener.slow()

    def resume_writing(self) -> None:
        """Half of them are gone."""
        super().resume_writing()
        if self._listener is not None:
            self._listener.drained()

    async def run_asgi(self) -> None:
        """Run the application with the wire in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"] or {}
        extensions[_EXTENSION] = {"wire": self}
        await super().run_asgi()
        self._bound_flush()


def wire_of(scope: Scope) -> WebSocketProtocol | None:
    """The protocol of `scope`'s connection; None under another server."""
    extension: dict[str, WebSocketProtocol] = scope.get("extensions", {}).get(_EXTENSION, {})
    return extension.get("wire")
