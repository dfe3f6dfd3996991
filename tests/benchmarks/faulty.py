"""A small relay over real sockets that does to its frames what a test wants."""

import base64
import hashlib
import re
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

# Given the receiver's number and that of the message (both from 0) and the message's frame: what
# the receiver gets instead, in pieces that are sent one by one.
Mischief = Callable[[int, int, bytes], Sequence[bytes]]


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked text frame."""
    if len(payload) < 126:
        return bytes([0x81, len(payload)]) + payload
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


class Relay:
    """Relays every message to all; speaks the benchmarks' dialects `ws` and `parlour`."""

    def __init__(self, mischief: Mischief, *, parlour: bool = False) -> None:
        self._mischief = mischief
        self._parlour = parlour
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._door.getsockname()[1]
        # Whoever has gone keeps the place, so that the numbers stay.
        self._members: list[socket.socket | None] = []
        self._input: dict[socket.socket, bytes] = {}
        self._said = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Relay for the length of a block."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._ending.set()
        self._thread.join(10)

    def _run(self) -> None:
        with self._door, selectors.DefaultSelector() as ready:
            ready.register(self._door, selectors.EVENT_READ)
            while not self._ending.is_set():
                for key, _ in ready.select(0.05):
                    if key.fileobj is self._door:
                        member, _ = self._door.accept()
                        member.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        self._input[member] = b""
                        ready.register(member, selectors.EVENT_READ)
                    elif isinstance(key.fileobj, socket.socket) and not self._read(key.fileobj):
                        ready.unregister(key.fileobj)
                        key.fileobj.close()
            for member in self._input:
                member.close()

    def _read(self, member: socket.socket) -> bool:
        try:
            data = member.recv(65_536)
        except OSError:
            data = b""
        if not data:
            if member in self._members:
                self._members[self._members.index(member)] = None
            del self._input[member]
            return False
        self._input[member] += data
        if member not in self._members:
            self._welcome(member)
        while member in self._members and self._take(member):
            pass
        return True

    def _welcome(self, member: socket.socket) -> None:
        head, end, rest = self._input[member].partition(b"\r\n\r\n")
        if not end:
            return
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", head)
        assert key is not None
        secret = hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        answer = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(secret) + b"\r\n\r\n"
        )
        if self._parlour:
            answer += text_frame(b'{"type":"user_list","room_id":1,"users":["reader0"]}')
        member.sendall(answer)
        self._input[member] = rest
        self._members.append(member)

    def _take(self, member: socket.socket) -> bool:
        data = self._input[member]
        head = 8 if len(data) > 1 and data[1] & 0x7F == 126 else 6
        if len(data) < head:
            return False
        length = int.from_bytes(data[2:4], "big") if head == 8 else data[1] & 0x7F
        if len(data) < head + length:
            return False
        mask, masked = data[head - 4 : head], data[head : head + length]
        self._input[member] = data[head + length :]
        if data[0] & 15 != 1:
            return True  # a pong
        self._relay(bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked)))
        return True

    def _relay(self, payload: bytes) -> None:
        if self._parlour:
            start = b'{"type":"message","room_id":1,"version":%d,' % (self._said + 1)
            payload = start + payload.partition(b",")[2]
        for number, member in enumerate(self._members):
            if member is None:
                continue
            for piece in self._mischief(number, self._said, text_frame(payload)):
                try:
                    member.sendall(piece)
                except OSError:
                    break
        self._said += 1
