"""An echo over Parlour's own protocol class, its limits raised: what a conformance suite talks to.

Run as a program, it listens on a free port of 127.0.0.1, writes `ready PORT`, and ends on SIGTERM.
"""

import asyncio
import logging
import signal
import socket
import sys
from types import FrameType
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from parlour.realtime.frames import text_frame
from parlour.realtime.websocket import WebSocketProtocol, wire_of
from parlour.support.door import Door
from parlour.support.http import protocol_at

if TYPE_CHECKING:
    from parlour.realtime.connection import Listener

MIB: Final = 1024 * 1024
# The largest message of Autobahn's cases has 16 MiB.
MAX_MESSAGE: Final = 32 * MIB


class Echo:
    """Says what it hears, in the same turn and through the same `write` as Parlour's frames."""

    def __init__(self, wire: WebSocketProtocol) -> None:
        self._wire = wire

    def received(self, text: str | None) -> None:
        """A message; None for a binary one, which `heard` has told already."""
        if text is not None:
            self._wire.write(text_frame(text.encode()))

    def heard(self, data: bytes) -> None:
        """A binary message."""
        frame = text_frame(data)
        binary = 0x80 | 0x02
        self._wire.write(bytes([binary]) + frame[1:])

    def slow(self) -> None:
        """Read nothing more until the peer has read."""
        self._wire.pause_reading()

    def drained(self) -> None:
        """Go on."""
        self._wire.resume_reading()

    def lost(self) -> None:
        """It is over."""


class EchoProtocol(WebSocketProtocol):
    """As in production, but for the limits, and for binary messages, which Parlour refuses."""

    max_fragments = 1_000_000
    message_seconds = 600.0
    max_waiting_pongs = MAX_MESSAGE
    echo: Echo | None = None

    def got_binary(self, data: bytes) -> None:
        """Tell the echo of a binary message too."""
        if self.echo is not None and not self.close_sent:
            self.echo.heard(data)
        super().got_binary(data)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, then listen to the end: as the gateway does."""
    if scope["type"] != "websocket":
        return
    websocket = WebSocket(scope, receive, send)
    wire = wire_of(scope)
    assert isinstance(wire, EchoProtocol)
    # Set before the accept: what comes right behind the handshake is not to be missed.
    wire.echo = Echo(wire)
    listener: Listener = wire.echo
    await websocket.accept()
    await wire.listen(websocket, listener)


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    config = uvicorn.Config(
        app,
        http=protocol_at(Door({})),
        ws=EchoProtocol,
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    # Uvicorn raises the signal once more after its end.
    signal.signal(signal.SIGTERM, stop)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        sys.stdout.write(f"ready {listening.getsockname()[1]}\n")
        sys.stdout.flush()
        asyncio.run(server.serve([listening]))


if __name__ == "__main__":
    main()
