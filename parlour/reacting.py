"""The operations on reactions, each inside one transaction."""

from typing import Final

from sqlalchemy import Connection

from parlour import places
from parlour.editing import Edited
from parlour.errors import Refusal
from parlour.models import MAX_TOLD_NAMES, MAX_TOLD_REACTORS, Message, Person, Reaction, Reactors
from parlour.permissions import Act
from parlour.store import messages as message_rows
from parlour.store import reactions as reaction_rows
from parlour.store import rooms as room_rows

# Different emoji on one message; to join in with one that is there is always possible.
MAX_EMOJI: Final = 20


def react(
    connection: Connection, by: Person, message_id: int, emoji: str, *, on: bool = True
) -> Edited:
    """Put an emoji on a message, or take one's own from it. Raises Refusal.

    To do what is done already changes nothing. The cost does not grow with how many reacted.
    """
    return change(connection, by, _find(connection, by.author, message_id, "react"), emoji, on=on)


def change(connection: Connection, by: Person, message: Message, emoji: str, *, on: bool) -> Edited:
    """The same of a message that was found, without asking the gate. Raises Refusal."""
    told = list(message.reactions)
    place = next((n for n, each in enumerate(told) if each.emoji == emoji), None)
    if on:
        if place is None and len(told) >= MAX_EMOJI:
            words = f"emoji: A message has at most {MAX_EMOJI} different emoji. Choose one of them."
            raise Refusal("not_allowed", words, field="emoji")
        changed = reaction_rows.add(connection, message.id, emoji, by)
    else:
        changed = reaction_rows.remove(connection, message.id, emoji, by.author)
    if not changed:
        return Edited(message, same=True)
    others = sum(len(each.usernames) for each in told if each.emoji != emoji)
    limit = min(MAX_TOLD_REACTORS, max(0, MAX_TOLD_NAMES - others))
    if place is None:
        told.append(_told(emoji, 1, (by.username,)[:limit]))
    else:
        # It keeps its place among the others as long as anybody holds to it.
        told[place : place + 1] = _retold(connection, message.id, told[place], by, limit, on=on)
    version = room_rows.next_version(connection, message.room_id)
    return Edited(message_rows.set_reactions(connection, message.id, version, told))


def list_reactors(
    connection: Connection,
    author: str | None,
    message_id: int,
    emoji: str | None,
    after: int,
    limit: int,
) -> Reactors:
    """Who reacted to a message, a page of them, and what of it was `author`. Raises Refusal."""
    message = _find(connection, author, message_id, "enter")
    page = reaction_rows.reactors(connection, message.id, emoji, after, limit)
    own = () if author is None else reaction_rows.own(connection, message.id, author)
    return Reactors.model_construct(reactors=tuple(page), own=own)


def _retold(
    connection: Connection, message_id: int, before: Reaction, by: Person, limit: int, *, on: bool
) -> list[Reaction]:
    """What is told of an emoji after one more, or one less, has reacted with it: perhaps nothing.

    So many names as `limit` at most.
    """
    count = before.count + (1 if on else -1)
    if count == 0:
        return []
    if on and (len(before.usernames) == before.count or len(before.usernames) >= limit):
        return [_told(before.emoji, count, (*before.usernames, by.username)[:limit])]
    # Somebody who was not among the first may be now.
    names = reaction_rows.first_names(connection, message_id, before.emoji, limit)
    return [_told(before.emoji, count, names)]


def _told(emoji: str, count: int, usernames: tuple[str, ...]) -> Reaction:
    return Reaction.model_construct(emoji=emoji, count=count, usernames=usernames)


def _find(connection: Connection, author: str | None, message_id: int, act: Act) -> Message:
    found = message_rows.find_message(connection, message_id)
    if found is None:
        raise _no_message()
    message = found[0]
    try:
        places.allow(connection, author, message.room_id, act)
    except Refusal as refusal:
        if refusal.code == "not_found":
            # It says nothing of a room that they may not see.
            raise _no_message() from None
        raise
    if message.deleted_at is not None:
        raise _no_message()
    return message


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
