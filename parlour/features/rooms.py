"""Making, listing and deleting rooms."""

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.identity import Admitted, ContextDep, person_of
from parlour.models import IdParam, Room, RoomCreate
from parlour.protocol import RoomDeletedEvent, RoomListEvent, encode
from parlour.web import StrictRoute, answers

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/chat/rooms", route_class=StrictRoute, tags=["rooms"])

RoomPath = Annotated[IdParam, Path(description="The room.")]
# The close code with which a room's own connections end when it is deleted.
ROOM_GONE = 4504
# Seconds until taking away is tried again.
PURGE_AGAIN = 30.0


@router.post(
    "",
    status_code=201,
    responses=answers(
        "not_signed_in", "cross_site", "room_exists", "invalid", "empty", "too_long",
        "name_invalid", "bad_json", "too_large", "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip
async def create_room(room: RoomCreate, context: ContextDep, _login: Admitted) -> Room:
    """Make a public room. Its name is trimmed and must be new, without regard to case."""

    def tell(room: Room) -> None:
        context.manager.broadcast_to_aware(encode(RoomListEvent(type="room_created", room=room)))

    return await context.database.write(ChatDatabase.create_room, room.name, then=tell)


@router.get("", responses=answers("not_signed_in", "busy"))
async def list_rooms(context: ContextDep, _login: Admitted) -> list[Room]:
    """All rooms in order of creation, with the number of people in each."""
    rooms = await context.database.read(ChatDatabase.get_rooms)
    return [context.with_online(room) for room in rooms]


@router.get("/{room_id}", responses=answers("not_signed_in", "not_found", "invalid", "busy"))
async def get_room(room_id: RoomPath, context: ContextDep, _login: Admitted) -> Room:
    """One room, with the number of people in it."""
    return context.with_online(await context.database.read(ChatDatabase.get_room, room_id))


@router.delete(
    "/{room_id}",
    status_code=204,
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "invalid", "name_invalid", "name_taken",
        "name_reserved", "too_long", "empty", "busy", "storage_full",
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
    """Delete a room with all its messages. Whoever is in it is told and leaves it."""
    # The seed lets one delete a room without a word who one is.
    unnamed = login is None and username is None
    person = None if unnamed else person_of(context, request, login, username)
    by = f" by {person.username}" if person else ""

    def tell(room: Room) -> None:
        _close_room(context, room, f"#{room.name} was deleted{by}.")

    await context.database.write(ChatDatabase.delete_room, room_id, then=tell)
    context.tasks.spawn(purge(context))
    return Response(status_code=204)


async def purge(context: Context) -> None:
    """Take away what deleted rooms left, in batches between which everybody else may write."""
    more = True
    while more:
        try:
            more = await context.database.write(ChatDatabase.purge_deleted_rooms)
        except Refusal as refusal:
            # A full disk or a foreign lock: the rooms are gone for everybody, so there is time.
            logger.warning("deleted rooms still take space: %s", refusal.detail)
            await asyncio.sleep(PURGE_AGAIN)


def _close_room(context: Context, room: Room, words: str) -> None:
    manager = context.manager
    gone = encode(RoomDeletedEvent(room_id=room.id, message=words))
    for connection in manager.followers(room.id):
        manager.disconnect(connection, room.id)
        connection.send(gone)
        if connection.one_room and not manager.rooms_of(connection):
            connection.end(ROOM_GONE, "room deleted")
    manager.broadcast_to_aware(encode(RoomListEvent(type="room_removed", room=room)))
