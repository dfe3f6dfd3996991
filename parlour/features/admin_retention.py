"""For administrators: what would go, rules of rooms, and legal holds."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import Connection

from parlour import purging, retaining
from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.context import Context
from parlour.effects import effect
from parlour.fields import IdParam
from parlour.identity import ContextDep, account_of
from parlour.lasting import (
    Hold,
    HoldCreate,
    RetentionPreview,
    RoomRetention,
    RoomRetentionChange,
)
from parlour.models import Person
from parlour.oversight import Note, Policy
from parlour.settings import MAX_RETENTION
from parlour.upkeep import purge
from parlour.web import answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])

_WRITES = ("not_found", "cross_site", "invalid", "busy", "storage_full")
_BODY = ("bad_json", "too_large", "unsupported_type")


@effect("held_otherwise", int)
def held_otherwise(context: Context, _room_id: int) -> None:
    """Something is held no longer, or by another rule: what may go now goes soon."""
    context.due.set()
    context.tasks.spawn(purge(context))


@router.get("/retention", responses=answers("not_found", "invalid", "busy"))
async def preview(
    context: ContextDep,
    login: Administrator,
    days: Annotated[
        int | None,
        Query(ge=0, le=MAX_RETENTION, description="As if this was the server's rule."),
    ] = None,
    room_id: Annotated[
        IdParam | None,
        Query(description="Of this room alone, as if `days` was its own rule; without: none."),
    ] = None,
) -> RetentionPreview:
    """What would go just now. It is counted, and nothing is taken away."""
    given = Policy.of(context.settings)
    return await context.database.read(retaining.preview, account_of(login), given, days, room_id)


@router.put("/rooms/{room_id}/retention", responses=answers(*_WRITES, *_BODY))
async def decide_retention(
    room_id: Annotated[IdParam, Path(description="The room.")],
    change: RoomRetentionChange,
    context: ContextDep,
    login: Administrator,
) -> RoomRetention:
    """Keep a room's messages for so long, longer than the server's too; null: as the server."""
    given = Policy.of(context.settings)
    tell = held_otherwise.after(context, lambda _: room_id)
    return await context.database.write(
        purging.and_begin(retaining.decide_rule), account_of(login), room_id, given, change.days,
        then=tell,
    )  # fmt: skip


@router.get("/holds", responses=answers("not_found", "busy"))
async def list_holds(context: ContextDep, login: Administrator) -> list[Hold]:
    """What is held, newest first."""
    return await context.database.read(retaining.list_holds, account_of(login))


@router.post(
    "/holds",
    status_code=201,
    responses=answers(*_WRITES, *_BODY, "not_allowed", "empty", "too_long"),
)
async def set_hold(new: HoldCreate, context: ContextDep, login: Administrator) -> Hold:
    """Keep what is said in a room, by a person or on the whole server until it is lifted."""
    return await context.database.write(retaining.set_hold, account_of(login), new)


@router.delete("/holds/{hold_id}", status_code=204, responses=answers(*_WRITES, "too_long"))
async def lift_hold(
    hold_id: Annotated[IdParam, Path(description="The hold.")],
    context: ContextDep,
    login: Administrator,
    reason: Annotated[Note | None, Query(description="Why, for the log.")] = None,
) -> Response:
    """Lift a hold: what it alone has kept goes by its rule, what it has set aside goes for good."""
    tell = held_otherwise.after(context, lambda _: 0)
    await context.database.write(_lift, account_of(login), hold_id, reason or "", then=tell)
    return Response(status_code=204)


def _lift(connection: Connection, by: Person, hold_id: int, reason: str) -> None:
    retaining.lift_hold(connection, by, hold_id, reason)
    purging.begin(connection)
    purging.release(connection)
