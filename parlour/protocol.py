"""Every event that crosses the WebSocket, and how a command is read."""

from typing import Any, Final, Literal

import pydantic_core
from pydantic import ValidationError

from parlour.attention import Level, Reason
from parlour.commands import COMMAND_SHAPES, Command
from parlour.errors import Refusal
from parlour.fields import MAX_ID, Count, Id, Shape, Time, Version
from parlour.later import Scheduled
from parlour.models import (
    MAX_CLIENT_ID_LENGTH,
    Message,
    Room,
    WebSocketMessage,
)
from parlour.support.repeats import repeated_name

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
    """A message as it is now: edited, deleted, reacted to, or pinned."""

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
    guest: bool
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
    deleted_count: Count
    mentions: Count


class SavedEvent(WebSocketMessage):
    """One has put a message by, or does no longer, here or on another connection."""

    type: Literal["saved"] = "saved"
    message_id: Id
    on: bool


class ScheduledUpdatedEvent(WebSocketMessage):
    """One says something later: a new one, or how it is now."""

    type: Literal["scheduled_updated"] = "scheduled_updated"
    scheduled: Scheduled


class ScheduledRemovedEvent(WebSocketMessage):
    """One does not say it later any more: it was deleted, or said just now as a message."""

    type: Literal["scheduled_removed"] = "scheduled_removed"
    id: Id
    message_id: Id | None


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
    """What was said in a room, in numbers; `deleted` are the newest of `deleted_count`."""

    room_id: Id
    message_id: Count
    message_count: Count
    deleted_count: Count
    deleted: tuple[Id, ...]


class NewsEvent(WebSocketMessage):
    """What was said in rooms of the list, in numbers."""

    type: Literal["news"] = "news"
    rooms: tuple[RoomNews, ...]


class NotificationEvent(WebSocketMessage):
    """A message that is about oneself, or of a room of which one wants to hear everything."""

    type: Literal["notification"] = "notification"
    room_id: Id
    message: Message
    reason: Reason
    notified: bool
    mentions: Count


class RoomLevelEvent(WebSocketMessage):
    """Of what one is notified in a room, here or chosen on another connection."""

    type: Literal["room_level"] = "room_level"
    room_id: Id
    level: Level | None


class DoNotDisturbEvent(WebSocketMessage):
    """When one does not want to be disturbed, here or chosen on another connection."""

    type: Literal["do_not_disturb"] = "do_not_disturb"
    until: Time | None
    start: str | None
    end: str | None
    time_zone: str | None


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
    SavedEvent,
    ScheduledUpdatedEvent,
    ScheduledRemovedEvent,
    RoomDeletedEvent,
    SyncEvent,
    RoomUpdatedEvent,
    RoomListEvent,
    NewsEvent,
    NotificationEvent,
    RoomLevelEvent,
    DoNotDisturbEvent,
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
        frame = pydantic_core.from_json(text, allow_inf_nan=False, cache_strings="keys")
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
        # Past `model_validate`, which looks at its options first.
        command: Command = shape.__pydantic_validator__.validate_python(frame)
    except ValidationError as error:
        raise BadFrame(Refusal.from_validation(error.errors()), frame) from None
    return command
