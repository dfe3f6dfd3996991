"""How an HTTP connection ends: refused in the form of all refusals, and heard to its end."""

import asyncio
from typing import ClassVar, Final, cast

from uvicorn._types import ASGI3Application, HTTPScope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import is_ssl

from parlour.support.counts import COUNTS
from parlour.support.door import Door, Place

# Bytes that are read and thrown away after a refusal, so that the client gets to read it.
_LINGER: Final = 64 * 1024 * 1024


class _Flow(FlowControl):
    """Reading stays off, whoever asks for it, while further requests wait for their turn."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class _LastAnswer:
    """The transport of an answer after which the connection is closed, be the body read or not."""

    def __init__(self, protocol: "Departing") -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.close_after_answer


class Departing(HttpToolsProtocol):
    """Uvicorn's own, with a place at the door, that can be refused and sent away at any moment."""

    door: ClassVar[Door]
    # Uvicorn has None in these until there is a request, and its types do not say so.
    scope: HTTPScope | None  # type: ignore[assignment]
    cycle: RequestResponseCycle | None  # type: ignore[assignment]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin as one of whom nothing is known."""
        # What Uvicorn's own does here, without a flow that is replaced at once, and with a third
        # of what it costs to ask for the two addresses: this is a part of every handshake.
        self.connections.add(self)
        self.transport = transport
        self.server, self.client = _addresses(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        self.flow = self._flow = _Flow(transport)
        # Received and not parsed yet.
        self._rest = b""
        # Nothing more is parsed; what is said when the answers that are due have been given.
        self._deaf = False
        self._verdict: str | None = None
        # What is being answered; the request that has been read whole, and the bytes so far of the
        # body of the one that is being read.
        self._served: RequestResponseCycle | None = None
        self._whole: object = None
        self.body_size = 0
        self._place = self.door.waiting

    def connection_lost(self, exc: Exception | None) -> None:
        """Be gone."""
        self._leave()
        self._rest = b""
        self.pipeline.clear()
        if self._served is not None:
            # Uvicorn tells only the last request that it read, which may still wait for its turn.
            self._served.disconnected = True
            # Without it, only the collector of garbage would free what belongs to a last answer.
            self._served.transport = self.transport
            self._served.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._served = cycle
        if not cycle.keep_alive:
            cycle.transport = cast("asyncio.Transport", _LastAnswer(self))
        super()._start_asgi_task(cycle, app)

    @property
    def _begun(self) -> bool:
        """Whether a request has begun whose head is not there whole."""
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    @property
    def _due(self) -> bool:
        """Whether an answer has not been given whole."""
        return self.cycle is not None and not self.cycle.response_complete

    def close_after_answer(self) -> None:
        """Close the connection when the last answer has been said."""
        if self._whole is self.scope:
            self.transport.close()
        else:
            self._linger()

    def head_is_late(self) -> None:
        """Close, with a word to whoever has begun a request."""
        if self._begun:
            self.refuse("timeout")
        else:
            self._close()

    def refuse(self, code: str) -> None:
        """Refuse the request that is being read, after the answers that are due before it."""
        if self._deaf:
            return
        self._deaf, self._rest, self._verdict = True, b"", code
        cycle = self.cycle
        if cycle is not None and cycle.scope is self.scope is not self._whole:
            # It is the body that is wrong.
            if self.pipeline:
                self.pipeline.popleft()
                return
            self._end_cycle()
            if cycle.response_started:
                self._linger()
                return
        elif self._due:
            return
        self._say(code)

    def give_way(self) -> None:
        """Close at once, for somebody else or because the time has come."""
        if self._place is self.door.lingering:
            self.transport.abort()
        elif self._place is not self.door.idle:
            if self._place is self.door.receiving:
                self._end_cycle()
            answered = self.cycle is not None and not self._begun and self.cycle.response_started
            if not answered and not self.transport.is_closing():
                self.transport.write(self._answer("busy"))
        self._close()

    def shutdown(self) -> None:
        """Let the answers that are due be given; wait for nothing else."""
        if self._place is self.door.answering:
            self._deaf, self._rest = True, b""
            super().shutdown()
        elif self._place is self.door.waiting:
            self._close()
        elif self._place is not self.door.leaving:
            self.give_way()

    def _end_cycle(self) -> None:
        # The application is told that the client is gone, and what it still says goes nowhere.
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _answer(self, code: str) -> bytes:
        COUNTS.refusals["http", code] += 1
        status, _, rest = self.door.refusals[code].partition(b"\r\n")
        own = [name + b": " + value for name, value in self.server_state.default_headers]
        return b"\r\n".join([status, *own, rest])

    def _say(self, code: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._answer(code))
            self._linger()

    def _linger(self) -> None:
        # To close with bytes unread is to reset, and a reset can overtake the answer.
        self._deaf = True
        self._left = _LINGER
        self._move(self.door.lingering)
        if not self.transport.is_closing():
            # TLS knows no end of one direction alone.
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self._flow.held = False
            self._flow.resume_reading()

    def _discard(self, data: bytes) -> None:
        if self._place is self.door.lingering:
            self._left -= len(data)
        if self._place is not self.door.lingering or self._left < 0:
            self._flow.pause_reading()

    def _close(self) -> None:
        self._deaf = True
        self._move(self.door.leaving)
        self.transport.close()

    def _move(self, place: Place) -> None:
        if place is not self._place:
            self._place.pop(self, None)
            self._place = place
            place[self] = self.loop.time()

    def _leave(self) -> None:
        self._place.pop(self, None)
        self.door.unsent.pop(self, None)


def _addresses(
    transport: asyncio.Transport,
) -> tuple[tuple[str, int | None] | None, tuple[str, int] | None]:
    """The server's own end of a connection, and the client's: host and port, as ASGI has them."""
    own, client = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    # A socket of the file system has a path, and whoever has gone already no address any more.
    server = (own[0], own[1]) if isinstance(own, tuple) else (own, None) if own else None
    return server, (client[0], client[1]) if isinstance(client, tuple) else None
