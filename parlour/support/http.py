"""The HTTP protocol class that Uvicorn is given: bounds for what one client sends and costs."""

import asyncio
import urllib.parse
from typing import Any, Final, Protocol

import httptools
from uvicorn._types import HTTPScope
from uvicorn.config import Config
from uvicorn.server import ServerState

from parlour.support.departing import Departing
from parlour.support.door import Door
from parlour.support.handshake import BadHandshake, accept_key, asks_for_websocket

MAX_URL: Final = 8 * 1024
MAX_HEAD: Final = 32 * 1024
MAX_HEADERS: Final = 100
# Bytes handed to the parser at once: as much of further requests, and of a head that is too
# large, may come to be in memory before anybody looks.
_SLICE: Final = 1024
# Bytes of a body that nobody reads any more, until the connection is closed instead.
_SURPLUS: Final = 1024 * 1024
# Bytes of framing that may come for each byte of a body, beside as many as a head may have.
_FRAMING: Final = 8


class Successor(Protocol):
    """What takes a connection over that asks for a WebSocket: the class that Uvicorn is given."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As Uvicorn makes its own."""

    def take_over(self, transport: asyncio.Transport, scope: HTTPScope, accept_key: bytes) -> None:
        """Begin; the handshake is right, and `accept_key` is the answer to its key."""

    def data_received(self, data: bytes) -> None:
        """What the client sent: the first of it may have come together with the handshake."""


class HTTPProtocol(Departing):
    """Uvicorn's own, which waits for nobody without end and keeps nothing without bound.

    What is wrong with a request that no route will see is answered here, in the form of all
    refusals. A client can cause no line in the log.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Come in, if there is room."""
        super().connection_made(transport)
        # The request whose head is being read, and the bytes of it but for its first slice.
        self._head: object = None
        self._head_size = 0
        # Bytes that came since the head of a request, and how many of them after its answer.
        self._received = self._surplus = 0
        # Whether the request whose head was read last asks for a WebSocket.
        self._upgrades = False
        self.door.let_in(self, len(self.connections))

    def data_received(self, data: bytes) -> None:
        """Parse by slices, as long as there is but one request to answer."""
        if self._deaf:
            self._discard(data)
        elif len(data) <= _SLICE and not self._rest:
            self._parse(data, 0)
        else:
            self._rest += data
            self._parse_rest()

    def _parse_rest(self) -> None:
        rest, begin = self._rest, 0
        while begin < len(rest) and not self._deaf and not self.pipeline:
            self._parse(rest, begin)
            begin += _SLICE
        self._rest = b"" if self._deaf else rest[begin:]
        self._flow.held = bool(self.pipeline)

    def _parse(self, received: bytes, begin: int) -> None:
        """Parse one slice of what was received."""
        data = received[begin : begin + _SLICE]
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._upgrades:
                self._upgrade(received[begin + upgrade.args[0] :])
                return
            # What follows is not HTTP, or the client believes so.
            self._deaf = True
            if self.cycle is not None:
                self.cycle.keep_alive = False
            self._move(self.door.answering)
        except httptools.HttpParserError:
            self.refuse(self._verdict or "bad_request")
        if self._deaf:
            return
        if self.pipeline:
            self._flow.pause_reading()
            self._flow.held = True
        self._settle(len(data))

    def on_headers_complete(self) -> None:
        """Start the request, unless its head is too large for it to be one."""
        if len(self.url) > MAX_URL:
            self._verdict = "url_too_long"
        elif len(self.headers) > MAX_HEADERS:
            self._verdict = "headers_too_large"
        elif not self._names_host():
            self._verdict = "bad_request"
        if self._verdict:
            # It ends the parsing; the text is not shown.
            raise ValueError(self._verdict)
        self._upgrades = self.parser.should_upgrade() and asks_for_websocket(self.headers)
        super().on_headers_complete()
        self.body_size = self._received = self._surplus = 0

    def _names_host(self) -> bool:
        # One, and in HTTP/1.1 not none either (RFC 9112, section 3.2).
        hosts = [name for name, _ in self.headers].count(b"host")
        return hosts == 1 or (not hosts and self.parser.get_http_version() == "1.0")

    def _should_upgrade(self) -> bool:
        # Uvicorn's own knows but the last of several headers, and no lists.
        return self._upgrades

    def on_body(self, body: bytes) -> None:
        """Count it."""
        self.body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that there is no more of it."""
        self._whole = self.scope
        super().on_message_complete()

    def _settle(self, count: int) -> None:
        """Go to the place that fits, after `count` bytes more; or be refused."""
        cycle = self.cycle
        if cycle is not None and cycle.scope is self.scope is self._whole:
            # As nearly always: one request, which came whole.
            self._move(self.door.idle if cycle.response_complete else self.door.answering)
            return
        if self.scope is None:
            return
        if self._begun:
            if self._head is not self.scope:
                self._head, self._head_size = self.scope, 0
            else:
                self._head_size += count
            if len(self.url) > MAX_URL:
                self.refuse("url_too_long")
                return
            if self._head_size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
                self.refuse("headers_too_large")
                return
            place = self.door.waiting
        else:
            place = self.door.receiving
            if not self._bears_body(count):
                return
        # A body that is behind others is not waited for, as it is not read either.
        if self._due and (self.pipeline or place is not self.door.receiving):
            place = self.door.answering
        self._move(place)

    def _bears_body(self, count: int) -> bool:
        # The first slice belongs to the head as well.
        if self._place is self.door.receiving:
            self._received += count
        if self._received > MAX_HEAD + _FRAMING * self.body_size or (
            len(self.headers) > MAX_HEADERS
        ):
            self.refuse("headers_too_large")
        elif not self._due:
            self._surplus += count
            if self._surplus > _SURPLUS:
                self._linger()
        return not self._deaf

    def _upgrade(self, behind: bytes) -> None:
        """Hand the connection over, with what came `behind` the handshake; or refuse it."""
        scope = self.scope
        if scope is None or self._due or self._flow.write_paused:
            # Who has not taken the answer before would begin as one whose bounds are not watched:
            # a transport that stands still tells nobody so a second time.
            self.refuse("bad_request")
            return
        try:
            key = accept_key(scope["method"], scope["http_version"], self.headers)
            url = httptools.parse_url(self.url)
            raw_path = url.path or b""
            path = raw_path.decode("ascii")
        except (BadHandshake, httptools.HttpParserInvalidURLError, UnicodeDecodeError) as error:
            self.refuse(str(error) if isinstance(error, BadHandshake) else "bad_request")
            return
        if self.door.is_full(len(self.connections)):
            self.refuse("busy")
            return
        scope["path"] = self.root_path + (urllib.parse.unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = url.query or b""
        self._leave()
        self._deaf = True
        self.connections.discard(self)
        # What is made is no plain protocol, whatever Uvicorn's types say.
        made: type[Successor] = self.ws_protocol_class  # type: ignore[assignment]
        successor: Any = made(
            config=self.config,
            server_state=self.server_state,
            app_state=self.app_state,
            _loop=self.loop,
        )
        self.transport.set_protocol(successor)
        successor.take_over(self.transport, scope, key)
        if behind:
            successor.data_received(behind)
        # This object gets no further call, not even that the connection is lost.
        self.parser = None  # type: ignore[assignment]

    def on_response_complete(self) -> None:
        """Go on with what the client has sent meanwhile, or wait for more."""
        self.server_state.total_requests += 1
        if self.transport.get_write_buffer_size() and self not in self.door.unsent:
            self.door.note_unsent(self)
        if self.transport.is_closing():
            self._move(self.door.leaving)
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._deaf:
            if self._verdict:
                self._say(self._verdict)
            return
        if not self.pipeline:
            self._flow.held = False
            if self._rest:
                self._parse_rest()
            if not self._deaf:
                self._settle(0)
            self._flow.resume_reading()

    def pause_writing(self) -> None:
        """The client does not take what it is sent, or not as quickly."""
        super().pause_writing()
        self.door.note_unsent(self)

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        if self in self.door.unsent:
            self.door.note_unsent(self)


def protocol_at(door: Door) -> type[HTTPProtocol]:
    """The class for the connections of one server."""
    return type("HTTPProtocolAtDoor", (HTTPProtocol,), {"door": door})
