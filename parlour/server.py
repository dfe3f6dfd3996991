"""The server process: Uvicorn, told how Parlour starts, says goodbye and ends."""

import asyncio
import contextlib
import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from parlour.gateway import say_goodbye
from parlour.realtime.websocket import WebSocketProtocol
from parlour.settings import Settings

# The whole shutdown is promised within 10 s: 2 s for what was handed in, then 2 s for clients to
# read what they were sent and close, then this for what else is going on.
GOODBYE_SECONDS: Final = 2
GRACE_SECONDS: Final = 3
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class ListenError(Exception):
    """The address cannot be listened on; the text is the one line to show."""


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of `settings`. Raises ListenError."""
    host, port = settings.host, settings.port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address, family=family, backlog=2048)
    except UnicodeError:
        raise ListenError(f"Cannot listen on {host!r}: it is no host name.") from None
    except OSError as error:
        # The text of a name that is not found is the error's own; that of any other has more to
        # it than the reason.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror or error
        raise ListenError(
            f"Cannot listen on {host} port {port}: {reason}. Choose others with --host and --port."
        ) from None


def address_of(sock: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    elif ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Uvicorn's server, which stops with status 0 and tells every client before it closes."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                ws=WebSocketProtocol,
                ws_max_size=settings.max_frame_bytes,
                # Compression costs 34 kB a connection and most of a broadcast's time.
                ws_per_message_deflate=False,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so on standard output."""
        await super().startup(sockets)
        if self.should_exit or sockets is None:
            return
        # What has been loaded stays: the collector need not look at it again and again, and
        # the garbage of many handshakes is cheaper to collect in larger portions.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        data_dir = self._app.state.context.settings.data_dir.resolve()
        sys.stdout.write(f"Parlour is ready: {address_of(sockets[0])}\nData: {data_dir}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the clients `closing` before Uvicorn closes their connections with 1012."""
        for listening in self.servers:
            listening.close()
        await say_goodbye(self._app.state.context)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._websockets_closed()
        await super().shutdown(sockets)

    async def _websockets_closed(self) -> None:
        # Uvicorn closes sockets at once. One that still has bytes to read, as under load it has,
        # is thereby reset, and what its client has not yet got is lost with the close code.
        while any(  # noqa: ASYNC110 - Uvicorn has no event for it
            isinstance(connection, WebSocketProtocol)
            for connection in self.server_state.connections
        ):
            await asyncio.sleep(0.01)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. A second signal changes nothing: the first is done within 10 s, and well."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As Uvicorn's, but a signal that stopped the server well is not raised once more."""
        former = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
