"""How far one has read: moving on, marking as unread, everything at once, and what others see."""

from functools import partial
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path

from parlour import reading
from parlour.audience import read_frame, tell_reads
from parlour.commands import ReadMessages
from parlour.context import Client, Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.membership import AllRead, ReadChange, ReadPosition, Receipt
from parlour.models import Person
from parlour.reading import Read
from parlour.realtime.connection import Connection
from parlour.store.reads import ReadState
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["reads"])

RoomPath = Annotated[IdParam, Path(description="The room.")]
_WRITES = ("not_signed_in", "cross_site", "busy", "storage_full")


@router.put(
    "/rooms/{room_id}/read",
    responses=answers(
        *_WRITES, "not_found", "banned", "not_allowed", "invalid", "bad_json", "too_large",
        "unsupported_type",
    ),
)  # fmt: skip
async def put_read(
    room_id: RoomPath, change: ReadChange, context: ContextDep, login: LoggedIn
) -> ReadPosition:
    """Read a room up to a message. One only moves on, unless `back` marks it as unread."""
    read = await _read(
        context, account_of(login), login.user_id, change.message_id, room_id, back=change.back
    )
    state = read.state
    return ReadPosition(
        room_id=state.room_id,
        message_id=state.message_id,
        unread=state.unread,
        message_count=state.message_count,
        deleted_count=state.deleted_count,
        mentions=state.mentions,
    )


@router.put("/read", responses=answers(*_WRITES))
async def put_all_read(context: ContextDep, login: LoggedIn) -> AllRead:
    """Read all rooms to their ends, 2000 at once: where so many were, there may be more."""
    tell = tell_all_read.after(context)
    states = await context.database.write(reading.read_all, login.user_id, then=tell)
    return AllRead(rooms=len(states))


@router.get(
    "/rooms/{room_id}/reads",
    responses=answers("not_signed_in", "not_found", "banned", "not_allowed", "invalid", "busy"),
)
async def list_reads(room_id: RoomPath, context: ContextDep, login: LoggedIn) -> list[Receipt]:
    """How far those have read who let others know it, the furthest first, at most 100.

    It is for those who let others know it too. Where more than 1000 accounts have been there are
    none.
    """
    by = account_of(login)
    return await context.database.read(reading.receipts, by, login.user_id, room_id)


async def read_command(context: Context, client: Client, command: ReadMessages) -> None:
    """The same as a command; the answer is what all one's connections are told. Raises Refusal."""
    person = client.person
    if person.guest:
        words = "How far one has read is kept for accounts. Sign in to have it kept."
        raise Refusal("not_signed_in", words)
    user_id = int(person.author.removeprefix("user:"))
    await _read(
        context, person, user_id, command.message_id, command.room_id,
        back=command.back, client=client,
    )  # fmt: skip


async def _read(
    context: Context,
    person: Person,
    user_id: int,
    message_id: int,
    room_id: int | None,
    *,
    back: bool,
    client: Client | None = None,
) -> Read:
    asking = None if client is None else client.connection

    tell = tell_read.after(context, asking=asking)
    return await context.database.write(
        partial(reading.read, back=back), person, user_id, message_id, room_id, then=tell
    )


@effect("read", Read, quiet=attrgetter("same"))
def tell_read(context: Context, read: Read, asking: Connection | None = None) -> None:
    """Tell somebody how far they have read a room now, and note it for the others there."""
    if not read.same:
        tell_reads(context, [read.state], asking)
        if not read.back:
            _note(context, read.state)
    elif asking is not None:
        asking.send(read_frame(read.state))


@effect("all_read", list[ReadState])
def tell_all_read(context: Context, states: list[ReadState]) -> None:
    """The same of all rooms."""
    tell_reads(context, states)
    for state in states:
        _note(context, state)


def _note(context: Context, state: ReadState) -> None:
    context.news.read(state.room_id, state.user_id, state.username, state.seen)
