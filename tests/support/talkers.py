"""Fifty normal clients who talk in one room, and how long each message takes to each of them.

They run as a program of their own, so that neither the abuse beside them nor the test that does it
is what is measured: `python -m tests.support.talkers PORT ROOM COUNT PER_SECOND CHARACTERS`. It
writes `talking` when everybody is in the room; on SIGUSR1 a line `talk N: {...}` with the times
in milliseconds since the last one; and goes on until it is ended.
"""

import json
import os
import re
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.frames import PONG, TEXT, frame
from tests.support.process import Process
from tests.support.rawsocket import RawSocket, say
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
COUNT = 50
# A quiet room; a message may be made longer by so many characters of four bytes.
PER_SECOND = 20
SENT_AT = re.compile(rb'"content":"at (\d+)[ "]')
# The server's pings, which nothing in a text looks like.
PING_FRAME = re.compile(rb"\x89\x04(.{4})", re.DOTALL)
# More than what stands before a message's content in its frame.
TAIL = 400


@dataclass(frozen=True, slots=True)
class Talk:
    """What the talkers have seen: milliseconds, deliveries, and how many were cut off."""

    p50: float
    p99: float
    longest: float
    deliveries: int
    sent: int
    cut: int


class Talkers:
    """The program, seen from a test."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._reports = 0

    def report(self) -> Talk:
        """Return what they have seen since the last report."""
        self._reports += 1
        self.process.signal(signal.SIGUSR1)
        line = self.process.wait_for_line(rf"^talk {self._reports}: (.*)", seconds=20)
        return Talk(**json.loads(line[1]))


@contextmanager
def talkers(
    server: Server,
    room_id: int,
    *,
    count: int = COUNT,
    per_second: int = PER_SECOND,
    characters: int = 0,
) -> Iterator[Talkers]:
    """Let fifty people, or another `count`, talk in a room for the length of a block."""
    numbers = [server.port, room_id, count, per_second, characters]
    process = Process(
        [sys.executable, "-m", "tests.support.talkers", *map(str, numbers)],
        cwd=ROOT,
        env=dict(os.environ),
    )
    try:
        process.wait_for_line("^talking$", seconds=30)
        yield Talkers(process)
    finally:
        process.signal(signal.SIGKILL)
        process.wait()


@dataclass
class Room:
    """The program's own side: everybody's socket, and the times of what they got."""

    port: int
    room_id: int
    count: int
    per_second: int
    characters: int
    times: list[int] = field(default_factory=list)
    sent: int = 0
    cut: int = 0
    reports: int = 0

    def __post_init__(self) -> None:
        """Open the connections."""
        self.selector = selectors.DefaultSelector()
        self.socks: list[socket.socket] = []
        self.tails: dict[socket.socket, bytes] = {}
        for number in range(self.count):
            raw = RawSocket(self.port, f"/ws/chat/{self.room_id}?username=talker{number}")
            raw.sock.settimeout(None)
            self.socks.append(raw.sock)
            self.tails[raw.sock] = raw.unread[-TAIL:]
            self.selector.register(raw.sock, selectors.EVENT_READ)

    def run(self) -> None:
        """Talk and listen, for ever."""
        signal.signal(signal.SIGUSR1, self.report)
        sys.stdout.write("talking\n")
        sys.stdout.flush()
        turn = 0.0
        while True:
            now = time.monotonic()
            if now >= turn:
                # A pause of the machine is not made up for by a burst.
                turn = max(turn, now - 0.1) + 1 / self.per_second
                self.say()
            for key, _ in self.selector.select(max(0.0, turn - time.monotonic())):
                assert isinstance(key.fileobj, socket.socket)
                self.read(key.fileobj)

    def say(self) -> None:
        """Let the next one say what time it is."""
        sock = self.socks[self.sent % len(self.socks)]
        content = f"at {time.monotonic_ns()} " + "😀" * self.characters
        sock.sendall(frame(TEXT, say(content)))
        self.sent += 1

    def read(self, sock: socket.socket) -> None:
        """Take what came for one of them."""
        data = sock.recv(1 << 18)
        if not data:
            self.cut += 1
            self.selector.unregister(sock)
            self.socks.remove(sock)
            return
        now = time.monotonic_ns()
        for ping in PING_FRAME.finditer(data):
            sock.sendall(frame(PONG, ping[1]))
        whole = self.tails[sock] + data
        end = 0
        for found in SENT_AT.finditer(whole):
            self.times.append(now - int(found[1]))
            end = found.end()
        # What a message begins with may be cut in two by the end of a read.
        self.tails[sock] = whole[max(end, len(whole) - TAIL) :]

    def report(self, *_: object) -> None:
        """Write what was measured, and begin anew."""
        times, self.times = sorted(each / 1e6 for each in self.times), []
        self.reports += 1
        count = len(times)
        figures = {
            "p50": round(times[count // 2], 2) if count else 0.0,
            "p99": round(times[count * 99 // 100], 2) if count else 0.0,
            "longest": round(times[-1], 2) if count else 0.0,
            "deliveries": count,
            "sent": self.sent,
            "cut": self.cut,
        }
        sys.stdout.write(f"talk {self.reports}: {json.dumps(figures)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    port, room, count, pace, length = map(int, sys.argv[1:])
    Room(port, room, count, pace, length).run()
