"""Looking for what was said: as one types, by keys alone, on a phone, and without a network."""

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Error, Locator, Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import MakePerson, NewRoom, Room
from tests.support.places import make_room, say, somebody
from tests.support.server import Server

ASKED = re.compile(r"/api/chat/search\?")
pytestmark = pytest.mark.usefixtures("partings")


def panel(visitor: Visitor) -> Locator:
    """Return the panel of the search."""
    return visitor.page.get_by_role("search", name="Search")


def search_box(visitor: Visitor) -> Locator:
    """Return the field in it."""
    return panel(visitor).get_by_role("combobox", name="Search messages")


def results(visitor: Visitor) -> Locator:
    """Return what was found."""
    return panel(visitor).get_by_role("list", name="Results").get_by_role("link")


@pytest.mark.chromium("axe beside what was found, which makes a process of Firefox 153 crash")
async def test_what_was_said_is_found_and_opened_by_keys_alone(
    server: Server, room: Room, visit: Visit, new_room: NewRoom, person: MakePerson
) -> None:
    """As one types, here first and then everywhere; what somebody deletes is gone."""
    other = new_room(server)
    bob = person("bob", server)
    await bob.post(room, "The budget of March, budgets and more")
    for number in range(40):
        await bob.post(room, f"line {number}")
    await bob.post(other, "来週の予算会議 and the budget")
    secret = make_room(somebody(server))
    say(secret, secret.owner, "a secret budget")
    alice = await visit("alice", server, room)
    there = await visit("bob", server, room)
    await there.say("no budget at all")
    await expect(alice.row("no budget at all")).to_be_visible()

    await alice.page.keyboard.press("Control+Shift+F")
    await expect(search_box(alice)).to_be_focused()
    await alice.page.keyboard.type("udge")
    await expect(panel(alice).get_by_role("status").last).to_have_text("2 results")
    await expect(results(alice)).to_have_count(2)
    marks = results(alice).last.locator("mark")
    await expect(marks).to_have_text(["udge", "udge"])
    await panel(alice).get_by_role("button", name="Everywhere").press("Enter")
    await expect(results(alice)).to_have_count(3)
    await search_box(alice).fill("予算")
    await expect(results(alice)).to_have_count(1)
    await expect(results(alice)).to_contain_text(f"#{other['name']}")
    await search_box(alice).fill("budget")
    await expect(results(alice)).to_have_count(3)
    # Somebody takes back what they said.
    await there.row("no budget at all").hover()
    await there.row("no budget at all").get_by_role("button", name="Message actions").click()
    await there.page.get_by_role("menuitem", name="Delete").click()
    await there.dialog.get_by_role("button", name="Delete message").click()
    await expect(results(alice)).to_have_count(2)

    await open_the_last(alice)
    await expect(alice.page).to_have_url(re.compile(rf"#/r/{room['id']}/m/\d+$"))
    wanted = alice.row("The budget of March, budgets and more")
    await expect(wanted).to_be_in_viewport()
    await expect(results(alice).last).to_have_attribute("aria-current", "true")
    assert await axe_violations(alice.page) == []
    # The people are behind it, and come back.
    await expect(alice.people).to_have_count(0)
    await alice.page.keyboard.press("Control+Shift+F")
    await alice.page.keyboard.press("Escape")
    await expect(panel(alice)).to_have_count(0)
    await expect(alice.people.first).to_be_visible()
    await expect(wanted).to_be_focused()


async def open_the_last(alice: Visitor) -> None:
    """Go from the field through two results, back, and to the last one, which is opened."""
    await search_box(alice).press("ArrowDown")
    await alice.page.keyboard.press("ArrowDown")
    await expect(results(alice).last).to_be_focused()
    await alice.page.keyboard.press("ArrowUp")
    await alice.page.keyboard.press("ArrowUp")
    await expect(search_box(alice)).to_be_focused()
    await alice.page.keyboard.press("ArrowDown")
    await alice.page.keyboard.press("End")
    await alice.page.keyboard.press("Enter")


@pytest.mark.chromium("axe beside what was found, which makes a process of Firefox 153 crash")
@pytest.mark.thorough
async def test_from_the_list_of_rooms_all_of_them_are_looked_through(
    server: Server, room: Room, visit: Visit, new_room: NewRoom, person: MakePerson
) -> None:
    """What was found stays beside the room that it leads to; Escape leads back to the list."""
    other = new_room(server)
    bob = person("bob", server)
    await bob.post(room, "| what | **who** |\n|---|---|\n| a quince | ada |")
    await bob.post(other, "> quince jam")
    alice = await visit("alice", server)
    await alice.page.keyboard.press("Control+Shift+F")
    await expect(search_box(alice)).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(panel(alice)).to_have_count(0)
    await expect(alice.rooms_heading).to_be_focused()
    await alice.page.keyboard.press("Control+Shift+F")
    await alice.page.keyboard.type("quince")
    # In words, whatever signs they were written with.
    await expect(results(alice).locator("p")).to_have_text(
        ["quince jam", re.compile(r"^\s*what\s+who\s+a quince\s+ada\s*$")]
    )
    await expect(results(alice).locator("mark")).to_have_text(["quince", "quince"])
    assert await axe_violations(alice.page) == []
    await alice.page.keyboard.press("ArrowDown")
    await alice.page.keyboard.press("Enter")
    await expect(alice.row("quince jam")).to_be_focused()
    await expect(results(alice)).to_have_count(2)
    await expect(panel(alice).locator("xpath=..")).to_have_css("position", "relative")
    # It lies over no other screen, nor over one that is come back to.
    await alice.page.keyboard.press("Control+Shift+F")
    await alice.page.keyboard.press("Escape")
    await alice.go_to_rooms()
    await alice.page.keyboard.press("Control+Shift+F")
    await expect(results(alice)).to_have_count(2)
    await alice.page.goto(address(server) + "people")
    await expect(alice.page.get_by_role("heading", name="People", level=1)).to_be_visible()
    await expect(panel(alice)).to_have_count(0)
    await alice.page.go_back()
    await expect(alice.rooms_heading).to_be_visible()
    await expect(panel(alice)).to_have_count(0)


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_it_takes_the_whole_pane_and_goes_when_something_is_opened(
    server: Server, room: Room, visit: Visit, person: MakePerson
) -> None:
    """The rest is as it was when one comes back to it."""
    bob = person("bob", server)
    await bob.post(room, f"a needle {'x' * 300}")
    for number in range(30):
        await bob.post(room, f"hay {number}")
    alice = await visit(
        "alice", server, room, viewport={"width": 375, "height": 700}, has_touch=True
    )
    await alice.page.get_by_role("button", name="Search messages").tap()
    await search_box(alice).fill("needle")
    await expect(results(alice)).to_have_count(1)
    box = await panel(alice).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 375)
    assert await overflowing(alice.page) == []
    await results(alice).tap()
    await expect(panel(alice)).to_have_count(0)
    await expect(alice.rows.first).to_be_in_viewport()
    await alice.page.get_by_role("button", name="Search messages").tap()
    await expect(results(alice)).to_have_count(1)
    await panel(alice).get_by_role("button", name="Close search").tap()
    await expect(panel(alice)).to_have_count(0)


@pytest.mark.chromium("axe beside what was found, which makes a process of Firefox 153 crash")
@pytest.mark.thorough
async def test_operators_are_completed_and_explained_and_what_was_looked_for_is_remembered(
    server: Server, room: Room, member: Visit, browsers: Browsers
) -> None:
    """Until one signs out; somebody else at this browser never sees it."""
    browsers.allow("status of 422")
    register(server, "ada-the-searcher")
    visitor = await member("ada-the-searcher", server, room)
    page = visitor.page
    await visitor.say("mine, all mine", "https://example.org is mine")
    await expect(visitor.stored).to_have_count(2)
    await page.get_by_role("button", name="Search messages").first.click()
    await expect(panel(visitor)).to_contain_text("Look for what was said")
    await panel(visitor).get_by_role("button", name="From", exact=True).click()
    await page.keyboard.type("the-sea")
    option = page.get_by_role("option", name="ada-the-searcher")
    await expect(option).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(search_box(visitor)).to_have_value("from:ada-the-searcher ")
    await expect(results(visitor)).to_have_count(2)
    await panel(visitor).get_by_role("button", name="Has", exact=True).click()
    await page.get_by_role("option", name="link").click()
    await expect(results(visitor)).to_have_count(1)
    await page.keyboard.press("Enter")
    # What is written in full is offered no more; what is asked for as it stands closes the list.
    options = page.get_by_role("option")
    await search_box(visitor).fill("has:l")
    await expect(options).to_have_count(1)
    await page.keyboard.type("ink")
    await expect(options).to_have_count(0)
    await expect(results(visitor)).to_have_count(1)
    await search_box(visitor).fill("from:ada")
    await expect(options).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(options).to_have_count(0)
    await search_box(visitor).fill("has:nothing")
    await expect(panel(visitor)).to_contain_text("has: takes file, image, link or reaction.")
    await search_box(visitor).fill("nowhere to be found")
    await expect(panel(visitor)).to_contain_text("Nothing matches “nowhere to be found”.")
    assert await axe_violations(page) == []
    await panel(visitor).get_by_role("button", name="Clear search").click()
    recent = panel(visitor).get_by_role("button", name="from:ada-the-searcher has:link")
    await recent.click()
    await expect(results(visitor)).to_have_count(1)
    await page.get_by_role("button", name="Your menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    kept = await page.evaluate("Object.keys(localStorage).filter((key) => /search/.test(key))")
    assert kept == []


@pytest.mark.thorough
async def test_results_stay_while_others_come_and_a_lost_network_is_said(
    server: Server, room: Room, visit: Visit, person: MakePerson, browsers: Browsers
) -> None:
    """What was asked before is given up; it is asked anew back online, and where a room is gone."""
    browsers.allow("ERR_INTERNET_DISCONNECTED")
    bob = person("bob", server)
    for number in range(45):
        await bob.post(room, f"walnut {number}")
    await bob.post(room, "hazelnut")
    alice = await visit("alice", server, room)
    await alice.page.keyboard.press("Control+Shift+F")
    await search_box(alice).fill("walnut")
    await expect(results(alice).first).to_contain_text("walnut 44")
    # Further ones come when one goes on.
    await search_box(alice).press("ArrowDown")
    for _ in range(3):
        await alice.page.keyboard.press("End")
        await alice.frames()
    await expect(results(alice)).to_have_count(45)

    held = asyncio.Event()

    async def hold(route: Route) -> None:
        if "q=hazel&" in route.request.url:
            await held.wait()
        # It was given up by then.
        with suppress(Error):
            await route.continue_()

    await alice.page.route(ASKED, hold)
    await search_box(alice).fill("hazel")
    await expect(panel(alice).locator("xpath=..")).to_have_attribute("aria-busy", "true")
    await expect(results(alice)).to_have_count(45)
    # This one is not held; the one before is never drawn.
    await search_box(alice).fill("hazelnut")
    await expect(results(alice)).to_have_count(1)
    held.set()
    await alice.frames()
    await expect(results(alice)).to_have_text([re.compile("hazelnut$")])

    await alice.page.context.set_offline(True)
    await search_box(alice).fill("walnut")
    await expect(panel(alice)).to_contain_text("You\u2019re offline")
    await alice.page.context.set_offline(False)
    await expect(results(alice).first).to_contain_text("walnut 44")
    assert address(server, room) in alice.page.url
    # Where there is no room it is looked for everywhere.
    browsers.allow("404")
    await alice.page.goto(address(server, {"id": 9999}))
    await expect(alice.page.get_by_role("heading", name="This room is gone")).to_be_visible()
    await expect(results(alice).first).to_contain_text("walnut 44")
    await expect(panel(alice)).not_to_contain_text("That did not work")
