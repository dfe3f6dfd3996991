"""The far end of a `Connection` in the test's own process: what was written to it, and when."""

import asyncio
from collections.abc import Callable

from parlour.realtime.connection import Connection


class Socket:
    """Takes frames at once, or, while `blocked`, not until `go_on`."""

    def __init__(
        self,
        name: str = "alice",
        *,
        one_room: bool = True,
        aware: bool = False,
        drop: Callable[[], None] | None = None,
    ) -> None:
        self.frames: list[str] = []
        self.closed: list[tuple[int, str]] = []
        self.error: Exception | None = None
        self._open = asyncio.Event()
        self._open.set()
        self.taking = asyncio.Event()
        self.connection = Connection(
            send_text=self._send_text,
            close=self._close,
            person_key=f"name:{name.lower()}",
            username=name,
            guest=True,
            one_room=one_room,
            aware=aware,
            drop=drop,
        )

    def block(self) -> None:
        """Take no more frames, like a reader who has stopped reading."""
        self._open.clear()

    def go_on(self) -> None:
        """Take frames again."""
        self._open.set()

    async def _send_text(self, frame: str) -> None:
        if self.error is not None:
            raise self.error
        self.taking.set()
        await self._open.wait()
        self.frames.append(frame)

    async def _close(self, code: int, reason: str) -> None:
        await self._open.wait()
        self.closed.append((code, reason))

    def queued(self) -> list[str]:
        """Return the frames that wait to be written, for a connection whose task does not run."""
        return list(self.connection._frames)
