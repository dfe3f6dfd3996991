"""A broker by which hints come late, out of order, twice or never, as a test says."""

from collections.abc import Callable, Sequence

from parlour.realtime.broker import Unreachable
from parlour.support.buckets import Drop, Taken


class Wayward:
    """One node's: what others say waits in `coming` until it is let through."""

    connected = True

    def __init__(self, circle: "list[Wayward]") -> None:
        self.coming: list[bytes] = []
        self._circle = circle
        self._heard: Callable[[bytes], None] = self.coming.append
        circle.append(self)

    def start(self, heard: Callable[[bytes], None], came: Callable[[], None]) -> None:
        """As the interface says."""
        self._heard = heard
        came()

    def publish(self, words: bytes) -> None:
        """The same."""
        for other in self._circle:
            if other is not self:
                other.coming.append(words)

    def let_through(self, place: int, *, keep: bool = False) -> None:
        """Let one be heard, perhaps not for the last time."""
        if self.coming:
            place %= len(self.coming)
            self._heard(self.coming[place] if keep else self.coming.pop(place))

    def lose(self, place: int) -> None:
        """Let one never be heard."""
        if self.coming:
            self.coming.pop(place % len(self.coming))

    async def put(
        self, key: str, value: str, seconds: float, *, holder: str = "", most: int = 0
    ) -> None:
        """As the interface says; nobody asks."""

    async def take(self, key: str) -> str | None:
        """The same."""

    async def spend(self, drops: Sequence[Drop], seconds: float) -> list[Taken]:
        """The same."""
        raise Unreachable

    async def close(self) -> None:
        """The same."""
