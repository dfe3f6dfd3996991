"""The shapes of what people take along, and of how they leave for good."""

from typing import Final, Literal

from pydantic import Field

from parlour.fields import Shape, Time
from parlour.people import Password

# What they wrote stays without their name, or goes as by deletion.
Mode = Literal["anonymise", "remove"]
Step = Literal["rooms", "conversations", "reactions", "messages", "rest"]
# Seconds for which what somebody takes along lies ready.
KEPT_SECONDS: Final = 7 * 24 * 3600


class Departure(Shape):
    """Somebody who has left, what they were called, and what was meant to become of it."""

    user_id: int
    username: str
    mode: Mode

    @property
    def author(self) -> str:
        """As the author of what they wrote."""
        return f"user:{self.user_id}"


class Again(Shape):
    """The password, asked for once more."""

    password: Password


class Leaving(Again):
    """How to leave for good."""

    mode: Mode = Field(
        description="`anonymise`: what they wrote stays, without their name; `remove`: it goes."
    )


class Removal(Shape):
    """How somebody is to leave."""

    mode: Mode


class OwnExport(Shape):
    """What becomes of the archive of one's own data."""

    state: Literal["none", "waiting", "ready", "failed"]
    asked_at: Time | None = None
    ready_at: Time | None = Field(None, description="Since when it is there.")
    expires_at: Time | None = Field(None, description="Until when it is.")
    size: int | None = Field(None, description="Bytes.")
