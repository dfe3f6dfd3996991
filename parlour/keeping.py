"""The shapes of what people put by for themselves."""

from pydantic import Field

from parlour.fields import Id, Shape, Time
from parlour.finding import FoundRoom
from parlour.models import Message


class SavedMessage(Shape):
    """A message that somebody has put by."""

    id: Id = Field(description="Rises in the order of saving.")
    saved_at: Time
    message: Message
    room: FoundRoom


class SavedPage(Shape):
    """Some of them, the one put by last first."""

    saved: tuple[SavedMessage, ...]
    next: Id | None = Field(
        description="Hand it in as `before` for those saved earlier; null when there are none."
    )


class SavedIds(Shape):
    """Which messages somebody has put by."""

    message_ids: tuple[Id, ...] = Field(description="The newest message first.")
