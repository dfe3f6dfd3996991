"""For how long messages of a room are kept: told to whoever sees it, decided by its owner."""

from typing import Annotated

from fastapi import APIRouter, Path

from parlour import purging, retaining
from parlour.context import Context
from parlour.effects import effect
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, Reader, account_of
from parlour.lasting import RoomRetention, RoomRetentionChange
from parlour.oversight import Policy
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat/rooms", route_class=StrictRoute, tags=["rooms"])

RoomPath = Annotated[IdParam, Path(description="The room.")]


@effect("rule_set", RoomRetention)
def look_soon(context: Context, _rule: RoomRetention) -> None:
    """A rule has changed: what is over by it goes soon."""
    context.due.set()


@router.get(
    "/{room_id}/retention",
    responses=answers("not_signed_in", "banned", "not_found", "invalid", "busy"),
)
async def get_retention(room_id: RoomPath, context: ContextDep, author: Reader) -> RoomRetention:
    """For how many days messages of a room are kept."""
    given = Policy.of(context.settings)
    return await context.database.read(retaining.get_rule, author, room_id, given)


@router.put(
    "/{room_id}/retention",
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "invalid", "bad_json",
        "too_large", "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip
async def set_retention(
    room_id: RoomPath, change: RoomRetentionChange, context: ContextDep, login: LoggedIn
) -> RoomRetention:
    """Keep a room's messages for less long than the server does: its owner; it holds at once."""
    given, tell = Policy.of(context.settings), look_soon.after(context)
    return await context.database.write(
        purging.and_begin(retaining.set_rule), account_of(login), room_id, given, change.days,
        then=tell,
    )  # fmt: skip
