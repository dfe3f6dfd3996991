"""Every shape that crosses a border of the program: requests, answers, and the frame's envelope."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from parlour.permissions import RoomKind, RoomRole
from parlour.support.text import clean_name, clean_text, name_key

MAX_ROOM_NAME_LENGTH: Final = 100
MAX_TOPIC_LENGTH: Final = 250
# An hour; what is slower than that is a room to be archived.
MAX_SLOW_SECONDS: Final = 3600
MAX_CLIENT_ID_LENGTH: Final = 64
MAX_PAGE: Final = 200
# So many of those who reacted with an emoji are told by name with the message.
MAX_TOLD_REACTORS: Final = 50
# And so many with all emoji of one message: every change of it tells them to the whole room.
MAX_TOLD_NAMES: Final = 100
# Messages that are asked for by their ids at once.
MAX_IDS: Final = 50
# JavaScript reads every integer below this exactly.
MAX_ID: Final = 2**53 - 1
_DIGITS: Final = re.compile("[0-9]{1,16}")


# The last time that was formatted: messages that are stored together have the same, and it is
# needed for the row and for the frame of each.
_last_time: tuple[datetime | None, str] = (None, "")


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`: the one form in which times are told."""
    global _last_time  # noqa: PLW0603 - one assignment, whole from any thread
    last, text = _last_time
    if time is last:
        return text
    told = time
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    text = time.isoformat(timespec="microseconds")[:-6] + "Z"  # in the place of "+00:00"
    _last_time = told, text
    return text


def _clean_room_name(value: str) -> str:
    name = clean_name(value)
    if len(name) > MAX_ROOM_NAME_LENGTH:
        raise PydanticCustomError(
            "too_long",
            "A room name has at most {limit} characters; this has {length}",
            {"limit": MAX_ROOM_NAME_LENGTH, "length": len(name)},
        )
    return name


def bounded(text: str, limit: int) -> str:
    """A text of at most `limit` characters. Raises PydanticCustomError `too_long`."""
    if len(text) > limit:
        raise PydanticCustomError(
            "too_long",
            "It has at most {limit} characters; this has {length}",
            {"limit": limit, "length": len(text)},
        )
    return text


def clean_line(value: str, limit: int) -> str:
    """One line of at most `limit` characters, which may be empty."""
    return bounded(clean_name(value), limit) if value.strip() else ""


def whole(value: object) -> object:
    """Take 78.0 for 78: JSON makes no difference, and its schema takes both as whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _clean_topic(value: str) -> str:
    return clean_line(value, MAX_TOPIC_LENGTH)


def check_digits(value: object) -> object:
    """A number of a path or a query as it came. Raises PydanticCustomError `invalid`."""
    # Pydantic would also read " 5", "5.0" and "1_0" as numbers.
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("invalid", "It has to be a whole number in digits")
    return value


def _check_client_id(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("invalid", "It has a character that cannot be printed")
    return value


Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Version = Annotated[int, Field(ge=0, le=MAX_ID)]
# How many; and a place among messages, before all of them at 0.
Count = Annotated[int, Field(ge=0)]
# The same as they stand in a path or a query.
IdParam = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(check_digits)]
VersionParam = Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(check_digits)]
LimitParam = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(check_digits)]
RoomName = Annotated[str, AfterValidator(_clean_room_name)]
Topic = Annotated[str, AfterValidator(_clean_topic)]
Content = Annotated[str, AfterValidator(clean_text)]
ClientId = Annotated[
    str, Field(min_length=1, max_length=MAX_CLIENT_ID_LENGTH), AfterValidator(_check_client_id)
]
Time = Annotated[
    datetime,
    PlainSerializer(format_time, when_used="json"),
    Field(description="RFC 3339, UTC, microseconds", examples=["2026-01-31T12:00:00.000000Z"]),
]


_ROOM_EXAMPLE: Final[dict[str, Any]] = {
    "id": 1,
    "name": "General",
    "created_at": "2026-01-31T12:00:00.000000Z",
    "version": 7,
    "epoch": "9f86d081884c7d65",
    "kind": "public",
    "topic": "",
    "online": 2,
    "archived_at": None,
    "owner": "alice",
    "slow_seconds": 0,
    "role": None,
    "message_count": 7,
    "unread": None,
    "mentions": None,
    "last_read": None,
}
_MESSAGE_EXAMPLE: Final[dict[str, Any]] = {
    "id": 42,
    "room_id": 1,
    "username": "alice",
    "content": "Hello!",
    "timestamp": "2026-01-31T12:00:05.123456Z",
    "version": 7,
    "client_id": "7f1c2f0e-2f53-4d5c-9a55-0a4f8a0c1d11",
    "guest": True,
    "reply_to": None,
    "chain": None,
    "replies": None,
    "edited_at": None,
    "deleted_at": None,
    "reactions": [],
    "files": [],
    "pinned_at": None,
}


class Shape(BaseModel):
    """Strict: no unknown fields, no conversions between types, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def trusted(cls, fields: dict[str, Any]) -> Self:
        """A shape of `fields` that are all given, right and nobody else's to change.

        What `model_construct` does for those, at a sixth of its cost.
        """
        made = cls.__new__(cls)
        for name, value in (
            ("__dict__", fields),
            ("__pydantic_fields_set__", fields.keys()),
            ("__pydantic_extra__", None),
            ("__pydantic_private__", None),
        ):
            object.__setattr__(made, name, value)
        return made


class Person(Shape):
    """Who speaks: the name people see and the author that makes messages theirs."""

    username: str
    author: str
    guest: bool

    @classmethod
    def by_name(cls, username: str) -> "Person":
        """A client that gives only a name: the same name, in any case, is the same author."""
        return cls.model_construct(
            username=username, author=f"name:{name_key(username)}", guest=True
        )

    @classmethod
    def by_cookie(cls, username: str, guest_id: str) -> "Person":
        """A guest whose browser came before: the same one under any name."""
        return cls.model_construct(username=username, author=f"guest:{guest_id}", guest=True)

    @classmethod
    def by_account(cls, username: str, user_id: int) -> "Person":
        """Somebody with an account."""
        return cls.model_construct(username=username, author=f"user:{user_id}", guest=False)


class HistoryQuery(BaseModel):
    """Which page of a room's history: the newest, or that beside one message id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: LimitParam = Field(50, description="At most so many messages.")
    before: IdParam | None = Field(None, description="Those next below this message id.")
    after: IdParam | None = Field(None, description="Those next above this message id.")
    around: IdParam | None = Field(None, description="Those on both sides of this message id.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in self._places()) > 1:
            raise PydanticCustomError("invalid", f"Give only one of {self._words}")
        return self

    _words: ClassVar[str] = "before, after and around"

    def _places(self) -> tuple[object, ...]:
        return self.before, self.after, self.around


class RoomHistoryQuery(HistoryQuery):
    """The same, or some messages by their ids."""

    ids: Annotated[list[IdParam], Field(max_length=MAX_IDS)] | None = Field(
        None, description="Those with these ids, as far as they are in the room."
    )

    _words: ClassVar[str] = "before, after, around and ids"

    def _places(self) -> tuple[object, ...]:
        return *super()._places(), self.ids


class RoomCreate(Shape):
    """A request for a new room."""

    name: RoomName = Field(
        description=f"1 to {MAX_ROOM_NAME_LENGTH} characters after trimming.", examples=["General"]
    )
    kind: Literal["public", "private"] = Field(
        "public", description="Private needs a login.", examples=["public"]
    )
    topic: Topic = Field(
        "",
        description=f"Up to {MAX_TOPIC_LENGTH} characters, in one line.",
        examples=["What is going on"],
    )


class RoomChange(Shape):
    """What is to be changed; what is left out stays."""

    name: RoomName = Field("", examples=["General"])
    topic: Topic = ""
    archived: bool = False
    slow_seconds: Annotated[int, Field(ge=0, le=MAX_SLOW_SECONDS), BeforeValidator(whole)] = 0

    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return self.model_dump(exclude_unset=True)


class Room(Shape):
    """A room as it stands, and what it is to the one who asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ROOM_EXAMPLE]})

    id: Id
    name: str
    created_at: Time
    version: Version = Field(description="Number of durable changes so far.")
    epoch: str = Field(description="Names this history; a restored backup has another.")
    kind: RoomKind = "public"
    topic: str = ""
    online: int = Field(0, description="People who are in the room just now.")
    archived_at: Time | None = None
    owner: str | None = Field(None, description="Nobody, where a guest made it.")
    slow_seconds: int = Field(0, description="Between two messages of the same person.")
    role: RoomRole | None = Field(None, description="Of whoever asks; in frames for all, null.")
    message_count: Count = Field(0, description="How many messages were ever said in it.")
    unread: int | None = Field(None, description="Of whoever asks; null where they never were.")
    mentions: int | None = None
    last_read: Count | None = Field(None, description="All up to this id is read; 0: nothing.")


class MessageChange(Shape):
    """Other words for a message."""

    content: Content = Field(description="What it says now.", examples=["Hello, all!"])


class Wording(Shape):
    """What a message said at some time, or says now."""

    number: int = Field(description="1 for the first; those in between may not be kept.")
    content: str
    timestamp: Time = Field(description="When it was said so.")


class MessageCreate(Shape):
    """A request to say something in a room."""

    content: Content = Field(description="What is said, in plain text.", examples=["Hello!"])
    client_id: ClientId | None = Field(
        None,
        description="Chosen by the client, unique for its author and room: sending it again"
        " returns the first message instead of making a second.",
        examples=["7f1c2f0e-2f53-4d5c-9a55-0a4f8a0c1d11"],
    )
    reply_to: Annotated[Id, BeforeValidator(whole)] | None = Field(
        None, description="The message of the same room that it answers.", examples=[42]
    )


class Replies(Shape):
    """How many messages a chain of replies has beside the one that it began with."""

    count: int = Field(description="How many, also those that were deleted since.")
    last_id: Id = Field(description="The newest of them.")
    last_at: Time = Field(description="When that was said.")


class Reaction(Shape):
    """An emoji on a message, and who put it there."""

    emoji: str
    count: int = Field(description="How many people.")
    usernames: tuple[str, ...] = Field(description="The first of them.")


class Reactor(Shape):
    """Somebody who reacted."""

    id: Id = Field(description="Rises in the order of reacting.")
    emoji: str
    username: str = Field(description="As spelled then.")
    guest: bool
    created_at: Time


class Reactors(Shape):
    """Who reacted to a message, a page of them."""

    reactors: tuple[Reactor, ...]
    own: tuple[str, ...] = Field(description="The emoji that are one's own.")


class Message(Shape):
    """A message as it stands. Its `id` orders history, its `version` says what is new."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MESSAGE_EXAMPLE]})

    id: Id
    room_id: Id
    username: str
    content: str
    timestamp: Time
    version: Version
    client_id: str | None = None
    guest: bool = True
    reply_to: Id | None = None
    chain: Id | None = Field(None, description="The message that its chain of replies began with.")
    replies: Replies | None = Field(None, description="Of the chain that began with it.")
    edited_at: Time | None = None
    deleted_at: Time | None = None
    reactions: tuple[Reaction, ...] = ()
    files: tuple[dict[str, Any], ...] = ()
    pinned_at: Time | None = None


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message on its way to the writer, which gives it an id, a version and a time."""

    room_id: int
    person: Person
    content: str
    client_id: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What became of a draft: its message, which `repeated` says was there before."""

    message: Message
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A page of a room's messages, oldest first, and the room as it stood at that moment."""

    room: Room
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a room since a version, by version; `reset`: too much, read it again."""

    room: Room
    messages: list[Message]
    reset: bool = False
    # Whether it is not for everybody to be in the room: ask the gate.
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """The newest changes of a room, by version: all those after the version `whole_after`."""

    room: Room
    messages: list[Message]
    whole_after: int
    guarded: bool = False

    def since(self, after: int | None, epoch: str | None) -> Changes:
        """What it means for a client that has all up to `after` of the history `epoch`."""
        if after is None:
            return Changes(self.room, [], guarded=self.guarded)
        elsewhere = epoch is not None and epoch != self.room.epoch
        if elsewhere or not self.whole_after <= after <= self.room.version:
            return Changes(self.room, [], reset=True, guarded=self.guarded)
        first = bisect_right(self.messages, after, key=attrgetter("version"))
        return Changes(self.room, self.messages[first:], guarded=self.guarded)


class ErrorAnswer(BaseModel):
    """What every refused request is answered with."""

    detail: str = Field(description="What is wrong and what to do, for people.")
    code: str = Field(description="What is wrong, for programs.")
    field: str | None = Field(None, description="The field at fault, where there is one.")
    id: str | None = Field(None, description="With `internal`: stands in the server's log.")
    retry_after_ms: int | None = Field(
        None, description="With `rate_limited`: milliseconds until the next try."
    )


class WebSocketMessage(Shape):
    """The envelope of every frame: `type` says which of `protocol.py`'s shapes it has."""

    type: str
