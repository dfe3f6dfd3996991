"""The rows of what messages said before they were edited."""

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from parlour.models import Message, Wording
from parlour.store.tables import wordings

_TOLD: Final = (wordings.c.number, wordings.c.content, wordings.c.timestamp)


def earlier(connection: Connection, message_id: int) -> list[Wording]:
    """What a message said before, oldest first, as far as it is kept."""
    rows = connection.execute(
        select(*_TOLD).where(wordings.c.message_id == message_id).order_by(wordings.c.number)
    )
    return [Wording.model_construct(**row) for row in rows.mappings()]


def next_number(message: Message, last: int | None) -> int:
    """The how-manieth wording a message has now, when `last` is the number of the one before it."""
    if last is not None:
        return last + 1
    # What it said before wordings were kept is not known.
    return 1 if message.edited_at is None else 2


def keep(connection: Connection, message: Message, most: int | None) -> None:
    """Keep what a message says before it says something else.

    Of its earlier wordings `most` are kept: the first and the newest; all where it is None.
    """
    last = connection.scalar(
        select(func.max(wordings.c.number)).where(wordings.c.message_id == message.id)
    )
    number = next_number(message, last)
    connection.execute(
        insert(wordings).values(
            message_id=message.id,
            number=number,
            content=message.content,
            timestamp=message.edited_at or message.timestamp,
        )
    )
    if most is None:
        return
    connection.execute(
        delete(wordings).where(
            wordings.c.message_id == message.id,
            wordings.c.number.between(2, number - most + 1),
        )
    )


def forget(connection: Connection, message_id: int) -> None:
    """Take away all that a message said before."""
    connection.execute(delete(wordings).where(wordings.c.message_id == message_id))
