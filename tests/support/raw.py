"""A connection to a server by hand: what `rawhttp` and `rawsocket` stand on."""

import socket
from typing import Self

from tests.support.server import Server
from tests.support.timing import scaled


def port_of(server: Server | int) -> int:
    """Return the port of a server, which may be given by that alone."""
    return server if isinstance(server, int) else server.port


class RawConnection:
    """One TCP connection: any bytes may be sent, each `send` in a packet of its own."""

    def __init__(self, server: Server | int, *, receive_buffer: int = 0, segment: int = 0) -> None:
        """Connect to a server or a port.

        `receive_buffer` is what the kernel takes, and `segment` the largest piece of it, in bytes.
        """
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if segment:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        self.sock.settimeout(scaled(20))
        try:
            self.sock.connect(("127.0.0.1", port_of(server)))
        except OSError:
            self.sock.close()
            raise
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """End it by a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self) -> None:
        """End it."""
        self.sock.close()

    def __enter__(self) -> Self:
        """Use it for the length of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()
