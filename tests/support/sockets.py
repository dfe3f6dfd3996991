"""The far end of a `Connection` in the test's own process: what was written to it, and when."""

from collections.abc import Callable

from parlour.realtime.connection import OUTBOX_BUSY, Connection
from parlour.realtime.frames import texts


class Socket:
    """A wire whose peer reads at once, or, while `blocked`, nothing until `go_on`."""

    def __init__(self, name: str = "alice", *, one_room: bool = True, aware: bool = False) -> None:
        self.frames: list[str] = []
        # What came in one write each.
        self.writes: list[bytes] = []
        self.closed: list[tuple[int, str]] = []
        self.dropped = False
        self.reading = True
        self._blocked = False
        self._waiting = 0
        self.connection = Connection(
            self,
            person_key=f"name:{name.lower()}",
            username=name,
            guest=True,
            one_room=one_room,
            aware=aware,
        )

    def block(self) -> None:
        """Take nothing more, like a reader who has stopped reading."""
        self._blocked = True

    def go_on(self) -> None:
        """Take all that waits, and what comes."""
        self._blocked = False
        self._waiting = 0
        self.connection.drained()

    def take(self, count: int) -> None:
        """Take some of the bytes that wait."""
        self._waiting -= count

    def queued(self) -> list[str]:
        """Return the frames written so far, and first those that wait for the next turn."""
        self.connection._catch_up()
        return self.frames

    # The wire

    def write(self, frames: bytes) -> None:
        """Take frames."""
        assert not self.closed, "written after the close"
        assert not self.dropped, "written after the end"
        self.writes.append(frames)
        self.frames += texts(frames)
        if self._blocked:
            self._waiting += len(frames)
            if self._waiting > OUTBOX_BUSY and not self.connection.lagging:
                self.connection.slow()

    def writer(self) -> Callable[[bytes], None]:
        """Take frames."""
        return self.write

    def waiting(self) -> int:
        """Bytes that were not taken."""
        return self._waiting

    def close(self, code: int, reason: str) -> None:
        """Note the end."""
        self.closed.append((code, reason))

    def drop(self) -> None:
        """Note the end of another kind."""
        self.dropped = True

    def pause_reading(self) -> None:
        """Note it."""
        self.reading = False

    def resume_reading(self) -> None:
        """Note it."""
        self.reading = True
