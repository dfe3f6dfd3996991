"""The shapes of what an export holds, as docs/export.md tells of them."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic_core import PydanticCustomError

from parlour.fields import MAX_ID, Release, format_time
from parlour.models import MAX_SLOW_SECONDS
from parlour.permissions import RoomKind, RoomRole
from parlour.settings import MAX_MESSAGE
from parlour.support.images import MAX_PIXELS

FORMAT: Final = "parlour-export"
# It rises with what an older program would not understand.
VERSION: Final = 1
# Bytes of one line at most: that of a message as long as may be, with all its earlier wordings.
MAX_LINE: Final = 16 * 1024 * 1024

# Characters of a name, of what files and rooms are called, and of a line: wider than what a server
# takes. A conversation is called after eight people, each of whom may get a longer name here.
MAX_CALLED: Final = 200
MAX_TITLE: Final = 1_000
MAX_WORDS: Final = 2_000


def _in_utc(at: datetime) -> datetime:
    if not at.utcoffset():
        return at
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("invalid", "It is no time") from None


Time = Annotated[
    AwareDatetime, AfterValidator(_in_utc), PlainSerializer(format_time, when_used="json")
]
Number = Annotated[int, Field(ge=1, le=MAX_ID)]
Count = Annotated[int, Field(ge=0, le=MAX_ID)]
# An account, or a guest by what is told of nobody.
Author = Annotated[str, Field(pattern=r"^(user:[1-9][0-9]{0,15}|guest:[0-9a-f]{16})$")]
Account = Annotated[str, Field(pattern=r"^user:[1-9][0-9]{0,15}$")]
Name = Annotated[str, Field(min_length=1, max_length=MAX_CALLED)]
Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
Line = Annotated[str, Field(max_length=MAX_WORDS)]
# As long as any server may let a message be.
Words = Annotated[str, Field(max_length=MAX_MESSAGE)]
FileId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
# All of an image may stand in one row.
Pixels = Annotated[int, Field(ge=1, le=MAX_PIXELS)]
Emoji = Annotated[str, Field(min_length=1, max_length=64)]


class Record(BaseModel):
    """One line. What a later release adds is passed over; what is there is taken strictly."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    def line(self) -> bytes:
        """As it stands in an archive."""
        return self.model_dump_json().encode() + b"\n"


class Person(Record):
    """An account, as everybody may know it."""

    id: Account
    username: Name
    display_name: Name
    about: Line
    status_text: Line
    time_zone: Annotated[str, Field(max_length=64)] | None
    hue: Annotated[int, Field(ge=0, le=359)] | None
    created_at: Time
    # Its image, by its key.
    avatar: FileId | None


class Room(Record):
    """A room."""

    id: Number
    name: Title
    kind: RoomKind
    topic: Line
    created_at: Time
    archived_at: Time | None
    slow_seconds: Annotated[int, Field(ge=0, le=MAX_SLOW_SECONDS)]


class Member(Record):
    """Somebody who belongs to a room."""

    room: Number
    person: Account
    role: RoomRole
    joined_at: Time


class Small(Record):
    """The size of an image."""

    width: Pixels
    height: Pixels


class File(Record):
    """What somebody sent; its bytes are in `files/`, unless the storage had them no more."""

    id: FileId
    author: Author
    room: Number
    name: Title
    type: Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")]
    size: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    width: Pixels | None
    height: Pixels | None
    alt: Line
    thumbnail: Small | None
    created_at: Time


class Wording(Record):
    """What a message said before it was edited."""

    number: Number
    text: Words
    at: Time


class Forwarded(Record):
    """What a message passes on of another."""

    message: Number | None
    room: Number | None
    username: Name
    guest: bool
    at: Time
    text: Words
    files: tuple[FileId, ...]


class Message(Record):
    """A message. What was deleted says only that it was."""

    id: Number
    room: Number
    author: Author
    username: Name
    at: Time
    text: Words
    edited_at: Time | None
    deleted_at: Time | None
    earlier: tuple[Wording, ...]
    reply_to: Number | None
    chain: Number | None
    mentions: tuple[Name, ...]
    files: tuple[FileId, ...]
    forwarded: Forwarded | None
    pinned_at: Time | None
    pinned_by: Name | None


class Reaction(Record):
    """Who put which emoji on a message; in the order of the messages, then of doing so."""

    message: Number
    emoji: Emoji
    author: Author
    username: Name
    at: Time


class Counts(Record):
    """How many lines of each kind there are."""

    people: Count
    rooms: Count
    members: Count
    files: Count
    messages: Count
    reactions: Count


class Head(Record):
    """What an archive says of itself, in its first file."""

    format: Literal["parlour-export"]
    version: Literal[1]
    parlour: Release
    # The name of the history that it is of: ids are those of this one.
    history: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    # Everything that was acknowledged before is in it.
    moment: Time
    scope: Literal["server", "rooms", "person"]
    # Which kinds of rooms are in it.
    kinds: tuple[RoomKind, ...]
    # Whose it is, of one person's.
    person: Account | None
    counts: Counts
    files_bytes: Count

    def dump(self) -> bytes:
        """As it stands in the archive."""
        return self.model_dump_json(indent=1).encode() + b"\n"


# The kinds of lines, by the folder-like beginning of their files' names, in this order.
KINDS: Final[dict[str, type[Record]]] = {
    "people": Person,
    "rooms": Room,
    "members": Member,
    "files": File,
    "messages": Message,
    "reactions": Reaction,
}
