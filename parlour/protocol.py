"""Every command and event that crosses the WebSocket, and how a command is read."""

from typing import Any, Final, Literal

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parlour.errors import Refusal
from parlour.models import (
    MAX_CLIENT_ID_LENGTH,
    MAX_ID,
    ClientId,
    Content,
    Count,
    Id,
    Message,
    Room,
    Shape,
    Time,
    Version,
    VersionParam,
    WebSocketMessage,
)
from parlour.support.repeats import repeated_name


class ConnectQuery(BaseModel):
    """What may stand in the query of a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: str | None = None
    after: VersionParam | None = None
    epoch: str | None = Field(None, max_length=64)
    ticket: str | None = Field(None, max_length=64)


# Commands: client to server. Without `room_id` a command is about the room of the path.


class SendMessage(WebSocketMessage):
    """Say something in a room."""

    type: Literal["message"]
    content: Content
    client_id: ClientId | None = None
    reply_to: Id | None = None
    room_id: Id | None = None


class EditMessage(WebSocketMessage):
    """Say it in other words; its author alone may."""

    type: Literal["edit"]
    message_id: Id
    content: Content
    room_id: Id | None = None


class DeleteMessage(WebSocketMessage):
    """Take a message back: its author, or a moderator of its room."""

    type: Literal["delete"]
    message_id: Id
    room_id: Id | None = None


class React(WebSocketMessage):
    """Put an emoji on a message, or take one's own from it."""

    type: Literal["react"]
    message_id: Id
    emoji: str
    on: bool | None = None
    room_id: Id | None = None


class ReadMessages(WebSocketMessage):
    """Read up to a message, or mark as unread from one on."""

    type: Literal["read"]
    message_id: Id
    back: bool = False
    room_id: Id | None = None


class Typing(WebSocketMessage):
    """Tell the others that one is typing."""

    type: Literal["typing"]
    room_id: Id | None = None


class Subscribe(WebSocketMessage):
    """Follow a room, or ask again for what changed since the room's version `after`."""

    type: Literal["subscribe"]
    room_id: Id
    after: Version | None = None
    epoch: str | None = Field(None, max_length=64)


class Unsubscribe(WebSocketMessage):
    """Follow a room no longer."""

    type: Literal["unsubscribe"]
    room_id: Id


class Ping(WebSocketMessage):
    """Ask for a `pong`."""

    type: Literal["ping"]


Command = (
    SendMessage
    | EditMessage
    | DeleteMessage
    | React
    | ReadMessages
    | Typing
    | Subscribe
    | Unsubscribe
    | Ping
)
COMMAND_SHAPES: Final[dict[str, type[Command]]] = {
    "message": SendMessage,
    "edit": EditMessage,
    "delete": DeleteMessage,
    "react": React,
    "read": ReadMessages,
    "typing": Typing,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "ping": Ping,
}


# Events: server to client.


class MessageEvent(WebSocketMessage):
    """A new message."""

    type: Literal["message"] = "message"
    room_id: Id
    version: Version
    message: Message


class RepeatedMessageEvent(MessageEvent):
    """The message that a repeated `client_id` made the first time; to its sender alone."""

    repeated: Literal[True] = True


class MessageUpdatedEvent(WebSocketMessage):
    """A message as it is now: edited, deleted, or reacted to."""

    type: Literal["message_updated"] = "message_updated"
    room_id: Id
    version: Version
    message: Message


class JoinEvent(WebSocketMessage):
    """Somebody's first connection came into the room."""

    type: Literal["join"] = "join"
    room_id: Id
    username: str
    guest: bool
    timestamp: Time


class LeaveEvent(WebSocketMessage):
    """Somebody's last connection left the room."""

    type: Literal["leave"] = "leave"
    room_id: Id
    username: str
    guest: bool
    timestamp: Time


class UserListEvent(WebSocketMessage):
    """Everybody in the room, and those of them who are guests."""

    type: Literal["user_list"] = "user_list"
    room_id: Id
    users: tuple[str, ...]
    guests: tuple[str, ...]


class TypingEvent(WebSocketMessage):
    """Somebody else is typing."""

    type: Literal["typing"] = "typing"
    room_id: Id
    username: str
    timestamp: Time


class ReadEvent(WebSocketMessage):
    """Somebody else has read up to here."""

    type: Literal["read"] = "read"
    room_id: Id
    username: str
    message_id: Count


class OwnReadEvent(ReadEvent):
    """How far one has read oneself, here or on another connection."""

    unread: Count
    message_count: Count


class RoomDeletedEvent(WebSocketMessage):
    """The room is gone."""

    type: Literal["room_deleted"] = "room_deleted"
    room_id: Id
    message: str


class SyncEvent(WebSocketMessage):
    """Where the room stands and all that changed since; `reset`: read the history again."""

    type: Literal["sync"] = "sync"
    room_id: Id
    epoch: str
    version: Version
    messages: tuple[Message, ...]
    room: Room
    reset: bool


class RoomUpdatedEvent(WebSocketMessage):
    """The room changed: its name, topic, pace or members, or whether it is archived."""

    type: Literal["room_updated"] = "room_updated"
    room_id: Id
    version: Version
    room: Room


class RoomListEvent(WebSocketMessage):
    """The list of rooms changed: one was made, changed or removed."""

    type: Literal["room_created", "room_changed", "room_removed"]
    room: Room


class RoomNews(Shape):
    """What was said in a room, in numbers."""

    room_id: Id
    message_id: Count
    message_count: Count
    deleted: tuple[Id, ...]


class NewsEvent(WebSocketMessage):
    """What was said in rooms of the list, in numbers."""

    type: Literal["news"] = "news"
    rooms: tuple[RoomNews, ...]


class HeartbeatEvent(WebSocketMessage):
    """The versions of the rooms that this connection follows."""

    type: Literal["heartbeat"] = "heartbeat"
    versions: dict[int, Version]


class ErrorEvent(WebSocketMessage):
    """What was refused and why; the frame's own `client_id` and `room_id` come back with it."""

    type: Literal["error"] = "error"
    code: str
    message: str
    field: str | None = None
    client_id: str | None = None
    room_id: int | None = None
    id: str | None = None
    retry_after_ms: int | None = None


class PongEvent(WebSocketMessage):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"


class ClosingEvent(WebSocketMessage):
    """The server is going away; come back after this time."""

    type: Literal["closing"] = "closing"
    retry_after_ms: int


EVENT_SHAPES: Final[tuple[type[WebSocketMessage], ...]] = (
    MessageEvent,
    MessageUpdatedEvent,
    JoinEvent,
    LeaveEvent,
    UserListEvent,
    TypingEvent,
    ReadEvent,
    RoomDeletedEvent,
    SyncEvent,
    RoomUpdatedEvent,
    RoomListEvent,
    NewsEvent,
    HeartbeatEvent,
    ErrorEvent,
    PongEvent,
    ClosingEvent,
)
# What a connection on the seed's door gets without asking for more.
SEED_EVENTS: Final = frozenset(
    {
        "message", "message_updated", "join", "leave", "user_list", "typing", "room_deleted",
        "error", "closing",
    }
)  # fmt: skip


def encode(event: WebSocketMessage) -> bytes:
    """The JSON of `event` in UTF-8: encoded once, the same bytes for everybody who gets it."""
    return event.__pydantic_serializer__.to_json(event)


def encode_error(
    refusal: Refusal, *, frame: dict[str, Any] | None = None, log_id: str | None = None
) -> bytes:
    """The `error` frame for a refusal, echoing what lets the client find its own frame."""
    frame = frame or {}
    client_id = frame.get("client_id")
    room_id = frame.get("room_id")
    event = ErrorEvent(
        code=refusal.code,
        message=refusal.detail,
        field=refusal.field,
        client_id=client_id
        if isinstance(client_id, str) and len(client_id) <= MAX_CLIENT_ID_LENGTH
        else None,
        room_id=room_id if type(room_id) is int and 0 < room_id <= MAX_ID else None,
        id=log_id,
        retry_after_ms=refusal.retry_after_ms,
    )
    return event.__pydantic_serializer__.to_json(event, exclude_none=True)


class BadFrame(Exception):
    """A frame was refused; carries the refusal, and the frame's fields as far as they were read."""

    def __init__(self, refusal: Refusal, frame: dict[str, Any] | None) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal
        self.frame = frame


def parse(text: str) -> Command:
    """Read one frame. Raises BadFrame, whose refusal names the field at fault."""
    try:
        frame = pydantic_core.from_json(text, allow_inf_nan=False)
        twice = repeated_name(text, frame)
    except ValueError:
        words = "The frame is not valid JSON."
        raise BadFrame(Refusal("bad_json", words), None) from None
    if not isinstance(frame, dict):
        raise BadFrame(Refusal("bad_json", "A frame has to be a JSON object."), None)
    if twice is not None:
        raise BadFrame(Refusal.repeated(twice), frame)
    kind = frame.get("type")
    shape = COMMAND_SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        known = ", ".join(COMMAND_SHAPES)
        words = f"type: It has to be one of {known}."
        raise BadFrame(Refusal("unknown_type", words, field="type"), frame)
    try:
        return shape.model_validate(frame)
    except ValidationError as error:
        raise BadFrame(Refusal.from_validation(error.errors()), frame) from None
