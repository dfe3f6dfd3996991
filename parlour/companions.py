"""What may come along with new messages: decided and stored together with them."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, Self

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.models import Message
from parlour.storing import MessageDraft


class Companion(Protocol):
    """One thing about the new messages of a transaction, such as the chains they go on with."""

    @classmethod
    def of(cls, connection: Connection, drafts: Sequence[MessageDraft]) -> Self | None:
        """What there is of it in these; None, at no cost, where there is nothing."""

    def refusal(self, draft: MessageDraft) -> Refusal | None:
        """Why a draft cannot be stored on its account, if it cannot."""

    def fields(self, draft: MessageDraft) -> dict[str, Any]:
        """What it adds to the message of a draft that will be stored."""

    def add(self, draft: MessageDraft, message: Message) -> None:
        """One more message will be stored, and those behind it in the group may refer to it."""

    def keep(self, connection: Connection) -> None:
        """Write down what belongs to the messages, which are stored by now."""


def first_refusal(companions: Iterable[Companion], draft: MessageDraft) -> Refusal | None:
    """Why one of them does not let a draft through, if one does not."""
    for companion in companions:
        refusal = companion.refusal(draft)
        if refusal is not None:
            return refusal
    return None
