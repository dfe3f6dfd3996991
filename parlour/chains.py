"""The chains of replies that the messages of one transaction go on with."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.models import Message, Replies
from parlour.store import replies as reply_rows
from parlour.store.replies import Parent
from parlour.storing import MessageDraft


class Chains:
    """What new messages answer, as it is in one transaction."""

    def __init__(self, connection: Connection, answered: Collection[int]) -> None:
        self._parents = reply_rows.parents(connection, answered)
        # How long each chain is by now, for those that get longer.
        self._longer: dict[int, Replies] = {}

    @classmethod
    def of(cls, connection: Connection, drafts: Sequence[MessageDraft]) -> "Chains | None":
        """What these answer; None, at no cost, when none of them answers anything."""
        answered = {draft.reply_to for draft in drafts if draft.reply_to is not None}
        return cls(connection, answered) if answered else None

    def refusal(self, draft: MessageDraft) -> Refusal | None:
        """Why this one cannot answer what it wants to, if it cannot."""
        if draft.reply_to is None:
            return None
        parent = self._parents.get(draft.reply_to)
        # It says nothing of a message in another room.
        if parent is None or parent.deleted or parent.room_id != draft.room_id:
            words = "reply_to: There is no such message in this room; it may have been deleted."
            return Refusal("not_found", words, field="reply_to")
        return None

    def fields(self, draft: MessageDraft) -> dict[str, Any]:
        """The message with which the chain of a draft began, if it answers one."""
        return {} if draft.reply_to is None else {"chain": self._parents[draft.reply_to].root}

    def add(self, _draft: MessageDraft, message: Message) -> None:
        """One more message is there, which those behind it in the same group may answer."""
        root = message.chain
        if root is None:
            self._parents[message.id] = Parent(message.room_id, message.id)
            return
        assert message.reply_to is not None  # noqa: S101 - what has a chain answers something
        known = self._longer.get(root) or self._parents[message.reply_to].replies
        self._longer[root] = Replies(
            count=1 if known is None else known.count + 1,
            last_id=message.id,
            last_at=message.timestamp,
        )
        self._parents[message.id] = Parent(message.room_id, root, known)

    def keep(self, connection: Connection) -> None:
        """Write down how long they are; the messages that they began with are stored."""
        if self._longer:
            reply_rows.set_replies(connection, self._longer)
