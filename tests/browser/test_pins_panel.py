"""The panel of pins while others pin, change, unpin and delete: it follows, and keeps the focus."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.keeping import LISTEN, counter, pins
from tests.support.people import Message, Person, Room, async_http_client
from tests.support.server import Server

pytestmark = pytest.mark.thorough

MESSAGES = "/api/chat/messages"


class Others:
    """Somebody else, who does things to messages."""

    def __init__(self, bob: Person, room: Room) -> None:
        self.bob = bob
        self.room = room

    async def call(self, method: str, path: str, **options: Any) -> None:
        """Let it be done."""
        async with async_http_client(self.bob.server) as http:
            answer = await http.request(
                method, f"{MESSAGES}/{path}", params={"username": "bob"}, **options
            )
        assert answer.is_success, answer.text

    async def pinned(self, *texts: str) -> list[Message]:
        """Say and pin something."""
        said = [await self.bob.post(self.room, text) for text in texts]
        for message in said:
            await self.call("PUT", f"{message['id']}/pin")
        return said


async def reads(shown: Locator, *texts: str) -> None:
    """Expect the panel to show these, in this order."""
    await expect(shown.locator(".row-body")).to_have_text(list(texts))


async def test_the_panel_follows_what_others_do_and_keeps_the_focus(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """On the message one is on, whatever happens around it; on its neighbour when it goes."""
    others = Others(bob, room)
    one, two, three = await others.pinned("one", "two", "three")
    alice = await visit("alice", server, room)
    await counter(alice).click()
    shown = pins(alice).locator("article")
    await reads(shown, "three", "two", "one")
    await pins(alice).locator("[role=status]").evaluate(LISTEN)
    here = shown.filter(has_text="two").get_by_role("button", name="Show in room")
    await here.focus()
    # What others pin comes first; what is not pinned does not come at all.
    [four] = await others.pinned("four")
    await bob.post(room, "five")
    await reads(shown, "four", "three", "two", "one")
    await expect(here).to_be_focused()
    await others.call("PATCH", str(two["id"]), json={"content": "two **again**"})
    await reads(shown, "four", "three", "two again (edited)", "one")
    await expect(shown.nth(2).locator("strong")).to_have_text("again")
    await expect(shown.nth(2).locator(".row-edited")).to_be_visible()
    await expect(here).to_be_focused()
    await expect(here).to_have_accessible_description(re.compile("two again"))
    await others.call("DELETE", f"{three['id']}/pin")
    await reads(shown, "four", "two again (edited)", "one")
    await expect(here).to_be_focused()
    # What it is on itself goes.
    await others.call("DELETE", f"{two['id']}/pin")
    await reads(shown, "four", "one")
    await expect(shown.last.get_by_role("button", name="Show in room")).to_be_focused()
    await others.call("DELETE", str(one["id"]))
    await reads(shown, "four")
    await expect(shown.get_by_role("button", name="Show in room")).to_be_focused()
    await expect(counter(alice)).to_have_accessible_name("1 pinned message")
    await others.call("DELETE", str(four["id"]))
    await expect(pins(alice)).to_contain_text("Nothing is pinned")
    await expect(pins(alice).get_by_role("heading")).to_be_focused()
    assert await alice.page.evaluate("said") == ["No longer pinned."] * 4
