"""The first screen: a name, remembered until one signs out, refused in words one understands."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import address
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import Server

ENTER = "Enter a name."
TOO_LONG = "That name is too long."
UNUSABLE = "That name has characters that can\u2019t be used here."
BAD_NAMES = {
    "": ENTER,
    "   ": ENTER,
    "x" * 51: TOO_LONG,
    "👋🏽" * 26: TOO_LONG,
    "ali\u200bce": UNUSABLE,
    "\u202eecila": UNUSABLE,
    "al\u0007ice": UNUSABLE,
    "al\u00adice": UNUSABLE,
}
UNREACHABLE = "Can\u2019t reach the server. Check your connection."


async def test_the_name_is_remembered_over_a_reload(server: Server, stranger: Visit) -> None:
    """Whoever has come in once is in again, without a question."""
    alice = await stranger("alice", server)
    await expect(alice.name_field).to_be_focused()
    await alice.sign_in()
    await expect(alice.rooms_heading).to_be_visible()
    await alice.page.reload()
    await expect(alice.rooms_heading).to_be_visible()
    await expect(alice.name_field).to_be_hidden()
    await expect(alice.page.get_by_role("button", name="alice")).to_be_visible()


@pytest.mark.thorough
async def test_a_guest_is_the_same_guest_over_a_reload(
    server: Server, room: Room, stranger: Visit
) -> None:
    """The browser is greeted once, before its first connection, and keeps what it was given."""
    alice = await stranger("alice", server)
    order: list[str] = []
    alice.page.on("request", lambda request: order.append(request.url))
    alice.page.on("websocket", lambda socket: order.append(socket.url))
    await alice.page.goto(address(server, room))
    await alice.sign_in()
    await alice.say("it is me")
    await expect(alice.row("it is me").locator(".badge")).to_have_text("guest")
    doors = [url for url in order if "/auth/guest" in url or "/ws/" in url]
    assert doors[0] == f"{server.url}/api/auth/guest"
    (before,) = await alice.page.context.cookies()
    assert before["name"] == "parlour-guest"
    assert before["httpOnly"]
    order.clear()
    await alice.page.reload()
    await expect(alice.stored).to_have_count(1)
    await alice.say("and again")
    await expect(alice.stored).to_have_count(2)
    assert await alice.page.context.cookies() == [before]
    assert not any("/auth/" in url for url in order)


async def test_signing_out_ends_it_and_offers_the_name_again(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """The first screen is back, also after a reload and at a room's address, and knows the name."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await expect(bob.people).to_have_count(2)
    await alice.sign_out()
    await expect(bob.people).to_have_count(1)
    await expect(alice.name_field).to_have_value("alice")
    await expect(alice.name_field).to_be_focused()
    await alice.page.goto(address(server, room))
    await alice.page.reload()
    await expect(alice.name_field).to_have_value("alice")
    # The address is kept: coming in leads to where one wanted to go.
    await alice.sign_in("alison")
    await expect(alice.title).to_have_text(room["name"])
    await expect(bob.presence("alison")).to_be_attached()


@pytest.mark.thorough
async def test_a_bad_name_is_refused_in_words(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """Empty, too long, or with something in it that cannot be seen; the next try is free."""
    browsers.allow("422")
    visitor = await stranger("", server)
    for name, words in BAD_NAMES.items():
        await visitor.sign_in(name)
        await expect(visitor.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
        await expect(visitor.name_field).to_be_focused()
        await expect(visitor.name_field).to_have_attribute("aria-invalid", "true")
        await expect(visitor.name_field).to_have_accessible_description(words)
        await visitor.name_field.fill("x")
        await expect(visitor.page.get_by_text(words)).to_be_hidden()
    await visitor.sign_in("👋🏽" * 25)
    await expect(visitor.rooms_heading).to_be_visible()


@pytest.mark.thorough
async def test_a_server_that_cannot_be_reached_is_said_so(
    own_server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """The name stays in its field, and the same button works when the server is back."""
    browsers.allow("ERR_CONNECTION_REFUSED")
    alice = await stranger("alice", own_server)
    # Its form is loaded by itself.
    await expect(alice.name_field).to_be_visible()
    await own_server.astop()
    await alice.sign_in()
    await expect(alice.page.get_by_role("alert").filter(has_text=UNREACHABLE)).to_be_visible()
    await expect(alice.name_field).to_have_value("alice")
    await own_server.arestart()
    await alice.page.get_by_role("button", name="Come in").click()
    await expect(alice.rooms_heading).to_be_visible()
