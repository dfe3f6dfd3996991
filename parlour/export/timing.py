"""Times to come: where a clock was wrong, they are taken down to the time of the archive."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from parlour.carried import Message, Record

# By so much clocks may differ.
_CLOCKS: Final = timedelta(hours=1)
# Which times a line has.
_TIMES: Final[dict[str, tuple[str, ...]]] = {
    "people": ("created_at",),
    "rooms": ("created_at", "archived_at"),
    "members": ("joined_at",),
    "files": ("created_at",),
    "messages": ("at", "edited_at", "deleted_at", "pinned_at"),
    "reactions": ("at",),
}


class Timing:
    """No time behind the one of an archive, nor behind now, is taken from it.

    One may be there honestly, where the clock of a server was ahead for a while. Whoever writes one
    so that no rule of retention ever takes a message has nothing of it.
    """

    def __init__(self, moment: datetime) -> None:
        self._moment = min(moment, datetime.now(UTC))
        self._latest = self._moment + _CLOCKS
        # Lines that had such a time.
        self.late = 0

    def taken(self, kind: str, record: Record) -> Record:
        """A line, with no time in it that has not come."""
        changes: dict[str, Any] = {}
        for name in _TIMES[kind]:
            at = getattr(record, name)
            if at is not None and at > self._latest:
                changes[name] = self._moment
        if isinstance(record, Message) and (record.earlier or record.forwarded):
            changes |= self._within(record)
        if not changes:
            return record
        self.late += 1
        return record.model_copy(update=changes)

    def _within(self, message: Message) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        now = {"at": self._moment}
        if any(self._is_late(each.at) for each in message.earlier):
            changes["earlier"] = tuple(
                each.model_copy(update=now) if self._is_late(each.at) else each
                for each in message.earlier
            )
        passed = message.forwarded
        if passed is not None and self._is_late(passed.at):
            changes["forwarded"] = passed.model_copy(update=now)
        return changes

    def _is_late(self, at: datetime) -> bool:
        return at > self._latest
