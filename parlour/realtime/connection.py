"""One connection as the rooms see it: frames in order, never waited for, bounded in memory."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from parlour.realtime.frames import text_frame
from parlour.support.counts import COUNTS

if TYPE_CHECKING:
    from parlour.realtime.feed import Feed

# Bytes that the network has not taken yet. From the first on a client counts as lagging, past
# the second it is too slow to be kept; it comes back and resumes by version.
OUTBOX_BUSY: Final = 512 * 1024
OUTBOX_LIMIT: Final = 1024 * 1024
# A lagging client whose network has taken nothing for so many seconds never will.
STALL_SECONDS: Final = 10.0


class Wire(Protocol):
    """What a connection writes to: the protocol class of `websocket.py`, or that of `queued.py`.

    It says `slow` when more than OUTBOX_BUSY bytes wait to be taken, and `drained` when half of
    them are gone.
    """

    def write(self, frames: bytes) -> None:
        """Write whole frames. Never waits and never fails; on a closed wire nothing happens."""

    def writer(self) -> Callable[[bytes], None]:
        """What writes most directly, while the wire is open and until it says `lost`."""

    def waiting(self) -> int:
        """Bytes that the network has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Close with `code` once all that was written before is out."""

    def drop(self) -> None:
        """Let the peer go at once, with nothing said."""

    def pause_reading(self) -> None:
        """Read nothing more from the peer, whose network is told to wait."""

    def resume_reading(self) -> None:
        """Read again."""


class Connection:
    """A WebSocket with a person behind it. `send()` never waits and never fails.

    Everything it is told goes the same way, so frames cannot overtake one another. A client that
    reads too slowly is cut rather than waited for.
    """

    __slots__ = (
        "_allowance", "_ended", "_mark", "_timer", "_wire", "_written", "aware", "feeds", "guest",
        "lagging", "one_room", "person_key", "push", "rooms", "session_id", "username",
    )  # fmt: skip

    def __init__(
        self,
        wire: Wire,
        *,
        person_key: str,
        username: str,
        guest: bool,
        one_room: bool,
        aware: bool,
        session_id: str | None = None,
    ) -> None:
        self.person_key = person_key
        # The login that it came with, and ends with.
        self.session_id = session_id
        self.username = username
        self.guest = guest
        # Whether it came through the door of one room, and so ends with that room.
        self.one_room = one_room
        # Whether it asked for more than the seed's frames: by `after`, by the door it came
        # through, or by subscribing.
        self.aware = aware
        self.lagging = False
        # The manager's: what it follows, and in which rooms its person counts as present by it.
        self.feeds: list[Feed] = []
        self.rooms: dict[int, bool] = {}
        # For feeds alone, which do not know it any more once it has ended: writes whole frames
        # to a client that does not lag.
        self.push = wire.writer()
        self._wire = wire
        self._ended = False
        # Bytes past OUTBOX_LIMIT that may wait: large frames that the client itself asked for.
        self._allowance = 0
        # While it lags: bytes that waited when its network was last looked at, and written since.
        self._mark = 0
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def ending(self) -> bool:
        """Whether it has been told to end, or has ended."""
        return self._ended

    def send(self, *payloads: bytes, ephemeral: bool = False) -> None:
        """Tell this client alone. What is ephemeral is dropped when the client lags behind."""
        if self._ended or (ephemeral and self.lagging):
            return
        self._catch_up()
        frames = b"".join(map(text_frame, payloads))
        if len(frames) > OUTBOX_LIMIT // 4:
            # As large as all that the client missed: it must not make the next small one the last.
            # It asks for one at a time, because while it lags nothing is read from it.
            self._allowance = len(frames) + (self._allowance if self.lagging else 0)
        self.write(frames)

    def write(self, frames: bytes) -> None:
        """Write whole frames as they are: for feeds."""
        self._wire.write(frames)
        if self.lagging:
            self._written += len(frames)
            if self._wire.waiting() > OUTBOX_LIMIT + self._allowance:
                self.abort()

    def end(self, code: int, reason: str = "") -> None:
        """Close with `code` once all that was sent before is out. Later frames are lost."""
        if self._ended:
            return
        self._catch_up()
        if not self._ended:  # catching up may have been too much for it
            self.gone()
            self._wire.close(code, reason)

    def abort(self) -> None:
        """Give the client up: it cannot keep up. It reconnects and resumes."""
        if not self._ended:
            COUNTS.cut["slow"] += 1
        self.gone()
        self._wire.drop()

    def gone(self) -> None:
        """Nothing more can be written to it."""
        self._ended = True
        for feed in self.feeds:
            feed.remove(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def slow(self) -> None:
        """The wire says that more waits than should."""
        self.lagging = True
        for feed in self.feeds:
            feed.lag(self)
        if not self._ended and self._timer is None:
            self._look_again()

    def drained(self) -> None:
        """The wire says that most of it is out."""
        self.lagging = False
        self._allowance = 0
        for feed in self.feeds:
            feed.lag(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _catch_up(self) -> None:
        for feed in self.feeds:
            feed.catch_up(self)

    def _look_again(self) -> None:
        self._mark = self._wire.waiting()
        self._written = 0
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(STALL_SECONDS, self._check_progress)

    def _check_progress(self) -> None:
        self._timer = None
        if self._mark + self._written - self._wire.waiting() <= 0:
            self.abort()
        else:
            self._look_again()


class Listener(Protocol):
    """Who is told by a wire what happens on it."""

    def received(self, text: str | None) -> None:
        """One message; None when it was no text."""

    def slow(self) -> None:
        """More than OUTBOX_BUSY bytes wait to be taken by the network."""

    def drained(self) -> None:
        """Half of them are gone."""

    def lost(self) -> None:
        """The connection has ended; nothing more can be written."""
