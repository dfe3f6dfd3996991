"""The files that the messages of one transaction bring along."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.models import Message
from parlour.store import files as file_rows
from parlour.store import messages as message_rows
from parlour.storing import MessageDraft


class Attached:
    """What new messages bring along, as it is in one transaction."""

    def __init__(self, connection: Connection, asked: Collection[str]) -> None:
        self._files = file_rows.find(connection, asked)
        # Files that a message has by now.
        self._taken = {key for key, stored in self._files.items() if stored.attached}
        self._told: list[Message] = []

    @classmethod
    def of(cls, connection: Connection, drafts: Sequence[MessageDraft]) -> "Attached | None":
        """What these bring along; None, at no cost, when none of them brings anything."""
        asked = {file_id for draft in drafts if draft.files for file_id in draft.files}
        return cls(connection, asked) if asked else None

    def refusal(self, draft: MessageDraft) -> Refusal | None:
        """Why this one cannot bring along what it wants to, if it cannot."""
        for file_id in draft.files:
            stored = self._files.get(file_id)
            # It says nothing of what others have uploaded.
            if stored is None or stored.author != draft.person.author:
                words = (
                    "files: One of the files is not there (any more): those that no message has"
                    " are kept for a day. Upload it again."
                )
                return Refusal("not_found", words, field="files")
            if stored.room_id != draft.room_id:
                words = f"files: {stored.file.name} was uploaded for another room."
                return Refusal("not_allowed", words, field="files")
            if stored.held:
                words = f"files: A message that is said later has {stored.file.name}."
                return Refusal("not_allowed", words, field="files")
            if file_id in self._taken:
                words = f"files: A message has {stored.file.name} already. Upload it again."
                return Refusal("not_allowed", words, field="files")
        return None

    def fields(self, draft: MessageDraft) -> dict[str, Any]:
        """The files of a draft, if it has any."""
        if not draft.files:
            return {}
        return {"files": tuple(self._files[file_id].file for file_id in draft.files)}

    def add(self, draft: MessageDraft, message: Message) -> None:
        """One more message has its files, which no other one behind it may have."""
        if draft.files:
            self._taken.update(draft.files)
            self._told.append(message)

    def keep(self, connection: Connection) -> None:
        """Write down which messages have which files."""
        if self._told:
            pairs = [(message.id, file.id) for message in self._told for file in message.files]
            file_rows.attach(connection, pairs)
            message_rows.set_rare(connection, self._told)
