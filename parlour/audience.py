"""Telling people of rooms: who is there, what there is, what changed, and that they are out."""

import contextlib
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Final, Literal

from parlour import places
from parlour.attention import Notice
from parlour.context import Client, Context
from parlour.editing import Edited
from parlour.effects import effect
from parlour.errors import ERROR_CODES, Refusal
from parlour.models import Room
from parlour.permissions import RoomRole
from parlour.places import Changed, Told
from parlour.protocol import (
    DoNotDisturbEvent,
    JoinEvent,
    LeaveEvent,
    MessageUpdatedEvent,
    NotificationEvent,
    OwnReadEvent,
    RoomDeletedEvent,
    RoomLevelEvent,
    RoomListEvent,
    RoomUpdatedEvent,
    SavedEvent,
    ScheduledRemovedEvent,
    ScheduledUpdatedEvent,
    UserListEvent,
    encode,
)
from parlour.realtime.connection import Connection
from parlour.realtime.presence import Present
from parlour.saving import Kept
from parlour.store.reads import ReadState

# Up to so many people, a room tells its list at every change; past it, once an interval.
SMALL_ROOM: Final = 20
# The close code with which a room's own connections end when there is no room for them any more.
ROOM_GONE: Final = 4504
_GONE: Final = (ROOM_GONE, "room gone")

ListNews = Literal["room_created", "room_changed", "room_removed"]


def tell_list(context: Context, news: ListNews, told: Told) -> None:
    """Tell the list of rooms of everybody who may know of this one."""
    frame = encode(RoomListEvent(type=news, room=_shown(context, news, told.room)))
    if told.audience is None:
        context.manager.broadcast_to_aware(frame)
        return
    for connection in _connections(context, told.audience):
        connection.send(frame)


def _shown(context: Context, news: ListNews, room: Room) -> Room:
    """The room with how many are in it, which is no business of those whom it is taken from."""
    return room if news == "room_removed" else context.with_online(room)


def tell_person(
    context: Context, news: ListNews, room: Room, user_id: int, role: str | None
) -> None:
    """Tell one account what a room is to it now."""
    own = _shown(context, news, room).model_copy(update={"role": role})
    frame = encode(RoomListEvent(type=news, room=own))
    for connection in _connections(context, [user_id]):
        connection.send(frame)


@effect("listed", tuple[Room, int, RoomRole | None])
def tell_in_list(context: Context, listed: tuple[Room, int, RoomRole | None]) -> None:
    """Tell one account of a room that is in its list from now on, and its role there."""
    tell_person(context, "room_created", *listed)


@effect("changed", Edited, quiet=attrgetter("same"))
def tell_change(context: Context, edited: Edited, client: Client | None = None) -> None:
    """Tell a room of a message that changed, and whoever did it where they are not told with it.

    Both in the order of the commits: who is made to leave by a later one gets nothing after that.
    """
    message = edited.message
    event = MessageUpdatedEvent.model_construct(
        type="message_updated", room_id=message.room_id, version=message.version, message=message
    )
    if not edited.same:
        context.manager.broadcast(message.room_id, encode(event), version=message.version)
        if edited.deleted_count is not None:
            context.news.deleted(message, edited.deleted_count)
            context.crowds.deleted(message.id)
            context.receiving.stir.set()
        tell_notices(context, edited.about.notices)
        tell_reads(context, edited.about.states)
        if edited.about.uncalled:
            context.crowds.uncalled(message.room_id)
        if edited.about.left:
            context.crowds.left(message.room_id, edited.about.left)
    if client is None:
        return
    if edited.same or not context.manager.follows(client.connection, message.room_id):
        client.send(event)


def tell_room(context: Context, told: Told) -> None:
    """Tell those in a room that it changed, and the lists that show it."""
    room = told.room
    event = RoomUpdatedEvent(room_id=room.id, version=room.version, room=context.with_online(room))
    context.manager.broadcast(room.id, encode(event), version=room.version, aware_only=True)
    tell_list(context, "room_changed", told)


def _connections(context: Context, user_ids: Collection[int]) -> list[Connection]:
    return [
        connection
        for user_id in user_ids
        for connection in context.manager.connections_of(f"user:{user_id}")
        if connection.aware
    ]


def tell_notices(context: Context, notices: Iterable[Notice]) -> None:
    """Tell people of messages that are about them, each on all their connections."""
    for notice in notices:
        connections = _connections(context, [notice.user_id])
        if connections:
            context.crowds.told(notice.user_id, notice.message.room_id)
            frame = notice_frame(notice)
            for connection in connections:
                connection.send(frame)


def notice_frame(notice: Notice) -> bytes:
    """The frame that tells somebody of a message that is about them."""
    return encode(
        NotificationEvent.model_construct(
            type="notification",
            room_id=notice.message.room_id,
            message=notice.message,
            reason=notice.reason,
            notified=notice.notified,
            mentions=notice.mentions,
        )
    )


@effect("own", tuple[int, DoNotDisturbEvent | RoomLevelEvent])
def tell_person_alone(
    context: Context, told: tuple[int, DoNotDisturbEvent | RoomLevelEvent]
) -> None:
    """Tell one account something that is nobody else's business, on all its connections."""
    user_id, event = told
    frame = encode(event)
    for connection in _connections(context, [user_id]):
        connection.send(frame)


def tell_reads(
    context: Context, states: Sequence[ReadState], asking: Connection | None = None
) -> None:
    """Tell accounts how far they have read some rooms, each of its own on all its connections.

    `asking`, of the one account whose states they are, is told also where it gets the seed's
    frames alone.
    """
    own: dict[int, list[bytes]] = {}
    for state in states:
        own.setdefault(state.user_id, []).append(read_frame(state))
        context.crowds.told(state.user_id, state.room_id)
    for user_id, frames in own.items():
        connections = dict.fromkeys(_connections(context, [user_id]))
        if asking is not None:
            connections[asking] = None
        for connection in connections:
            connection.send(*frames)


@effect("saved", Kept, quiet=attrgetter("same"))
def tell_saved(context: Context, kept: Kept) -> None:
    """Tell an account, on all its connections, what it has put by or does no longer."""
    if kept.same:
        return
    frame = encode(SavedEvent(message_id=kept.message_id, on=kept.on))
    for connection in _connections(context, [kept.user_id]):
        connection.send(frame)


@effect("scheduled", tuple[int, ScheduledUpdatedEvent | ScheduledRemovedEvent])
def tell_scheduled(
    context: Context, told: tuple[int, ScheduledUpdatedEvent | ScheduledRemovedEvent]
) -> None:
    """Tell an account, on all its connections, what it says later; whoever does so has to know."""
    user_id, event = told
    context.due.set()
    frame = encode(event)
    for connection in _connections(context, [user_id]):
        connection.send(frame)


def read_frame(state: ReadState) -> bytes:
    """The frame that tells somebody how far they have read a room."""
    return encode(
        OwnReadEvent(
            room_id=state.room_id,
            username=state.username,
            message_id=state.message_id,
            unread=state.unread,
            message_count=state.message_count,
            deleted_count=state.deleted_count,
            mentions=state.mentions,
        )
    )


@effect("room_closed", tuple[Told, str])
def close_room(context: Context, closed: tuple[Told, str]) -> None:
    """A room is gone: whoever is in it is told why and leaves it, and the lists lose it."""
    told, words = closed
    for connection in context.manager.followers(told.room.id):
        _put_out(context, connection, told.room, words)
    tell_list(context, "room_removed", told)


def evict(context: Context, room: Room, author: str, words: str, *, banned: bool = False) -> None:
    """Somebody may not be in a room any more: what they got last was from before.

    `banned`: it is a room that they still see and may not enter.
    """
    end = (ERROR_CODES["banned"].close or ROOM_GONE, "banned") if banned else _GONE
    left = None
    context.news.put_out(author, room.id)
    context.crowds.put_out(author, room.id)
    for connection in context.manager.connections_of(author):
        if context.manager.follows(connection, room.id):
            left = _put_out(context, connection, room, words, end) or left
    if left is not None:
        tell_leave(context, room.id, left)


def _put_out(
    context: Context,
    connection: Connection,
    room: Room,
    words: str,
    end: tuple[int, str] = _GONE,
) -> Present | None:
    inside = context.manager.is_in(connection, room.id)
    left = context.manager.disconnect(connection, room.id)
    if not inside:
        # Whether it may know of the room is being found out: it will be told that there is none.
        return None
    connection.send(encode(RoomDeletedEvent(room_id=room.id, message=words)))
    if connection.one_room and not context.manager.rooms_of(connection):
        connection.end(*end)
    return left


@effect("member", Changed, quiet=attrgetter("same"))
def tell_member(context: Context, changed: Changed) -> None:
    """Tell what became of a member: them first, then the others."""
    if changed.same:
        return
    room, user = changed.room, changed.user
    if changed.gone:
        close_room(context, (changed, f"#{room.name} was deleted."))
        return
    if changed.role is None and room.kind != "public":
        evict(context, room, f"user:{user.id}", f"You are no longer in #{room.name}.")
        tell_person(context, "room_removed", room, user.id, None)
        others = None if changed.audience is None else changed.audience - {user.id}
        tell_room(context, Told(room, others))
        return
    tell_room(context, changed)
    for user_id, role in ((user.id, changed.role), *changed.others):
        tell_person(context, "room_changed", room, user_id, role)


def depart(context: Context, client: Client, room_id: int) -> None:
    """Take the client out of a room, and tell the others if that was its person's last there."""
    left = context.manager.disconnect(client.connection, room_id)
    if left is not None:
        tell_leave(context, room_id, left)


def tell_join(context: Context, room_id: int, author: str, present: Present) -> bytes:
    """Tell everybody else in a room that somebody has come; the frame with which it is told."""
    join = encode(
        JoinEvent(
            room_id=room_id,
            username=present.username,
            guest=present.guest,
            timestamp=datetime.now(UTC),
        )
    )
    context.manager.broadcast(room_id, join, ephemeral=True, but=author)
    tell_people(context, room_id, but=author)
    return join


def tell_leave(context: Context, room_id: int, left: Present) -> None:
    """Tell those who are still in a room that somebody left."""
    if context.closing:
        return
    leave = LeaveEvent(
        room_id=room_id,
        username=left.username,
        guest=left.guest,
        timestamp=datetime.now(UTC),
    )
    context.manager.broadcast(room_id, encode(leave), ephemeral=True)
    tell_people(context, room_id)


def user_list(context: Context, room_id: int) -> bytes:
    """The frame that says who is in a room."""
    people = context.manager.presence.people(room_id)
    return encode(
        UserListEvent(
            room_id=room_id,
            users=tuple(context.manager.user_list(room_id)),
            guests=tuple(present.username for present in people if present.guest),
        )
    )


def tell_people(context: Context, room_id: int, *, but: str | None = None) -> None:
    """Tell a room who is in it, and the lists how many: at once or soon, as busy as it is."""

    def tell(but: str | None = None) -> None:
        frame = user_list(context, room_id)
        context.manager.broadcast(room_id, frame, ephemeral=True, but=but)

    if context.manager.presence.online(room_id) <= SMALL_ROOM:
        tell(but)
    else:
        context.user_lists.call(room_id, tell)
    context.room_news.call(room_id, partial(_spawn_online, context, room_id))


def _spawn_online(context: Context, room_id: int) -> None:
    context.tasks.spawn(_tell_online(context, room_id))


async def _tell_online(context: Context, room_id: int) -> None:
    # By the writer, though it only reads: told in the order of the commits, it cannot come after
    # the room's removal and bring the room back, nor go to somebody who was put out before.
    with contextlib.suppress(Refusal):
        tell = partial(tell_list, context, "room_changed")
        await context.database.write(places.describe, room_id, then=tell)
