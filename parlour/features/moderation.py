"""Bans and mutes in a room, by those who have more to say there."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from parlour import moderation
from parlour.audience import evict, tell_member
from parlour.context import Context
from parlour.effects import effect
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.jobs import Task, job
from parlour.moderation import Named, Restrained
from parlour.oversight import BanChange, Kind, MuteChange, Restriction
from parlour.people import MAX_NAME, Login
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat/rooms", route_class=StrictRoute, tags=["moderation"])

RoomPath = Annotated[IdParam, Path(description="The room.")]
NamePath = Annotated[
    str,
    Path(max_length=MAX_NAME, description="An account, or a guest who is there or wrote there."),
]
# Seconds between two looks for what has ended by itself.
TIDY_INTERVAL: Final = 60.0
_READS = ("not_signed_in", "not_found", "not_allowed", "banned", "invalid", "busy")
_WRITES = (*_READS, "cross_site", "too_long", "storage_full")
_BODY = ("name_invalid", "bad_json", "too_large", "unsupported_type")


@router.get("/{room_id}/bans", responses=answers(*_READS))
async def list_bans(room_id: RoomPath, context: ContextDep, login: LoggedIn) -> list[Restriction]:
    """Who is banned from a room, the newest ban first."""
    return await _list(context, login, room_id, "ban")


@router.put("/{room_id}/bans/{username}", responses=answers(*_WRITES, *_BODY))
async def ban(
    room_id: RoomPath, username: NamePath, change: BanChange, context: ContextDep, login: LoggedIn
) -> Restriction:
    """Ban somebody: they are put out at once, are no member any more and cannot come back in."""
    return await _restrict(context, login, room_id, "ban", username, change)


@router.delete("/{room_id}/bans/{username}", status_code=204, responses=answers(*_WRITES))
async def unban(
    room_id: RoomPath, username: NamePath, context: ContextDep, login: LoggedIn
) -> Response:
    """Let somebody in again. They are no member by that."""
    return await _lift(context, login, room_id, "ban", username)


@router.get("/{room_id}/mutes", responses=answers(*_READS))
async def list_mutes(room_id: RoomPath, context: ContextDep, login: LoggedIn) -> list[Restriction]:
    """Who may not write in a room, the newest mute first."""
    return await _list(context, login, room_id, "mute")


@router.put("/{room_id}/mutes/{username}", responses=answers(*_WRITES, *_BODY))
async def mute(
    room_id: RoomPath, username: NamePath, change: MuteChange, context: ContextDep, login: LoggedIn
) -> Restriction:
    """Let somebody read and not write for a while."""
    return await _restrict(context, login, room_id, "mute", username, change)


@router.delete("/{room_id}/mutes/{username}", status_code=204, responses=answers(*_WRITES))
async def unmute(
    room_id: RoomPath, username: NamePath, context: ContextDep, login: LoggedIn
) -> Response:
    """Let somebody write again."""
    return await _lift(context, login, room_id, "mute", username)


async def _list(context: Context, login: Login, room_id: int, kind: Kind) -> list[Restriction]:
    author = account_of(login).author
    return await context.database.read(moderation.list_restrictions, author, room_id, kind)


async def _restrict(
    context: Context,
    login: Login,
    room_id: int,
    kind: Kind,
    username: str,
    change: BanChange | MuteChange,
) -> Restriction:
    def told(done: Restrained) -> Restrained | None:
        return done if kind == "ban" else None

    tell = put_out.after(context, told)
    seconds = change.seconds
    until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    named = await _named(context, room_id, username)
    done = await context.database.write(
        moderation.restrict, account_of(login), login.user_id, room_id, kind, named, until,
        change.reason, then=tell,
    )  # fmt: skip
    return done.restriction


async def _named(context: Context, room_id: int, username: str) -> Named:
    if context.peers is not None:
        await context.peers.listen()
    return Named(username, context.manager.presence.named(room_id, username))


@effect("banned", Restrained)
def put_out(context: Context, done: Restrained) -> None:
    """Tell who is banned from a room, and let them be in it no longer."""
    room = done.room
    if room.kind == "public":
        for author in done.authors:
            evict(context, room, author, f"You are banned from #{room.name}.", banned=True)
    if done.changed is not None:
        tell_member(context, done.changed)


async def _lift(
    context: Context, login: Login, room_id: int, kind: Kind, username: str
) -> Response:
    named = await _named(context, room_id, username)
    await context.database.write(moderation.lift, account_of(login), room_id, kind, named)
    return Response(status_code=204)


@job("tidy_restrictions", every=TIDY_INTERVAL)
async def tidy(context: Context, task: Task[None]) -> None:
    """Take away bans and mutes that have ended by themselves."""
    del context
    await task.end(moderation.tidy)
