"""What a handler works with: the parts of one server, and the client it answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from parlour.costs import REACTIONS
from parlour.crowds import Crowds
from parlour.database import Database
from parlour.errors import Refusal
from parlour.limits import Limits
from parlour.models import Person, Room, WebSocketMessage
from parlour.news import News
from parlour.oversight import Policy
from parlour.protocol import encode, encode_error
from parlour.realtime.connection import Connection
from parlour.realtime.manager import ConnectionManager
from parlour.receiving import Receiving
from parlour.registry import Registry
from parlour.settings import Settings
from parlour.support.addresses import UNKNOWN
from parlour.support.buckets import Drop, Pace, Taken
from parlour.support.coalesce import Coalescer
from parlour.support.counts import COUNTS
from parlour.support.door import Door
from parlour.support.kept import Kept
from parlour.support.logs import Seldom, log_fault, new_id
from parlour.support.passwords import Passwords
from parlour.support.tasks import Tasks
from parlour.support.tls import Certificate
from parlour.support.tokens import Tokens
from parlour.support.turns import Turns
from parlour.support.volume import Volume

logger = logging.getLogger(__name__)

# Sends of one connection that the writer has not answered yet; past it the connection is not
# read until one is.
MAX_IN_FLIGHT: Final = 64
# How often the people of a busy room, or the number of them in the list of rooms, are told.
PRESENCE_INTERVAL: Final = 1.0
# What is kept of pages of messages. It goes by rooms' versions; that it does not grow old is for
# the day on which somebody changes a message and forgets its room's version.
PAGES_BYTES: Final = 8_000_000
PAGES_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Among:
    """Where this node stands among the others."""

    # Whether the broker is there, and of how many other nodes was heard by it.
    connected: bool
    others: int
    # The newest entry of the journal that was told here.
    head: int
    # How often a pace was counted by this node alone.
    paces_alone: int


class Peers(Protocol):
    """The other nodes, as handlers know them."""

    @property
    def has_others(self) -> bool:
        """Whether there are any just now, as far as is known."""

    def among(self) -> Among:
        """Where this node stands just now."""

    async def catch_up(self) -> None:
        """Tell all that other nodes have committed by now. Raises Refusal."""

    async def listen(self) -> None:
        """Wait until this node has heard what others have said of who is there."""

    def end(self, session_ids: Collection[str]) -> None:
        """Let sessions end everywhere that could not be ended in the database."""

    def typing(self, room_id: int, frame: bytes, author: str) -> None:
        """Somebody is typing here."""

    async def give_ticket(self, ticket: str, session_id: str, seconds: float) -> bool:
        """Let a ticket be good on all nodes; whether it is."""

    async def take_ticket(self, ticket: str) -> str | None:
        """The session that a ticket is of, once. Raises Unreachable."""

    async def spend(self, drop: Drop) -> Taken | None:
        """Take a drop of a bucket of all nodes; None where nobody answers in time."""


class Traces(Protocol):
    """What takes how long, where that is traced."""

    def commands(self, table: Mapping[str, Callable[..., Any]]) -> Mapping[str, Callable[..., Any]]:
        """Commands of WebSockets that are traced."""

    async def job(self, kind: str, doing: Awaitable[None]) -> None:
        """Do a job."""


@dataclass(slots=True)
class Context:
    """The parts of one running server."""

    settings: Settings
    database: Database
    tokens: Tokens
    registry: Registry
    # Replaced as a whole when an administrator decides otherwise.
    policy: Policy
    receiving: Receiving
    passwords: Passwords = field(default_factory=Passwords)
    manager: ConnectionManager = field(default_factory=ConnectionManager)
    tasks: Tasks = field(default_factory=Tasks)
    user_lists: Coalescer = field(default_factory=lambda: Coalescer(PRESENCE_INTERVAL))
    room_news: Coalescer = field(default_factory=lambda: Coalescer(PRESENCE_INTERVAL))
    news: News = field(default_factory=News)
    crowds: Crowds = field(default_factory=Crowds)
    # Two readers are left for everybody else.
    searches: Turns = field(default_factory=lambda: Turns(at_once=2, waiting=64, each=4))
    limits: Limits = field(init=False)
    # None where everybody may as often as they like.
    reactions: Pace | None = field(init=False)
    # Set where there may be a job that is due before any that was known.
    due: asyncio.Event = field(default_factory=asyncio.Event)
    # While this node takes away what is over: one job of it is enough.
    purging: bool = False
    closing: bool = False
    # The door of plain HTTP, where the server is our own.
    door: Door | None = None
    # By which it speaks HTTPS itself, if it does.
    certificate: Certificate | None = None
    # None where this is the only one.
    peers: Peers | None = None
    # None where nothing is traced.
    traces: Traces | None = None
    # Has the page say what the policy is.
    configure_page: Callable[[Mapping[str, str]], None] = field(default=lambda _policy: None)
    # Pages of other sites are told of in the log: who sets the server up wants to see each.
    foreign_pages: Seldom = field(default_factory=lambda: Seldom(20))
    # The newest messages of rooms, as whoever opens one is told them.
    pages: Kept = field(default_factory=lambda: Kept(PAGES_BYTES, PAGES_SECONDS))
    # So often the database could not do something, before it was last seen to be written to.
    faults_known: int = 0
    # The disk of the data directory.
    volume: Volume = field(init=False)

    def __post_init__(self) -> None:
        """Make what goes by the settings."""
        self.volume = Volume(self.settings.data_dir)
        factor = self.settings.rate_limits
        self.limits = Limits(factor)
        self.reactions = None
        if factor:
            size, pace = REACTIONS.at_once * factor, REACTIONS.per_second * factor
            self.reactions = Pace("reactions", size, pace)
        if self.peers is not None:
            self.limits.share(self.peers, self.tasks.spawn)

    def with_online(self, room: Room) -> Room:
        """The room with the number of people who are in it just now."""
        fields = {**room.__dict__, "online": self.manager.presence.online(room.id)}
        return Room.trusted(fields, room.model_fields_set)

    def check_length(self, content: str) -> None:
        """Raises Refusal `too_long` for a message longer than the setting allows."""
        check_text_length("content", "message", content, self.settings.max_message_length)


def check_text_length(field: str, what: str, text: str, limit: int) -> None:
    """Raises Refusal `too_long` for a text of more than `limit` characters."""
    if len(text) > limit:
        raise Refusal(
            "too_long",
            f"{field}: A {what} has at most {limit} characters; this has {len(text)}.",
            field=field,
        )


class Client:
    """One connected client: its connection, who it is, and the room of its path, if any."""

    __slots__ = (
        "_in_flight", "_waiting", "address", "connection", "id", "payer", "person", "proceed",
        "room_id", "unheard",
    )  # fmt: skip

    # Called whenever what kept the client's next frame from being read may be over.
    proceed: Callable[[], None]

    def __init__(
        self,
        connection: Connection,
        person: Person,
        room_id: int | None,
        payer: str = "",
        address: str = UNKNOWN,
    ) -> None:
        """`payer` and `address` are for whom it is counted what the client does."""
        self.payer = payer or person.author
        self.address = address
        self.connection = connection
        # By which the log names it.
        self.id = new_id()
        self.person = person
        self.room_id = room_id
        self.proceed = _nothing
        # Until when nobody is asked again whether they may speak in a room; most never need it.
        self.unheard: dict[int, float] | None = None
        self._in_flight = 0
        self._waiting: list[asyncio.Future[None]] = []

    def room_of(self, room_id: int | None) -> int:
        """The room a command is about: the one it names, or that of the path."""
        room_id = room_id or self.room_id
        if room_id is None:
            raise Refusal("invalid", "room_id: Say which room this is about.", field="room_id")
        return room_id

    def send(self, event: WebSocketMessage) -> None:
        """Tell this client alone."""
        self.connection.send(encode(event))

    def refuse(self, error: Exception, frame: dict[str, object] | None = None) -> None:
        """Tell the client that its frame was refused; an unexpected error is logged with an id."""
        if isinstance(error, Refusal):
            COUNTS.refusals["websocket", error.code] += 1
            self.connection.send(encode_error(error, frame=frame))
            return
        refusal, log_id = internal_error(error, connection=self.id)
        COUNTS.refusals["websocket", refusal.code] += 1
        self.connection.send(encode_error(refusal, frame=frame, log_id=log_id))

    def stop(self) -> None:
        """Nothing more is read from it: whoever did so is let go."""
        self.proceed = _nothing

    def sending(self) -> None:
        """One more send is on its way to the writer."""
        self._in_flight += 1

    def sent(self) -> None:
        """The writer has answered one of them."""
        self._in_flight -= 1
        if self._in_flight == MAX_IN_FLIGHT - 1:
            self.proceed()
        if not self._in_flight and self._waiting:
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)
            self._waiting.clear()

    @property
    def full(self) -> bool:
        """Whether no further frame of this client may be read just now."""
        return self._in_flight >= MAX_IN_FLIGHT or self.connection.lagging

    async def answered(self) -> None:
        """Wait until the writer has answered every send so far."""
        if self._in_flight:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future


def _nothing() -> None:
    """What a client calls that nobody reads from."""


def internal_error(error: Exception, **about: str) -> tuple[Refusal, str]:
    """Log an unexpected error once, with its cause; the refusal for it and the id in the log."""
    log_id = log_fault(logger, error, **about)
    words = f"Something went wrong on the server (id {log_id}). Nothing of this was changed."
    return Refusal("internal", words), log_id
