"""Pinning what is to stay before everybody's eyes, by either door, and what is pinned."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from parlour import audience, pinning
from parlour.commands import PinMessage
from parlour.context import Client, Context
from parlour.editing import Edited
from parlour.fields import IdParam, TimeParam
from parlour.identity import Admitted, ContextDep, Reader, person_of
from parlour.models import Message, Person
from parlour.web import PageSize, StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["messages"])

MessagePath = Annotated[IdParam, Path(description="The message.")]
Speaker = Annotated[
    str | None, Query(description="Who asks; not needed with a login.", examples=["alice"])
]
_page = TypeAdapter(list[Message])
_REFUSALS = (
    "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "muted", "archived",
    "invalid", "empty", "too_long", "name_invalid", "name_taken", "name_reserved", "busy",
    "storage_full",
)  # fmt: skip


@router.put("/messages/{message_id}/pin", responses=answers(*_REFUSALS))
async def pin_message(
    request: Request,
    message_id: MessagePath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Message:
    """Pin a message to its room. To do so twice changes nothing."""
    person = person_of(context, request, login, username)
    return (await _pin(context, person, message_id, on=True)).message


@router.delete("/messages/{message_id}/pin", responses=answers(*_REFUSALS))
async def unpin_message(
    request: Request,
    message_id: MessagePath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Message:
    """Take a message's pin away, whoever put it there. What is not pinned stays as it is."""
    person = person_of(context, request, login, username)
    return (await _pin(context, person, message_id, on=False)).message


@router.get(
    "/rooms/{room_id}/pins",
    response_model=list[Message],
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "busy"),
)
async def list_pins(
    room_id: Annotated[IdParam, Path(description="The room.")],
    context: ContextDep,
    author: Reader,
    before: Annotated[
        TimeParam | None,
        Query(description="Those pinned before: the `pinned_at` of the last of the page before."),
    ] = None,
    limit: PageSize = pinning.MAX_PINS,
) -> Response:
    """A page of what is pinned in a room, the message that was pinned last first."""
    page = await context.database.read(pinning.list_pins, author, room_id, before, limit)
    # Encoded here: FastAPI would validate what comes from the database a second time.
    return Response(_page.dump_json(page), media_type="application/json")


async def pin_command(context: Context, client: Client, command: PinMessage) -> None:
    """The same as a command; the answer is what the room is told. Raises Refusal."""
    on = command.on is not False
    await _pin(context, client.person, command.message_id, client, on=on)


async def _pin(
    context: Context,
    person: Person,
    message_id: int,
    client: Client | None = None,
    *,
    on: bool,
) -> Edited:
    tell = audience.tell_change.after(context, client=client)
    return await context.database.write(partial(pinning.pin, on=on), person, message_id, then=tell)
