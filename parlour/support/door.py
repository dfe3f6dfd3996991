"""Who stands at the HTTP door: how long each may take, and who goes when there is no room."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from parlour.support.departing import Departing

Place: TypeAlias = "dict[Departing, float]"

# Handles that stay free for files: the database, its readers, and what is opened now and then.
FILES: Final = 64
# Sockets that WebSockets never take, so that pages, the API and health are answered when they
# have taken all the others; of a small number of handles, a quarter.
HTTP_SHARE: Final = 512


class Door:
    """The plain HTTP connections of one server, each in one place, the longest there first.

    A tick looks at the head of each place. That costs a well-behaved request two changes of
    place, where a timer for every deadline would have to be set and cancelled.
    """

    # Seconds; together with the lingering and two ticks, what waits for a head is closed in 10.
    TICK = 0.5
    HEAD_SECONDS = 7.0
    IDLE_SECONDS = 5.0
    # A body, and an answer that nobody takes, get a second more for so many bytes.
    BODY_SECONDS = 30.0
    UNSENT_SECONDS = 20.0
    BYTES_PER_SECOND = 1000
    # Who was refused may go on sending for so long, or the refusal would be lost by a reset.
    LINGER_SECONDS = 2.0

    def __init__(self, refusals: Mapping[str, bytes]) -> None:
        """`refusals` are whole answers by their code: those that are given here."""
        self.refusals = refusals
        self.most_websockets = self.most = 2**31
        self.waiting: Place = {}  # for the head of a request
        self.receiving: Place = {}  # the body of one
        self.answering: Place = {}  # no deadline: it is the server's turn
        self.idle: Place = {}  # between two requests
        self.lingering: Place = {}  # refused, and perhaps still sending
        self.leaving: Place = {}  # closed, until the loop says so
        # Beside its place: since when, and with how many bytes, an answer has not been taken.
        self.unsent: dict[Departing, tuple[float, int]] = {}
        self._ticking = False

    def limit(self, websockets: int, handles: int) -> int:
        """Let in so many WebSockets, or as many as `handles` allow; returns how many."""
        sockets = max(4, handles - FILES)
        share = min(HTTP_SHARE, max(2, sockets // 4))
        self.most_websockets = max(1, min(websockets, sockets - share))
        self.most = self.most_websockets + share
        return self.most_websockets

    @property
    def size(self) -> int:
        """How many connections stand here, which are no WebSockets (yet)."""
        served = len(self.waiting) + len(self.receiving) + len(self.answering)
        return served + len(self.idle) + len(self.lingering) + len(self.leaving)

    def is_full(self, connections: int) -> bool:
        """Whether no further WebSocket may come, with so many connections of both kinds."""
        return connections - self.size >= self.most_websockets

    def let_in(self, newcomer: "Departing", connections: int) -> None:
        """Take a newcomer in. When there is no room, somebody who is not being served goes."""
        self.waiting[newcomer] = newcomer.loop.time()
        if not self._ticking:
            self._ticking = True
            newcomer.loop.call_later(self.TICK, self._tick, newcomer.loop)
        if connections - len(self.leaving) <= self.most:
            return
        for place in (self.lingering, self.idle, self.waiting, self.receiving):
            oldest = next(iter(place), newcomer)
            if oldest is not newcomer:
                oldest.give_way()
                return
        newcomer.refuse("busy")

    def clear(self) -> None:
        """Send everybody away who is not being served."""
        for place in (self.lingering, self.idle, self.waiting):
            for connection in list(place):
                connection.give_way()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticking = self.size > 0
        if self._ticking:
            loop.call_later(self.TICK, self._tick, loop)
        # After a stall of the loop, what has come meanwhile has been read before any timer runs.
        now = loop.time()
        for connection in _since(self.waiting, now - self.HEAD_SECONDS):
            connection.head_is_late()
        for place, seconds in (
            (self.idle, self.IDLE_SECONDS),
            (self.lingering, self.LINGER_SECONDS),
        ):
            for connection in _since(place, now - seconds):
                # A large answer may take longer than that to be read.
                if connection in self.unsent:
                    del place[connection]
                    place[connection] = now
                else:
                    connection.give_way()
        for connection in _since(self.receiving, now - self.BODY_SECONDS):
            more = connection.body_size / self.BYTES_PER_SECOND
            if now > self.receiving[connection] + self.BODY_SECONDS + more:
                connection.refuse("timeout")
        self._drop_who_takes_nothing(now)

    def _drop_who_takes_nothing(self, now: float) -> None:
        for connection, (since, size) in list(self.unsent.items()):
            left = connection.transport.get_write_buffer_size()
            taken = max(0, size - left)
            if not left:
                del self.unsent[connection]
            elif now > since + self.UNSENT_SECONDS + taken / self.BYTES_PER_SECOND:
                connection.transport.abort()

    def note_unsent(self, connection: "Departing") -> None:
        """Begin to look whether what waits to be sent to `connection` is being taken."""
        size = connection.transport.get_write_buffer_size()
        self.unsent[connection] = (connection.loop.time(), size)


def _since(place: Place, moment: float) -> "list[Departing]":
    # The longest there come first, so what is not due costs nothing.
    due = []
    for connection, since in place.items():
        if since > moment:
            break
        due.append(connection)
    return due
