"""Bytes poured into a connection as fast as the server takes them."""

import select
import time
from collections.abc import Iterable

from tests.support.rawsocket import RawSocket
from tests.support.timing import scaled


def pour(raw: RawSocket, pieces: Iterable[bytes], *, seconds: float, read: bool = True) -> int:
    """Send `pieces` until all are sent or the server has ended the connection.

    With `read`, what the server says meanwhile is kept for `raw.read()`, and its end does not stop
    the pouring: so does a client that does not look. Returns how many bytes were taken; asserts
    that it did not take longer than `seconds`.
    """
    deadline = time.monotonic() + scaled(seconds)
    sock, taken = raw.sock, 0
    sock.setblocking(False)
    try:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                left = deadline - time.monotonic()
                assert left > 0, f"still open after {seconds} s; it took {taken} bytes"
                readable, writable, _ = select.select([sock] if read else [], [sock], [], left)
                if readable:
                    data = sock.recv(1 << 18)
                    raw.unread += data
                    read = bool(data)
                if writable:
                    sent = sock.send(view)
                    taken += sent
                    view = view[sent:]
    except ConnectionError:
        pass
    finally:
        if sock.fileno() >= 0:
            sock.settimeout(scaled(20))
    return taken
