"""What stands before the nodes of a test's server: a connection goes to one, the next to the next.

It knows nothing of what goes through it, and hands every end on as it came.
"""

import asyncio
import contextlib
import functools
import socket
import struct
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from tests.support.timing import scaled

T = TypeVar("T")

# What is closed with this is closed with a reset.
_RESET = struct.pack("ii", 1, 0)
# Bytes on their way to somebody who does not read; more is not taken from the other side.
MOST_WAITING = 64 * 1024


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this worker's balancers, which blocks with no test."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="balancer", daemon=True).start()
    return loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do something in that loop."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(scaled(10))


class Side(asyncio.Protocol):
    """One side of a connection; whatever comes goes to the other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there; it is not read before the other side is."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(MOST_WAITING)

    def begin(self) -> None:
        """Read it: the other side is there."""
        assert self.transport is not None
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Hand on that nothing more comes, and still take what the other side says."""
        self.ended = True
        if self.other is None or self.other.transport is None or self.transport is None:
            return False
        if self.other.ended:
            self.other.transport.close()
            return False
        with contextlib.suppress(OSError):
            self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """Whoever is behind this side does not read: take no more for them."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """They do again."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Let the other side end as this one did."""
        if self.other is not None and self.other.transport is not None:
            if error is None:
                self.other.transport.close()
            else:
                self.other.reset()

    def reset(self) -> None:
        """End it without a word."""
        assert self.transport is not None
        sock = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


class Balancer:
    """Listens on a port, while it is open, for servers on others."""

    def __init__(self, port: int, behind: Sequence[int]) -> None:
        self.port = port
        self.behind = list(behind)
        self._next = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Take connections from now on."""
        if self._server is None:
            run(self._open())

    def close(self) -> None:
        """Take none any more; those that are open are not touched."""
        if self._server is not None:
            run(self._close())

    async def _open(self) -> None:
        self._server = await _loop().create_server(
            self.taken, "127.0.0.1", self.port, backlog=2048, reuse_address=True
        )

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server = None

    def taken(self) -> "Side":
        """A side for a client who comes."""
        return Taken(self)

    def side(self) -> "Side":
        """A side for the server to which a client goes."""
        return Side()

    def lead(self, client: "Side") -> None:
        """Find somebody for a client who has come."""
        task = _loop().create_task(self._lead(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lead(self, client: "Side") -> None:
        port = self.behind[self._next % len(self.behind)]
        self._next += 1
        server = self.side()
        server.other = client
        try:
            await _loop().create_connection(lambda: server, "127.0.0.1", port)
        except OSError:
            client.reset()
            return
        assert client.transport is not None
        assert server.transport is not None
        if client.transport.is_closing():
            server.transport.close()
            return
        client.other = server
        client.begin()


class Taken(Side):
    """A client, who waits until there is somebody for them."""

    def __init__(self, balancer: Balancer) -> None:
        super().__init__()
        self._balancer = balancer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing of them before."""
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()
        self._balancer.lead(self)
