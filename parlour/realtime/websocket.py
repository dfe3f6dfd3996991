"""The WebSocket protocol class that Uvicorn is given: the wire of a connection."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope
from starlette.websockets import WebSocket

from parlour.realtime.connection import OUTBOX_BUSY, Listener
from parlour.realtime.guarded import GuardedProtocol

_EXTENSION: Final = "parlour.wire"


class WebSocketProtocol(GuardedProtocol):
    """A guarded protocol with a `write` that never waits and no task switch for a message."""

    def take_over(self, transport: asyncio.Transport, scope: Scope, accept_key: bytes) -> None:
        """Take the connection over from the HTTP protocol."""
        transport.set_write_buffer_limits(high=OUTBOX_BUSY, low=OUTBOX_BUSY // 2)
        super().take_over(transport, scope, accept_key)

    def extensions(self) -> dict[str, Any]:
        """The wire, for `wire_of`."""
        return {_EXTENSION: {"wire": self}}

    async def listen(self, websocket: WebSocket, listener: Listener) -> None:
        """Tell `listener` of every message to come, until the connection ends."""
        self._open = not (self.close_sent or self.disconnected or self.transport.is_closing())
        self._listener = None if self.disconnected else listener
        self._set_reading()
        while (await self.receive())["type"] != "websocket.disconnect":
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
        if self.close_sent or not self.accepted or self.transport.is_closing():
            return
        self.end(code, reason)

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


def wire_of(scope: Scope) -> WebSocketProtocol | None:
    """The protocol of `scope`'s connection; None under another server."""
    extension: dict[str, WebSocketProtocol] = scope.get("extensions", {}).get(_EXTENSION, {})
    return extension.get("wire")
