"""The shapes of retention: for how long messages are kept, what would go, and what is held."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from parlour.fields import Count, Id, Shape, Time, bounded, whole
from parlour.oversight import MAX_REASON
from parlour.people import MAX_NAME
from parlour.settings import MAX_RETENTION
from parlour.support.text import clean_text

HoldKind = Literal["server", "room", "person"]
# What people do not see any more is set aside because somebody deleted it, its time was over, or
# its room was deleted.
Why = Literal["deleted", "retention", "room"]
_HOLD_EXAMPLE: Final[dict[str, Any]] = {
    "id": 2,
    "kind": "room",
    "room_id": 1,
    "username": None,
    "name": "General",
    "reason": "Case 2026/17",
    "created_by": "alice",
    "created_at": "2026-01-31T12:00:00.000000Z",
}


def kept_days(server: int, own: int | None, *, longer: bool) -> int:
    """For how many days messages of a room are kept; 0 for ever.

    Its own rule may be shorter than the server's; where administrators made it, also longer.
    """
    if own is None:
        return server
    if longer or not server:
        return own
    return min(server, own) if own else server


def _clean_reason(value: str) -> str:
    return bounded(clean_text(value), MAX_REASON)


Reason = Annotated[str, AfterValidator(_clean_reason)]
Days = Annotated[int, Field(ge=0, le=MAX_RETENTION), BeforeValidator(whole)]


class RoomRetention(Shape):
    """For how long messages of a room are kept, and why."""

    days: int = Field(description="As it holds now; 0: for ever.", examples=[30])
    own: int | None = Field(description="The room's own rule; null: it has none.", examples=[30])
    longer: bool = Field(description="Whether that may be longer than the server's.")
    server: int = Field(description="The server's rule; 0: for ever.", examples=[365])


class RoomRetentionChange(Shape):
    """A rule for one room."""

    days: Days | None = Field(
        description="Days; 0: for ever; null: as the server does.", examples=[30]
    )


class Overdue(Shape):
    """What of one room would go."""

    room_id: Id
    name: str
    days: int
    messages: Count


class RetentionPreview(Shape):
    """What would go if it were looked for now. It is counted, and nothing is taken away."""

    days: int = Field(description="The server's rule that it was counted by; 0: for ever.")
    rooms: Count = Field(description="From how many rooms something would go.")
    messages: Count = Field(description="How many messages, deleted ones with them.")
    held_rooms: Count = Field(description="Rooms of which nothing goes because they are held.")
    held_messages: Count = Field(description="Messages that were set aside because of holds.")
    largest: tuple[Overdue, ...] = Field(description="The rooms with most of them.")


def _of_kind(kind: str, **types: str) -> dict[str, Any]:
    """What one kind of hold has to name, and what it must not."""
    named = {name: {"type": types.get(name, "null")} for name in ("room_id", "username")}
    return {"required": list(types), "properties": {"kind": {"const": kind}, **named}}


class HoldCreate(Shape):
    """What is to be kept, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _of_kind("server"),
                _of_kind("room", room_id="integer"),
                _of_kind("person", username="string"),
            ]
        }
    )

    kind: HoldKind = Field(examples=["room"])
    room_id: Annotated[Id, BeforeValidator(whole)] | None = Field(
        None, description="With `room`.", examples=[1]
    )
    username: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | None = Field(
        None, description="With `person`: an account."
    )
    reason: Reason = Field(examples=["Case 2026/17"])


class Hold(Shape):
    """Something that is kept until it is lifted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HOLD_EXAMPLE]})

    id: Id
    kind: HoldKind
    room_id: Id | None
    username: str | None = Field(description="With `person`; as it is called now.")
    name: str = Field(description="What it was called when it was held; empty for the server.")
    reason: str
    created_by: str
    created_at: Time
