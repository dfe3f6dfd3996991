"""What a client sends, taken apart: frames, held against the rules, and the messages they make.

Source: RFC 6455, sections 5 and 8.1. No extension is ever agreed upon.
"""

import codecs
from typing import Final, Protocol

# The compiled one where there is one.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

from parlour.realtime.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_FINAL: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_MASK: Final = 4
# What a close frame may say (section 7.4 and the registry of codes), beside 3000 to 4999.
_CLOSE_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015)})

_Utf8: Final = codecs.getincrementaldecoder("utf-8")


class Fault(Exception):
    """The peer broke the protocol or a limit: the close code and reason to end with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Receiver(Protocol):
    """Who is told what a reader has read, in its order."""

    def got_text(self, text: str) -> None:
        """A whole message."""

    def got_binary(self, data: bytes) -> None:
        """A whole message that is no text."""

    def got_ping(self, payload: bytes) -> None:
        """A ping, to be answered with its payload."""

    def got_pong(self, payload: bytes) -> None:
        """An answer to a ping, or one that nobody asked for."""

    def got_close(self, payload: bytes, code: int, reason: str) -> None:
        """The last frame; what comes behind it is not read. The code is 1005 when it has none."""


class FrameReader:
    """Reads the frames of one client, in whatever pieces they come."""

    __slots__ = (
        "_closed", "_kind", "_max_fragments", "_max_size", "_needed", "_parts", "_receiver",
        "_size", "_utf8", "_waiting",
    )  # fmt: skip

    def __init__(self, receiver: Receiver, max_size: int, max_fragments: int) -> None:
        """`max_size` is that of a message, in bytes; it has at most `max_fragments` frames."""
        self._receiver = receiver
        self._max_size = max_size
        self._max_fragments = max_fragments
        # What has come of a frame that is not there whole, and how much there has to be of it
        # before it is worth looking again.
        self._waiting = bytearray()
        self._needed = 2
        # The message of which fragments have come: TEXT or BINARY, or 0 when there is none.
        self._kind = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._utf8: codecs.IncrementalDecoder | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether the rest of a frame or of a message is waited for."""
        return bool(self._kind or self._waiting)

    def read(self, data: bytes) -> None:
        """Tell the receiver of all that is whole now. Raises Fault, after what came before it."""
        if self._closed:
            return
        self._waiting += data
        while len(self._waiting) >= self._needed and not self._closed:
            self._take()

    def _take(self) -> None:
        """Take the next frame, or find out how much of it has to be there for that."""
        waiting = self._waiting
        opcode, size, head = waiting[0] & 0x0F, waiting[1] & 0x7F, 2 + _MASK
        final = bool(waiting[0] & _FINAL)
        self._check_head(opcode, final=final, size=size)
        if size >= 126:
            head += 2 if size == 126 else 8
            if len(waiting) < head - _MASK:
                self._needed = head - _MASK
                return
            least = 126 if size == 126 else 65_536
            size = int.from_bytes(waiting[2 : head - _MASK])
            if size < least:
                raise Fault(1002, "a length in more bytes than it needs")
        if opcode < CLOSE and self._size + size > self._max_size:
            # Before its body is read.
            raise Fault(1009, f"a message has at most {self._max_size} bytes")
        end = head + size
        if len(waiting) < end:
            self._needed = end
            return
        payload = apply_mask(bytes(waiting[head:end]), bytes(waiting[head - _MASK : head]))
        del waiting[:end]
        self._needed = 2
        if opcode >= CLOSE:
            self._control(opcode, payload)
        else:
            self._data(opcode, payload, final=final)

    def _check_head(self, opcode: int, *, final: bool, size: int) -> None:
        first, second = self._waiting[0], self._waiting[1]
        if first & _RESERVED or opcode not in _OPCODES:
            raise Fault(1002, "a reserved bit or opcode is used")
        if not second & _MASKED:
            raise Fault(1002, "a client has to mask its frames")
        if opcode >= CLOSE:
            if not final or size > 125:
                raise Fault(1002, "a control frame is one frame of at most 125 bytes")
        elif (opcode == CONTINUATION) != bool(self._kind):
            raise Fault(1002, "a fragment is out of its place")

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._receiver.got_ping(payload)
        elif opcode == PONG:
            self._receiver.got_pong(payload)
        else:
            code, reason = _read_close(payload)
            self._closed = True
            self._waiting.clear()
            self._kind, self._parts = 0, []
            self._receiver.got_close(payload, code, reason)

    def _data(self, opcode: int, payload: bytes, *, final: bool) -> None:
        if final and opcode:
            self._whole(opcode, payload)
            return
        if opcode:
            self._kind = opcode
            self._utf8 = _Utf8() if opcode == TEXT else None
        elif len(self._parts) >= self._max_fragments:
            raise Fault(1008, "too many fragments")
        if self._utf8 is not None:
            # So that the peer is told now, not after the last fragment.
            try:
                self._utf8.decode(payload, final)
            except UnicodeDecodeError:
                raise Fault(1007, "not UTF-8") from None
        self._parts.append(payload)
        self._size += len(payload)
        if final:
            kind, data = self._kind, b"".join(self._parts)
            self._kind, self._parts, self._size, self._utf8 = 0, [], 0, None
            self._whole(kind, data)

    def _whole(self, kind: int, data: bytes) -> None:
        if kind == BINARY:
            self._receiver.got_binary(data)
            return
        try:
            text = str(data, "utf-8")
        except UnicodeDecodeError:
            raise Fault(1007, "not UTF-8") from None
        self._receiver.got_text(text)


def _read_close(payload: bytes) -> tuple[int, str]:
    if not payload:
        return 1005, ""
    code = int.from_bytes(payload[:2])
    if len(payload) < 2 or not (code in _CLOSE_CODES or 3000 <= code < 5000):
        raise Fault(1002, "a close frame with a code that may not be sent")
    try:
        return code, str(payload[2:], "utf-8")
    except UnicodeDecodeError:
        raise Fault(1007, "not UTF-8") from None
