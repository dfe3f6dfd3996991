"""Every shape that crosses a border of the program: requests, answers, and the frame's envelope."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic_core import PydanticCustomError

from parlour.errors import Refusal
from parlour.fields import (
    Count,
    Id,
    Shape,
    Time,
    Version,
    clean_line,
    whole,
)
from parlour.files import File, FileIds
from parlour.permissions import RoomKind, RoomRole
from parlour.support.text import clean_name, clean_text, name_key

MAX_ROOM_NAME_LENGTH: Final = 100
MAX_TOPIC_LENGTH: Final = 250
# An hour; what is slower than that is a room to be archived.
MAX_SLOW_SECONDS: Final = 3600
MAX_CLIENT_ID_LENGTH: Final = 64
# So many of those who reacted with an emoji are told by name with the message.
MAX_TOLD_REACTORS: Final = 50
# And so many with all emoji of one message: every change of it tells them to the whole room.
MAX_TOLD_NAMES: Final = 100


def _clean_room_name(value: str) -> str:
    name = clean_name(value)
    if len(name) > MAX_ROOM_NAME_LENGTH:
        raise PydanticCustomError(
            "too_long",
            "A room name has at most {limit} characters; this has {length}",
            {"limit": MAX_ROOM_NAME_LENGTH, "length": len(name)},
        )
    return name


def _clean_topic(value: str) -> str:
    return clean_line(value, MAX_TOPIC_LENGTH)


def _check_client_id(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("invalid", "It has a character that cannot be printed")
    return value


def _clean_caption(value: str) -> str:
    return clean_text(value) if value.strip() else ""


RoomName = Annotated[str, AfterValidator(_clean_room_name)]
Topic = Annotated[str, AfterValidator(_clean_topic)]
Caption = Annotated[str, AfterValidator(_clean_caption)]
ClientId = Annotated[
    str, Field(min_length=1, max_length=MAX_CLIENT_ID_LENGTH), AfterValidator(_check_client_id)
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
    "deleted_count": 1,
    "unread": None,
    "mentions": None,
    "last_read": None,
    "level": None,
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
    "mentions": [],
    "files": [],
    "forwarded": None,
    "pinned_at": None,
    "pinned_by": None,
}


class Person(Shape):
    """Who speaks: the name people see and the author that makes messages theirs."""

    username: str
    author: str
    guest: bool

    @classmethod
    def by_name(cls, username: str) -> "Person":
        """A client that gives only a name: the same name, in any case, is the same author."""
        return cls.trusted(
            {"username": username, "author": f"name:{name_key(username)}", "guest": True}
        )

    @classmethod
    def by_cookie(cls, username: str, guest_id: str) -> "Person":
        """A guest whose browser came before: the same one under any name."""
        return cls.trusted({"username": username, "author": f"guest:{guest_id}", "guest": True})

    @classmethod
    def by_account(cls, username: str, user_id: int) -> "Person":
        """Somebody with an account."""
        return cls.trusted({"username": username, "author": f"user:{user_id}", "guest": False})


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
    deleted_count: Count = Field(0, description="How many of them were deleted.")
    purged_to: Count = Field(
        0, description="Messages up to this id are gone: their time was over. 0: none."
    )
    unread: int | None = Field(None, description="Of whoever asks; null where they never were.")
    mentions: int | None = Field(None, description="Those of them that are about whoever asks.")
    last_read: Count | None = Field(None, description="All up to this id is read; 0: nothing.")
    level: Literal["all", "mentions", "nothing"] | None = Field(
        None, description="Of what whoever asks is notified; null: what is usual, or not told."
    )


class MessageChange(Shape):
    """Other words for a message, or none where it brings something along."""

    content: Caption = Field(
        description="What it says now; it may be empty where there are `files` or `forwarded`.",
        examples=["Hello, all!"],
    )


class Wording(Shape):
    """What a message said at some time, or says now."""

    number: int = Field(description="1 for the first; those in between may not be kept.")
    content: str
    timestamp: Time = Field(description="When it was said so.")


# One of these has to be there, and what it is then.
_BRINGS: Final = (("content", "string"), ("forward", "integer"), ("files", "array"))


class MessageCreate(Shape):
    """A request to say something in a room: with words, files, or passing something on."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": kind}}}
                for name, kind in (
                    ("content", "string"),
                    ("forward", "integer"),
                    ("files", "array"),
                )
            ]
        }
    )

    content: Caption | None = Field(
        None,
        description="What is said, in plain text; it may be left out where there are `files` or a"
        " `forward`.",
        examples=["Hello!"],
    )
    client_id: ClientId | None = Field(
        None,
        description="Chosen by the client, unique for its author and room: sending it again"
        " returns the first message instead of making a second.",
        examples=["7f1c2f0e-2f53-4d5c-9a55-0a4f8a0c1d11"],
    )
    reply_to: Annotated[Id, BeforeValidator(whole)] | None = Field(
        None, description="The message of the same room that it answers.", examples=[42]
    )
    files: FileIds = Field(
        (), strict=False, description="The ids of what was uploaded for it.", examples=[[]]
    )
    forward: Annotated[Id, BeforeValidator(whole)] | None = Field(
        None,
        description="The message that it passes on, of any room one may enter.",
        examples=[42],
    )


def check_said(content: str | None, files: Sequence[str], forward: int | None) -> None:
    """Raises Refusal `invalid` or `empty` for a message that brings nothing at all."""
    if content or files or forward is not None:
        return
    if content is None:
        raise Refusal("invalid", "content: It is required.", field="content")
    raise Refusal("empty", "content: There is nothing to read in it.", field="content")


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


class Forwarded(Shape):
    """What another message said when this one passed it on.

    Where it was said is told only where everybody who reads it may go there: everybody in the
    room gets the same.
    """

    message_id: Id | None = Field(
        description="Null where it was said in another room that is not public."
    )
    room_id: Id | None = Field(description="The same.")
    username: str = Field(description="Who said it.")
    guest: bool
    timestamp: Time = Field(description="When it was said.")
    content: str
    files: tuple[File, ...] = ()


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
    mentions: tuple[str, ...] = Field(
        (), description="The names it mentions, as spelled by their owners; `@here` and `@room`."
    )
    files: tuple[File, ...] = ()
    forwarded: Forwarded | None = Field(None, description="What it passes on.")
    pinned_at: Time | None = None
    pinned_by: str | None = Field(None, description="Who pinned it, as they were called then.")


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
