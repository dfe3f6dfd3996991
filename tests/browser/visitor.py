"""Somebody at a browser: what they do and what they see, in the page's own words."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from playwright.async_api import Locator, Page, Route, StorageState, expect

from tests.support.people import Message, Room
from tests.support.server import Server

# The top of the first row of the log that is whole, after some frames: by then all is settled.
SETTLE = """() => new Promise((resolve) => {
  let frames = 4;
  const next = () => (frames-- > 0 ? requestAnimationFrame(next) : resolve());
  next();
})"""

# What has the focus: its tag, and its accessible name as far as it is text.
FOCUSED = """() => { const at = document.activeElement;
  return `${at?.tagName.toLowerCase()} ${at?.ariaLabel ?? at?.textContent?.trim() ?? ''}`; }"""


def signed_in(
    server: Server, name: str, cookies: Mapping[str, str] | None = None, **kept: str
) -> StorageState:
    """Return a browser's storage in which `name` has signed in; `kept` is what else it keeps."""
    values = {"username": name, "lastUsername": name, **kept}
    local = [{"name": f"parlour.{key}", "value": value} for key, value in values.items()]
    flags = {"domain": "127.0.0.1", "path": "/", "httpOnly": True, "sameSite": "Strict"}
    flags |= {"secure": False, "expires": -1}
    found = [{"name": key, "value": value, **flags} for key, value in (cookies or {}).items()]
    state = {"cookies": found, "origins": [{"origin": server.url, "localStorage": local}]}
    return cast("StorageState", state)


def ends_with(text: str) -> re.Pattern[str]:
    """Return what a row's text matches whose message is, or ends with, `text`."""
    return re.compile(re.escape(text) + "$")


@dataclass
class Visitor:
    """One tab of one person's browser at `server`."""

    page: Page
    name: str
    server: Server

    # The screens and what stands on them.

    @property
    def name_field(self) -> Locator:
        """Where one writes one's name to come in."""
        return self.page.get_by_role("textbox", name="Your name")

    @property
    def rooms_heading(self) -> Locator:
        """The heading of the list of rooms."""
        return self.page.get_by_role("heading", name="Rooms", level=1)

    def card(self, room: str) -> Locator:
        """Return the room's card in the list of rooms."""
        link = self.page.get_by_role("link", name=room, exact=True)
        return self.page.get_by_role("listitem").filter(has=link)

    @property
    def title(self) -> Locator:
        """The open room's name."""
        return self.page.locator("#chat").get_by_role("heading", level=1)

    @property
    def log(self) -> Locator:
        """The log of the open room."""
        return self.page.get_by_role("log")

    @property
    def rows(self) -> Locator:
        """Its messages, stored and pending."""
        return self.page.locator("[role=log] article")

    @property
    def stored(self) -> Locator:
        """The messages that the server has confirmed."""
        return self.page.locator("[role=log] [data-message-id]")

    @property
    def pending(self) -> Locator:
        """The messages that are on their way."""
        return self.page.locator("[role=log] [data-state=sending]")

    @property
    def failed(self) -> Locator:
        """The messages that were refused."""
        return self.page.locator("[role=log] [data-state=failed]")

    def row(self, text: str) -> Locator:
        """Return the row of the message that ends with `text`."""
        return self.rows.filter(has_text=ends_with(text))

    @property
    def box(self) -> Locator:
        """The message box."""
        return self.page.get_by_role("textbox", name="Message to")

    @property
    def people(self) -> Locator:
        """The names in the column of people."""
        return self.page.get_by_role("complementary", name="People").get_by_role("listitem")

    def presence(self, name: str) -> Locator:
        """Return the name's place among the people of the room, on view or not."""
        return self.page.locator("[data-view=people] li").filter(has_text=name)

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.get_by_role("dialog")

    @property
    def notices(self) -> Locator:
        """The short notices in the corner."""
        return self.page.get_by_role("region", name="Notices")

    # What they do.

    async def sign_in(self, name: str | None = None) -> None:
        """Come in by the first screen."""
        await self.name_field.fill(self.name if name is None else name)
        await self.page.get_by_role("button", name="Come in").click()

    async def sign_out(self) -> None:
        """Leave by one's own menu."""
        await self.page.get_by_role("button", name="Your menu").click()
        await self.page.get_by_role("button", name="Sign out").click()
        await expect(self.name_field).to_be_visible()

    async def create_room(self, name: str) -> None:
        """Make a room by the dialog, which leads into it."""
        await self.page.get_by_role("button", name="New room").click()
        await self.page.get_by_role("textbox", name="Room name").fill(name)
        await self.page.get_by_role("button", name="Create room").click()
        await expect(self.title).to_have_text(name)

    async def go_to_rooms(self) -> None:
        """Go back to the list of rooms."""
        await self.page.locator("nav").get_by_role("link", name="All rooms").click()
        await expect(self.rooms_heading).to_be_visible()

    async def open_room(self, name: str) -> None:
        """Open a room by its link in the list or in the sidebar."""
        # Selectors write a pattern between slashes.
        pattern = re.escape(name).replace("/", r"\/")
        link = self.page.get_by_role("link", name=re.compile(rf"^{pattern}( \d+)?$"))
        await link.click()
        await expect(self.title).to_have_text(name)

    async def say(self, *texts: str) -> None:
        """Send messages, one after the other, as fast as keys go."""
        for text in texts:
            await self.box.fill(text)
            await self.box.press("Enter")

    async def delete_room(self) -> None:
        """Delete the open room by its menu and confirm it."""
        await self.page.get_by_role("button", name="Room menu").click()
        await self.page.get_by_role("menuitem", name="Delete room").click()
        await self.dialog.get_by_role("button", name="Delete room").click()

    async def reload_slowly(self, late: str = "seldom.js", *, lost: bool = False) -> asyncio.Event:
        """Load the page anew, without one of its files until the event that is returned is set.

        That file is the one that hears most keys, if none is named; `lost`: it is not had then,
        either.
        """
        held = asyncio.Event()

        async def hold(route: Route) -> None:
            await held.wait()
            await (route.abort() if lost else route.continue_())

        await self.page.route(f"**/{late}*", hold)
        await self.page.reload()
        return held

    # What they see.

    async def shows(self, *texts: str) -> None:
        """Expect the log to have exactly these messages, in this order, each once."""
        await expect(self.rows).to_have_text([ends_with(text) for text in texts])

    async def frames(self) -> None:
        """Let the page paint a few times."""
        await self.page.evaluate(SETTLE)

    async def stop_clock(self) -> None:
        """From now on the page's time stands still but for what the test lets pass."""
        soon = await self.page.evaluate("Date.now() / 1000 + 1")
        await self.page.clock.pause_at(soon)

    async def focused(self) -> str:
        """Return what has the focus: its tag, and its accessible name as far as it is text."""
        return str(await self.page.evaluate(FOCUSED))

    async def told(self) -> list[dict[str, Any]]:
        """Return what the server's history of the open room holds, as the API tells it."""
        room_id = re.findall(r"#/r/(\d+)", self.page.url)[0]
        answer = await self.page.request.get(
            f"{self.server.url}/api/chat/rooms/{room_id}/messages?limit=200"
        )
        return list(json.loads(await answer.text()))


def address(server: Server, room: Room | None = None, message: Message | None = None) -> str:
    """Return the page's address: of the list of rooms, of a room, or of a message in it."""
    place = "" if room is None else f"r/{room['id']}"
    if message is not None:
        place += f"/m/{message['id']}"
    return f"{server.url}/#/{place}"
