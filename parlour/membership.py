"""The shapes of membership: members, invitations to rooms, direct conversations."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field

from parlour.fields import Count, Id, Shape, Time, whole
from parlour.people import Secret
from parlour.permissions import RoomKind, RoomRole

MAX_USES: Final = 1_000
MAX_DAYS: Final = 30
# People in a direct conversation beside the one who begins it.
MAX_OTHERS: Final = 7

_MEMBER_EXAMPLE: Final[dict[str, Any]] = {
    "username": "alice",
    "display_name": "Alice",
    "hue": 250,
    "role": "owner",
    "joined_at": "2026-01-31T12:00:00.000000Z",
    "online": True,
    "muted_until": None,
}


class Member(Shape):
    """Somebody who belongs to a room."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MEMBER_EXAMPLE]})

    username: str
    display_name: str
    hue: int | None
    role: RoomRole
    joined_at: Time
    online: bool
    muted_until: Time | None


class MemberChange(Shape):
    """What a member is to be."""

    role: RoomRole | None = Field(
        None, description="Left out or null: as it is, and `member` for somebody who was none."
    )


class RoomInviteCreate(Shape):
    """A new link by which people join a room."""

    uses: Annotated[int, Field(ge=1, le=MAX_USES), BeforeValidator(whole)] = 1
    days: Annotated[int, Field(ge=1, le=MAX_DAYS), BeforeValidator(whole)] = 7


class Invite(Shape):
    """An invitation; its token is told once, to whoever made it."""

    id: Id
    created_by: str | None
    created_at: Time
    expires_at: Time
    uses_left: int


class NewInvite(Invite):
    """One that was just made."""

    token: str


class InviteToken(Shape):
    """What the link of an invitation ends with."""

    token: Secret


class InvitePreview(Shape):
    """What somebody reads before they join."""

    room_name: str
    kind: RoomKind
    members: int
    invited_by: str | None


class DirectCreate(Shape):
    """With whom to talk."""

    usernames: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(min_length=1, max_length=MAX_OTHERS, examples=[["bob"]]),
    ]


class ReadChange(Shape):
    """How far somebody has read."""

    message_id: Id = Field(description="Read up to here; with `back`, unread from here on.")
    back: bool = Field(default=False, description="Mark as unread; without it one only moves on.")


class ReadPosition(Shape):
    """How far one has read a room oneself."""

    room_id: Id
    message_id: Count = Field(description="All up to this id is read; 0: nothing.")
    unread: Count = Field(description="Messages of others behind it that are not deleted.")
    message_count: Count = Field(description="How many were ever said there.")
    deleted_count: Count = Field(description="How many of them were deleted.")
    mentions: Count = Field(description="Those of the unread ones that are about oneself.")


class AllRead(Shape):
    """What became of marking everything as read."""

    rooms: Count = Field(description="Rooms that had something unread.")


class Receipt(Shape):
    """How far somebody has read who lets others know."""

    username: str
    message_id: Id
