"""What one peer may cost, bounded in bytes and in time: how a connection is read and kept."""

import asyncio
import contextlib
import fcntl
import os
import sys
import termios
from typing import Any

from parlour.realtime.connection import Listener
from parlour.realtime.frames import CLOSE, PING, PONG, close_frame, frame, plain_text
from parlour.realtime.reader import Fault, FrameReader
from parlour.realtime.served import ServedProtocol
from parlour.support.counts import COUNTS


class GuardedProtocol(ServedProtocol):
    """Reads frames within bounds; messages go straight to a listener, once there is one.

    The limits are attributes of the class, so that a test may have others.
    """

    # Bytes parsed in one turn of the event loop: a read may bring many thousand tiny frames.
    piece = 2 * 1024
    # Frames of one message, and the time from its first byte to its last.
    max_fragments = 64
    message_seconds = 10.0
    # Bytes of pongs for a peer that goes on sending pings and takes nothing.
    max_waiting_pongs = 64 * 1024
    # Bytes taken from a peer after its fault, so that it can read what the fault was.
    max_ignored = 4 * 1024 * 1024
    # Bytes parsed of what a peer says that was told to go, until it answers that.
    max_after_close = 64 * 1024

    _listener: Listener | None = None
    # Whether frames may be written: from `listen` on, until either side ends it.
    _open = False
    # What takes apart all that is not a whole, plain text; made when there is such a thing.
    _reader: FrameReader | None = None
    # Why nothing is read just now: the listener said so, or what was read is not parsed yet.
    _held = False
    _unread = b""
    _reading_on = False
    # Answers to pings that came one behind the other: one write for all of them.
    _pongs = b""
    # Bytes of pongs since the peer last had taken most of what was written to it.
    _untaken = 0
    # Whether the transport has been told not to read.
    _stopped = False
    # After its fault nothing of the peer is parsed any more, only read so far.
    _deaf = False
    _ignored = 0
    _messages = 0
    # Both are cancelled at the end, as every timer. The second is for the next ping, or for the
    # answer to the one that was sent with `_ping`.
    _watcher: asyncio.TimerHandle | None = None
    _keeper: asyncio.TimerHandle | None = None
    _ping = b""
    _ping_sent_at = 0.0
    # Bytes that waited before the ping when the peer was last looked at.
    _before_ping = 0

    # The transport's calls

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
        if self._unread or not self._is_wanted():
            self._unread += data
            self._set_reading()
            return
        if len(data) > self.piece:
            self._unread = data[self.piece :]
            data = data[: self.piece]
        self._parse(data)

    def eof_received(self) -> None:
        """The peer has no more to say: it gets what was written, for a while, and nothing new."""
        self._shut()
        self.tell({"type": "websocket.disconnect", "code": 1006})
        if self._last_timer is None:
            self._give_up_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the listener before anything else is written."""
        self._shut()
        self._unread = b""
        self._reader = None
        for timer in (self._watcher, self._keeper):
            if timer is not None:
                timer.cancel()
        self._watcher = self._keeper = None
        # Whoever leads back here goes: what is in no cycle is freed at once, while collecting
        # thousands of connections that came and went would hold the event loop for long.
        self._listener = None
        super().connection_lost(exc)

    # What the reader has read

    def got_text(self, text: str) -> None:
        """Hand a message on, but for one that comes after the end."""
        self._write_pongs()
        self._messages += 1
        if self.close_sent:
            return
        if self._listener is None:
            self.tell({"type": "websocket.receive", "text": text})
        else:
            self._listener.received(text)

    def got_binary(self, data: bytes) -> None:
        """The same for one that is no text."""
        self._write_pongs()
        self._messages += 1
        if self.close_sent:
            return
        if self._listener is None:
            self.tell({"type": "websocket.receive", "bytes": data})
        else:
            self._listener.received(None)

    def got_ping(self, payload: bytes) -> None:
        """Answer, but for a peer that sends pings and does not read the answers."""
        if self.close_sent or self.transport.is_closing():
            return
        pong = frame(PONG, payload)
        if self.transport.get_write_buffer_size() > self.max_waiting_pongs:
            self._untaken += len(pong)
            if self._untaken > self.max_waiting_pongs:
                self._shut()
                self.transport.abort()
                return
        else:
            self._untaken = 0
        self._pongs += pong

    def got_pong(self, payload: bytes) -> None:
        """The peer is there. One that nobody asked for is nothing."""
        if self._ping and payload == self._ping and self._keeper is not None:
            self._ping = b""
            self._keeper.cancel()
            self._keep(self.loop.time() - self._ping_sent_at)

    def got_close(self, payload: bytes, code: int, reason: str) -> None:
        """The peer ends it, or answers the end. What it says behind that is thrown away."""
        self._write_pongs()
        self._shut()
        if self.transport.is_closing():
            return
        if not self.close_sent:
            self.close_sent = True
            self.tell({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.transport.write(close_frame(code, reason) if payload else frame(CLOSE, b""))
        self._turn_deaf()

    # Keepalive

    def _keep(self, spent: float = 0.0) -> None:
        """Send a ping after the interval, less the time that was `spent` on the last one."""
        interval = self.config.ws_ping_interval
        if interval:
            self._keeper = self.loop.call_later(max(0.0, interval - spent), self._send_ping)

    def _send_ping(self) -> None:
        self._keeper = None
        if self.close_sent or self.transport.is_closing():
            return
        self._ping = os.urandom(4)
        self._ping_sent_at = self.loop.time()
        self._before_ping = self._untaken_bytes()
        self.transport.write(frame(PING, self._ping))
        timeout = self.config.ws_ping_timeout
        if timeout is None:
            self._keep()
        else:
            self._keeper = self.loop.call_later(timeout, self._is_gone)

    def _is_gone(self) -> None:
        """The peer has not answered a ping: it would not answer a close either."""
        self._keeper = None
        waiting = self._untaken_bytes()
        # Held: its answer may be there, unread; who holds it sees to it that it ends. Otherwise the
        # ping may be behind what it asked for and takes bit by bit.
        if self._held or waiting < self._before_ping:
            self._before_ping = waiting
            self._keeper = self.loop.call_later(self.config.ws_ping_timeout or 0, self._is_gone)
            return
        COUNTS.cut["silent"] += 1
        self._shut()
        self.transport.abort()

    def _untaken_bytes(self) -> int:
        """What the peer's system has not acknowledged yet, waiting here or in this system."""
        waiting = self.transport.get_write_buffer_size()
        sock = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
            waiting += int.from_bytes(queued, sys.byteorder)
        return waiting

    # Reading

    def wanted(self) -> None:
        """The application waits for an event."""
        self._set_reading()

    def _is_wanted(self) -> bool:
        # Before it is accepted, and while nobody waits for it, nothing that comes is parsed.
        return self.accepted and (
            self._listener is not None or self._waiter is not None or self.close_sent
        )

    def _parse(self, data: bytes) -> None:
        reader = self._reader
        if self._open and (reader is None or not reader.busy):
            data = data[self._plain_texts(data) :]
        if data:
            if reader is None:
                size = self.config.ws_max_size
                self._reader = reader = FrameReader(self, size, self.max_fragments)
            try:
                reader.read(data)
            except Fault as fault:
                self._write_pongs()
                self._fail(fault.code, fault.reason)
            else:
                self._write_pongs()
                if reader.busy:
                    self._watch()
        self._set_reading()

    def _write_pongs(self) -> None:
        if self._pongs:
            pongs, self._pongs = self._pongs, b""
            if not (self.close_sent or self.transport.is_closing()):
                self.transport.write(pongs)

    def _plain_texts(self, data: bytes) -> int:
        """Take the whole, plain texts that `data` begins with; how many bytes they are.

        Nearly everything that clients send: one final frame, masked, of less than 64 KiB. To the
        reader, which costs more, everything else is left, faults included.
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
        if self._unread and not self._held and not self._reading_on and self._is_wanted():
            self._reading_on = True
            self.loop.call_soon(self._read_on)
        stop = self._held or bool(self._unread)
        if stop != self._stopped:
            self._stopped = stop
            if stop:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _read_on(self) -> None:
        self._reading_on = False
        if self._held or not self._unread or self.disconnected or not self._is_wanted():
            return
        data, self._unread = self._unread[: self.piece], self._unread[self.piece :]
        self._parse(data)

    # Ends

    def end(self, code: int, reason: str) -> None:
        """Send a close frame; nothing may follow it, and the answer is read."""
        self._shut()
        self._held = False
        super().end(code, reason)

    def shutdown(self) -> None:
        """The server ends; whoever is still here has been told before."""
        self._shut()
        super().shutdown()

    def _shut(self) -> None:
        """From now on nothing more may be written."""
        if self._open:
            self._open = False
            if self._listener is not None:
                self._listener.lost()

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the peer sent; nothing more of it is read."""
        self._unread = b""
        if self._deaf or self.transport.is_closing():
            return
        self._shut()
        if not self.close_sent:
            self.close_sent = True
            self.tell({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.transport.write(close_frame(code, reason))
        self._turn_deaf()

    def _turn_deaf(self) -> None:
        """End the own half, and only throw away what comes until the peer has ended its half.

        To close at once would reset the connection while more of the peer's bytes come in, and
        the close frame would be lost with it.
        """
        self._deaf = True
        self._held = False
        self._unread = b""
        self._set_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._give_up_later()
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
        if self._reader is None or not self._reader.busy:
            return
        if self._messages != messages or self._held or self._unread:
            self._watch()
            return
        self._fail(1008, "the message took too long")

    def _accept(self, *args: Any) -> None:
        super()._accept(*args)
        self._keep()
