"""Text frames as a server writes them (RFC 6455, section 5.2): whole, unmasked, uncompressed."""

import struct
from collections.abc import Iterator
from typing import Final

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
