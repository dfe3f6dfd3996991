"""One's account: profile, password, sessions; by keyboard, and seen by others."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.accounts import asked_for_the_password, field, log_in, open_settings, press
from tests.browser.conftest import Visit
from tests.support import accounts
from tests.support.accounts import PASSWORD, register
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import Server

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)
HUE = "(node) => getComputedStyle(node).getPropertyValue('--hue')"


async def test_a_profile_is_changed_and_others_see_it_beside_the_name(
    server: Server, room: Room, member: Visit, visit: Visit
) -> None:
    """Name, status, words, time zone and colour; the colour everywhere where the name is."""
    register(server, "ada")
    ada = await member("ada", server)
    await ada.open_room(room["name"])
    await ada.say("good morning")
    await open_settings(ada)
    await field(ada, "Display name").fill("Ada Lovelace")
    await field(ada, "Status").fill("At the engine")
    await field(ada, "About you").fill("Numbers.\n<b>And</b> more.")
    await ada.dialog.get_by_label("Time zone").select_option("Asia/Tokyo")
    await ada.dialog.get_by_role("radio", name="From your name").press("ArrowRight")
    colour = await ada.dialog.get_by_role("radio", checked=True).get_attribute("value")
    await press(ada, "Save profile")
    await expect(ada.dialog.get_by_role("status")).to_have_text("Your profile is saved.")
    await ada.page.keyboard.press("Escape")
    people = ada.page.locator("[data-view=people]")
    await expect(people.get_by_role("button", name="Ada Lovelace")).to_be_visible()
    assert await ada.row("good morning").locator(".avatar").evaluate(HUE) == colour

    bob = await visit("bob", server, room)
    await bob.page.get_by_role("button", name="ada", exact=True).first.focus()
    await bob.page.keyboard.press("Enter")
    card = bob.page.get_by_role("dialog", name="Ada Lovelace")
    await expect(card).to_be_focused()
    for words in ("@ada", "At the engine", "<b>And</b> more.", "local time", "Here since"):
        await expect(card.get_by_text(words)).to_be_visible()
    await expect(card).not_to_contain_text("guest")
    assert await bob.row("good morning").locator(".avatar").evaluate(HUE) == colour
    await bob.page.keyboard.press("Escape")
    await expect(card).to_have_count(0)
    await expect(bob.page.get_by_role("button", name="ada", exact=True).first).to_be_focused()


@pytest.mark.thorough
async def test_a_guests_card_says_that_anybody_may_have_chosen_the_name(
    server: Server, room: Room, visit: Visit
) -> None:
    """From the list of people, by arrows and Enter; nothing is asked of the server."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await expect(alice.people).to_have_count(2)
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(request.url))
    await alice.people.first.get_by_role("button").focus()
    await alice.page.keyboard.press("ArrowDown")
    await alice.page.keyboard.press("Enter")
    card = alice.page.get_by_role("dialog", name="bob")
    await expect(card).to_contain_text("A guest: anybody may have chosen this name.")
    assert [url for url in asked if "/api/" in url] == []
    await alice.page.keyboard.press("Escape")
    await expect(alice.people.last.get_by_role("button")).to_be_focused()
    await bob.say("also from here")
    await alice.row("also from here").locator(".row-face").click()
    await expect(card).to_be_visible()


@pytest.mark.thorough
async def test_a_password_is_changed_and_other_sessions_end(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """The wrong one is refused under its field; with the right one only this browser stays in."""
    browsers.allow("401")
    elsewhere = register(server, "grace")
    grace = await member("grace", server)
    await open_settings(grace, "Password")
    await field(grace, "Current password").fill("not this one")
    await field(grace, "New password").fill("an entirely other one")
    await press(grace, "Change password")
    wrong = re.compile("That is not your current password.")
    await expect(field(grace, "Current password")).to_have_accessible_description(wrong)
    await expect(field(grace, "Current password")).to_be_focused()
    await field(grace, "Current password").fill(PASSWORD)
    assert elsewhere.status() == 200
    await press(grace, "Change password")
    done = "Your password is changed. Other sessions are signed out."
    await expect(grace.dialog.get_by_role("status").filter(has_text=done)).to_be_visible()
    assert elsewhere.status() == 401
    await expect(field(grace, "Current password")).to_have_value("")
    await grace.page.reload()
    await expect(grace.rooms_heading).to_be_visible()
    assert accounts.log_in(server, "grace", "an entirely other one").status() == 200


@pytest.mark.thorough
async def test_sessions_are_listed_and_ended_one_by_one(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """This one first and marked; another ends at once, and the focus stays in the dialog."""
    browsers.allow("401")
    register(server, "linus")
    linus = await stranger("linus", server)
    phone = await stranger("linus", server, user_agent=IPHONE)
    await log_in(phone)
    await log_in(linus)
    await open_settings(linus, "Sessions")
    sessions = linus.dialog.get_by_role("listitem")
    # The first was made by a program.
    await expect(sessions).to_have_count(3)
    await expect(sessions.first).to_contain_text("This session")
    await expect(sessions.first.get_by_role("button")).to_have_count(0)
    await linus.dialog.get_by_role("button", name="End session: Safari on iPhone").click()
    await expect(sessions).to_have_count(2)
    everywhere = linus.dialog.get_by_role("button", name="Sign out everywhere")
    await expect(everywhere).to_be_focused()
    asked = phone.page.get_by_role("dialog", name="You\u2019ve been signed out")
    await expect(asked).to_be_visible()


@pytest.mark.thorough
async def test_signing_out_everywhere_is_asked_twice_and_includes_oneself(
    server: Server, member: Visit
) -> None:
    """The first screen is back here; the others are asked for their password."""
    elsewhere = register(server, "ken")
    ken = await member("ken", server)
    await open_settings(ken, "Sessions")
    await press(ken, "Sign out everywhere")
    await expect(ken.dialog.get_by_role("button", name="Keep them")).to_be_focused()
    await press(ken, "Keep them")
    await expect(ken.dialog.get_by_role("button", name="Sign out everywhere")).to_be_focused()
    assert elsewhere.status() == 200
    await ken.page.keyboard.press("Enter")
    await press(ken, "End all")
    await asked_for_the_password(ken)
    await expect(ken.dialog).to_have_count(0)
    assert elsewhere.status() == 401
    await ken.page.reload()
    await asked_for_the_password(ken)


@pytest.mark.chromium("the order of Tab, in which Firefox has what scrolls as well")
@pytest.mark.thorough
async def test_the_settings_are_used_with_keys_alone(server: Server, member: Visit) -> None:
    """From one's own menu through the tabs by arrows, out by Escape, back where one was."""
    register(server, "barbara")
    barbara = await member("barbara", server)
    await expect(barbara.rooms_heading).to_be_visible()
    menu = barbara.page.get_by_role("button", name="Your menu")
    await menu.focus()
    keys = barbara.page.keyboard
    await keys.press("Enter")
    settings = barbara.page.get_by_role("button", name="Account settings")
    await settings.focus()
    await keys.press("Enter")
    tab = barbara.dialog.get_by_role("tab")
    await expect(tab.first).to_be_focused()
    for name, key in (("Password", "ArrowRight"), ("Your data", "End"), ("Profile", "Home")):
        await keys.press(key)
        await expect(tab.filter(has_text=name)).to_be_focused()
        await expect(barbara.dialog.get_by_role("tabpanel", name=name)).to_be_visible()
    await keys.press("Tab")
    await expect(barbara.dialog.get_by_role("button", name="Choose picture")).to_be_focused()
    await keys.press("Tab")
    await expect(field(barbara, "Display name")).to_be_focused()
    await keys.press("Escape")
    await expect(barbara.dialog).to_have_count(0)
    await expect(menu).to_be_focused()
