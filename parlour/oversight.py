"""The shapes of moderation and administration: bans, mutes, reports, who runs what, the log."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from parlour.fields import Id, Shape, Time, bounded, clean_line, whole
from parlour.people import MAX_NAME, Role
from parlour.settings import MAX_RETENTION, Settings
from parlour.support.text import clean_text

# Seconds: a minute, thirty days for a mute, ten years for a ban that ends at all.
MIN_SECONDS: Final = 60
MAX_MUTE: Final = 2_592_000
MAX_BAN: Final = 315_360_000
MAX_REASON: Final = 500

Kind = Literal["ban", "mute"]
Registration = Literal["open", "invite", "closed"]
Guests = Literal["on", "off"]
# What is decided while the server runs, unless it was set where it is started.
DECIDED: Final = frozenset({"guests", "registration", "retention_days"})


def _clean_note(value: str) -> str:
    return clean_line(value, MAX_REASON)


def _clean_reason(value: str) -> str:
    return bounded(clean_text(value), MAX_REASON)


# Why, in one line; it may be left out.
Note = Annotated[str, AfterValidator(_clean_note)]
Username = Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["bob"])]

_CREATED: Final = "2026-01-31T12:00:00.000000Z"
_RESTRICTION_EXAMPLE: Final[dict[str, Any]] = {
    "username": "bob",
    "guest": True,
    "until": "2026-02-01T12:00:00.000000Z",
    "reason": "Advertising",
    "created_by": "alice",
    "created_at": _CREATED,
}
_REPORT_EXAMPLE: Final[dict[str, Any]] = {
    "id": 3,
    "room_id": 1,
    "room_name": "General",
    "message_id": 42,
    "message_username": "bob",
    "message_guest": True,
    "message_content": "Buy now!",
    "message_timestamp": "2026-01-31T11:59:00.000000Z",
    "reporter": "alice",
    "reporter_guest": False,
    "reason": "Advertising",
    "created_at": _CREATED,
    "resolved_at": None,
    "resolved_by": None,
}


# Bans and mutes


class BanChange(Shape):
    """For how long somebody is banned, and why."""

    seconds: Annotated[int | None, Field(ge=MIN_SECONDS, le=MAX_BAN), BeforeValidator(whole)] = (
        Field(None, description="For good when there is none.", examples=[86_400])
    )
    reason: Note = Field("", examples=["Advertising"])


class MuteChange(Shape):
    """For how long somebody may not write, and why."""

    seconds: Annotated[int, Field(ge=MIN_SECONDS, le=MAX_MUTE), BeforeValidator(whole)] = Field(
        examples=[3600]
    )
    reason: Note = Field("", examples=["Too loud"])


class ServerBanCreate(BanChange):
    """Whom to ban from the server."""

    username: Username


class Restriction(Shape):
    """A ban or a mute that holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RESTRICTION_EXAMPLE]})

    username: str
    guest: bool
    until: Time | None
    reason: str
    created_by: str | None
    created_at: Time


class ServerBan(Restriction):
    """A ban from the whole server."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, **_RESTRICTION_EXAMPLE}]})

    id: Id


# Reports


class ReportCreate(Shape):
    """What is wrong with a message."""

    reason: Annotated[str, AfterValidator(_clean_reason)] = Field(examples=["Advertising"])


class ReportMade(Shape):
    """The report that was made."""

    id: Id


class ReportChange(Shape):
    """That somebody has seen to it."""

    resolved: Literal[True] = Field(examples=[True])


class Report(Shape):
    """What somebody said about a message, which stands here as it was then."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT_EXAMPLE]})

    id: Id
    room_id: Id
    room_name: str
    message_id: Id
    message_username: str
    message_guest: bool | None
    message_content: str
    message_timestamp: Time
    reporter: str
    reporter_guest: bool
    reason: str
    created_at: Time
    resolved_at: Time | None
    resolved_by: str | None


# Administration


class AdminUser(Shape):
    """An account as those see it who run the server."""

    id: Id
    username: str
    display_name: str
    role: Role
    created_at: Time
    disabled_at: Time | None
    sessions: int
    last_seen_at: Time | None


class AdminUserChange(Shape):
    """What is to be changed; what is left out stays."""

    role: Role = "member"
    disabled: bool = False

    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return self.model_dump(exclude_unset=True)


class AdminRoom(Shape):
    """A room as those see it who run the server: all but what is said in it."""

    id: Id
    name: str
    kind: Literal["public", "private"]
    topic: str
    created_at: Time
    archived_at: Time | None
    owner: str | None
    members: int
    messages: int
    retention_days: int | None


class OwnerChange(Shape):
    """Who is to own a room."""

    username: Username


class Policy(Shape):
    """What administrators decide, and what of it is fixed where the server was started."""

    registration: Registration
    guests: Guests
    retention_days: int = Field(description="For how long messages are kept; 0: for ever.")
    fixed: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """What the settings say; whatever was set by flag, environment or `.env` is fixed."""
        fixed = sorted(DECIDED & settings.model_fields_set)
        values = {name: getattr(settings, name) for name in DECIDED}
        return cls(**values, fixed=tuple(fixed))

    def with_decided(self, decided: Mapping[str, str]) -> "Policy":
        """The same with what was decided while the server ran, but for what is fixed."""
        values: dict[str, Any] = {
            name: value for name, value in decided.items() if name not in self.fixed
        }
        if "retention_days" in values:
            values["retention_days"] = int(values["retention_days"])
        return self.model_copy(update=values)


class PolicyChange(Shape):
    """What is to be changed; what is left out stays."""

    registration: Registration = "open"
    guests: Guests = "on"
    retention_days: Annotated[int, Field(ge=0, le=MAX_RETENTION), BeforeValidator(whole)] = Field(
        0, examples=[365]
    )

    def changes(self) -> dict[str, str | int]:
        """The fields that were given."""
        return self.model_dump(exclude_unset=True)


class AuditEntry(Shape):
    """One act of power over others, as it was written down."""

    id: Id
    at: Time
    actor: str
    actor_guest: bool
    action: str
    room_id: Id | None
    subject: str
    subject_guest: bool | None
    detail: dict[str, Any]
    hash: str


def is_guest(author: str) -> bool:
    """Whether an author has no account."""
    return not author.startswith("user:")
