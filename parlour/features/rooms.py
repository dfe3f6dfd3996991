"""Making, listing, changing and deleting rooms."""

from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from parlour import places
from parlour.audience import close_room, tell_list, tell_person, tell_room
from parlour.context import Context
from parlour.effects import effect
from parlour.fields import IdParam
from parlour.identity import (
    Admitted,
    ContextDep,
    LoggedIn,
    Reader,
    account_of,
    author_of,
    not_signed_in,
    person_of,
)
from parlour.models import Room, RoomChange, RoomCreate
from parlour.places import Revised, Told
from parlour.upkeep import purge
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat/rooms", route_class=StrictRoute, tags=["rooms"])

_list = TypeAdapter(list[Room])
RoomPath = Annotated[IdParam, Path(description="The room.")]


@effect("room_made", tuple[Told, int | None])
def tell_made(context: Context, made: tuple[Told, int | None]) -> None:
    """Tell of a new room, and the account that made it that it is the owner."""
    told, owner = made
    tell_list(context, "room_created", told)
    if owner is not None:
        tell_person(context, "room_changed", told.room, owner, "owner")


@effect("room_changed", Revised, quiet=attrgetter("same"))
def tell_revised(context: Context, changed: Revised) -> None:
    """Tell of a room that was changed."""
    if not changed.same:
        tell_room(context, changed)


@router.post(
    "",
    status_code=201,
    responses=answers(
        "not_signed_in", "cross_site", "banned", "not_allowed", "room_exists", "invalid", "empty",
        "too_long", "name_invalid", "bad_json", "too_large", "unsupported_type", "busy",
        "storage_full",
    ),
)  # fmt: skip
async def create_room(room: RoomCreate, context: ContextDep, login: Admitted) -> Room:
    """Make a room. Its name is trimmed; among public rooms it is new, without regard to case.

    Whoever makes it with an account owns it; a guest's room, which is public, is everybody's.
    """
    if login is None and room.kind != "public":
        raise not_signed_in()

    owner = None if login is None else (login.user_id, login.username)
    tell = tell_made.after(context, lambda made: (made, None if owner is None else owner[0]))
    made = await context.database.write(places.create_room, room, owner, then=tell)
    return made.room.model_copy(update={"role": None if owner is None else "owner"})


@router.get("", response_model=list[Room], responses=answers("not_signed_in", "banned", "busy"))
async def list_rooms(context: ContextDep, login: Admitted) -> Response:
    """The public rooms and one's own, in order of creation, with the number of people in each."""
    user_id = None if login is None else login.user_id
    rooms = await context.database.read(places.list_rooms, user_id)
    # Encoded here: FastAPI would look at each of what may be thousands once more.
    told = _list.dump_json([context.with_online(room) for room in rooms])
    return Response(told, media_type="application/json")


@router.get(
    "/{room_id}", responses=answers("not_signed_in", "banned", "not_found", "invalid", "busy")
)
async def get_room(room_id: RoomPath, context: ContextDep, author: Reader) -> Room:
    """One room, with the number of people in it."""
    return context.with_online(await context.database.read(places.get_room, author, room_id))


@router.patch(
    "/{room_id}",
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "archived",
        "room_exists", "invalid", "empty", "too_long", "name_invalid", "bad_json", "too_large",
        "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip
async def change_room(
    room_id: RoomPath, change: RoomChange, context: ContextDep, login: LoggedIn
) -> Room:
    """Change a room; what is left out stays. Its name and whether it is archived: the owner."""
    tell = tell_revised.after(context)
    by = account_of(login)
    changed = await context.database.write(
        places.change_room, by, room_id, change.changes(), then=tell
    )
    return context.with_online(changed.room).model_copy(update={"role": changed.role})


@router.delete(
    "/{room_id}",
    status_code=204,
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "invalid",
        "name_invalid", "name_taken", "name_reserved", "too_long", "empty", "busy", "storage_full",
    ),
)  # fmt: skip
async def delete_room(
    request: Request,
    room_id: RoomPath,
    context: ContextDep,
    login: Admitted,
    username: Annotated[
        str | None, Query(description="Who deletes it, to be named in what the others read.")
    ] = None,
) -> Response:
    """Delete a room with all its messages. Whoever is in it is told and leaves it.

    Its owner may, and everybody where a guest made it.
    """
    # The seed lets one delete a room without a word who one is.
    unnamed = login is None and username is None
    person = None if unnamed else person_of(context, request, login, username)
    by = f" by {person.username}" if person else ""

    def closed(told: Told) -> tuple[Told, str]:
        return told, f"#{told.room.name} was deleted{by}."

    tell = close_room.after(context, closed)
    author = author_of(context, request, login) if person is None else person.author
    await context.database.write(places.delete_room, person, author, room_id, then=tell)
    context.tasks.spawn(purge(context))
    return Response(status_code=204)
