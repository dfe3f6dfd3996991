"""Who may say something, asked for all new messages of one transaction at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.permissions import Standing, check, too_soon
from parlour.store.standings import note_spoken, spoke_last, standings
from parlour.storing import MessageDraft


class SpeechGate:
    """Who may speak in the rooms where not everybody may, as it is in one transaction."""

    def __init__(
        self, connection: Connection, drafts: Sequence[MessageDraft], guarded: Collection[int]
    ) -> None:
        self._connection = connection
        self._guarded = guarded
        seats = {(each.room_id, each.person.author) for each in drafts if each.room_id in guarded}
        ordered = sorted(seats)
        self._standings = dict(zip(ordered, standings(connection, ordered), strict=True))
        # Who speaks now in the rooms that are slowed down.
        self._speaking: set[tuple[int, str]] = set()

    def refusal(self, draft: MessageDraft) -> Refusal | None:
        """Why this author may not speak in this room, if they may not."""
        if draft.room_id not in self._guarded:
            return None
        standing = self._standings[draft.room_id, draft.person.author]
        try:
            check(standing, "speak")
        except Refusal as refusal:
            return refusal
        return None

    def too_soon(self, draft: MessageDraft, now: datetime) -> Refusal | None:
        """For a message that slow mode does not let through yet; it counts as said otherwise."""
        seat = draft.room_id, draft.person.author
        standing: Standing | None = self._standings.get(seat)
        if standing is None or not standing.slowed:
            return None
        last = now if seat in self._speaking else spoke_last(self._connection, *seat)
        if last is not None:
            wait = (last - now).total_seconds() + standing.slow_seconds
            if wait > 0:
                return too_soon(wait)
        self._speaking.add(seat)
        return None

    def note_spoken(self, now: datetime) -> None:
        """Keep who has spoken now, for those who come next."""
        if self._speaking:
            note_spoken(self._connection, self._speaking, now)
