"""Telling, once a second at most, what was said elsewhere and how far others have read."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Final

from parlour import reading
from parlour.audience import SMALL_ROOM, tell_reads
from parlour.context import Context
from parlour.errors import Refusal
from parlour.models import Room
from parlour.news import Happened, News
from parlour.protocol import NewsEvent, ReadEvent, RoomNews, encode
from parlour.reading import Lately
from parlour.realtime.connection import Connection
from parlour.store.reads import ReadState

# Seconds between two news on one connection, and frames of news in a second on all of them: with
# more connections they come less often.
INTERVAL: Final = 1.0
FRAMES_A_SECOND: Final = 2_000
# Rooms in one news, times the connections that get it: about 16 MB. Never more than MOST of them,
# never less than LEAST; the others have their turn with the next.
ROOMS_IN_ALL: Final = 250_000
LEAST, MOST = 50, 1_000
# Members of private rooms and conversations that are looked up for one news.
MEMBERS: Final = 10_000
# Connections told in one turn of the event loop.
SLICE: Final = 64

logger = logging.getLogger(__name__)

_HEAD, _TAIL = encode(NewsEvent(rooms=())).split(b"[]")


async def tell_news(context: Context) -> None:
    """Tell accounts, for ever, what happens where they are not."""
    while True:
        await context.news.wait()
        watchers = _watchers(context)
        limit = max(LEAST, min(MOST, ROOMS_IN_ALL // max(1, len(watchers))))
        happened = context.news.take(limit)
        if watchers:
            try:
                _tell_receipts(context, happened)
                await _tell(context, happened, watchers)
            except Exception:
                # A fault costs what was to be told now, and not all that happens from now on.
                logger.exception("news could not be told")
        pause = len(watchers) / FRAMES_A_SECOND
        del watchers
        await asyncio.sleep(max(INTERVAL, pause))


def _watchers(context: Context) -> list[Connection]:
    """The connections with a list of rooms in which something can be unread."""
    return [each for each in context.manager.connections() if each.aware and not each.guest]


async def _tell(context: Context, happened: Happened, watchers: Sequence[Connection]) -> None:
    said, deleted = happened.said, happened.deleted
    await _tell_speakers(context, happened)
    with context.news.telling():
        try:
            lately = await context.database.read(reading.lately, list(said), MEMBERS)
        except Refusal:
            context.news.again(said, deleted)
            return
        # What the reader has seen deleted is noted by now, and so what of it is told later.
        await context.database.told()
        left = {room_id: said[room_id] for room_id in lately.rest}
        context.news.again(
            left, {room_id: deleted[room_id] for room_id in left if room_id in deleted}
        )
        await _tell_rooms(context, happened, lately, watchers)


async def _tell_speakers(context: Context, happened: Happened) -> None:
    """Tell those who said something that they have read all up to it."""

    def tell(states: list[ReadState]) -> None:
        tell_reads(context, states)
        for state in states:
            if state.seen:
                context.news.read(state.room_id, state.user_id, state.username, state.seen)

    if not happened.spoke:
        return
    try:
        # By the writer, though it only reads: told in the order of the commits, it cannot undo
        # what its reader has marked as unread since, nor go to who was put out before.
        await context.database.write(reading.speakers, happened.spoke, then=tell)
    except Refusal:
        context.news.spoke_again(happened.spoke)


async def _tell_rooms(
    context: Context, happened: Happened, lately: Lately, watchers: Sequence[Connection]
) -> None:
    """One frame to each: what everybody may know is encoded once, the rest put beside it."""
    public: list[tuple[int, bytes]] = []
    own: dict[str, list[tuple[int, bytes]]] = {}
    for room, audience in lately.rooms:
        room_id, news = room.id, _room(context.news, happened, room)
        if audience is None:
            public.append((room_id, news))
            continue
        for user_id in audience:
            own.setdefault(f"user:{user_id}", []).append((room_id, news))
    whole = _frame(news for _, news in public)
    told = 0
    for connection in watchers:
        author = connection.person_key
        out = context.news.out_of(author) | lately.banned.get(author, set())
        if out or author in own:
            rooms = [*public, *own.get(author, ())]
            theirs = [news for room_id, news in rooms if room_id not in out]
            if not theirs:
                continue
            connection.send(_frame(theirs), ephemeral=True)
        elif public:
            connection.send(whole, ephemeral=True)
        else:
            continue
        told += 1
        if told % SLICE == 0:
            await asyncio.sleep(0)


def _room(noted: News, happened: Happened, room: Room) -> bytes:
    taken = happened.deleted.get(room.id)
    news = RoomNews(
        room_id=room.id,
        message_id=happened.said[room.id],
        message_count=room.message_count,
        deleted_count=noted.count_told(room.id, taken, room.deleted_count),
        deleted=() if taken is None else taken.ids,
    )
    return news.model_dump_json().encode()


def _frame(rooms: Iterable[bytes]) -> bytes:
    """The frame of `encode(NewsEvent(...))`, of rooms that are encoded already."""
    return b"%b[%b]%b" % (_HEAD, b",".join(rooms), _TAIL)


def _tell_receipts(context: Context, happened: Happened) -> None:
    """Tell those in small rooms how far others there have read, if they let them know it too.

    In a room of n people each of n may have read on: all that one is told goes in one write, so a
    second costs n of them, and n is at most SMALL_ROOM.
    """
    for room_id, read in happened.read.items():
        if context.manager.presence.online(room_id) > SMALL_ROOM:
            continue
        frames = {
            user_id: encode(ReadEvent(room_id=room_id, username=username, message_id=message_id))
            for user_id, (username, message_id) in read.items()
            if user_id not in context.news.unshared
        }
        for connection in context.manager.followers(room_id):
            if connection.guest or not connection.aware:
                continue
            own = int(connection.person_key.removeprefix("user:"))
            theirs = [each for user_id, each in frames.items() if user_id != own]
            inside = context.manager.is_in(connection, room_id)
            if theirs and inside and own not in context.news.unshared:
                connection.send(*theirs, ephemeral=True)
