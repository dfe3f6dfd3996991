"""Being in a room: following it, what one missed, join, leave, and the list of people."""

import contextlib
from datetime import UTC, datetime
from functools import partial
from typing import Final

from parlour.context import Client, Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.models import Room
from parlour.protocol import (
    JoinEvent,
    LeaveEvent,
    RoomListEvent,
    Subscribe,
    SyncEvent,
    Unsubscribe,
    UserListEvent,
    encode,
)

# Up to so many people, a room tells its list at every change; past it, once an interval.
SMALL_ROOM: Final = 20


async def subscribe(context: Context, client: Client, command: Subscribe) -> None:
    """Follow a room: `sync`, the people, then everything as it happens. Raises Refusal.

    On a room that the client follows already it is how one asks again after a jump.
    """
    # A change that the state has is not told once more, so the answers to what the client itself
    # sent have to be out before.
    await client.answered()
    context.manager.make_aware(client.connection)
    await follow(context, client, command.room_id, command.after, command.epoch, sync=True)


def unsubscribe(context: Context, client: Client, command: Unsubscribe) -> None:
    """Follow a room no longer. One that is not followed is none: nothing happens."""
    depart(context, client, command.room_id)


async def follow(
    context: Context,
    client: Client,
    room_id: int,
    after: int | None,
    epoch: str | None,
    *,
    sync: bool,
) -> None:
    """Register first, read second: what happens in between is held back and comes after.

    `after` and `epoch` say what the client has; without `after` it gets only where the room
    stands. `sync` says whether to tell it at all. Raises Refusal when there is no such room.
    """
    manager, connection = context.manager, client.connection
    new = manager.connect(connection, room_id)
    try:
        changes = await context.database.changes(room_id, after, epoch)
        # What the state has is not told once more: here it waits until all of it has been.
        await context.database.told()
    except Refusal as refusal:
        if new or refusal.code == "not_found":
            depart(context, client, room_id)
        else:
            # It asked again and cannot be answered now: it stays where it was.
            manager.release(connection, room_id)
        raise
    if not manager.follows(connection, room_id):
        return  # the room was deleted while it was read, and the client has been told
    room = changes.room
    manager.note_version(room_id, room.version)
    first = manager.enter(connection, room_id)
    frames = []
    if sync:
        event = SyncEvent.model_construct(
            room_id=room_id,
            epoch=room.epoch,
            version=room.version,
            messages=tuple(changes.messages),
            room=context.with_online(room),
            reset=changes.reset,
        )
        frames.append(encode(event))
    if first:
        frames.append(_tell_of(context, client, room_id))
    frames.append(_user_list(context, room_id))
    connection.send(*frames)
    # Who was given no state has nothing of what was held back yet.
    manager.release(connection, room_id, room.version if sync else None)


def _tell_of(context: Context, client: Client, room_id: int) -> bytes:
    """Tell everybody else that the client's person has come; the frame with which it is told."""
    person = client.person
    join = encode(
        JoinEvent(
            room_id=room_id,
            username=person.username,
            guest=person.guest,
            timestamp=datetime.now(UTC),
        )
    )
    context.manager.broadcast(room_id, join, ephemeral=True, but=person.author)
    _tell_people(context, room_id, but=person.author)
    return join


def depart(context: Context, client: Client, room_id: int) -> None:
    """Take the client out of a room, and tell the others if that was its person's last there."""
    left = context.manager.disconnect(client.connection, room_id)
    if left is None or context.closing:
        return
    leave = LeaveEvent(
        room_id=room_id,
        username=left.username,
        guest=left.guest,
        timestamp=datetime.now(UTC),
    )
    context.manager.broadcast(room_id, encode(leave), ephemeral=True)
    _tell_people(context, room_id)


def _user_list(context: Context, room_id: int) -> bytes:
    people = context.manager.presence.people(room_id)
    return encode(
        UserListEvent(
            room_id=room_id,
            users=tuple(context.manager.user_list(room_id)),
            guests=tuple(present.username for present in people if present.guest),
        )
    )


def _tell_people(context: Context, room_id: int, *, but: str | None = None) -> None:
    def tell(but: str | None = None) -> None:
        frame = _user_list(context, room_id)
        context.manager.broadcast(room_id, frame, ephemeral=True, but=but)

    if context.manager.presence.online(room_id) <= SMALL_ROOM:
        tell(but)
    else:
        context.user_lists.call(room_id, tell)
    context.room_news.call(room_id, partial(_spawn_online, context, room_id))


def _spawn_online(context: Context, room_id: int) -> None:
    context.tasks.spawn(_tell_online(context, room_id))


async def _tell_online(context: Context, room_id: int) -> None:
    def tell(room: Room) -> None:
        event = RoomListEvent(type="room_changed", room=context.with_online(room))
        context.manager.broadcast_to_aware(encode(event))

    # By the writer, though it only reads: told in the order of the commits, it cannot come after
    # the room's removal and bring the room back.
    with contextlib.suppress(Refusal):
        await context.database.write(ChatDatabase.get_room, room_id, then=tell)
