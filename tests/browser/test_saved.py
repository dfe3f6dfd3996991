"""The list of what one has saved: in two windows, in pages, come back to, come to late."""

import asyncio
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.conftest import Visit
from tests.browser.keeping import LISTEN, choose, row
from tests.browser.visitor import Visitor
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.moderation import Guest
from tests.support.page_checks import axe_violations
from tests.support.people import checked
from tests.support.pictures import picture
from tests.support.places import make_room, name_of, new_account, say
from tests.support.server import Server

pytestmark = pytest.mark.thorough

SAVED = re.compile(r"/api/chat/saved(\?|$)")


async def see_saved_come_late(visitor: Visitor, change: Callable[[], object]) -> None:
    """Open the list for itself, while it is not known what is saved nor how Markdown is shown."""
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    page, items = visitor.page, visitor.page.locator(".saved-item")
    for late in ("**/saved/ids*", "**/markdown.js*"):
        await page.route(late, hold)
    await page.route(SAVED, lambda route: route.abort())
    await page.reload()
    again = page.locator("#saved").get_by_role("button", name="Try again")
    await again.focus()
    await page.unroute(SAVED)
    await page.keyboard.press("Enter")
    await expect(items).to_contain_text("the *library*")
    await expect(page.get_by_role("heading", name="Saved messages", level=1)).to_be_focused()
    # Whatever is heard meanwhile, nothing is taken for removed.
    change()
    await expect(page).to_have_title(re.compile(r"^\(1\)"))
    await expect(items).to_have_count(1)
    held.set()
    await expect(items.locator("em")).to_have_text("library")


async def test_saved_messages_are_ones_own_and_are_found_again(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """In two windows of one person, and in nobody else's; the list leads back to each."""
    browsers.allow("Failed to load resource")
    ada, ben = new_account(server, "ada"), new_account(server, "ben")
    place = make_room(ada, name="Reading list")
    place.add(ben)
    for text in ("Borges, the *library*", "Calvino, the cities"):
        checked(say(place, ada, text))
    name = name_of(ben)
    here, there = [await member(name, server, place.room) for _ in range(2)]
    other = await member(name_of(ada), server, place.room)
    await choose(here, "Calvino", "Save for yourself")
    await row(here, "Borges").click(position={"x": 4, "y": 4})
    await row(here, "Borges").focus()
    await here.page.keyboard.press("s")
    await expect(here.page.locator("#live-polite")).to_contain_text("Saved")
    for page in (here, there):
        for text in ("Borges", "Calvino"):
            await expect(row(page, text).locator(".row-mark-bookmark")).to_have_text("Saved")
    await expect(row(other, "Borges")).to_be_visible()
    await expect(other.page.locator(".row-mark-bookmark")).to_have_count(0)
    # By the sidebar to the list.
    await here.page.get_by_role("link", name="Saved", exact=True).click()
    items = here.page.locator(".saved-item")
    await expect(items).to_have_count(2)
    await expect(items.first).to_contain_text("Borges, the library")
    await expect(items.first).to_contain_text("#Reading list")
    assert await axe_violations(here.page) == []
    await row(there, "Calvino").hover()
    await row(there, "Calvino").get_by_role("button", name="Remove from saved").click()
    await expect(items).to_have_count(1)
    await items.get_by_role("link", name="Show in room").click()
    await expect(row(here, "Borges")).to_be_focused()
    await here.page.go_back()
    await expect(items.get_by_role("link", name="Show in room")).to_be_focused()
    other_place = make_room(ada, name="Elsewhere")
    other_place.add(ben)
    await see_saved_come_late(here, lambda: say(other_place, ada, "Something else"))
    await items.get_by_role("button", name="Remove").click()
    await expect(here.page.get_by_text("Nothing saved yet")).to_be_visible()
    await expect(there.page.locator(".row-mark-bookmark")).to_have_count(0)


async def test_the_list_goes_on_without_losing_the_focus(server: Server, member: Visit) -> None:
    """The button that has brought the last goes; the first that came has the focus then."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Long list")
    for number in range(52):
        said = checked(say(place, ada, f"thing {number}"))
        assert ada.call("PUT", f"/api/chat/messages/{said['id']}/save").is_success
    visitor = await member(name_of(ada), server)
    await visitor.page.goto(f"{server.url}/#/saved")
    more = visitor.page.get_by_role("button", name="Show more")
    await more.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(more).to_be_hidden()
    items = visitor.page.locator(".saved-item")
    await expect(items).to_have_count(52)
    shown = items.nth(50).get_by_role("link", name="Show in room")
    await expect(shown).to_be_focused()
    # Back from a message it is as long as it was, and the same place in it.
    await visitor.page.keyboard.press("Enter")
    await expect(row(visitor, "thing 1").first).to_be_visible()
    async with visitor.page.expect_response(re.compile("/saved[?].*before=")):
        await visitor.page.go_back()
    await expect(items).to_have_count(52)
    await expect(shown).to_be_focused()
    await expect(shown).to_be_in_viewport()
    # Each removal is said, though the words are the same.
    await visitor.page.locator("#saved main [role=status]").first.evaluate(LISTEN)
    for left in (51, 50):
        await items.last.get_by_role("button", name="Remove").press("Enter")
        await expect(items).to_have_count(left)
    assert await visitor.page.evaluate("said") == ["No longer saved."] * 2


async def test_a_guest_has_no_face_of_an_account_with_their_name_among_what_is_saved(
    server: Server, member: Visit
) -> None:
    """Neither its picture nor its colour, but the word; in the room as in the list."""
    ada = new_account(server, "ada")
    place = make_room(ada, "public", name="Visitors")
    said = [checked(await (await Guest(server, "Zelda").come()).say(place.id, "As a guest"))]
    zelda = register(server, "zelda")
    assert zelda.call("PUT", "/api/users/me/avatar", content=picture(300, 300)).is_success
    checked(zelda.call("PATCH", "/api/users/me", json={"hue": 123}))
    said.append(checked(say(place, zelda, "With one")))
    for message in said:
        assert ada.call("PUT", f"/api/chat/messages/{message['id']}/save").is_success
    visitor = await member(name_of(ada), server, place.room)
    hue = "(node) => node.style.getPropertyValue('--hue')"

    async def are_told_apart(rows: Locator) -> None:
        guest, account = (rows.filter(has_text=text) for text in ("As a guest", "With one"))
        await expect(account.locator(".avatar img")).to_have_js_property("complete", value=True)
        await expect(account.locator(".avatar")).to_have_css("--hue", "123")
        await expect(guest.locator(".avatar")).to_have_text("Z")
        assert await guest.locator(".avatar").evaluate(hue) != "123"
        await expect(guest.locator(".badge:visible")).to_have_text("guest")
        await expect(account.locator(".badge:visible")).to_have_count(0)

    await are_told_apart(visitor.rows)
    await visitor.page.get_by_role("link", name="Saved", exact=True).click()
    await are_told_apart(visitor.page.locator(".saved-item"))
