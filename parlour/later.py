"""The shapes of messages that are said later."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer

from parlour.fields import Id, Shape, Time, check_time, format_time, whole
from parlour.files import File, FileIds
from parlour.models import Caption, ClientId

# As it comes in a body, in any zone.
SendAt = Annotated[
    datetime,
    BeforeValidator(check_time),
    PlainSerializer(format_time, when_used="json"),
    Field(
        description="When it is to be said: RFC 3339 with a zone, at most a year ahead.",
        examples=["2026-12-24T18:00:00+01:00"],
    ),
]
_SCHEDULED_EXAMPLE: Final[dict[str, Any]] = {
    "id": 3,
    "room_id": 1,
    "content": "Good morning!",
    "client_id": "7f1c2f0e-2f53-4d5c-9a55-0a4f8a0c1d11",
    "reply_to": None,
    "files": [],
    "send_at": "2026-12-24T17:00:00.000000Z",
    "state": "waiting",
    "error": None,
}


class ScheduledCreate(Shape):
    """A request to say something later: with words, files, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": kind}}}
                for name, kind in (("content", "string"), ("files", "array"))
            ]
        }
    )

    content: Caption | None = Field(
        None,
        description="What is said; it may be left out where there are `files`.",
        examples=["Good morning!"],
    )
    client_id: ClientId = Field(
        description="Chosen by the client, unique for its author and room: sending it again"
        " returns what is there. The message has it, too.",
        examples=["7f1c2f0e-2f53-4d5c-9a55-0a4f8a0c1d11"],
    )
    reply_to: Annotated[Id, BeforeValidator(whole)] | None = Field(
        None, description="The message of the same room that it answers.", examples=[42]
    )
    files: FileIds = Field(
        (), strict=False, description="The ids of what was uploaded for it.", examples=[[]]
    )
    send_at: SendAt


class ScheduledChange(Shape):
    """Other words or another time for it; what is left out stays."""

    content: Caption = Field(
        "", description="It may be empty where there are files.", examples=["Good evening!"]
    )
    # Told only where it was given.
    send_at: SendAt = Field(default_factory=lambda: datetime.now(UTC))

    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ScheduledError(Shape):
    """Why it was refused for good when its time had come."""

    code: str = Field(description="One of the error codes.")
    detail: str = Field(description="What is wrong, for people.")


class Scheduled(Shape):
    """A message that is said later. It is its author's alone until then."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SCHEDULED_EXAMPLE]})

    id: Id
    room_id: Id
    content: str
    client_id: str
    reply_to: Id | None
    files: tuple[File, ...]
    send_at: Time
    state: Literal["waiting", "failed"] = Field(
        description="`failed`: it was refused for good, and stays until its author decides."
    )
    error: ScheduledError | None = Field(description="Where it failed.")
