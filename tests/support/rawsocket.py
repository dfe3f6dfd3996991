"""A WebSocket by hand: any bytes may be sent, and every frame is seen as it came."""

import json
from typing import Final, NamedTuple

from tests.support.people import Room
from tests.support.raw import RawConnection, port_of
from tests.support.server import Server

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
# The key's answer, as RFC 6455 reckons it in section 1.3.
ACCEPT: Final = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Frame(NamedTuple):
    """One frame of the server."""

    opcode: int
    payload: bytes
    fin: bool = True


def masked(payload: bytes, mask: bytes) -> bytes:
    """Return `payload` under `mask`."""
    if not any(mask):
        return payload
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = bytes(4),
    length: int | None = None,
) -> bytes:
    """Return a frame of a client; `length` is what it declares, without a `mask` it is wrong."""
    size = len(payload) if length is None else length
    flag = 0 if mask is None else 0x80
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if size < 126:
        head += bytes([flag | size])
    elif size < 65_536:
        head += bytes([flag | 126]) + size.to_bytes(2)
    else:
        head += bytes([flag | 127]) + size.to_bytes(8)
    return head + payload if mask is None else head + mask + masked(payload, mask)


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    """Return a close of a client."""
    return frame(CLOSE, b"" if code is None else code.to_bytes(2) + reason)


def handshake(server: Server | int, path: str, *headers: str) -> bytes:
    """Return the request that opens a WebSocket at `path`."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port_of(server)}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {KEY}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def path_of(room: Room, name: str) -> str:
    """Return where somebody opens a WebSocket in a room."""
    return f"/ws/chat/{room['id']}?username={name}"


class RawSocket(RawConnection):
    """A connection to a server. Its waits end with an AssertionError when nothing comes."""

    def __init__(
        self, server: Server | int, path: str | None = None, *headers: str, receive_buffer: int = 0
    ) -> None:
        """With a `path`, open a WebSocket there; `head` is then the server's answer."""
        super().__init__(server, receive_buffer=receive_buffer)
        self.head = ""
        self.unread = b""
        if path is not None:
            self.send(handshake(server, path, *headers))
            self.head = self.read_head()

    def read_head(self) -> str:
        """Return the head of an HTTP answer."""
        while b"\r\n\r\n" not in self.unread:
            assert self._more(), f"it ended: {self.unread!r}"
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def read(self) -> Frame | None:
        """Return the next frame; None at the end of the connection."""
        while True:
            found, used = parse(self.unread)
            if found is not None:
                self.unread = self.unread[used:]
                return found
            if not self._more():
                assert not self.unread, f"half a frame at the end: {self.unread!r}"
                return None

    def until(self, opcode: int, part: bytes = b"") -> Frame:
        """Return the next frame of this kind in which `part` stands."""
        while True:
            each = self.read()
            assert each is not None, f"no frame {opcode} with {part!r}, but the end"
            if each.opcode == opcode and part in each.payload:
                return each

    def closed(self) -> tuple[int | None, bytes]:
        """Read to the end; return the code of the close and its reason: None when none came."""
        code, reason, ended = None, b"", False
        while (each := self.read()) is not None:
            assert not ended, f"{each} came behind the close"
            if each.opcode == CLOSE:
                ended = True
                code = int.from_bytes(each.payload[:2]) if each.payload else 1005
                reason = each.payload[2:]
        return code, reason

    def _more(self) -> bool:
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError:
            return False
        except TimeoutError:
            raise AssertionError(f"nothing more came; unread: {self.unread[:200]!r}") from None
        self.unread += data
        return bool(data)


def parse(data: bytes) -> tuple[Frame | None, int]:
    """Return the first whole frame of what a server sent, and its bytes; None when there is none.

    Asserts what RFC 6455 demands of every frame of a server.
    """
    if len(data) < 2:
        return None, 0
    assert not data[0] & 0x70, "a reserved bit is set"
    assert not data[1] & 0x80, "a frame of a server is masked"
    size, start = data[1], 2
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start])
        assert size >= (126 if start == 4 else 65_536), "a length of more bytes than it needs"
    if len(data) < max(start + size, start):
        return None, 0
    opcode, fin = data[0] & 0x0F, bool(data[0] & 0x80)
    assert opcode in {CONT, TEXT, BINARY, CLOSE, PING, PONG}, f"opcode {opcode}"
    if opcode >= CLOSE:
        assert fin
        assert size <= 125, "a control frame that is too long"
    return Frame(opcode, data[start : start + size], fin), start + size


# The command that is answered at once, and the answer.
ASK: Final = frame(TEXT, b'{"type":"ping"}')
ANSWER: Final = Frame(TEXT, b'{"type":"pong"}')


def say(content: str) -> bytes:
    """Return the text of a command that says something, its characters as they are."""
    return json.dumps({"type": "message", "content": content}, ensure_ascii=False).encode()


def content_of(member: RawSocket) -> str:
    """Return what is said next."""
    content = json.loads(member.until(TEXT, b'"message"').payload)["message"]["content"]
    assert isinstance(content, str)
    return content


def well(raw: RawSocket) -> None:
    """Assert that the connection still works."""
    raw.send(ASK)
    assert raw.read() == ANSWER
