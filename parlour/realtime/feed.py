"""A feed: the same frames to everybody who follows it, in one write to each for a turn."""

import asyncio
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from parlour.realtime.connection import Connection

# Connections written to in one turn of the event loop: whoever asks for a page meanwhile waits for
# no more than these.
SLICE: Final = 64
# Frames joined into one write; well below what makes a connection count as too slow.
BATCH_BYTES: Final = 256 * 1024
# What waits for the state of one connection; the frames themselves are shared by all that wait.
HELD_BYTES: Final = 4 * 1024 * 1024


class _Held:
    """A connection whose state is being read: what it is told after the state."""

    __slots__ = ("frames", "size")

    def __init__(self) -> None:
        self.frames: list[tuple[int | None, bytes]] = []
        self.size = 0


class _Batch:
    """Frames on their way out, joined once; `lean` is without those that nobody needs later."""

    __slots__ = ("_ephemeral", "_frames", "_lean", "_whole")

    def __init__(self, frames: list[bytes], ephemeral: Collection[int]) -> None:
        self._frames = frames
        self._ephemeral = ephemeral
        self._whole: bytes | None = None
        self._lean: bytes | None = None

    def write(self, connection: Connection, start: int) -> None:
        """Give a connection what comes from the frame number `start` on."""
        if connection.lagging:
            data = self._lean if start == 0 else None
            if data is None:
                data = self._join(start, lean=True)
                if start == 0:
                    self._lean = data
        elif start:
            data = self._join(start, lean=False)
        else:
            if self._whole is None:
                self._whole = b"".join(self._frames)
            data = self._whole
        if data:
            connection.write(data)

    def _join(self, start: int, *, lean: bool) -> bytes:
        without = self._ephemeral if lean else ()
        places = range(start, len(self._frames))
        return b"".join(self._frames[place] for place in places if place not in without)


class Feed:
    """Who follows one room, or the list of rooms. Everything here runs in the event loop.

    `publish` only notes the frame; in the next turn all that has come is joined and written to
    everybody, some connections in a turn. What one connection alone is told keeps its place:
    `catch_up` first gives it what was published before.
    """

    __slots__ = (
        "_ahead", "_batch", "_ephemeral", "_frames", "_held", "_live", "_members", "_running",
        "_size", "_todo",
    )  # fmt: skip

    def __init__(self) -> None:
        self._live: dict[Connection, None] = {}
        self._held: dict[Connection, _Held] = {}
        # What was published and is in no batch yet; which of it is ephemeral; and who has how
        # many of these frames already, or is to be left out of them.
        self._frames: list[bytes] = []
        self._size = 0
        self._ephemeral: set[int] = set()
        self._ahead: dict[Connection, int] = {}
        # The batch on its way, who has yet to get it, and from which of its frames on.
        self._batch: _Batch | None = None
        self._todo: dict[Connection, int] = {}
        self._members: Iterator[Connection] = iter(())
        self._running = False

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._live or connection in self._held

    def __len__(self) -> int:
        return len(self._live) + len(self._held)

    def connections(self) -> list[Connection]:
        """Everybody who follows."""
        return [*self._live, *self._held]

    # Who follows

    def add(self, connection: Connection) -> None:
        """Let a connection follow from the next frame on."""
        self._live[connection] = None
        if self._frames:
            self._ahead[connection] = len(self._frames)

    def hold(self, connection: Connection) -> None:
        """Keep back what comes for a connection until `release`."""
        if connection in self._held:
            return
        self.catch_up(connection)
        self.remove(connection)
        self._held[connection] = _Held()

    def release(self, connection: Connection, version: int | None) -> None:
        """Hand over what was held back: the changes after `version`, and all that has none.

        Without a `version` no state was given, and nothing is left out.
        """
        held = self._held.pop(connection, None)
        if held is None:
            return
        self.add(connection)
        missed = [
            frame
            for changed, frame in held.frames
            if version is None or changed is None or changed > version
        ]
        if missed:
            connection.write(b"".join(missed))

    def remove(self, connection: Connection) -> None:
        """Give a connection nothing more, not even what was published before."""
        self._live.pop(connection, None)
        self._held.pop(connection, None)
        self._ahead.pop(connection, None)
        self._todo.pop(connection, None)

    # Frames

    def publish(
        self,
        frame: bytes,
        *,
        version: int | None = None,
        ephemeral: bool = False,
        but: Collection[Connection] = (),
    ) -> None:
        """Send a frame to everybody but the connections `but`."""
        if not ephemeral:
            # Ephemeral frames are not held: the list of people that ends the wait is newer.
            for connection, held in list(self._held.items()):
                held.frames.append((version, frame))
                held.size += len(frame)
                if held.size > HELD_BYTES:
                    connection.abort()
        if not self._live:
            return
        for connection in but:
            self.catch_up(connection)
        if ephemeral:
            self._ephemeral.add(len(self._frames))
        self._frames.append(frame)
        self._size += len(frame)
        for connection in but:
            if connection in self._live:
                self._ahead[connection] = len(self._frames)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._begin)

    def catch_up(self, connection: Connection) -> None:
        """Write to a connection all that was published before, now."""
        if not self._running:
            return
        start = self._todo.pop(connection, None)
        if start is not None and self._batch is not None:
            self._batch.write(connection, start)
        if self._frames and connection in self._live:
            start = self._ahead.get(connection, 0)
            if start < len(self._frames):
                self._ahead[connection] = len(self._frames)
                _Batch(self._frames, self._ephemeral).write(connection, start)

    def _begin(self) -> None:
        """Make a batch of what has been published, as far as it fits, and start to write it."""
        count = self._fitting()
        self._batch = _Batch(self._frames[:count], frozenset(self._ephemeral))
        self._todo = dict.fromkeys(self._live, 0)
        for connection, start in self._ahead.items():
            self._todo[connection] = min(start, count)
        self._frames = self._frames[count:]
        self._size = sum(map(len, self._frames))
        self._ephemeral = {place - count for place in self._ephemeral if place >= count}
        self._ahead = {
            connection: start - count for connection, start in self._ahead.items() if start > count
        }
        self._members = iter(list(self._todo))
        self._write_on()

    def _fitting(self) -> int:
        """How many of the waiting frames go into one batch: at least one."""
        if self._size <= BATCH_BYTES:
            return len(self._frames)
        size = 0
        for count, frame in enumerate(self._frames):
            size += len(frame)
            if count and size > BATCH_BYTES:
                return count
        return len(self._frames)

    def _write_on(self) -> None:
        """Write the batch to the next of those who have yet to get it."""
        batch = self._batch
        for connection in islice(self._members, SLICE):
            start = self._todo.pop(connection, None)
            if start is not None and batch is not None:
                batch.write(connection, start)
        if self._todo:
            asyncio.get_running_loop().call_soon(self._write_on)
            return
        self._batch = None
        if self._frames and self._live:
            asyncio.get_running_loop().call_soon(self._begin)
            return
        self._frames = []
        self._size = 0
        self._ephemeral.clear()
        self._ahead.clear()
        self._running = False
