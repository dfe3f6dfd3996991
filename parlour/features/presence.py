"""Being in a room: following it, what one missed, join, leave, and the list of people."""

import contextlib
from typing import Final

from parlour import direct, places
from parlour.audience import depart, tell_in_list, tell_join, user_list
from parlour.commands import Subscribe, Unsubscribe
from parlour.context import Client, Context
from parlour.errors import Refusal
from parlour.models import Room
from parlour.permissions import RoomRole, no_room
from parlour.protocol import SyncEvent, encode
from parlour.realtime.presence import Present
from parlour.storing import Changes
from parlour.support.counts import COUNTS

# Rooms that one connection may follow: all that it is told, and its end, goes through each of them.
MAX_FOLLOWED: Final = 2_000


async def subscribe(context: Context, client: Client, command: Subscribe) -> None:
    """Follow a room: `sync`, the people, then everything as it happens. Raises Refusal.

    On a room that the client follows already it is how one asks again after a jump.
    """
    # A change that the state has is not told once more, so the answers to what the client itself
    # sent have to be out before.
    await client.answered()
    if client.connection.ending:
        # It has gone while its command waited for its turn.
        return
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
    if len(connection.rooms) >= MAX_FOLLOWED and room_id not in connection.rooms:
        words = f"A connection follows at most {MAX_FOLLOWED} rooms. Unsubscribe from one first."
        raise Refusal("not_allowed", words, field="room_id")
    new = manager.connect(connection, room_id)
    try:
        changes = await _read(context, client, room_id, after, epoch)
        # What the state has is not told once more: here it waits until all of it has been.
        await context.database.told()
        if context.peers is not None:
            # Who came before to another node is in the list, and is not told as a newcomer.
            await context.peers.listen()
    except Refusal as refusal:
        if new or refusal.code in ("not_found", "banned"):
            depart(context, client, room_id)
        else:
            # It asked again and cannot be answered now: it stays where it was.
            manager.release(connection, room_id)
        raise
    if not manager.follows(connection, room_id):
        # It was put out while the state was read. Who was in the room has been told.
        if new:
            raise no_room()
        return
    if sync:
        manager.make_aware(connection)
    room = changes.room
    manager.note_version(room_id, room.version)
    first = manager.enter(connection, room_id)
    frames = []
    if after is not None:
        became = "reset" if changes.reset else "replayed" if changes.messages else "unchanged"
        COUNTS.resumes[became, "came" if new else "gap"] += 1
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
    frames.append(user_list(context, room_id))
    connection.send(*frames)
    # Who was given no state has nothing of what was held back yet.
    manager.release(connection, room_id, room.version if sync else None)
    if room.kind == "direct" and not room.message_count:
        context.tasks.spawn(_list(context, client, room_id))


async def _list(context: Context, client: Client, room_id: int) -> None:
    """A conversation in which nothing was said is in the list of whoever has come into it."""
    user_id = int(client.person.author.removeprefix("user:"))

    def told(room: Room | None) -> tuple[Room, int, RoomRole] | None:
        return None if room is None else (room, user_id, "member")

    tell = tell_in_list.after(context, told)
    with contextlib.suppress(Refusal):
        await context.database.write(direct.come_in, user_id, room_id, then=tell)


async def _read(
    context: Context, client: Client, room_id: int, after: int | None, epoch: str | None
) -> Changes:
    """The state of a room, for somebody who may be in it. Raises Refusal.

    Of rooms where everybody may be it is read for all who ask at the same time. Whoever asks for
    another, or for one that is not there, is looked at, by a statement that costs the same for
    both.
    It is asked while the room is followed already: who is put out after the answer was read is put
    out like everybody who is in the room.
    """
    database, author = context.database, client.person.author
    try:
        changes = await database.changes(room_id, after, epoch)
    except Refusal as refusal:
        if refusal.code == "not_found":
            await database.read(places.allow, author, room_id, "enter")
        raise
    if changes.guarded:
        return await database.read(places.get_changes, author, room_id, after, epoch)
    return changes


def _tell_of(context: Context, client: Client, room_id: int) -> bytes:
    """Tell everybody else that the client's person has come; the frame with which it is told."""
    person = client.person
    return tell_join(context, room_id, person.author, Present(person.username, person.guest))
