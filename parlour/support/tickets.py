"""Tickets: random, short-lived, good for one use, in memory only."""

import secrets
import time
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# More than anybody waits to use within their lifetime; past it the oldest is worth nothing.
MAX_TICKETS: Final = 10_000


class Tickets(Generic[T]):
    """Gives out tickets for a value and takes each back once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # In the order of their end, because all live equally long.
        self._tickets: dict[str, tuple[float, T]] = {}

    def give(self, value: T) -> str:
        """A new ticket: 128 random bits."""
        now = time.monotonic()
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest][0] > now and len(self._tickets) < MAX_TICKETS:
                break
            del self._tickets[oldest]
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = (now + self._seconds, value)
        return ticket

    def take(self, ticket: str) -> T | None:
        """The value of a ticket, which is worth nothing afterwards; None for one that is none."""
        ends, value = self._tickets.pop(ticket, (0.0, None))
        return value if ends > time.monotonic() else None
