"""Links by which people join a room: made, listed, taken back, looked at, followed."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path, Response

from parlour import joining
from parlour.audience import tell_person, tell_room
from parlour.context import Context
from parlour.effects import effect
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.membership import Invite, InvitePreview, InviteToken, NewInvite, RoomInviteCreate
from parlour.models import Room
from parlour.places import Changed
from parlour.support.tokens import random_id
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["members"])

RoomPath = Annotated[IdParam, Path(description="The room.")]
_READS = ("not_signed_in", "not_found", "not_allowed", "banned", "invalid", "busy")
_WRITES = (*_READS, "cross_site", "storage_full")
_BODY = ("bad_json", "too_large", "unsupported_type")


@effect("joined", Changed, quiet=attrgetter("same"))
def tell_joined(context: Context, changed: Changed) -> None:
    """Tell of somebody who has joined a room, and them that it is theirs."""
    if not changed.same:
        tell_room(context, changed)
        tell_person(context, "room_created", changed.room, changed.user.id, changed.role)


@router.get("/rooms/{room_id}/invites", responses=answers(*_READS))
async def list_invites(room_id: RoomPath, context: ContextDep, login: LoggedIn) -> list[Invite]:
    """The invitations to a room that are still good; their tokens are not told again."""
    author = account_of(login).author
    return await context.database.read(joining.list_invites, author, room_id)


@router.post(
    "/rooms/{room_id}/invites", status_code=201, responses=answers(*_WRITES, *_BODY, "archived")
)
async def create_invite(
    room_id: RoomPath, invite: RoomInviteCreate, context: ContextDep, login: LoggedIn
) -> NewInvite:
    """A new invitation. Whoever has its token joins with it, as often as it says."""
    token = random_id()
    ends = datetime.now(UTC) + timedelta(days=invite.days)
    made = await context.database.write(
        joining.create_invite, account_of(login), login.user_id, room_id, token, ends, invite.uses
    )
    return NewInvite.model_construct(**made.model_dump(), token=token)


@router.delete("/rooms/{room_id}/invites/{invite_id}", status_code=204, responses=answers(*_WRITES))
async def delete_invite(
    room_id: RoomPath,
    invite_id: Annotated[IdParam, Path(description="The invitation.")],
    context: ContextDep,
    login: LoggedIn,
) -> Response:
    """Take an invitation back: nobody joins with it any more."""
    author = account_of(login).author
    await context.database.write(joining.delete_invite, author, room_id, invite_id)
    return Response(status_code=204)


@router.post(
    "/invites/preview",
    responses=answers(
        "not_signed_in", "cross_site", "invite_invalid", "invalid", "too_long", "busy", *_BODY
    ),
)
async def preview_invite(
    invite: InviteToken, context: ContextDep, login: LoggedIn
) -> InvitePreview:
    """What one would join."""
    author = account_of(login).author
    return await context.database.read(joining.preview, author, invite.token)


@router.post(
    "/invites/accept",
    responses=answers(
        "not_signed_in", "cross_site", "invite_invalid", "archived", "not_allowed", "invalid",
        "too_long", "busy", "storage_full", *_BODY,
    ),
)  # fmt: skip
async def accept_invite(invite: InviteToken, context: ContextDep, login: LoggedIn) -> Room:
    """Join by an invitation. Whoever is in the room already uses nothing up."""
    tell = tell_joined.after(context)
    changed = await context.database.write(
        joining.accept, account_of(login), login.user_id, invite.token, then=tell
    )
    return context.with_online(changed.room).model_copy(update={"role": changed.role})
