"""The lists of the administration page: while they are read, empty, not to be had, and then had."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.accounts import Account
from tests.support.administration import ADMIN, first_administrator
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations
from tests.support.people import checked
from tests.support.places import make_room
from tests.support.server import Server

pytestmark = pytest.mark.thorough

ROOMS, LOG, USERS, POLICY = (
    re.compile(f"{ADMIN}/{name}") for name in ("rooms", "audit", "users", "(policy|invites)")
)

# The row on view in which the focus is, counted from 0.
FOCUSED = """() => [...document.querySelectorAll('.admin-row')]
  .filter((row) => row.checkVisibility())
  .findIndex((row) => row.contains(document.activeElement))"""


@pytest.fixture
def chief(own_server: Server) -> Account:
    """Return who runs a server with so many rooms, each noted in the log, that a list has pages."""
    ada = first_administrator(own_server, "ada")
    for number in range(52):
        room = make_room(ada, "public", name=f"room {number}")
        checked(ada.call("PATCH", room.path, json={"slow_seconds": 10}))
    return ada


async def go_to(visitor: Visitor, tab: str) -> None:
    """Choose a tab of the page."""
    await visitor.page.get_by_role("tab", name=tab).click()


async def fail(route: Route) -> None:
    """Let the network be away."""
    await route.abort()


async def test_a_list_that_cannot_be_had_says_so_and_is_had_by_trying_again(
    own_server: Server, chief: Account, member: Visit, browsers: Browsers
) -> None:
    """With the reason beside it while that holds, the focus kept, and no way to what is behind."""
    browsers.allow("Failed to load resource")
    assert chief.status() == 200
    ada = await member("ada", own_server)
    page = ada.page
    await page.goto(f"{own_server.url}/#/admin")
    panel = page.locator("[role=tabpanel]:visible")
    rows = panel.locator(".admin-row")
    alert = panel.get_by_role("alert").filter(has_text="Can\u2019t reach the server")
    again = panel.get_by_role("button", name="Try again")
    more = panel.get_by_role("button", name=re.compile("Show more|Load older"))
    await expect(rows).to_have_count(1)
    for tab, asked, behind in (("Rooms", ROOMS, "2 more shown."), ("Log", LOG, "more shown.")):
        # What was there before is read anew when one comes back to it.
        await go_to(ada, tab)
        await expect(rows).to_have_count(50)
        await expect(more).to_be_visible()
        await go_to(ada, "People")
        await page.route(asked, fail)
        await go_to(ada, tab)
        await expect(alert).to_be_visible()
        await expect(rows).to_have_count(0)
        await expect(more).to_be_hidden()
        assert await axe_violations(page) == []
        await again.focus()
        await page.keyboard.press("Enter")
        await expect(panel.get_by_role("status").filter(has_text="Loading")).to_have_count(0)
        await expect(alert).to_be_visible()
        await expect(again).to_be_focused()
        await page.unroute(asked)
        await page.keyboard.press("Enter")
        await expect(rows).to_have_count(50)
        await expect(again).to_be_hidden()
        await expect(alert).to_have_count(0)
        assert await page.evaluate(FOCUSED) == 0
        # The button that has brought the last goes; the focus goes on with what has come.
        await more.press("Enter")
        await expect(more).to_be_hidden()
        await expect(panel.get_by_role("status").filter(has_text=behind)).to_be_visible()
        assert await page.evaluate(FOCUSED) == 50
    # What is decided and the links of that tab come from two places.
    await page.route(POLICY, fail)
    await go_to(ada, "Registration")
    await expect(alert).to_have_count(2)
    await page.unroute(POLICY)
    choice = panel.get_by_role("radio", name="Everybody")
    await expect(choice).to_be_disabled()
    await again.first.press("Enter")
    await expect(choice).to_be_focused()
    await expect(alert).to_have_count(1)
    await again.press("Enter")
    await expect(panel.get_by_role("button", name="Make a link")).to_be_focused()
    await expect(alert).to_have_count(0)


async def test_what_is_read_and_what_is_empty_says_so(
    own_server: Server, member: Visit, browsers: Browsers
) -> None:
    """Nobody has to guess whether nothing has come yet or nothing is there."""
    first_administrator(own_server, "ada")
    browsers.allow("Failed to load resource")
    ada = await member("ada", own_server)
    page = ada.page
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route(USERS, hold)
    await page.goto(f"{own_server.url}/#/admin")
    panel = page.locator("[role=tabpanel]:visible")
    told = panel.get_by_role("status")
    await expect(told.filter(has_text="Nobody is banned.")).to_be_visible()
    await expect(told.filter(has_text="Loading")).to_be_visible()
    held.set()
    await expect(panel.locator(".admin-row:not(.admin-skeleton)")).to_have_count(1)
    await expect(told.filter(has_text="Loading")).to_have_count(0)
    field = page.get_by_role("searchbox", name="Find an account")
    await field.fill("zzz")
    await expect(told.filter(has_text="Nobody matches.")).to_be_visible()
    # One list that cannot be had says nothing of the other.
    await page.unroute(USERS)
    await page.route(USERS, fail)
    await field.fill("ad")
    await expect(panel.get_by_role("alert").filter(has_text="server")).to_be_visible()
    await expect(told.filter(has_text="Nobody matches.")).to_have_count(0)
    await expect(told.filter(has_text="Nobody is banned.")).to_be_visible()
    await expect(field).to_be_focused()
    await page.unroute(USERS)
    await field.fill("ada")
    await expect(panel.locator(".admin-row")).to_have_count(1)
    await expect(panel.get_by_role("alert").filter(has_text="server")).to_have_count(0)
    for tab, words in (("Rooms", "There are no rooms."), ("Reports", "Nothing has been reported.")):
        await go_to(ada, tab)
        await expect(told.filter(has_text=words)).to_be_visible()
