"""HTTP by hand: clients as no library would be, and the answers as they came."""

import contextlib
import json
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parlour.errors import ERROR_CODES
from tests.support.raw import RawConnection
from tests.support.server import Server
from tests.support.timing import scaled

POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
HOST: Final = b"Host: 127.0.0.1\r\n"
HEALTH: Final = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


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
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    assert answer.headers["date"]
    assert ("retry-after" in answer.headers) == (answer.status == 503)


class RawHTTP(RawConnection):
    """A connection to the HTTP door; `got` is all that the server has sent."""

    def __init__(self, server: Server, *, receive_buffer: int = 0) -> None:
        super().__init__(server, receive_buffer=receive_buffer)
        self.got = b""
        self.ended = False

    def send(self, data: bytes) -> None:
        """Send all of it, or as much as the server takes before it resets the connection."""
        with contextlib.suppress(ConnectionError):
            super().send(data)

    def look(self, seconds: float) -> bool:
        """Wait so long for something to come; whether the connection has ended."""
        # Unlike select() it takes also those whose number is beyond a thousand.
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        if not self.ended and waiting.poll(seconds * 1000):
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
