"""Frames of RFC 6455 by hand: any that a client may or may not send, and those of a server."""

from typing import Final, NamedTuple

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
# One whose bytes all differ.
MASK: Final = b"\x9b\x00\xff\x5e"


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
        if len(data) < start:
            return None, 0
        size = int.from_bytes(data[2:start])
        assert size >= (126 if start == 4 else 65_536), "a length of more bytes than it needs"
    if len(data) < start + size:
        return None, 0
    opcode, fin = data[0] & 0x0F, bool(data[0] & 0x80)
    assert opcode in {CONT, TEXT, BINARY, CLOSE, PING, PONG}, f"opcode {opcode}"
    if opcode >= CLOSE:
        assert fin
        assert size <= 125, "a control frame that is too long"
    return Frame(opcode, data[start : start + size], fin), start + size
