"""Text frames (RFC 6455, section 5.2): as a server writes them, and as most clients do."""

import struct
from collections.abc import Iterator
from typing import Final

# The compiled one where there is one.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

# Opcodes; from CLOSE on they are those of control frames.
CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_FINAL: Final = 0x80
_MASKED: Final = 0x80
_FINAL_TEXT: Final = _FINAL | TEXT
_SHORT: Final = struct.Struct("!BB")
_MEDIUM: Final = struct.Struct("!BBH")
_LONG: Final = struct.Struct("!BBQ")


def text_frame(payload: bytes) -> bytes:
    """The frame that carries `payload`, which is UTF-8."""
    return frame(TEXT, payload)


def frame(opcode: int, payload: bytes) -> bytes:
    """The final frame of this kind."""
    first, size = _FINAL | opcode, len(payload)
    if size < 126:
        return _SHORT.pack(first, size) + payload
    if size < 65_536:
        return _MEDIUM.pack(first, 126, size) + payload
    return _LONG.pack(first, 127, size) + payload


def close_frame(code: int, reason: str) -> bytes:
    """The frame that ends a connection; of the reason as much as fits."""
    words = reason.encode()[: 125 - 2].decode(errors="ignore").encode()
    return frame(CLOSE, code.to_bytes(2) + words)


def texts(frames: bytes) -> Iterator[str]:
    """What whole frames, one behind the other, carry: the way back from `text_frame`."""
    at = 0
    while at < len(frames):
        size = frames[at + 1]
        at += 2
        if size == 126:
            size = int.from_bytes(frames[at : at + 2])
            at += 2
        elif size == 127:
            size = int.from_bytes(frames[at : at + 8])
            at += 8
        yield frames[at : at + size].decode()
        at += size


def plain_text(data: bytes, at: int, largest: int) -> tuple[str, int] | None:
    """The text of the whole, final, masked frame at `at`, and where it ends.

    None when there is something else: no whole frame, one that is longer than `largest` or in an
    unusual form, or one that is wrong.
    """
    if len(data) - at < 6 or data[at] != _FINAL_TEXT:
        return None
    size, mask = data[at + 1] - _MASKED, at + 2
    if size == 126:
        size = int.from_bytes(data[mask : mask + 2])
        mask += 2
        if size < 126:
            return None
    elif not 0 <= size < 126:
        return None
    end = mask + 4 + size
    if size > largest or end > len(data):
        return None
    try:
        return str(apply_mask(data[mask + 4 : end], data[mask : mask + 4]), "utf-8"), end
    except UnicodeDecodeError:
        return None
