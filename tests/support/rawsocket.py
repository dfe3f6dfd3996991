"""A WebSocket by hand: any bytes may be sent, and every frame is seen as it came."""

import json
from typing import Final

from tests.support.frames import CLOSE, TEXT, Frame, frame, parse
from tests.support.people import Room
from tests.support.raw import RawConnection, port_of
from tests.support.server import Server

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
# The key's answer, as RFC 6455 reckons it in section 1.3.
ACCEPT: Final = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
# The door for many rooms, at which nothing is sent that was not asked for, but news of the list
# of rooms: those are not about the connection.
DOOR: Final = "/ws/chat?username=alice"
NEWS: Final = b'{"type":"room_'


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
        self, server: Server | int, path: str | None = None, *headers: str, **network: int
    ) -> None:
        """With a `path`, open a WebSocket there; `head` is then the server's answer.

        `network` is what `RawConnection` takes.
        """
        super().__init__(server, **network)
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
        """Return the next frame that is no news of the list of rooms; None at the end."""
        while True:
            found, used = parse(self.unread)
            if found is not None:
                self.unread = self.unread[used:]
                if found.opcode == TEXT and found.payload.startswith(NEWS):
                    continue
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


# The command that is answered at once, and the answer.
ASK: Final = frame(TEXT, b'{"type":"ping"}')
ANSWER: Final = Frame(TEXT, b'{"type":"pong"}')


def enter(server: Server, room: Room, name: str) -> RawSocket:
    """Return a connection in a room, past what comes first."""
    opened = RawSocket(server, path_of(room, name))
    opened.until(TEXT, b'"user_list"')
    return opened


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
