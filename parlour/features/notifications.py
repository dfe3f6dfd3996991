"""Notifications: of what one wants to hear, when one does not, why one did, and telling crowds."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from parlour import notifying
from parlour.attention import (
    Decision,
    LevelChange,
    Mentions,
    Notice,
    Quiet,
    QuietChange,
    Reason,
    RoomLevel,
)
from parlour.audience import notice_frame, read_frame, tell_person_alone
from parlour.context import Context
from parlour.crowds import Said, Telling
from parlour.errors import Refusal
from parlour.fields import IdParam, LimitParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.notifying import Crowd
from parlour.protocol import DoNotDisturbEvent, RoomLevelEvent
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["notifications"])

# Seconds between two tellings of many, rooms in one, and frames in a second.
INTERVAL: Final = 1.0
ROOMS: Final = 200
FRAMES_A_SECOND: Final = 5_000
# Accounts about whom it is read at once, and told: how far they have read may change meanwhile.
PEOPLE: Final = 1_000
# And those of whom it did, whom the writer looks for.
OVERTAKEN: Final = 16
# Frames made and sent in one turn of the event loop, and kept for others whose are alike.
SLICE: Final = 64
MOST_MADE: Final = 512

logger = logging.getLogger(__name__)

RoomPath = Annotated[IdParam, Path(description="The room.")]
_WRITES = (
    "not_signed_in", "cross_site", "invalid", "bad_json", "too_large", "unsupported_type", "busy",
    "storage_full",
)  # fmt: skip


@router.get(
    "/rooms/{room_id}/notifications",
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "busy"),
)
async def get_level(room_id: RoomPath, context: ContextDep, login: LoggedIn) -> RoomLevel:
    """Of what one is notified in a room."""
    return await context.database.read(
        notifying.get_level, account_of(login), login.user_id, room_id
    )


@router.put("/rooms/{room_id}/notifications", responses=answers(*_WRITES, "not_found", "banned"))
async def put_level(
    room_id: RoomPath, change: LevelChange, context: ContextDep, login: LoggedIn
) -> RoomLevel:
    """Be notified of everything in a room, of what is about oneself, of nothing, or as usual."""

    def told(level: RoomLevel) -> tuple[int, RoomLevelEvent]:
        return login.user_id, RoomLevelEvent(room_id=room_id, level=level.level)

    tell = tell_person_alone.after(context, told)
    return await context.database.write(
        notifying.set_level, account_of(login), login.user_id, room_id, change.level, then=tell
    )


@router.get("/do-not-disturb", responses=answers("not_signed_in", "busy"))
async def get_quiet(context: ContextDep, login: LoggedIn) -> Quiet:
    """When one does not want to be disturbed."""
    return await context.database.read(notifying.get_quiet, login.user_id)


@router.put("/do-not-disturb", responses=answers(*_WRITES))
async def put_quiet(change: QuietChange, context: ContextDep, login: LoggedIn) -> Quiet:
    """Not be disturbed from now on for some time, or every day between two times, or any more."""

    def told(quiet: Quiet) -> tuple[int, DoNotDisturbEvent]:
        event = DoNotDisturbEvent(
            until=quiet.until, start=quiet.start, end=quiet.end, time_zone=quiet.time_zone
        )
        return login.user_id, event

    tell = tell_person_alone.after(context, told)
    return await context.database.write(notifying.set_quiet, login.user_id, change, then=tell)


@router.get("/mentions", responses=answers("not_signed_in", "invalid", "busy"))
async def list_mentions(
    context: ContextDep,
    login: LoggedIn,
    before: Annotated[IdParam | None, Query(description="Those below this message id.")] = None,
    limit: Annotated[LimitParam, Query(description="At most so many.")] = 50,
) -> Mentions:
    """Messages that mention, answer or call oneself, newest first: a page of them.

    A page may have fewer than `limit`, also none, and not be the last: `before` says so.
    """
    return await context.database.read(
        notifying.get_mentions, account_of(login), login.user_id, before, limit
    )


@router.get(
    "/messages/{message_id}/notification",
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "busy"),
)
async def get_decision(
    message_id: Annotated[IdParam, Path(description="The message.")],
    context: ContextDep,
    login: LoggedIn,
) -> Decision:
    """Why one was, or was not, notified of a message: as it was decided then."""
    return await context.database.read(
        notifying.get_decision, account_of(login), login.user_id, message_id
    )


async def tell_crowds(context: Context) -> None:
    """Tell the many, for ever, what they are to be notified of."""
    while True:
        await context.crowds.wait()
        said = context.crowds.take(ROOMS)
        people = sorted(_people(context))
        told = 0
        try:
            for start in range(0, len(people), PEOPLE):
                told += await _tell_some(context, said, set(people[start : start + PEOPLE]))
        except Exception:
            # A fault costs what was to be told now, and not all that happens from now on.
            logger.exception("notifications could not be told")
        await asyncio.sleep(max(INTERVAL, told / FRAMES_A_SECOND))


def _people(context: Context) -> set[int]:
    """The accounts with a connection that is told more than the seed's frames."""
    return {
        int(each.person_key.removeprefix("user:"))
        for each in context.manager.connections()
        if each.aware and not each.guest
    }


async def _tell_some(context: Context, said: Mapping[int, Said], people: set[int]) -> int:
    """Tell some of them; how many frames that were. What cannot be read just now is tried again."""
    outcome = None
    while outcome is None:
        with context.crowds.telling() as telling:
            try:
                crowd = await context.database.read(notifying.crowd, said, people)
            except Refusal:
                await asyncio.sleep(INTERVAL)
            else:
                outcome = await _tell(context, crowd, telling)
    told, overtaken = outcome
    for room_id, user_ids in overtaken.items():
        for start in range(0, len(user_ids), OVERTAKEN):
            some = set(user_ids[start : start + OVERTAKEN])
            told += await _tell_in_order(context, {room_id: said[room_id]}, some)
    return told


async def _tell(
    context: Context, crowd: Crowd, telling: Telling
) -> tuple[int, dict[int, list[int]]]:
    """Tell each of them; how many frames that were. Others have their turn after every few.

    Who was told something newer of a room since it was read, which this would undo, is passed
    over, and returned by room: they are told of it in the order of the commits.
    """
    told = turn = 0
    overtaken: dict[int, list[int]] = {}
    made = _Made()
    for (user_id, room_id), theirs in _by_seat(crowd).items():
        if turn >= SLICE:
            turn = 0
            await asyncio.sleep(0)
        if (user_id, room_id) in telling.out:
            continue
        if (user_id, room_id) in telling.newer:
            overtaken.setdefault(room_id, []).append(user_id)
            continue
        kept = [each for each in theirs if each.message.id not in telling.deleted]
        turn += len(theirs)
        told += _send(context, user_id, [made.frame(each) for each in kept])
    for count, state in enumerate(crowd.states, start=1):
        if count % SLICE == 0:
            await asyncio.sleep(0)
        seat = state.user_id, state.room_id
        if seat not in telling.out and seat not in telling.newer:
            told += _send(context, state.user_id, [read_frame(state)])
    return told, overtaken


async def _tell_in_order(context: Context, said: Mapping[int, Said], people: set[int]) -> int:
    """The same by the writer, though it only reads: told with its commit, it undoes nothing."""
    told = 0

    def tell(crowd: Crowd) -> None:
        nonlocal told
        made = _Made()
        for (user_id, _), theirs in _by_seat(crowd).items():
            told += _send(context, user_id, [made.frame(each) for each in theirs])

    while True:
        try:
            await context.database.write(notifying.crowd, said, people, then=tell)
        except Refusal:
            await asyncio.sleep(INTERVAL)
        else:
            return told


def _by_seat(crowd: Crowd) -> dict[tuple[int, int], list[Notice]]:
    """What is told to one account of one room, which is told at once, by both."""
    seats: dict[tuple[int, int], list[Notice]] = {}
    for notice in crowd.notices:
        seats.setdefault((notice.user_id, notice.message.room_id), []).append(notice)
    return seats


def _send(context: Context, user_id: int, frames: Sequence[bytes]) -> int:
    """Tell all connections of an account, where there is something to tell; how many frames."""
    told = 0
    for connection in context.manager.connections_of(f"user:{user_id}") if frames else ():
        if connection.aware:
            connection.send(*frames)
            told += len(frames)
    return told


class _Made:
    """Frames: each made when it is its turn, and once for all alike."""

    def __init__(self) -> None:
        self._frames: dict[tuple[int, Reason, bool, int], bytes] = {}

    def frame(self, notice: Notice) -> bytes:
        """The frame of a notice."""
        kind = notice.message.id, notice.reason, notice.notified, notice.mentions
        frame = self._frames.get(kind)
        if frame is None:
            if len(self._frames) >= MOST_MADE:
                # Where all have other numbers of mentions, none of them is alike.
                self._frames.clear()
            frame = self._frames[kind] = notice_frame(notice)
        return frame
