"""Changing what was said: editing and deleting, by either door, and what it said before."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from parlour import audience, editing
from parlour.commands import DeleteMessage, EditMessage
from parlour.context import Client, Context
from parlour.editing import Edited
from parlour.fields import IdParam
from parlour.identity import Admitted, ContextDep, Reader, person_of
from parlour.models import Message, MessageChange, Person, Wording
from parlour.upkeep import purge
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat/messages", route_class=StrictRoute, tags=["messages"])

MessagePath = Annotated[IdParam, Path(description="The message.")]
Speaker = Annotated[
    str | None, Query(description="Who asks; not needed with a login.", examples=["alice"])
]
_REFUSALS = (
    "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "archived", "invalid",
    "empty", "too_long", "name_invalid", "name_taken", "name_reserved", "busy", "storage_full",
)  # fmt: skip


@router.patch(
    "/{message_id}",
    responses=answers(
        *_REFUSALS,
        "edit_window_over",
        "muted",
        "slow_mode",
        "rate_limited",
        "bad_json",
        "too_large",
        "unsupported_type",
    ),
)
async def edit_message(
    request: Request,
    message_id: MessagePath,
    change: MessageChange,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Message:
    """Say a message of one's own in other words."""
    person = person_of(context, request, login, username)
    edited = await _edit(context, person, message_id, change.content)
    return edited.message


@router.delete("/{message_id}", status_code=204, responses=answers(*_REFUSALS, "edit_window_over"))
async def delete_message(
    request: Request,
    message_id: MessagePath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Response:
    """Delete a message: one's own, or any where one is a moderator. Its place stays."""
    await _delete(context, person_of(context, request, login, username), message_id)
    return Response(status_code=204)


@router.get(
    "/{message_id}/edits",
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "busy"),
)
async def get_edits(message_id: MessagePath, context: ContextDep, author: Reader) -> list[Wording]:
    """What a message said from the first time on, oldest first; the last is what it says now.

    Of a deleted message nothing is kept.
    """
    return await context.database.read(editing.get_wordings, author, message_id)


async def edit_command(context: Context, client: Client, command: EditMessage) -> None:
    """The same as a command; the answer is what the room is told. Raises Refusal."""
    await _edit(context, client.person, command.message_id, command.content, client)


async def delete_command(context: Context, client: Client, command: DeleteMessage) -> None:
    """The same for a deletion. Raises Refusal."""
    await _delete(context, client.person, command.message_id, client)


async def _edit(
    context: Context,
    person: Person,
    message_id: int,
    content: str,
    client: Client | None = None,
) -> Edited:
    context.check_length(content)

    tell = audience.tell_change.after(context, client=client)
    window, limits = context.settings.edit_window, context.limits
    with limits.changing(person.author, message_id) as give_back:
        edited = await context.database.write(
            editing.edit_message, person, message_id, content, window, then=tell
        )
    if edited.same:
        give_back()
    return edited


async def _delete(
    context: Context, person: Person, message_id: int, client: Client | None = None
) -> Edited:
    tell = audience.tell_change.after(context, client=client)
    window = context.settings.edit_window
    edited = await context.database.write(
        editing.delete_message, person, message_id, window, then=tell
    )
    if edited.rest:
        context.tasks.spawn(purge(context))
    return edited
