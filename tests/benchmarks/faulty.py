"""A small relay over real sockets that does to its frames what a test wants."""

import asyncio
import base64
import hashlib
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Sequence
from typing import Self

from tests.support.aside import LoopAside

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

    port: int

    def __init__(self, mischief: Mischief, *, parlour: bool = False) -> None:
        self._mischief = mischief
        self._parlour = parlour
        self._aside = LoopAside()
        # Whoever has gone keeps the place, so that the numbers stay.
        self._members: list[StreamWriter | None] = []
        self._serving: list[asyncio.Task[None]] = []
        self._said = 0

    def __enter__(self) -> Self:
        """Relay for the length of a block."""
        self._aside.__enter__()
        self._door = self._aside.run(asyncio.start_server(self._come, "127.0.0.1", 0, backlog=64))
        self.port = self._door.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        """End it; what went wrong in itself is raised."""
        try:
            self._aside.run(self._end())
        finally:
            self._aside.__exit__(*error)

    async def _end(self) -> None:
        self._door.close()
        for task in self._serving:
            task.cancel()
        outcomes = await asyncio.gather(*self._serving, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _come(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            writer.write(await self._welcome(reader))
            number = len(self._members)
            self._members.append(writer)
            try:
                while True:
                    opcode, payload = await frame_of(reader)
                    if opcode == 1:
                        self._relay(payload)
            finally:
                self._members[number] = None
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has gone
        finally:
            writer.transport.abort()

    async def _welcome(self, reader: StreamReader) -> bytes:
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", await reader.readuntil(b"\r\n\r\n"))
        assert key is not None
        secret = hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        answer = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(secret) + b"\r\n\r\n"
        )
        if self._parlour:
            answer += text_frame(b'{"type":"user_list","room_id":1,"users":["reader0"]}')
        return answer

    def _relay(self, payload: bytes) -> None:
        if self._parlour:
            start = b'{"type":"message","room_id":1,"version":%d,' % (self._said + 1)
            payload = start + payload.partition(b",")[2]
        for number, member in enumerate(self._members):
            if member is None:
                continue
            for piece in self._mischief(number, self._said, text_frame(payload)):
                member.write(piece)
        self._said += 1


async def frame_of(reader: StreamReader) -> tuple[int, bytes]:
    """Return the opcode and the payload, unmasked, of a client's next frame."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    mask, masked = await reader.readexactly(4), await reader.readexactly(length)
    return head[0] & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))
