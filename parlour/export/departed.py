"""Who of an archive has left this server for good since, and what of it does not come back."""

from datetime import UTC, datetime
from typing import Final

from parlour import carried
from parlour.export.reaching import Reach
from parlour.leaving import Mode
from parlour.store import removal


class Departed:
    """Asked of each line, in their order: people come before what they said."""

    def __init__(self, reach: Reach) -> None:
        self._reach: Final = reach
        self._left: Final = removal.modes_left(reach.connection)
        self._now: Final = datetime.now(UTC)
        # By ids there, and whose which name is there.
        self._modes: dict[str, Mode] = {}
        self._names: dict[str, str] = {}

    def meet(self, person: carried.Person) -> None:
        """Somebody of the archive."""
        self._names.setdefault(person.username, person.id)
        ours = self._reach.person(person)
        if ours is not None and ours in self._left:
            self._modes[person.id] = self._left[ours]

    def mode(self, person: str) -> Mode | None:
        """How somebody there has left here; None where they have not, and of guests."""
        return self._modes.get(person)

    def told(self, message: carried.Message) -> carried.Message:
        """A message without what went with whoever has left."""
        if not self._modes:
            return message
        if self.mode(message.author) == "remove" and message.deleted_at is None:
            return message.model_copy(
                update={
                    "text": "", "deleted_at": self._now, "edited_at": None, "earlier": (),
                    "mentions": (), "files": (), "forwarded": None, "pinned_at": None,
                    "pinned_by": None,
                }
            )  # fmt: skip
        left = tuple(name for name in message.mentions if self._named(name) is None)
        passed = message.forwarded
        if passed is not None and not passed.guest and self._named(passed.username) == "remove":
            passed = passed.model_copy(update={"text": "", "files": ()})
        return message.model_copy(update={"mentions": left, "forwarded": passed})

    def _named(self, name: str) -> Mode | None:
        return self._modes.get(self._names.get(name, ""))
