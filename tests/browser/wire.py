"""The WebSocket between a page and its server, as something that can be cut and go dead."""

import asyncio
import json
import re
from typing import Any, Literal

from playwright.async_api import Page, WebSocketRoute

from tests.support.timing import scaled


class Wire:
    """Every WebSocket of a page runs through its wire.

    `state` says what becomes of them: "up": all passes. "down": those there are have been closed,
    new ones are closed at once. "deaf": what the page says arrives, nothing comes back.
    """

    def __init__(self) -> None:
        self.state: Literal["up", "down", "deaf"] = "up"
        # What the page said while the wire carried it.
        self.said: list[str] = []
        self.opened = 0
        self._lost: list[str] = []
        self._news = asyncio.Condition()
        self._open: list[WebSocketRoute] = []
        self._dead: set[WebSocketRoute] = set()

    async def lay(self, page: Page) -> None:
        """Put the wire under a page that is not loaded yet."""
        await page.route_web_socket(re.compile(r"/ws/chat"), self._connect)

    async def cut(self, code: int = 1013) -> None:
        """Close every connection, and each new one until it is up again."""
        self.state = "down"
        await self.close(code)

    async def close(self, code: int = 1013) -> None:
        """Close every connection; the page may open the next at once."""
        for route in self._open:
            await route.close(code=code)
        self._open.clear()

    def die(self) -> None:
        """Let nothing pass any more on the connections there are, and say so to nobody."""
        self._dead.update(self._open)

    def tell(self, frame: str) -> None:
        """Say something to the page as if it came from the server."""
        for route in self._open:
            route.send(frame)

    async def has_lost(self, kind: str) -> None:
        """Wait until a frame of this kind has gone into the void."""
        async with asyncio.timeout(scaled(10)), self._news:
            await self._news.wait_for(
                lambda: any(json.loads(frame)["type"] == kind for frame in self._lost)
            )

    async def _connect(self, route: WebSocketRoute) -> None:
        self.opened += 1
        if self.state == "down":
            await route.close(code=1013)
            return
        self._open.append(route)
        server = route.connect_to_server()

        async def to_server(frame: Any) -> None:
            arrives = route not in self._dead
            async with self._news:
                (self.said if arrives else self._lost).append(str(frame))
                self._news.notify_all()
            if arrives:
                server.send(frame)

        def to_page(frame: Any) -> None:
            if self.state == "up" and route not in self._dead:
                route.send(frame)

        route.on_message(to_server)
        server.on_message(to_page)
