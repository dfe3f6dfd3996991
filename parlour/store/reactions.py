"""The rows of reactions: who put which emoji on which message, in the order of doing so."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from parlour.models import Person, Reactor
from parlour.store.dialects import upsert
from parlour.store.tables import reactions

_TOLD: Final = (
    reactions.c.id, reactions.c.emoji, reactions.c.username, reactions.c.author,
    reactions.c.created_at,
)  # fmt: skip


def add(connection: Connection, message_id: int, emoji: str, by: Person) -> bool:
    """Put an emoji on a message; whether it was not there by this author before."""
    values = {
        "message_id": message_id,
        "emoji": emoji,
        "author": by.author,
        "username": by.username,
        "created_at": datetime.now(UTC),
    }
    added = connection.execute(
        upsert(connection, reactions).values(values).on_conflict_do_nothing(),
        execution_options={"preserve_rowcount": True},
    )
    return added.rowcount > 0


def remove(connection: Connection, message_id: int, emoji: str, author: str) -> bool:
    """Take an author's emoji from a message; whether it was there."""
    mine = delete(reactions).where(
        reactions.c.message_id == message_id,
        reactions.c.author == author,
        reactions.c.emoji == emoji,
    )
    return connection.execute(mine).rowcount > 0


def first_names(connection: Connection, message_id: int, emoji: str, limit: int) -> tuple[str, ...]:
    """The names of those who reacted first with an emoji."""
    names = (
        select(reactions.c.username)
        .where(reactions.c.message_id == message_id, reactions.c.emoji == emoji)
        .order_by(reactions.c.id)
        .limit(limit)
    )
    return tuple(connection.scalars(names))


def reactors(
    connection: Connection, message_id: int, emoji: str | None, after: int, limit: int
) -> list[Reactor]:
    """A page of who reacted, with one emoji or with any, in the order of doing so."""
    page = select(*_TOLD).where(reactions.c.message_id == message_id, reactions.c.id > after)
    if emoji is not None:
        page = page.where(reactions.c.emoji == emoji)
    rows = connection.execute(page.order_by(reactions.c.id).limit(limit))
    return [_reactor(row) for row in rows]


def own(connection: Connection, message_id: int, author: str) -> tuple[str, ...]:
    """What one author has put on a message."""
    theirs = (
        select(reactions.c.emoji)
        .where(reactions.c.message_id == message_id, reactions.c.author == author)
        .order_by(reactions.c.id)
    )
    return tuple(connection.scalars(theirs))


def _reactor(row: Sequence[Any]) -> Reactor:
    number, emoji, username, author, created_at = row
    return Reactor.model_construct(
        id=number,
        emoji=emoji,
        username=username,
        guest=not author.startswith("user:"),
        created_at=created_at,
    )
