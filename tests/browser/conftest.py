"""Fixtures of the browser tests: visitors who have signed in, and rooms with a history."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.accounts import logged_in
from tests.browser.visitor import Visitor, address, signed_in
from tests.browser.wire import Wire
from tests.support.accounts import Account
from tests.support.administration import first_administrator
from tests.support.browser import Browsers
from tests.support.people import Message, Room
from tests.support.server import Server
from tests.support.timing import scaled

Visit = Callable[..., Awaitable[Visitor]]

# The page has fetched what may be wanted later: the signs of pins come with what hears the keys of
# messages. For that it would wait two seconds, and does not when the pointer moves.
WHOLE = """() => new Promise((resolve) => {
  const look = () => {
    if (document.getElementById('i-pin')) return void resolve();
    dispatchEvent(new PointerEvent('pointermove'));
    requestAnimationFrame(look);
  };
  look();
})"""

expect.set_options(timeout=scaled(10_000))


@pytest.fixture
def visit(browsers: Browsers) -> Visit:
    """Return what opens a browser for somebody who has signed in before.

    `await visit("alice", server)` shows the list of rooms, with a room that room, with a message
    that message. `wire` is laid under the page; with `clock` the page's time can be moved on, with
    `now` it begins there; `script` runs before the page's own. The rest are options of
    `Browser.new_context`.
    """

    async def open_browser(
        name: str,
        server: Server,
        room: Room | None = None,
        message: Message | None = None,
        *,
        wire: Wire | None = None,
        clock: bool = False,
        now: datetime | None = None,
        script: str = "",
        **options: Any,
    ) -> Visitor:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        state = options.pop("storage_state", None) or signed_in(server, name)
        page = await browsers.open("about:blank", **options)
        if wire is not None:
            await wire.lay(page)
        if clock or now is not None:
            await page.clock.install(time=now)
        if script:
            await page.add_init_script(script)
        await browsers.come(page, address(server, room, message), state)
        visitor = Visitor(page, name, server)
        if room is None:
            await expect(visitor.rooms_heading).to_be_visible()
        else:
            await expect(visitor.presence(name)).to_be_attached()
            await expect(visitor.log).not_to_have_attribute("aria-busy", "true")
            # Nobody scrolls or presses a key before the first frame is painted, and the page whole.
            await visitor.frames()
            async with asyncio.timeout(scaled(10)):
                await page.evaluate(WHOLE)
        return visitor

    return open_browser


@pytest.fixture
def member(visit: Visit) -> Visit:
    """Return what opens a browser for somebody who has signed in before with their account.

    The same as `visit`, by the username of an account: `await member("ada", server, room)`. Each
    is a login of its own. How one signs in by the form is the matter of tests of their own.
    """

    async def open_browser(
        name: str, server: Server, room: Room | None = None, **options: Any
    ) -> Visitor:
        return await visit(name, server, room, storage_state=logged_in(server, name), **options)

    return open_browser


@pytest.fixture
def chief(own_server: Server) -> Account:
    """Return who runs a server of the test's own."""
    return first_administrator(own_server, "ada")


@pytest.fixture
def stranger(browsers: Browsers) -> Visit:
    """Return what opens a browser that nobody has used; the first screen is on view."""

    async def open_browser(name: str, server: Server, **options: Any) -> Visitor:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        return Visitor(await browsers.open(server.url, **options), name, server)

    return open_browser
