"""A WebSocket as an ASGI server serves it: the handshake's answer, the application, its events."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from starlette.types import Message, Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from parlour.realtime.frames import BINARY, TEXT, close_frame, frame

logger = logging.getLogger(__name__)

# Close codes (RFC 6455, section 7.4.1, and the registry).
_INTERNAL: Final = 1011
_RESTARTING: Final = 1012
_SCHEMES: Final = {"http": "ws", "https": "wss"}


class PeerGone(OSError):
    """There is nobody any more to send to; Starlette makes a WebSocketDisconnect of it."""


class ServedProtocol(asyncio.Protocol):
    """What Uvicorn's server and the application see of a connection.

    Uvicorn makes it by its parts and calls `shutdown`; `support/http.py` hands it the connection
    together with the request, which has been read and found right. What is read and when is the
    subclass's business.
    """

    # How long a peer may take to read what was written before its connection is closed.
    flush_seconds = 10.0

    transport: asyncio.Transport
    # Whether the handshake was answered, whether a close frame was sent, and whether it is over.
    accepted = False
    close_sent = False
    disconnected = False
    # Whether the application said the close.
    _said_close = False

    _accept_key = b""
    # What `receive` waits for while there is no event.
    _waiter: asyncio.Future[None] | None = None
    # Set again, and gone, once the peer has read most of what waits for it.
    _relief: asyncio.Event | None = None
    # It is cancelled at the end: a timer keeps all of a connection in memory while it waits.
    _last_timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.config = config
        # To ask which one runs is a call of the system.
        self.loop = _loop or asyncio.get_running_loop()
        self._server_state = server_state
        self._app_state = app_state
        self._events: deque[Message] = deque()

    def take_over(self, transport: asyncio.Transport, scope: Scope, accept_key: bytes) -> None:
        """Begin with the connection on which the request of `scope` came, and the key to answer."""
        self.transport = transport
        # Uvicorn's types name its own classes; of what it has there it only calls `shutdown`.
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        self._accept_key = accept_key
        offered = [value for name, value in scope["headers"] if name == b"sec-websocket-protocol"]
        names = b",".join(offered).decode("latin-1").split(",") if offered else ()
        # Kept by what serves it alone: it leads back here.
        asked: Scope = {
            "type": "websocket",
            "asgi": {"version": scope["asgi"]["version"], "spec_version": "2.4"},
            "http_version": scope["http_version"],
            "scheme": _SCHEMES[scope["scheme"]],
            "server": scope["server"],
            "client": scope["client"],
            "root_path": scope["root_path"],
            "path": scope["path"],
            "raw_path": scope["raw_path"],
            "query_string": scope["query_string"],
            "headers": scope["headers"],
            "subprotocols": [name.strip() for name in names],
            "state": self._app_state.copy(),
            "extensions": self.extensions(),
        }
        self._events.append({"type": "websocket.connect"})
        task = self.loop.create_task(self._run(asked))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def extensions(self) -> dict[str, Any]:
        """What the application finds under `extensions` in its scope."""
        return {}

    # The application's side

    async def _run(self, scope: Scope) -> None:
        try:
            await self.config.loaded_app(scope, self.receive, self.send)
        except PeerGone:
            pass
        except Exception:
            logger.exception("Exception in ASGI application")
            if self.accepted and not self.close_sent and not self.transport.is_closing():
                self.end(_INTERNAL, "")
        finally:
            self._refuse(b"500 Internal Server Error")
            if not self.close_sent:
                self.transport.close()
            self._bound_flush()

    async def receive(self) -> Message:
        """The next event, as ASGI has them."""
        while not self._events:
            self._waiter = self.loop.create_future()
            self.wanted()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._events.popleft()

    async def send(self, message: Message) -> None:
        """Do what the application says, as soon as the peer has read most of what came before.

        Raises PeerGone after the end, and RuntimeError for what has no place in ASGI.
        """
        if self._relief is not None:
            await self._relief.wait()
        kind = message["type"]
        if self._said_close:
            raise RuntimeError(f"{kind} has no place here")
        if self.disconnected or self.close_sent or self.transport.is_closing():
            # That the protocol or the peer has ended it, the application cannot know yet.
            raise PeerGone
        if kind == "websocket.accept" and self.accepted:
            raise RuntimeError(f"{kind} has no place here")
        if kind == "websocket.accept":
            self._accept(message.get("subprotocol"), message.get("headers", ()))
        elif kind == "websocket.close" and not self.accepted:
            self._said_close = True
            self.tell({"type": "websocket.disconnect", "code": 1006})
            self._refuse(b"403 Forbidden")
        elif kind == "websocket.close":
            self._said_close = True
            self.end(message.get("code", 1000), message.get("reason") or "")
        elif kind == "websocket.send" and self.accepted:
            text = message.get("text")
            if text is None:
                self.transport.write(frame(BINARY, message["bytes"]))
            else:
                self.transport.write(frame(TEXT, text.encode()))
        else:
            raise RuntimeError(f"{kind} has no place here")

    def tell(self, event: Message) -> None:
        """Tell the application of something."""
        self._events.append(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def wanted(self) -> None:
        """The application waits for an event: read, if that was put off."""

    # Answers to the handshake

    def _accept(self, subprotocol: str | None, headers: Sequence[tuple[bytes, bytes]]) -> None:
        lines = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + self._accept_key,
        ]
        if subprotocol:
            lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode("latin-1"))
        lines += [name + b": " + value for name, value in self._server_state.default_headers]
        lines += [name + b": " + value for name, value in headers]
        self.accepted = True
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")

    def _refuse(self, status: bytes) -> None:
        """Answer the handshake with an error, unless it has been answered."""
        if self.accepted or self.disconnected:
            return
        self.accepted = self.close_sent = True
        lines = [
            b"HTTP/1.1 " + status,
            b"Connection: close",
            b"Content-Length: 0",
            *(name + b": " + value for name, value in self._server_state.default_headers),
        ]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
        self.transport.close()

    # Ends

    def end(self, code: int, reason: str) -> None:
        """Send a close frame; the peer has a while to answer it."""
        self.tell({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(close_frame(code, reason))
        self.close_sent = True
        self._give_up_later()
        # The peer's answer has to be read.
        self.wanted()

    def shutdown(self) -> None:
        """The server ends, and has told whoever is here of it before."""
        if self.close_sent or self.transport.is_closing():
            self.transport.close()
        elif self.accepted:
            self.tell({"type": "websocket.disconnect", "code": _RESTARTING, "reason": ""})
            self.transport.write(close_frame(_RESTARTING, ""))
            self.transport.close()
        else:
            self._refuse(b"503 Service Unavailable")

    def _give_up_later(self) -> None:
        if self._last_timer is not None:
            self._last_timer.cancel()
        self._last_timer = self.loop.call_later(self.flush_seconds, self.transport.abort)

    def _bound_flush(self) -> None:
        """Let a peer that does not read what was written before the end not keep its socket."""
        if self.transport.is_closing() and not self.disconnected and self._last_timer is None:
            self._give_up_later()

    # The transport's calls

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.disconnected = True
        self.tell({"type": "websocket.disconnect", "code": 1005 if self.accepted else 1006})
        self._server_state.connections.discard(self)
        if self._last_timer is not None:
            self._last_timer.cancel()
            self._last_timer = None
        if self._relief is not None:
            self._relief.set()

    def pause_writing(self) -> None:
        """More waits to be read by the peer than should."""
        self._relief = asyncio.Event()

    def resume_writing(self) -> None:
        """Most of it has been read."""
        if self._relief is not None:
            self._relief.set()
            self._relief = None
