"""What of one's own messages somebody may know in rooms that they are in no longer.

That is how it was when they were put out. When somebody left by themselves nothing says: of what
others did with their messages, then, nothing is told.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from parlour.models import MAX_TOLD_NAMES, MAX_TOLD_REACTORS
from parlour.store.tables import members, reactions, removals, rooms, users

# Rows that are fetched at once.
_PORTION: Final = 1_000


class Parted:
    """Those of some rooms in which one person has spoken, and of which they may know no more."""

    def __init__(
        self, connection: Connection, user_id: int | None, among: ColumnElement[bool]
    ) -> None:
        self._connection = connection
        self._author = f"user:{user_id}"
        # Until when they were there, where that is known.
        self._until: dict[int, datetime | None] = {}
        if user_id is None:
            return
        self._name = connection.scalar(select(users.c.username).where(users.c.id == user_id))
        put_out = and_(removals.c.room_id == rooms.c.id, removals.c.user_id == user_id)
        belongs = select(members.c.room_id).where(members.c.user_id == user_id)
        asked = (
            select(rooms.c.id, removals.c.at)
            .select_from(rooms.outerjoin(removals, put_out))
            .where(among, rooms.c.kind != "public", rooms.c.id.not_in(belongs))
        )
        self._until = {row.id: row.at for row in connection.execute(asked)}

    def __contains__(self, room_id: int) -> bool:
        """Whether a room is one of them."""
        return room_id in self._until

    def pin(self, row: Any) -> tuple[datetime | None, str | None]:
        """When a message was pinned, and by whom, as far as they may know."""
        until = self._until.get(row.room_id)
        if (
            row.room_id not in self._until
            or row.pinned_by == self._name
            or (until is not None and row.pinned_at is not None and row.pinned_at < until)
        ):
            return row.pinned_at, row.pinned_by
        return None, None

    def reactions_on(
        self, messages: Mapping[int, int]
    ) -> dict[int, tuple[tuple[str, int, str], ...]]:
        """What they may know of the reactions to messages, given with the rooms: told as others."""
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        names: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for room_id in set(messages.values()):
            until = self._until[room_id]
            known = reactions.c.author == self._author
            if until is not None:
                known = or_(known, reactions.c.created_at < until)
            there = [message_id for message_id, room in messages.items() if room == room_id]
            asked = (
                select(reactions.c.message_id, reactions.c.emoji, reactions.c.username)
                .where(reactions.c.message_id.in_(there), known)
                .order_by(reactions.c.message_id, reactions.c.id)
                .execution_options(yield_per=_PORTION)
            )
            for message_id, emoji, username in self._connection.execute(asked):
                counts[message_id][emoji] += 1
                told = names[message_id]
                all_told = sum(map(len, told.values()))
                if len(told[emoji]) < MAX_TOLD_REACTORS and all_told < MAX_TOLD_NAMES:
                    told[emoji].append(username)
        return {
            message_id: tuple(
                (emoji, count, ", ".join(names[message_id][emoji]))
                for emoji, count in counted.items()
            )
            for message_id, counted in counts.items()
        }
