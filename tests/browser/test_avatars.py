"""Pictures of people: chosen in one's settings, seen by others in place of initials."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accounts import log_in, open_settings
from tests.browser.conftest import Visit
from tests.browser.filing import choosing, payload
from tests.browser.visitor import Visitor
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.people import Room, checked
from tests.support.pictures import picture
from tests.support.server import Server

pytestmark = pytest.mark.thorough


def faces(visitor: Visitor, where: str) -> Locator:
    """Return the pictures in a part of the page."""
    return visitor.page.locator(f"{where} .avatar img")


async def is_seen(face: Locator) -> None:
    """Expect the picture to be there, a square."""
    await expect(face).to_have_js_property("complete", value=True)
    assert await face.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [256, 256]


async def choose(visitor: Visitor, data: bytes, kind: str = "image/png") -> None:
    """Choose a picture in one's settings, which are open."""
    async with choosing(visitor.page, payload("me.png", data, kind)):
        await visitor.dialog.get_by_role(
            "button", name=re.compile("(Choose|Change) picture")
        ).click()


async def test_a_picture_is_chosen_seen_by_others_and_taken_away(
    server: Server, room: Room, visit: Visit, member: Visit, browsers: Browsers
) -> None:
    """In rows, among the people, on the card; one request for a picture, however often it shows."""
    browsers.allow("422|400|Failed to load resource")
    known = register(server, "maya")
    for words in ("One", "Two", "Three"):
        known.call("POST", f"/api/chat/rooms/{room['id']}/messages", json={"content": words})
    maya = await member("maya", server, room)
    bob = await visit("bob", server, room)
    asked: list[str] = []
    bob.page.on("request", lambda request: asked.append(request.url))
    await expect(bob.log.locator(".avatar").first).to_have_text("M")

    await open_settings(maya)
    await choose(maya, b"no image at all")
    await expect(maya.dialog.get_by_role("alert").filter(has_text="image")).to_be_visible()
    await choose(maya, picture(900, 500))
    await expect(maya.dialog.get_by_text("Your picture is saved.")).to_be_visible()
    await is_seen(maya.page.locator(".profile-preview .avatar img"))
    await maya.page.keyboard.press("Escape")
    # At once where it was chosen; elsewhere when the page comes back, or after a while.
    await is_seen(faces(maya, "[role=log]").first)
    await is_seen(faces(maya, "[data-view=people]").first)
    await is_seen(faces(maya, ".self").first)
    await expect(faces(bob, "[role=log]")).to_have_count(0)
    await bob.page.clock.install()
    asked.clear()
    await bob.page.reload()
    await is_seen(faces(bob, "[role=log]").first)
    await is_seen(faces(bob, "[data-view=people]").first)
    assert sum("/avatar?v=" in url for url in asked) == 1
    await bob.log.get_by_role("button", name="maya", exact=True).click()
    await is_seen(bob.dialog.locator(".avatar img"))
    await bob.page.keyboard.press("Escape")

    await open_settings(maya)
    await maya.dialog.get_by_role("button", name="Remove", exact=True).click()
    await expect(maya.dialog.get_by_text("Your picture is removed.")).to_be_visible()
    await expect(maya.dialog.get_by_role("button", name="Choose picture")).to_be_focused()
    await expect(faces(maya, "[role=log]")).to_have_count(0)
    # Bob's page asks again by itself.
    await bob.page.clock.fast_forward(11 * 60_000)
    await expect(faces(bob, "[role=log]")).to_have_count(0)
    await expect(bob.log.locator(".avatar").first).to_have_text("M")
    assert sum("/api/users/avatars?" in url for url in asked) <= 2


async def test_a_guest_has_no_picture_of_an_account_with_their_name(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """What a guest said before somebody registered that name stays under initials."""
    browsers.allow("Failed to load resource")
    zoe = await visit("zoe", server, room)
    # Guests send no files where nobody has said that they may.
    await expect(zoe.page.get_by_role("button", name="Attach files")).to_have_count(0)
    await zoe.say("As a guest")
    await expect(zoe.stored).to_have_count(1)
    [said] = await zoe.told()
    await zoe.row("As a guest").hover()
    await zoe.row("As a guest").get_by_role("button", name="React with 👍").click()
    await expect(zoe.log.locator(".pill[aria-pressed]")).to_have_count(1)
    bob = await visit("bob", server, room)
    await expect(bob.presence("zoe")).to_be_attached()
    await zoe.page.close()
    # Until then the name is hers.
    await expect(bob.presence("zoe")).to_have_count(0)
    account = register(server, "zoe")
    put = account.call("PUT", "/api/users/me/avatar", content=picture(300, 300))
    assert put.is_success, put.text
    account.call("POST", f"/api/chat/rooms/{room['id']}/messages", json={"content": "With one"})
    await is_seen(bob.row("With one").locator(".avatar img"))
    guest = bob.rows.filter(has_text="As a guest")
    await expect(guest).to_be_visible()
    await expect(guest.locator(".avatar img")).to_have_count(0)
    # Nor where one sees who has reacted.
    checked(account.call("PUT", f"/api/chat/messages/{said['id']}/reactions/🎉"))
    await expect(bob.log.locator(".pill[aria-pressed]")).to_have_count(2)
    await guest.focus()
    await bob.page.keyboard.press("m")
    await bob.page.get_by_role("menuitem", name="Who reacted").click()
    lines = bob.dialog.get_by_role("list").get_by_role("listitem")
    await is_seen(lines.filter(has_text="🎉").locator(".avatar img"))
    await expect(lines.filter(has_text="👍").locator(".avatar img")).to_have_count(0)


async def test_a_picture_that_cannot_be_had_leaves_the_initials(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Also while it is on its way."""
    browsers.allow("Failed to load resource")
    account = register(server, "ivo")
    assert account.call("PUT", "/api/users/me/avatar", content=picture(300, 300)).is_success
    account.call("POST", f"/api/chat/rooms/{room['id']}/messages", json={"content": "Hello"})
    bob = await visit("bob", server)
    await bob.page.route("**/avatar?v=*", lambda route: route.fulfill(status=404, body="{}"))
    async with bob.page.expect_response("**/avatar?v=*"):
        await bob.open_room(room["name"])
    face = bob.row("Hello").locator(".avatar")
    await expect(face.locator("img")).to_have_count(0)
    await expect(face).to_have_text("I")


async def test_ones_own_picture_is_there_before_any_room_is_opened(
    server: Server, stranger: Visit
) -> None:
    """On the list of rooms, after signing in and after a reload."""
    account = register(server, "mira")
    put = account.call("PUT", "/api/users/me/avatar", content=picture(300, 300))
    assert put.is_success
    mira = await stranger("mira", server)
    await log_in(mira)
    own = mira.page.locator(".screen:not([hidden]) .self-button .avatar img")
    await is_seen(own)
    await mira.page.reload()
    await is_seen(own)
