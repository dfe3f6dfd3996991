"""Every command that crosses the WebSocket."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from parlour.fields import Id, Version, VersionParam
from parlour.files import FileIds
from parlour.models import Caption, ClientId, WebSocketMessage


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
    content: Caption | None = None
    client_id: ClientId | None = None
    reply_to: Id | None = None
    files: FileIds = Field((), strict=False)
    forward: Id | None = None
    room_id: Id | None = None


class EditMessage(WebSocketMessage):
    """Say it in other words; its author alone may."""

    type: Literal["edit"]
    message_id: Id
    content: Caption
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


class PinMessage(WebSocketMessage):
    """Pin a message to its room, or take its pin away."""

    type: Literal["pin"]
    message_id: Id
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
    | PinMessage
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
    "pin": PinMessage,
    "read": ReadMessages,
    "typing": Typing,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "ping": Ping,
}
