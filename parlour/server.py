"""The server process: Uvicorn, told how Parlour starts, says goodbye and ends."""

import asyncio
import contextlib
import functools
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from parlour import gateway, web
from parlour.realtime.websocket import WebSocketProtocol
from parlour.settings import Settings
from parlour.support.door import Door
from parlour.support.handles import are_free, raise_handle_limit
from parlour.support.http import protocol_at
from parlour.support.logs import Seldom
from parlour.support.memory import collect_garbage
from parlour.support.tls import GOODBYE_SECONDS as TLS_GOODBYE_SECONDS
from parlour.support.tls import HANDSHAKE_SECONDS, Certificate

logger = logging.getLogger(__name__)

# The whole shutdown is promised within 10 s: 2 s for what was handed in, then 2 s for clients to
# read what they were sent and close, then this for what else is going on.
GOODBYE_SECONDS: Final = 2
GRACE_SECONDS: Final = 3
# So long before that ends, whoever has still not read what they were sent is cut off.
ABORT_SECONDS: Final = 0.5
# Milliseconds after which a peer is given up that acknowledges nothing of what it was sent. Linux
# counts it also for one that takes little at a time, so it is well beyond our own bounds on those.
USER_TIMEOUT_MS: Final = 120_000
# What is not acknowledged is sent again after so many milliseconds at most. By itself Linux waits
# twice as long each time: whoever was cut off for a while would be so for as long again.
AGAIN_MS: Final = 5_000
# Of Linux since 6.15; Python has no name for it yet.
TCP_RTO_MAX_MS: Final = 44
# Bytes that the kernel takes for a connection beyond what is on its way. By itself it takes some
# megabytes for each: three hundred who do not read, in a busy room, had it fill a gigabyte, in
# which all others' messages were seconds late; and it was that much later noticed that they do not.
UNSENT_BYTES: Final = 256 * 1024
# What is refused before there is a request to route.
DOOR_REFUSALS: Final = (
    "bad_request", "upgrade_required", "method_not_allowed", "timeout", "url_too_long",
    "headers_too_large", "busy",
)  # fmt: skip
# Ticks of a tenth of a second after which it is looked whether there is a new certificate.
RENEW_TICKS: Final = 20
# Ticks after which garbage is collected, however little there is.
COLLECT_TICKS: Final = 600
# File handles that have to be free before those who wait are let in again.
ENOUGH: Final = 8
# How long one thread may keep the interpreter from another that wants it.
SWITCH_SECONDS: Final = 0.001
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
        sock = socket.create_server(address, family=family, backlog=2048)
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
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections take all of these over from the socket that they come in by.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, TCP_RTO_MAX_MS, AGAIN_MS)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return sock


def address_of(sock: socket.socket, scheme: str = "http") -> str:
    """The address to open in a browser."""
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    elif ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{port}"


class Server(uvicorn.Server):
    """Uvicorn's server, which stops with status 0 and tells every client before it closes."""

    def __init__(
        self, app: FastAPI, settings: Settings, certificate: Certificate | None = None
    ) -> None:
        """With a certificate it speaks HTTPS."""
        self._app = app
        self._certificate = certificate
        self._most_connections = settings.max_connections
        self._spare: socket.socket | None = None
        self._warning = Seldom()
        said = web.raw_refusals(*DOOR_REFUSALS, speaks_tls=certificate is not None)
        self.door = Door(said)
        served = gateway.Door(app) if settings.only in ("", "realtime") else app
        # Where requests are traced it looks behind proxies in Uvicorn's place.
        doorstep = app.state.doorstep
        super().__init__(
            uvicorn.Config(
                served if doorstep is None else doorstep(served),
                proxy_headers=doorstep is None,
                http=protocol_at(self.door),
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
        handles = raise_handle_limit()
        if self.door.limit(self._most_connections, handles) < self._most_connections:
            logger.debug(
                "%d file handles are enough for %d WebSockets", handles, self.door.most_websockets
            )
        if self._certificate is not None:
            # Uvicorn would read the files itself, and never again.
            self.config.ssl = self._certificate.context
        await super().startup(sockets)
        if self.should_exit or sockets is None:
            return
        self._spare = sockets[0].dup()
        if self._certificate is not None:
            # Uvicorn gives everybody a minute for the handshake. Who comes in between waits.
            self.servers.pop().close()
            self.servers = [await self._listen_once_more(self._spare)]
        # What has been loaded stays: the collector need not look at it again and again, and
        # the garbage of many handshakes is cheaper to collect in larger portions.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        # The writer's thread works for milliseconds on a large group. Unless told otherwise the
        # event loop would get the interpreter back from it only every 5 ms.
        sys.setswitchinterval(SWITCH_SECONDS)
        context = self._app.state.context
        context.door = self.door
        context.certificate = self._certificate
        scheme = "http" if self._certificate is None else "https"
        address, data_dir = address_of(self._spare, scheme), context.settings.data_dir.resolve()
        lines = [f"Parlour is ready: {address}", f"Data: {data_dir}"]
        signs_in = context.settings.only in ("", "auth")
        if signs_in and context.registry.setup_token is not None:
            # Behind a `#`, which no browser sends and so no proxy logs.
            link = f"{address}/#/setup/{context.registry.setup_token}"
            lines.append(f"First administrator: {link}")
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    async def on_tick(self, counter: int) -> bool:
        """Look twice a second whether there are handles for those who come, and so on."""
        if counter % 5 == 0 and self._spare is not None:
            await self._mind_handles(self._spare)
        if counter % RENEW_TICKS == 0 and self._certificate is not None:
            self._certificate.renew()
        if counter % COLLECT_TICKS == 0:
            collect_garbage(len(self.server_state.connections))
        return await super().on_tick(counter)

    async def _mind_handles(self, spare: socket.socket) -> None:
        # A loop that cannot accept whoever waits at the socket asks again at once, without end.
        # Nobody is lost: they wait in the queue of the socket, which the spare one keeps alive.
        listens = bool(self.servers)
        if listens == are_free(1 if listens else ENOUGH):
            return
        if listens:
            if self._warning.due():
                logger.warning("Out of file handles: nobody comes in until some are free.")
            self.servers.pop().close()
            self.door.clear()
            return
        with contextlib.suppress(OSError):
            self.servers = [await self._listen_once_more(spare)]

    async def _listen_once_more(self, spare: socket.socket) -> asyncio.Server:
        made: Any = self.config.http_protocol_class
        protocol = functools.partial(
            made,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        options: dict[str, Any] = {}
        if self._certificate is not None:
            options = {
                "ssl": self._certificate.context,
                "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": TLS_GOODBYE_SECONDS,
            }
        loop = asyncio.get_running_loop()
        backlog = self.config.backlog
        return await loop.create_server(protocol, sock=spare.dup(), backlog=backlog, **options)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the clients `closing` before Uvicorn closes their connections with 1012."""
        for listening in self.servers:
            listening.close()
        if self._spare is not None:
            self._spare.close()
        await gateway.say_goodbye(self._app.state.context)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._websockets_closed()
        loop = asyncio.get_running_loop()
        last = loop.call_later(GRACE_SECONDS - ABORT_SECONDS, self._abort_all)
        try:
            await super().shutdown(sockets)
        finally:
            last.cancel()

    def _abort_all(self) -> None:
        # Uvicorn would cancel what still writes to them, and log each as a fault.
        for connection in list(self.server_state.connections):
            transport: asyncio.Transport | None = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

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
