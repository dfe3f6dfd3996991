"""Tickets: random, short-lived, good for one use, in memory only, a few for each holder."""

import secrets
import time
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

# More than anybody waits to use within their lifetime; past it the holder's oldest is worth
# nothing, so that whoever asks for thousands takes no one else's away.
MAX_OF_ONE: Final = 16
# Of all; past it the oldest of all is worth nothing.
MAX_TICKETS: Final = 10_000


class Tickets(Generic[T]):
    """Gives out tickets for a value and takes each back once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # In the order of their end, because all live equally long.
        self._tickets: dict[str, tuple[float, T]] = {}
        # The same by holder, each one's oldest first.
        self._held: dict[T, dict[str, None]] = {}

    def give(self, value: T) -> str:
        """A new ticket: 128 random bits."""
        now = time.monotonic()
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest][0] > now and len(self._tickets) < MAX_TICKETS:
                break
            self._forget(oldest)
        own = self._held.get(value)
        if own is not None and len(own) >= MAX_OF_ONE:
            self._forget(next(iter(own)))
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = (now + self._seconds, value)
        self._held.setdefault(value, {})[ticket] = None
        return ticket

    def take(self, ticket: str) -> T | None:
        """The value of a ticket, which is worth nothing afterwards; None for one that is none."""
        if ticket not in self._tickets:
            return None
        ends, value = self._forget(ticket)
        return value if ends > time.monotonic() else None

    def _forget(self, ticket: str) -> tuple[float, T]:
        ends, value = self._tickets.pop(ticket)
        own = self._held[value]
        del own[ticket]
        if not own:
            del self._held[value]
        return ends, value
