"""Who belongs to a room: listed, added, given roles, leaving; and conversations of a few."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator, TypeAdapter

from parlour import belonging, direct
from parlour.audience import tell_in_list, tell_member
from parlour.direct import Opened
from parlour.fields import IdParam, check_digits
from parlour.identity import ContextDep, LoggedIn, Reader, account_of
from parlour.membership import DirectCreate, Member, MemberChange
from parlour.models import Room
from parlour.people import MAX_NAME
from parlour.permissions import RoomRole
from parlour.places import Changed
from parlour.web import AfterName, StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["members"])

RoomPath = Annotated[IdParam, Path(description="The room.")]
UserPath = Annotated[str, Path(max_length=MAX_NAME, description="The account, in any case.")]
# Members in one answer.
MAX_LISTED: Final = 1_000
MembersSize = Annotated[
    int,
    Query(ge=1, le=MAX_LISTED, description="At most so many of them."),
    BeforeValidator(check_digits),
]
_page = TypeAdapter(list[Member])
_WRITES = ("not_signed_in", "cross_site", "not_found", "invalid", "busy", "storage_full")
_BODY = ("bad_json", "too_large", "unsupported_type", "too_long")
_ROOM = ("not_allowed", "banned", "archived")


@router.get(
    "/rooms/{room_id}/members",
    response_model=list[Member],
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "too_long", "busy"),
)
async def list_members(
    room_id: RoomPath,
    context: ContextDep,
    author: Reader,
    after: AfterName = None,
    limit: MembersSize = MAX_LISTED,
) -> Response:
    """A page of a room's members: the owner first, then moderators, then the others by name."""
    members = await context.database.read(belonging.list_members, author, room_id, after, limit)
    here = set(context.manager.user_list(room_id))
    told = [each.model_copy(update={"online": each.username in here}) for each in members]
    # Encoded here: FastAPI would validate what comes from the database a second time.
    return Response(_page.dump_json(told), media_type="application/json")


@router.put("/rooms/{room_id}/members/{username}", responses=answers(*_WRITES, *_BODY, *_ROOM))
async def put_member(
    room_id: RoomPath,
    username: UserPath,
    change: MemberChange,
    context: ContextDep,
    login: LoggedIn,
) -> Member:
    """Add somebody, join a public room oneself, or give a member another role.

    To make a member the owner hands the room over; whoever gives it stays as a moderator.
    """

    def told(outcome: tuple[Changed, Member]) -> Changed:
        return outcome[0]

    tell = tell_member.after(context, told)
    by = account_of(login)
    _, member = await context.database.write(
        belonging.put_member, by, login.user_id, room_id, username, change.role, then=tell
    )
    here = member.username in context.manager.user_list(room_id)
    return member.model_copy(update={"online": here})


@router.delete(
    "/rooms/{room_id}/members/{username}",
    status_code=204,
    responses=answers(*_WRITES, "too_long", *_ROOM),
)
async def remove_member(
    room_id: RoomPath, username: UserPath, context: ContextDep, login: LoggedIn
) -> Response:
    """Leave a room, or make a member leave it. Of a private room they get nothing from then on."""
    tell = tell_member.after(context)
    by = account_of(login)
    await context.database.write(
        belonging.remove_member, by, login.user_id, room_id, username, then=tell
    )
    return Response(status_code=204)


_FOUND: dict[int | str, dict[str, Any]] = {
    200: {"model": Room, "description": "These people had one already."}
}


@router.post(
    "/direct",
    status_code=201,
    responses=_FOUND | answers(*_WRITES, *_BODY, "not_allowed"),
)
async def open_direct(
    wanted: DirectCreate, context: ContextDep, login: LoggedIn, response: Response
) -> Room:
    """The direct conversation of these people and oneself: the one they had, or a new one."""

    def told(opened: Opened) -> tuple[Room, int, RoomRole] | None:
        return (opened.told.room, login.user_id, "member") if opened.listed else None

    tell = tell_in_list.after(context, told)
    by = (login.user_id, login.username)
    opened = await context.database.write(direct.open_direct, by, wanted.usernames, then=tell)
    if not opened.new:
        response.status_code = 200
    return context.with_online(opened.told.room).model_copy(update={"role": "member"})
