"""What the messages of one transaction pass on of others."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.models import Forwarded, Message
from parlour.permissions import Standing, check
from parlour.store import files as file_rows
from parlour.store import messages as message_rows
from parlour.store.standings import standings
from parlour.storing import MessageDraft


class Forwards:
    """What new messages pass on, as it is in one transaction, and who may read it.

    The words are copied: what was passed on stays when the original goes (decision 25).
    """

    def __init__(self, connection: Connection, drafts: Sequence[MessageDraft]) -> None:
        wanted = {draft.forward for draft in drafts if draft.forward is not None}
        self._sources = message_rows.those_there(connection, wanted)
        seats = {
            (self._sources[draft.forward].room_id, draft.person.author)
            for draft in drafts
            if draft.forward in self._sources
        }
        self._standings = _stand(connection, seats)
        self._kept: list[Message] = []

    @classmethod
    def of(cls, connection: Connection, drafts: Sequence[MessageDraft]) -> "Forwards | None":
        """What these pass on; None, at no cost, when none of them passes anything on."""
        if all(draft.forward is None for draft in drafts):
            return None
        return cls(connection, drafts)

    def refusal(self, draft: MessageDraft) -> Refusal | None:
        """Why this one cannot pass on what it wants to, if it cannot."""
        if draft.forward is None:
            return None
        source = self._sources.get(draft.forward)
        if source is None or source.deleted_at is not None:
            return _no_message()
        try:
            check(self._standings[source.room_id, draft.person.author], "enter")
        except Refusal as refusal:
            if refusal.code == "not_found":
                # It says nothing of a room that they may not see.
                return _no_message()
            words = "forward: You are banned from the room of that message."
            return Refusal(refusal.code, words, field="forward")
        return None

    def fields(self, draft: MessageDraft) -> dict[str, Any]:
        """What the message of a draft passes on."""
        if draft.forward is None:
            return {}
        source = self._sources[draft.forward]
        if source.forwarded is not None and not (source.content or source.files):
            # It has nothing to say itself: what it passed on is passed on.
            forwarded = source.forwarded
            if not self._is_open(forwarded.room_id, draft, source):
                forwarded = forwarded.model_copy(update={"message_id": None, "room_id": None})
            return {"forwarded": forwarded}
        told = self._is_open(source.room_id, draft, source)
        return {
            "forwarded": Forwarded.model_construct(
                message_id=source.id if told else None,
                room_id=source.room_id if told else None,
                username=source.username,
                guest=source.guest,
                timestamp=source.timestamp,
                content=source.content,
                files=source.files,
            )
        }

    def add(self, draft: MessageDraft, message: Message) -> None:
        """One more message is there; what it passes on is to be kept."""
        del draft
        if message.forwarded is not None:
            self._kept.append(message)

    def keep(self, connection: Connection) -> None:
        """Write down what they pass on; the messages themselves are stored."""
        if self._kept:
            message_rows.set_rare(connection, self._kept)
            # They are there for whoever may read what they were passed on in, and stay for them.
            pairs = [
                (message.id, file.id)
                for message in self._kept
                if message.forwarded is not None
                for file in message.forwarded.files
            ]
            if pairs:
                file_rows.attach(connection, pairs)

    def _is_open(self, room_id: int | None, draft: MessageDraft, source: Message) -> bool:
        """Whether everybody who will read the message may go to this room.

        What was told in a room of another one is told because that is public.
        """
        if room_id is None:
            return False
        if room_id == draft.room_id or room_id != source.room_id:
            return True
        standing = self._standings[source.room_id, draft.person.author]
        return standing is not None and standing.kind == "public"


def _stand(
    connection: Connection, seats: Collection[tuple[int, str]]
) -> dict[tuple[int, str], Standing | None]:
    ordered = sorted(seats)
    return dict(zip(ordered, standings(connection, ordered), strict=True))


def _no_message() -> Refusal:
    words = "forward: There is no such message; it may have been deleted."
    return Refusal("not_found", words, field="forward")
