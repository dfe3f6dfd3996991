"""For administrators: the rooms there are, their end, and whose they are."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from parlour import administration
from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.audience import close_room, tell_member
from parlour.fields import MAX_PAGE, IdParam
from parlour.identity import ContextDep, account_of
from parlour.oversight import AdminRoom, OwnerChange
from parlour.places import Told
from parlour.upkeep import purge
from parlour.web import PageSize, answers

router = APIRouter(
    prefix=f"{PREFIX}/rooms", route_class=AdministratorRoute, tags=["administration"]
)

RoomPath = Annotated[IdParam, Path(description="The room.")]
_WRITES = ("not_found", "cross_site", "invalid", "busy", "storage_full")


@router.get("", responses=answers("not_found", "invalid", "busy"))
async def list_rooms(
    context: ContextDep,
    login: Administrator,
    after: Annotated[IdParam | None, Query(description="Those after this room.")] = None,
    limit: PageSize = MAX_PAGE,
) -> list[AdminRoom]:
    """A page of the public and private rooms in order of creation; not what is said in them."""
    by = account_of(login)
    return await context.database.read(administration.list_rooms, by, after, limit)


@router.delete("/{room_id}", status_code=204, responses=answers(*_WRITES))
async def delete_room(room_id: RoomPath, context: ContextDep, login: Administrator) -> Response:
    """Delete a public or private room with all its messages. Whoever is in it is told."""

    def closed(told: Told) -> tuple[Told, str]:
        return told, f"#{told.room.name} was deleted by {login.username}."

    tell = close_room.after(context, closed)
    await context.database.write(administration.delete_room, account_of(login), room_id, then=tell)
    context.tasks.spawn(purge(context))
    return Response(status_code=204)


@router.put(
    "/{room_id}/owner",
    responses=answers(
        *_WRITES, "not_allowed", "too_long", "bad_json", "too_large", "unsupported_type"
    ),
)
async def give_owner(
    room_id: RoomPath, change: OwnerChange, context: ContextDep, login: Administrator
) -> AdminRoom:
    """Make an account the owner of a room, and its member; who owned it becomes a moderator."""
    tell = tell_member.after(context)
    by = account_of(login)
    await context.database.write(administration.give_owner, by, room_id, change.username, then=tell)
    # Beside the writer, which would stand still while a large room's messages are counted.
    return await context.database.read(administration.get_room, by, room_id)
