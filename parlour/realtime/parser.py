"""What reads the frames of a peer: `websockets`' parser, and what it says of where it stands."""

from typing import Any, Final

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

_READ_EXACT: Final = StreamReader.read_exact.__code__


class Parser(ServerProtocol):
    """`websockets`' own, which would refuse a close frame between the fragments of a message."""

    def recv_frame(self, frame: Frame) -> None:
        """A close may come there like any control frame (RFC 6455, 5.4), and ends the message."""
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)

    def in_a_frame(self) -> bool:
        """Whether the rest of a frame is waited for."""
        if self.reader.buffer:
            return True
        # The head of a frame is not in the buffer any more while its body is waited for: of the
        # generators that wait for one another the last says what it waits for.
        waiting: Any = self.parser
        while waiting.gi_yieldfrom is not None:
            waiting = waiting.gi_yieldfrom
        return waiting.gi_code is _READ_EXACT
