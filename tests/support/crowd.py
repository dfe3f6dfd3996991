"""A crowd: hundreds of raw WebSockets in one thread, cheap enough to drown a server in readers.

The members do no more than read and count, so that what is measured is the server.
"""

import json
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.frames import TEXT, frame
from tests.support.rawsocket import handshake
from tests.support.server import Server
from tests.support.timing import scaled

# How each frame begins that tells of a message.
MESSAGE = b'{"type":"message"'
USER_LIST = b'"user_list"'


@dataclass(eq=False)
class Member:
    """One connection: what it has still to send, and what it has got."""

    sock: socket.socket
    unsent: bytes
    messages: int = 0
    entered: bool = False
    closed: bool = False
    tail: bytes = b""


@dataclass
class Crowd:
    """`size` members of a room, who all come at once with `start()`."""

    server: Server
    room_id: int
    size: int
    members: list[Member] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _ending: bool = False

    def __post_init__(self) -> None:
        """Prepare the thread that does the work."""
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)

    def start(self) -> None:
        """Open all connections at the same moment."""
        self._selector.register(self._woken, selectors.EVENT_READ)
        for number in range(self.size):
            sock = socket.socket()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect_ex(("127.0.0.1", self.server.port))
            path = f"/ws/chat/{self.room_id}?username=member{number}"
            member = Member(sock, handshake(self.server, path))
            self.members.append(member)
            self._selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, member)
        self._thread.start()

    def send(self, number: int, kind: str, **fields: object) -> None:
        """Let one member send a frame."""
        member = self.members[number % self.size]
        member.sock.send(frame(TEXT, json.dumps({"type": kind, **fields}).encode()))

    def talk(self, count: int, per_second: float) -> None:
        """Send `count` messages at a steady pace, each by another member."""
        begin = time.monotonic()
        never = threading.Event()
        for number in range(count):
            never.wait(max(0, begin + number / per_second - time.monotonic()))
            self.send(number, "message", content=f"message {number} to a crowd of readers")

    def wait_entered(self, *, seconds: float = 30) -> None:
        """Wait until everybody has been told who is there."""
        self._wait(lambda: all(member.entered for member in self.members), seconds)

    def wait_delivered(self, count: int, *, seconds: float = 60) -> None:
        """Wait until everybody has got so many messages."""
        self._wait(lambda: all(member.messages >= count for member in self.members), seconds)

    def stop(self) -> None:
        """Drop every connection; nothing happens when that has been done."""
        if self._ending:
            return
        self._ending = True
        self._wake.send(b"x")
        if self._thread.is_alive():
            self._thread.join(scaled(10))
        for sock in [self._wake, self._woken, *(member.sock for member in self.members)]:
            sock.close()
        self._selector.close()

    def _wait(self, reached: Callable[[], bool], seconds: float) -> None:
        with self._news:
            assert self._news.wait_for(reached, scaled(seconds)), self._story()

    def _story(self) -> str:
        entered = sum(member.entered for member in self.members)
        closed = sum(member.closed for member in self.members)
        least = min(member.messages for member in self.members)
        return f"{entered} of {self.size} entered, {closed} closed, least messages {least}"

    def _run(self) -> None:
        while not self._ending:
            for key, events in self._selector.select():
                if key.data is None:
                    continue
                if events & selectors.EVENT_WRITE:
                    self._write(key.data)
                if events & selectors.EVENT_READ:
                    self._read(key.data)
            with self._news:
                self._news.notify_all()

    def _write(self, member: Member) -> None:
        sent = member.sock.send(member.unsent)
        member.unsent = member.unsent[sent:]
        if not member.unsent:
            self._selector.modify(member.sock, selectors.EVENT_READ, member)

    def _read(self, member: Member) -> None:
        try:
            data = member.sock.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            member.closed = True
            self._selector.unregister(member.sock)
            return
        # What a frame begins with may be cut in two by the end of a read.
        whole = member.tail + data
        member.messages += whole.count(MESSAGE)
        member.entered = member.entered or USER_LIST in whole
        member.tail = whole[1 - len(MESSAGE) :]
