"""Text frames (RFC 6455, section 5.2): as a server writes them, and as most clients do."""

import struct
from collections.abc import Iterator
from typing import Final

# The compiled one where there is one.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

_MASKED: Final = 0x80
_TEXT: Final = 0x81  # FIN, opcode 1
_SHORT: Final = struct.Struct("!BB")
_MEDIUM: Final = struct.Struct("!BBH")
_LONG: Final = struct.Struct("!BBQ")


def text_frame(payload: bytes) -> bytes:
    """The frame that carries `payload`, which is UTF-8."""
    size = len(payload)
    if size < 126:
        return _SHORT.pack(_TEXT, size) + payload
    if size < 65_536:
        return _MEDIUM.pack(_TEXT, 126, size) + payload
    return _LONG.pack(_TEXT, 127, size) + payload


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
    if len(data) - at < 6 or data[at] != _TEXT:
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
