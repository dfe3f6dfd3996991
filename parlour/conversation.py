"""The commands of one connection: read, done one after the other, answered or refused."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from parlour.audience import depart
from parlour.commands import Command
from parlour.context import Client, Context, internal_error
from parlour.errors import Refusal
from parlour.features import presence
from parlour.limits import too_much
from parlour.protocol import BadFrame, encode_error, parse
from parlour.realtime.connection import Wire
from parlour.support.counts import COUNTS

# What a command does: at once, or as a coroutine that is waited for.
Handler = Callable[[Context, Client, Any], Coroutine[Any, Any, None] | None]

# So many refused frames in so many seconds end a connection.
MAX_FAULTS: Final = 20
FAULT_WINDOW: Final = 10.0
# Of those that only come too fast, so many: whoever is a little over the pace is slowed down.
MAX_HASTE: Final = 200
# Waiting frames of one connection that are done in one turn of the event loop.
TURN: Final = 8


class Conversation:
    """Listens to one connection from its beginning to its end.

    A frame is done as soon as it is received, in the same turn. While something has to be waited
    for (a state that is read, sends that the writer has not answered, a client that does not
    read), nothing more is read, and the few frames that were read already wait in their order.
    """

    __slots__ = (
        "_charges", "_client", "_clock", "_commands", "_connection", "_context", "_doing",
        "_faults", "_frames", "_haste", "_haste_since", "_paused", "_scheduled", "_wire",
    )  # fmt: skip

    def __init__(
        self, context: Context, client: Client, wire: Wire, commands: Mapping[str, Handler]
    ) -> None:
        self._commands = commands
        self._context = context
        # Empty where anybody may do as much as they like.
        self._charges = context.limits.commands
        self._clock = context.limits.clock
        self._haste = 0
        self._haste_since = 0.0
        self._client = client
        self._connection = client.connection
        self._wire = wire
        self._frames: deque[str | None] = deque()
        self._faults: deque[float] | None = None
        self._doing: asyncio.Task[None] | None = None
        self._paused = False
        self._scheduled = False
        client.proceed = self._proceed

    def begin(self, room_id: int, after: int | None, epoch: str | None) -> None:
        """Enter the room of the path; frames are done after that."""
        entering = presence.follow(
            self._context, self._client, room_id, after, epoch, sync=after is not None
        )
        self._wait_for(entering, None)

    async def end(self) -> None:
        """Take the client out of everything it is in."""
        doing = self._doing
        if doing is not None:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
        for room_id in self._context.manager.rooms_of(self._connection):
            depart(self._context, self._client, room_id)
        self._context.manager.forget(self._connection)
        self._client.stop()

    # What the wire says

    def received(self, text: str | None) -> None:
        """One message; None when it was no text."""
        if self._frames or self._must_wait():
            self._frames.append(text)
            self._pause()
            return
        self._do(text)
        if self._must_wait():
            self._pause()

    def slow(self) -> None:
        """More than should waits to be read by the client."""
        self._connection.slow()

    def drained(self) -> None:
        """The client has read most of it."""
        self._connection.drained()
        self._proceed()

    def lost(self) -> None:
        """The connection has ended."""
        self._connection.gone()

    # Doing

    def _must_wait(self) -> bool:
        return self._doing is not None or self._client.full

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._wire.pause_reading()

    def _proceed(self) -> None:
        """Something that was waited for has come: go on in the next turn."""
        if self._paused and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._scheduled = False
        for _ in range(TURN):
            if not self._frames or self._must_wait():
                break
            self._do(self._frames.popleft())
        if self._must_wait():
            return
        if self._frames:
            self._proceed()
        else:
            self._paused = False
            self._wire.resume_reading()

    def _do(self, text: str | None) -> None:
        """Do what one frame asks, or refuse it."""
        # What comes after the end has been decided is acknowledged to nobody, and sent again.
        if self._connection.ending:
            return
        try:
            command = self._read(text)
            if self._charges and not self._may(command):
                return
            try:
                doing = self._commands[command.type](self._context, self._client, command)
            except Refusal as refusal:
                raise _refused(refusal, command) from None
            if doing is not None:
                self._wait_for(doing, command)
        except BadFrame as bad:
            self._refuse(bad)
        except Refusal as refusal:
            self._give_up(refusal)
        except Exception as error:  # noqa: BLE001 - logged there, and told with its id
            self._fail(error)

    def _read(self, text: str | None) -> Command:
        if text is None:
            raise BadFrame(Refusal("bad_json", "Send text frames; this was a binary one."), None)
        if len(text) > self._context.settings.max_frame_bytes:
            # `parlour serve` lets the protocol class see to it; other servers may allow more.
            raise Refusal("too_large", "The frame is longer than any right one would be.")
        return parse(text)

    def _may(self, command: Command) -> bool:
        """Count a command; whether it may be done. Raises BadFrame where that is to be told."""
        charge, client = self._charges[command.type], self._client
        wait = charge.take(client.payer, client.address, self._clock())
        if not wait:
            return True
        if not charge.quiet:
            raise _refused(too_much(wait), command)
        self._hasten()
        return False

    def _wait_for(self, doing: Coroutine[Any, Any, None], command: Command | None) -> None:
        self._doing = asyncio.create_task(doing)
        self._doing.add_done_callback(partial(self._done, command))

    def _done(self, command: Command | None, doing: asyncio.Task[None]) -> None:
        self._doing = None
        if doing.cancelled():
            return
        error = doing.exception()
        if isinstance(error, Refusal) and command is not None:
            self._refuse(_refused(error, command))
        elif isinstance(error, Refusal):
            # Who may not enter the room of the path may not stay.
            self._give_up(error)
        elif isinstance(error, Exception):
            self._fail(error)
        self._proceed()

    # Refusing

    def _refuse(self, bad: BadFrame) -> None:
        self._client.refuse(bad.refusal, bad.frame)
        if bad.refusal.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return  # the server's fault, such as `busy`: it says nothing of the client
        if bad.refusal.code == "rate_limited":
            self._hasten()
            return
        if self._faults is None:
            self._faults = deque(maxlen=MAX_FAULTS)
        faults, now = self._faults, asyncio.get_running_loop().time()
        if len(faults) == MAX_FAULTS and now - faults[0] < FAULT_WINDOW:
            words = "Too many frames had to be refused in a short time."
            self._give_up(Refusal("flooding", words))
        faults.append(now)

    def _hasten(self) -> None:
        """One more command came too fast."""
        now = self._clock()
        if now - self._haste_since >= FAULT_WINDOW:
            self._haste, self._haste_since = 0, now
        self._haste += 1
        if self._haste > MAX_HASTE:
            words = "Too many frames came too fast, and went on doing so."
            self._give_up(Refusal("flooding", words))

    def _give_up(self, refusal: Refusal) -> None:
        self._client.refuse(refusal)
        self._connection.end(refusal.close_code, refusal.code)

    def _fail(self, error: Exception) -> None:
        fault, log_id = internal_error(error, connection=self._client.id)
        COUNTS.refusals["websocket", fault.code] += 1
        self._connection.send(encode_error(fault, log_id=log_id))
        self._connection.end(fault.close_code, log_id)


def _refused(refusal: Refusal, command: Command) -> BadFrame:
    return BadFrame(refusal, command.model_dump(include={"client_id", "room_id"}))
