"""Uvicorn's WebSocket protocol, guarded: what one peer may cost is bounded in bytes and time."""

import asyncio
import codecs
import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from parlour.realtime.connection import Listener
from parlour.realtime.frames import plain_text
from parlour.realtime.parser import Parser

# Uvicorn writes a line for every connection that comes; from warnings on they are of use.
logger = logging.getLogger(__name__)
logger.setLevel(logging.WARNING)

_Utf8: Final = codecs.getincrementaldecoder("utf-8")


class GuardedProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's own protocol with bounds; messages go straight to a listener, once there is one.

    Handshake, keepalive, closing and the parsing of frames stay those of Uvicorn and
    `websockets`. The limits are attributes of the class, so that a test may have others.
    """

    # Bytes parsed in one turn of the event loop: a read may bring many thousand tiny frames.
    piece = 2 * 1024
    # Frames of one message, and the time from its first byte to its last.
    max_fragments = 64
    message_seconds = 10.0
    # Bytes that may wait for a peer that goes on sending pings.
    max_waiting_pongs = 64 * 1024
    # How long a peer may take to read what was written before its connection is closed.
    flush_seconds = 10.0
    # Bytes taken from a peer after its fault, so that it can read what the fault was.
    max_ignored = 4 * 1024 * 1024
    # Bytes parsed of what a peer says that was told to go, until it answers that.
    max_after_close = 64 * 1024

    _listener: Listener | None = None
    # Whether frames may be written: from `listen` on, until either side ends it.
    _open = False
    # Why nothing is read just now: the listener said so, or what was read is not parsed yet.
    _held = False
    _unread = b""
    _reading_on = False
    # Whether the transport has been told not to read.
    _stopped = False
    # After its fault nothing of the peer is parsed any more, only read so far.
    _deaf = False
    _ignored = 0
    _messages = 0
    # Both are cancelled at the end: a timer keeps all of a connection in memory while it waits.
    _watcher: asyncio.TimerHandle | None = None
    _flusher: asyncio.TimerHandle | None = None
    # What the parser answered to a read in which there was a fault: its last words come last.
    _last_words = b""
    # Reads the fragments of a text as they come.
    _utf8: codecs.IncrementalDecoder

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = logger
        self.conn: Parser = Parser(max_size=self.config.ws_max_size, logger=self.conn.logger)

    # Uvicorn's and asyncio's calls

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the listener before anything else is written."""
        self._shut()
        self._unread = b""
        for timer in (self._watcher, self._flusher):
            if timer is not None:
                timer.cancel()
        self._watcher = self._flusher = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what was read, the rest of a large read in later turns."""
        if self.close_sent:
            self._ignored += len(data)
            if self._ignored > self.max_ignored:
                self.transport.abort()
                return
            if not self._deaf and self._ignored > self.max_after_close:
                # To look for its answer among millions of frames would cost the others.
                self._turn_deaf()
            if self._deaf:
                return
        if self._unread:
            self._unread += data
            return
        if len(data) > self.piece:
            self._unread = data[self.piece :]
            data = data[: self.piece]
        self._parse(data)

    def handle_text(self, event: Frame) -> None:
        """Begin a message, or take a whole one."""
        super().handle_text(event)
        if not event.fin:
            self._utf8 = _Utf8()
            self._right_so_far(event)

    def handle_cont(self, event: Frame) -> None:
        """Join fragments, a bounded number of them."""
        if len(self.frames) >= self.max_fragments:
            self._fail(1008, "too many fragments")
            return
        if self.frames and self.curr_msg_data_type == "text" and not self._right_so_far(event):
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, but for a peer that sends pings and does not read the answers."""
        if self._deaf:
            # It came in the same read as the fault; nothing can be written after the end.
            return
        if self.transport.get_write_buffer_size() > self.max_waiting_pongs:
            self._shut()
            self.transport.abort()
            return
        super().handle_ping()

    def handle_close(self, event: Frame) -> None:
        """The peer ends it."""
        self._shut()
        super().handle_close(event)
        self._bound_flush()

    def handle_parser_exception(self) -> None:
        """The peer broke the protocol, or a limit: say so, and read no further.

        To close at once would reset the connection while more of the peer's bytes come in, and
        the close frame would be lost with it. So only the own half is closed, and what comes is
        thrown away until the peer has closed its half.
        """
        close = self.conn.close_sent
        if self._deaf or self.transport.is_closing():
            return
        if close is None:
            # Before the handshake is done there is no way to say so, and later nobody would hear.
            self.transport.close()
            return
        self._shut()
        self.close_sent = True
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
        )
        self.transport.write(self._last_words + b"".join(self.conn.data_to_send()))
        self._last_words = b""
        self._turn_deaf()

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message to the listener, once there is one."""
        self._messages += 1
        if self.close_sent:
            self.frames = []
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        text = None
        if self.curr_msg_data_type == "text":
            try:
                text = str(data, "utf-8")
            except UnicodeDecodeError:
                self._fail(1007, "not UTF-8")
                return
        if self._listener is None:
            super().send_receive_event_to_app()
            return
        self.frames = []
        self._listener.received(text)

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping: it would not answer a close either."""
        self._shut()
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """The server ends; whoever is still here has been told before."""
        self._shut()
        super().shutdown()

    # Reading

    def _parse(self, data: bytes) -> None:
        if self._open and not self.frames and not self.conn.in_a_frame():
            data = data[self._plain_texts(data) :]
            if not data:
                self._set_reading()
                return
        self.conn.receive_data(data)
        if self.conn.parser_exc is None:
            self.handle_events()
        else:
            # What came whole before the fault is done and answered, however the network cut it.
            self._last_words = b"".join(self.conn.data_to_send())
            self.handle_events()
            self.handle_parser_exception()
        if self.frames or self.conn.in_a_frame():
            self._watch()
        self._set_reading()

    def _plain_texts(self, data: bytes) -> int:
        """Take the whole, plain texts that `data` begins with; how many bytes they are.

        Nearly everything that clients send: one final frame, masked, of less than 64 KiB. To the
        parser, which costs more, everything else is left, faults included.
        """
        listener, largest, done = self._listener, self.config.ws_max_size, 0
        while self._open and listener is not None:
            found = plain_text(data, done, largest)
            if found is None:
                break
            text, done = found
            self._messages += 1
            listener.received(text)
        return done

    def _set_reading(self) -> None:
        """Read, or do not, as all of the reasons for it say together."""
        if self.disconnected or self.transport.is_closing():
            self._unread = b""
            return
        if self._unread and not self._held and not self._reading_on:
            self._reading_on = True
            self.loop.call_soon(self._read_on)
        if self._listener is None and not self._unread:
            # Until then Uvicorn says when to read.
            if self._stopped:
                self._stopped = False
                self.transport.resume_reading()
            return
        stop = self._held or bool(self._unread)
        if stop != self._stopped:
            self._stopped = stop
            if stop:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _read_on(self) -> None:
        self._reading_on = False
        if self._held or not self._unread or self.disconnected:
            return
        data, self._unread = self._unread[: self.piece], self._unread[self.piece :]
        self._parse(data)

    # Ends

    def _shut(self) -> None:
        """From now on nothing more may be written."""
        if self._open:
            self._open = False
            if self._listener is not None:
                self._listener.lost()

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the peer sent; nothing more of it is read."""
        self.conn.fail(code, reason)
        self.frames = []
        self._unread = b""
        self.handle_parser_exception()

    def _right_so_far(self, event: Frame) -> bool:
        """Whether a text is UTF-8 up to this fragment; if not, the peer is told now, not later."""
        try:
            self._utf8.decode(event.data, event.fin)
        except UnicodeDecodeError:
            self._fail(1007, "not UTF-8")
            return False
        return True

    def _turn_deaf(self) -> None:
        """End the own half, and only throw away what comes until the peer has ended its half."""
        self._deaf = True
        self._held = False
        self._unread = b""
        self._set_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            # Uvicorn closes what has no timer as soon as the application is done with it.
            if self.close_timer is not None:
                self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.flush_seconds, self.transport.abort)
        else:
            self.transport.close()
            self._bound_flush()

    def _watch(self) -> None:
        """See to it that the message that has begun comes to its end."""
        if self._watcher is None and not self.disconnected:
            self._watcher = self.loop.call_later(
                self.message_seconds, self._check_message, self._messages
            )

    def _check_message(self, messages: int) -> None:
        self._watcher = None
        if self.disconnected or self.transport.is_closing():
            return
        if not (self.frames or self.conn.in_a_frame()):
            return
        if self._messages != messages or self._held or self._unread:
            self._watch()
            return
        self._fail(1008, "the message took too long")

    def _bound_flush(self) -> None:
        """Let a peer that does not read what was written before the end not keep its socket."""
        if self.transport.is_closing() and not self.disconnected and self._flusher is None:
            self._flusher = self.loop.call_later(self.flush_seconds, self.transport.abort)
