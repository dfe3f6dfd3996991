"""The rows of what messages said before they were edited."""

from collections import Counter
from collections.abc import Collection
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, union

from parlour.models import Message, Wording
from parlour.store.dialects import extent
from parlour.store.tables import messages, wordings

# Earlier wordings of one message that are kept, and told: the first, and the newest.
MAX_EARLIER: Final = 20

# Made once: the lists that are bound anew each time leave circles for the collector.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_EXTENTS: Final = (
    select(wordings.c.message_id, wordings.c.number, extent(wordings.c.content).label("extent"))
    .where(wordings.c.message_id.in_(_IDS))
    .order_by(wordings.c.message_id, wordings.c.number)
)
_FIRST: Final = _EXTENTS.limit(bindparam("rows"))
_FORGET: Final = delete(wordings).where(
    wordings.c.message_id == bindparam("whose"), wordings.c.number == bindparam("which")
)

# All that is kept of messages; of what is held that may be any number.
ALL: Final = (
    select(wordings)
    .where(wordings.c.message_id.in_(_IDS))
    .order_by(wordings.c.message_id, wordings.c.number)
)
_later = wordings.alias()
_LAST: Final = (
    select(func.max(_later.c.number)).where(_later.c.message_id == messages.c.id).scalar_subquery()
)
# What is told of them: as many as are kept of what nobody holds, so that no hold is noticed. Only
# these are read, however many there are. The two may be the same, of which one is told.
_SOME: Final = union(
    select(wordings).where(wordings.c.message_id.in_(_IDS), wordings.c.number < 2),
    select(wordings)
    .join(messages, messages.c.id == wordings.c.message_id)
    .where(messages.c.id.in_(_IDS), wordings.c.number > _LAST - (MAX_EARLIER - 1)),
)
TOLD: Final = _SOME.order_by("message_id", "number")


def earlier(connection: Connection, message_id: int) -> list[Wording]:
    """What a message said before, oldest first: the first, and the newest, held or not."""
    rows = connection.execute(TOLD, {"ids": [message_id]})
    return [
        Wording.model_construct(number=row.number, content=row.content, timestamp=row.timestamp)
        for row in rows
    ]


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


def extents(connection: Connection, ids: Collection[int], most: int) -> Counter[int]:
    """How long what some messages said before is, together, by their ids.

    It is looked no further than where all of it is longer than `most`: behind that it is not known.
    """
    found: Counter[int] = Counter()
    if not ids:
        return found
    with connection.execute(_EXTENTS, {"ids": ids}) as rows:
        for row in rows:
            found[row.message_id] += row.extent
            most -= row.extent
            if most < 0:
                break
    return found


def forget_some(
    connection: Connection, ids: Collection[int], rows: int, most: int
) -> tuple[int, bool]:
    """Take away some of what messages said before: so many `rows`, so long together at most.

    The first goes however long it is. How many went, and whether there may be more.
    """
    some: list[dict[str, int]] = []
    more = False
    if ids:
        with connection.execute(_FIRST, {"ids": ids, "rows": rows}) as found:
            for row in found:
                most -= row.extent
                more = most < 0 and bool(some)
                if more:
                    break
                some.append({"whose": row.message_id, "which": row.number})
    if some:
        connection.execute(_FORGET, some)
    return len(some), more or len(some) == rows
