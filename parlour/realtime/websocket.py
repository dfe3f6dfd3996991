"""The WebSocket protocol class that Uvicorn is given: a connection can be dropped at once."""

from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_EXTENSION: Final = "parlour.drop"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's own, which tells the application in its scope how to drop the connection.

    To close one waits until the peer has read what was written before: a peer that never reads
    would keep its socket, and what waits for it, for ever.
    """

    async def run_asgi(self) -> None:
        """Run the application with the extension in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"] or {}
        extensions[_EXTENSION] = {"drop": self.transport.abort}
        await super().run_asgi()

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping: it would not answer a close either."""
        super().keepalive_timeout()
        self.transport.abort()


def drop_of(scope: Scope) -> Callable[[], None] | None:
    """What drops the connection of `scope` at once; None under another server."""
    extension: dict[str, Callable[[], None]] = scope.get("extensions", {}).get(_EXTENSION, {})
    return extension.get("drop")
