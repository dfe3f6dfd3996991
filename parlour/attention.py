"""The shapes of notifications: what people want to hear, and what was decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from parlour.fields import Id, Shape, Time, whole
from parlour.models import Message
from parlour.people import TimeZone
from parlour.permissions import RoomKind

# What is asked for "until" a time: a month, or it is forgotten that one ever asked.
MAX_QUIET_SECONDS: Final = 31 * 86_400
_CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

Level = Literal["all", "mentions", "nothing"]
# How a message is about somebody, the nearest first.
Reason = Literal["mention", "reply", "here", "room", "direct", "message"]
# What decided whether they were notified.
Because = Literal["level", "do_not_disturb", "own", "absent", "not_kept"]
Clock = Annotated[str, Field(pattern=_CLOCK, examples=["22:00"])]

# The usual level, where nobody has chosen.
USUAL: Final[dict[RoomKind, Level]] = {"public": "mentions", "private": "mentions", "direct": "all"}


class LevelChange(Shape):
    """Of what one wants to be notified in a room."""

    level: Level | None = Field(description="Null: what is usual in rooms of its kind.")


class RoomLevel(Shape):
    """Of what one is notified in a room."""

    room_id: Id
    level: Level | None = Field(description="As one has chosen; null: one has not.")
    usual: Level = Field(description="What holds where one has not.")


class QuietChange(Shape):
    """When one does not want to be disturbed; what is left out is taken away."""

    seconds: Annotated[int | None, Field(ge=1, le=MAX_QUIET_SECONDS), BeforeValidator(whole)] = (
        Field(None, description="From now on for so long.", examples=[3600])
    )
    start: Clock | None = Field(None, description="Every day from this time on.")
    end: Clock | None = Field(None, description="Up to this time, perhaps of the next day.")
    time_zone: TimeZone | None = Field(
        None, description="Of these times; left out, the profile's, and UTC where it has none."
    )

    @model_validator(mode="after")
    def _a_span(self) -> "QuietChange":
        if (self.start is None) is not (self.end is None):
            raise PydanticCustomError("invalid", "Give both start and end, or neither")
        if self.start is not None and self.start == self.end:
            raise PydanticCustomError("invalid", "start and end are the same time")
        return self


class Quiet(Shape):
    """When one does not want to be disturbed."""

    until: Time | None = Field(None, description="Null, or past: not for now.")
    start: str | None = Field(None, description="Every day from this time on.")
    end: str | None = Field(None, description="Up to this time, perhaps of the next day.")
    time_zone: str | None = Field(None, description="Of these times.")

    def holds(self, at: datetime) -> bool:
        """Whether one does not want to be disturbed at this moment."""
        if self.until is not None and at < self.until:
            return True
        if self.start is None or self.end is None:
            return False
        clock = at.astimezone(ZoneInfo(self.time_zone or "UTC")).strftime("%H:%M")
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


class Decision(Shape):
    """Why one was, or was not, notified of a message: as it was decided then."""

    message_id: Id
    notified: bool
    reason: Reason = Field(description="How the message is about oneself.")
    because: Because = Field(description="What decided.")
    level: Level | None = Field(description="The room's level at that time, where it counted.")


class Mention(Shape):
    """A message that is about oneself."""

    message: Message
    reason: Reason


class Mentions(Shape):
    """A page of them, newest first."""

    mentions: tuple[Mention, ...]
    before: Id | None = Field(description="Where the next page begins; null: there is none.")


@dataclass(frozen=True, slots=True)
class Attention:
    """What a room is to somebody at some moment."""

    member: bool = False
    level: Level | None = None
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is to be told of a message that is about them."""

    user_id: int
    message: Message
    reason: Reason
    notified: bool
    # How many unread messages of its room are about them now.
    mentions: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one person and one message."""

    notified: bool
    because: Because
    level: Level


def decide(kind: RoomKind, reason: Reason, attention: Attention, at: datetime) -> Verdict:
    """Whether somebody is notified of a message of others that is about them in this way."""
    level = attention.level or USUAL[kind]
    if level == "nothing" or (level == "mentions" and reason in ("direct", "message")):
        return Verdict(notified=False, because="level", level=level)
    if attention.quiet is not None and attention.quiet.holds(at):
        return Verdict(notified=False, because="do_not_disturb", level=level)
    return Verdict(notified=True, because="level", level=level)
