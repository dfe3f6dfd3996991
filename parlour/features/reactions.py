"""Reacting to what was said, by either door, and reading who did."""

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from parlour import audience, reacting
from parlour.commands import React
from parlour.context import Client, Context
from parlour.editing import Edited
from parlour.errors import Refusal
from parlour.fields import MAX_PAGE, IdParam
from parlour.identity import Admitted, ContextDep, author_of, person_of
from parlour.limits import too_much
from parlour.models import Message, Person, Reactors
from parlour.support import emojis
from parlour.web import PageSize, StrictRoute, answers

router = APIRouter(prefix="/api/chat/messages", route_class=StrictRoute, tags=["messages"])

_PATH = "/{message_id}/reactions"
MessagePath = Annotated[IdParam, Path(description="The message.")]
EmojiPath = Annotated[str, Path(description="One emoji, in any of its forms.", examples=["👍"])]
Speaker = Annotated[
    str | None, Query(description="Who asks; not needed with a login.", examples=["alice"])
]
_NAMES = ("invalid", "empty", "too_long", "name_invalid", "name_taken", "name_reserved")
_REFUSALS = (
    "not_signed_in", "cross_site", "not_found", "banned", "muted", "archived", *_NAMES,
    "rate_limited", "busy", "storage_full",
)  # fmt: skip


@router.get(_PATH, responses=answers("not_signed_in", "not_found", "banned", *_NAMES, "busy"))
async def list_reactions(
    request: Request,
    message_id: MessagePath,
    context: ContextDep,
    login: Admitted,
    emoji: Annotated[str | None, Query(description="Those with this emoji alone.")] = None,
    after: Annotated[
        IdParam | None, Query(description="Those after this one, the last of the page before.")
    ] = None,
    limit: PageSize = MAX_PAGE,
    username: Speaker = None,
) -> Reactors:
    """Everybody who reacted to a message, in the order of doing so, and what of it is one's own."""
    if username is None:
        author = author_of(context, request, login)
    else:
        author = person_of(context, request, login, username).author
    wanted = None if emoji is None else await _one_emoji(emoji)
    return await context.database.read(
        reacting.list_reactors, author, message_id, wanted, after or 0, limit
    )


@router.put(f"{_PATH}/{{emoji}}", responses=answers(*_REFUSALS, "not_allowed"))
async def add_reaction(
    request: Request,
    message_id: MessagePath,
    emoji: EmojiPath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Message:
    """React to a message with an emoji. To do so twice changes nothing."""
    person = person_of(context, request, login, username)
    return (await _react(context, person, message_id, emoji, on=True)).message


@router.delete(f"{_PATH}/{{emoji}}", responses=answers(*_REFUSALS))
async def remove_reaction(
    request: Request,
    message_id: MessagePath,
    emoji: EmojiPath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Message:
    """Take one's own emoji from a message. What is not there is not taken."""
    person = person_of(context, request, login, username)
    return (await _react(context, person, message_id, emoji, on=False)).message


async def react_command(context: Context, client: Client, command: React) -> None:
    """The same as a command; the answer is what the room is told. Raises Refusal."""
    on = command.on is not False
    await _react(context, client.person, command.message_id, command.emoji, client, on=on)


async def _react(
    context: Context,
    person: Person,
    message_id: int,
    emoji: str,
    client: Client | None = None,
    *,
    on: bool,
) -> Edited:
    known = await _one_emoji(emoji)
    if context.reactions is not None:
        wait = await context.reactions.take(person.author, context.peers)
        if wait:
            raise too_much(wait, "Too many reactions")

    tell = audience.tell_change.after(context, client=client)
    return await context.database.write(
        partial(reacting.react, on=on), person, message_id, known, then=tell
    )


async def _one_emoji(text: str) -> str:
    """The form in which an emoji is kept. Raises Refusal."""
    if not emojis.is_loaded():
        # Nobody else waits while the list is read.
        await asyncio.to_thread(emojis.load)
    known = emojis.fully_qualified(text)
    if known is None:
        raise Refusal("invalid", "emoji: It has to be one emoji.", field="emoji")
    return known
