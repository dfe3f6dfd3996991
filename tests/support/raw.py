"""Raw sockets at the HTTP door: clients as no library would be, and what they cost the server."""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from parlour.errors import ERROR_CODES
from parlour.web import CONTENT_SECURITY_POLICY
from tests.support import hurried
from tests.support.server import Server
from tests.support.timing import scaled

MIB = 1024 * 1024
HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


def upgrade(path: str) -> bytes:
    """Return the handshake of a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes


def take_apart(stream: bytes) -> list[Answer]:
    """Return the answers that `stream` consists of, each with its length in its head."""
    answers = []
    while stream:
        head, gap, stream = stream.partition(b"\r\n\r\n")
        assert gap, f"no answer: {head[:200]!r}"
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        size = int(headers.get("content-length", "0"))
        answers.append(Answer(int(status.split()[1]), headers, stream[:size]))
        stream = stream[size:]
    return answers


def assert_refused(answer: Answer, code: str) -> None:
    """Assert that it is a refusal of the door: JSON, security headers, and the last answer."""
    assert answer.status == ERROR_CODES[code].status
    told = json.loads(answer.body)
    assert set(told) == {"detail", "code"}
    assert told["code"] == code
    assert told["detail"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    assert answer.headers["date"]
    assert ("retry-after" in answer.headers) == (answer.status == 503)


class Raw:
    """One connection; `got` is all that the server has sent."""

    def __init__(self, server: Server, *, buffer: int | None = None) -> None:
        self.sock = socket.socket()
        if buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.settimeout(scaled(10))
        self.sock.connect(("127.0.0.1", server.port))
        self.got = b""
        self.ended = False

    def send(self, data: bytes) -> None:
        """Send all of it, or as much as the server takes before it resets the connection."""
        with contextlib.suppress(ConnectionError):
            self.sock.sendall(data)

    def look(self, seconds: float) -> bool:
        """Wait so long for something to come; whether the connection has ended."""
        if not self.ended and select.select([self.sock], [], [], seconds)[0]:
            try:
                data = self.sock.recv(1 << 18)
            except ConnectionResetError:
                data = b""
            self.got += data
            self.ended = not data
        return self.ended

    def until_end(self, *, seconds: float) -> list[Answer]:
        """Read until the server closes, in so much time; return its answers."""
        deadline = time.monotonic() + scaled(seconds)
        while not self.look(max(0, deadline - time.monotonic())):
            assert time.monotonic() < deadline, f"still open; it said {self.got[:200]!r}"
        return take_apart(self.got)

    def drip(self, pieces: Iterator[bytes], every: float, *, seconds: float) -> list[Answer]:
        """Send a piece every so many seconds until the server closes; return its answers."""
        begin = time.monotonic()
        while not self.look(every):
            assert time.monotonic() - begin < scaled(seconds), "still open"
            self.send(next(pieces))
        return take_apart(self.got)

    def ask(self, request: bytes = HEALTH) -> Answer:
        """Send a request and return its answer, which has a length."""
        before = len(self.got)
        self.send(request)
        while True:
            head, gap, body = self.got[before:].partition(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0")
            if gap and len(body) >= size:
                [answer] = take_apart(self.got[before:])
                return answer
            assert not self.look(scaled(10)), "it was closed without an answer"

    def close(self) -> None:
        """Close it."""
        self.sock.close()

    def reset(self) -> None:
        """Close it by a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def __enter__(self) -> Self:
        """Use it for the length of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class HurriedServer(Server):
    """A server whose deadlines at the HTTP door are short, and which tells what it has to do."""

    def __init__(self, home: Path, *, limit: int | None = None, **options: Any) -> None:
        """`limit` is the number of file handles that it may have."""
        program: list[str | Path] = [sys.executable, hurried.__file__]
        if limit is not None:
            # The shell's own limit is that of the program it becomes.
            program = ["sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh", *program]
        super().__init__(home, program=program, **options)
        self._reports = 0

    def doing(self) -> dict[str, Any]:
        """Return what it has to do at this moment."""
        self._reports += 1
        self.process.signal(signal.SIGUSR1)
        line = self.process.wait_for_line(rf"^door {self._reports}: (.*)")
        return dict(json.loads(line[1]))

    def until(self, reached: Callable[[dict[str, Any]], bool], *, seconds: float = 10) -> None:
        """Ask until what it has to do is so."""
        deadline = time.monotonic() + scaled(seconds)
        while not reached(doing := self.doing()):
            assert time.monotonic() < deadline, doing
            self.process.wait_for_news(len(self.process.lines), 0.05)

    def calm(self) -> float:
        """Wait until it uses less than a tenth of a core for a second; return how much."""
        deadline = time.monotonic() + scaled(15)
        spent = 1.0
        while spent > 0.1:
            assert time.monotonic() < deadline, f"it keeps {spent:.0%} of a core busy"
            cpu, begin = self.cpu_seconds, time.monotonic()
            threading.Event().wait(1)
            spent = (self.cpu_seconds - cpu) / (time.monotonic() - begin)
        return spent

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def forget_peak(self) -> None:
        """Let `peak` count from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", "ascii")

    @property
    def peak(self) -> int:
        """The most resident memory that it had, in bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(text.partition("VmHWM:")[2].split()[0]) * 1024

    @property
    def handles(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208 - only a number

    @property
    def cpu_seconds(self) -> float:
        """How long it has run so far."""
        fields = (
            Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
