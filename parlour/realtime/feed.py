"""A feed: the same frames to everybody who follows it, in one write to each for a turn."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection
from operator import length_hint
from typing import Final

from parlour.realtime.connection import Connection
from parlour.support.counts import COUNTS
from parlour.support.logs import log_fault

logger = logging.getLogger(__name__)

# Connections, and about how many bytes, written to in one turn of the event loop: whoever asks for
# a page meanwhile waits for no more than these.
SLICE: Final = 64
SLICE_BYTES: Final = 2 * 1024 * 1024
# Frames joined into one write; well below what makes a connection count as too slow.
BATCH_BYTES: Final = 128 * 1024
# What waits for the state of one connection; the frames themselves are shared by all that wait.
HELD_BYTES: Final = 4 * 1024 * 1024


class _Held:
    """A connection whose state is being read: what it is told after the state."""

    __slots__ = ("frames", "size")

    def __init__(self) -> None:
        self.frames: list[tuple[int | None, bool, bytes]] = []
        self.size = 0


class _Batch:
    """Frames on their way out, joined once.

    Who lags gets them without the `ephemeral`, which nobody needs later; who asked for the seed's
    frames alone gets them without the `reserved`.
    """

    __slots__ = ("_ephemeral", "_forms", "_frames", "_whole", "committed_at", "reserved")

    def __init__(
        self,
        frames: list[bytes],
        ephemeral: Collection[int],
        reserved: Collection[int],
        committed_at: float = 0.0,
    ) -> None:
        self._whole: bytes | None = None
        self.reserved = reserved
        # When the first of it was committed; 0 where nothing of it was.
        self.committed_at = committed_at
        self._frames = frames
        self._ephemeral = ephemeral
        # What is written to many in another form, by which frames are left out of it.
        self._forms: dict[tuple[bool, bool], bytes] = {}

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def whole(self) -> bytes:
        """All of it. Who is caught up by a few frames does not pay for those before them."""
        if self._whole is None:
            self._whole = b"".join(self._frames)
        return self._whole

    def write(self, connection: Connection, start: int) -> None:
        """Give a connection what comes from the frame number `start` on."""
        lean = connection.lagging
        plain = bool(self.reserved) and not connection.aware
        if lean or plain:
            data = self._without(start, lean, plain)
        else:
            data = self.whole if start == 0 else b"".join(self._frames[start:])
        if data:
            COUNTS.deliveries += len(self._frames) - start
            try:
                connection.write(data)
            except Exception as error:  # noqa: BLE001 - logged there
                _give_up(connection, error)

    def _without(self, start: int, lean: bool, plain: bool) -> bytes:  # noqa: FBT001 - a key
        form = (lean, plain)
        if start == 0 and form in self._forms:
            return self._forms[form]
        data = b"".join(
            frame
            for place, frame in enumerate(self._frames[start:], start)
            if not (lean and place in self._ephemeral) and not (plain and place in self.reserved)
        )
        if start == 0:
            self._forms[form] = data
        return data


class Feed:
    """Who follows one room, or the list of rooms. Everything here runs in the event loop.

    `publish` only notes the frame; in the next turn all that has come is joined and written to
    everybody, some connections in a turn. What one connection alone is told keeps its place:
    `catch_up` first gives it what was published before.
    """

    __slots__ = (
        "_ahead", "_batch", "_commits", "_ephemeral", "_frames", "_held", "_lagging", "_live",
        "_members", "_place", "_pushes", "_reserved", "_running", "_size", "_special",
    )  # fmt: skip

    def __init__(self) -> None:
        # Those that keep up, each with what writes to it most directly; those that do not; and
        # those whose state is being read.
        self._live: dict[Connection, Callable[[bytes], None]] = {}
        self._lagging: dict[Connection, None] = {}
        self._held: dict[Connection, _Held] = {}
        # What was published and is in no batch yet, and when each of it was committed, if it was;
        # which of it is ephemeral, and which is not for those who asked for the seed's frames
        # alone; and who has how many of these frames already, or is to be left out of them.
        self._frames: list[bytes] = []
        self._commits: list[float] = []
        self._size = 0
        self._ephemeral: set[int] = set()
        self._reserved: set[int] = set()
        self._ahead: dict[Connection, int] = {}
        # The batch on its way, to whom, and up to which place of this list it has come. Who is
        # special gets it from another frame on than the first, or (None) no more of it.
        self._batch: _Batch | None = None
        self._members: list[Connection] = []
        self._pushes: list[Callable[[bytes], None]] = []
        self._place = 0
        self._special: dict[Connection, int | None] = {}
        self._running = False

    def __contains__(self, connection: Connection) -> bool:
        return any(connection in those for those in (self._live, self._lagging, self._held))

    def __len__(self) -> int:
        return len(self._live) + len(self._lagging) + len(self._held)

    # Who follows

    def add(self, connection: Connection) -> None:
        """Let a connection follow from the next frame on."""
        if connection.lagging:
            self._lagging[connection] = None
        else:
            self._live[connection] = connection.push
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
            for changed, reserved, frame in held.frames
            if (version is None or changed is None or changed > version)
            and (connection.aware or not reserved)
        ]
        if missed:
            COUNTS.deliveries += len(missed)
            connection.write(b"".join(missed))

    def remove(self, connection: Connection) -> None:
        """Give a connection nothing more, not even what was published before."""
        self._live.pop(connection, None)
        self._lagging.pop(connection, None)
        self._held.pop(connection, None)
        self._ahead.pop(connection, None)
        if self._batch is not None:
            self._special[connection] = None

    def lag(self, connection: Connection) -> None:
        """A connection has begun to lag, or keeps up again."""
        if connection.lagging and self._live.pop(connection, None) is not None:
            self._lagging[connection] = None
        elif not connection.lagging and connection in self._lagging:
            del self._lagging[connection]
            self._live[connection] = connection.push

    # Frames

    def publish(
        self,
        frame: bytes,
        *,
        version: int | None = None,
        ephemeral: bool = False,
        but: Collection[Connection] = (),
        reserved: bool = False,
    ) -> None:
        """Send a frame to everybody but the connections `but`.

        A `reserved` one is not for those who asked for the seed's frames alone.
        """
        if not ephemeral:
            # Ephemeral frames are not held: the list of people that ends the wait is newer.
            for connection, held in list(self._held.items()):
                held.frames.append((version, reserved, frame))
                held.size += len(frame)
                if held.size > HELD_BYTES:
                    connection.abort()
        if not (self._live or self._lagging):
            return
        for connection in but:
            self.catch_up(connection)
        if ephemeral:
            self._ephemeral.add(len(self._frames))
        if reserved:
            self._reserved.add(len(self._frames))
        self._frames.append(frame)
        self._commits.append(COUNTS.committed_at)
        self._size += len(frame)
        for connection in but:
            if connection in self._live or connection in self._lagging:
                self._ahead[connection] = len(self._frames)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._begin)

    def catch_up(self, connection: Connection) -> None:
        """Write to a connection all that was published before, now."""
        if not self._running:
            return
        if self._batch is not None:
            start = self._awaited_from(connection)
            if start is not None:
                self._special[connection] = None
                self._batch.write(connection, start)
        if self._frames and (connection in self._live or connection in self._lagging):
            start = self._ahead.get(connection, 0)
            if start < len(self._frames):
                self._ahead[connection] = len(self._frames)
                _Batch(self._frames, self._ephemeral, self._reserved).write(connection, start)

    def _awaited_from(self, connection: Connection) -> int | None:
        """From which frame on a connection has yet to get the batch; None: it gets no more."""
        if connection in self._special:
            return self._special[connection]
        # A search, but one for each connection and batch at most.
        try:
            self._members.index(connection, self._place)
        except ValueError:
            return None
        return 0

    def _begin(self) -> None:
        """Make a batch of what has been published, as far as it fits, and start to write it."""
        count = self._fitting()
        commits, self._commits = self._commits[:count], self._commits[count:]
        self._batch = _Batch(
            self._frames[:count],
            frozenset(self._ephemeral),
            frozenset(place for place in self._reserved if place < count),
            commits[0] or next(filter(None, commits), 0.0),
        )
        # Those that lag come first, so that the others are in the same places of two lists.
        self._members = [*self._lagging, *self._live]
        self._special = {connection: min(start, count) for connection, start in self._ahead.items()}
        self._pushes = list(self._live.values())
        self._place = 0
        self._frames = self._frames[count:]
        self._size = sum(map(len, self._frames))
        self._ephemeral = {place - count for place in self._ephemeral if place >= count}
        self._reserved = {place - count for place in self._reserved if place >= count}
        self._ahead = {
            connection: start - count for connection, start in self._ahead.items() if start > count
        }
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
        size = 1 if self._batch is None else len(self._batch.whole)
        first, last = self._place, self._place + max(1, min(SLICE, SLICE_BYTES // size))
        # Whoever is told something while this slice is written counts as having got the batch.
        self._place = last
        others = len(self._members) - len(self._pushes)
        if self._batch is None:
            pass
        elif first >= others and not self._special and not self._batch.reserved:
            pushed = self._push(self._batch.whole, first, last)
            COUNTS.deliveries += pushed * len(self._batch)
        else:
            for connection in self._members[first:last]:
                start = self._special.get(connection, 0)
                if start is not None:
                    if connection in self._special:
                        # For these the place says nothing of whether they have it.
                        self._special[connection] = None
                    self._batch.write(connection, start)
        if last < len(self._members):
            asyncio.get_running_loop().call_soon(self._write_on)
            return
        if self._batch is not None and self._batch.committed_at and self._members:
            # Once for all of them.
            COUNTS.fan_out_lag.add(time.perf_counter() - self._batch.committed_at)
        self._batch = None
        self._members, self._pushes, self._special = [], [], {}
        if self._frames and (self._live or self._lagging):
            asyncio.get_running_loop().call_soon(self._begin)
            return
        self._frames = []
        self._commits.clear()
        self._size = 0
        self._ephemeral.clear()
        self._reserved.clear()
        self._ahead.clear()
        self._running = False

    def _push(self, whole: bytes, first: int, last: int) -> int:
        """Write the whole batch to those in the places from `first` to `last`, who are live.

        Returns how many they are.
        """
        others = len(self._members) - len(self._pushes)
        pushes = self._pushes[first - others : last - others]
        left = iter(pushes)
        while length_hint(left):
            try:
                # Nearly everything that Parlour does under load is in these lines, which touch as
                # little of each connection as can be.
                for push in left:
                    push(whole)
            except Exception as error:  # noqa: BLE001 - logged there
                place = first + len(pushes) - length_hint(left) - 1
                _give_up(self._members[place], error)
        return len(pushes)


def _give_up(connection: Connection, error: Exception) -> None:
    """Let one go that cannot be written to: what is its fault alone must not stop the feed."""
    log_fault(logger, error)
    # What is broken may break once more; the feeds do not know it any more by then.
    with contextlib.suppress(Exception):
        connection.abort()
