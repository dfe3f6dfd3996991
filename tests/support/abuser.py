"""A program that abuses the HTTP door of the server at a port, in all ways at once, until it ends.

Run as a program: `python abuser.py PORT`. It writes a line `abuse N` after each round.
"""

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Iterator

POST = b"POST /api/chat/rooms HTTP/1.1\r\nContent-Type: application/json\r\nHost: x\r\n"
SILENT = 100
# What is sent on a new connection each, and how it ends: read to its end, or reset at once.
BLOWS = (
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 4_000_000, True),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000 + b"\r\n", True),
    (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", True),
    (b"\x16\x03\x01 nonsense\r\n\r\n", True),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 50_000, True),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20, False),
    (b"GET /ws/chat/1?username=x HTTP/1.1\r\nConnection: Upgrade\r\nUpgra", False),
    (b"", False),
)


def connect(port: int) -> socket.socket:
    """Return a new connection."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sock


def strike(port: int, blow: bytes, *, read: bool) -> None:
    """Send one thing on a connection of its own."""
    with contextlib.suppress(OSError), connect(port) as sock:
        sock.sendall(blow)
        while read and sock.recv(1 << 16):
            pass


def lurk(port: int) -> Iterator[None]:
    """Keep connections that say nothing, drip, or do not read; a drop of each at every step."""
    begins = (b"", b"GET / HTTP/1.1\r\n", POST + b"Content-Length: 5000\r\n\r\n")
    drops = (b"", b"X: y\r\n", b" ")
    lurking: list[socket.socket | None] = [None] * SILENT
    while True:
        for number, known in enumerate(lurking):
            kind = number % len(begins)
            try:
                sock = known or connect(port)
                if sock is not known:
                    lurking[number] = sock
                    sock.sendall(begins[kind])
                sock.sendall(drops[kind])
                sock.settimeout(0)
                if not drops[kind] and sock.recv(1) == b"":
                    sock.close()
                    lurking[number] = None
            except BlockingIOError:
                pass
            except OSError:
                lurking[number] = None
        yield


def main(port: int) -> None:
    """Abuse it until somebody ends this."""
    # In life it has a machine of its own: here it gets what the server and its clients leave.
    os.nice(10)
    lurking = lurk(port)
    number = 0
    while True:
        next(lurking)
        for blow, read in BLOWS:
            strike(port, blow, read=read)
        number += 1
        print(f"abuse {number}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
