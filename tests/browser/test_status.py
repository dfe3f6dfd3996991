"""How the server fares: read while somebody looks at it, told in words, readable for everybody."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
from playwright.async_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.accounts import Account
from tests.support.administration import ADMIN
from tests.support.browser import Browsers
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.people import checked
from tests.support.places import make_room, say
from tests.support.server import Server
from tests.support.timing import scaled

STATUS = f"{ADMIN}/status"
EVERY = 5000


async def open_status(member: Visit, server: Server, **options: object) -> Visitor:
    """Come as the administrator, and choose the tab by the keyboard."""
    ada = await member("ada", server, **options)
    await ada.page.goto(f"{server.url}/#/admin")
    people = ada.page.get_by_role("tab", name="People")
    await people.press("End")
    await ada.page.keyboard.press("ArrowLeft")
    await expect(ada.page.get_by_role("tab", name="Status")).to_be_focused()
    await expect(tile(ada.page, "Runs since")).to_be_visible()
    return ada


def tile(page: Page, label: str) -> Locator:
    """Return the tile of a figure."""
    return page.locator(".tile").filter(has=page.get_by_text(label, exact=True))


def chart(page: Page, title: str) -> Locator:
    """Return a chart, by its heading."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.get_by_role("listitem").filter(has=heading)


class Asked:
    """How often a page has asked how the server fares."""

    def __init__(self, page: Page) -> None:
        self.times = 0
        self._page = page
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.times += request.url.endswith(STATUS)

    @asynccontextmanager
    async def once_more(self) -> AsyncIterator[None]:
        """Do something, and wait for the answer to the question that it leads to."""
        async with self._page.expect_response(f"**{STATUS}", timeout=scaled(10_000)):
            yield


async def next_reading(ada: Visitor, asked: Asked) -> None:
    """Let five seconds pass."""
    async with asked.once_more():
        await ada.page.clock.fast_forward(EVERY)


async def test_an_administrator_sees_how_the_server_fares(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Figures at once, rates with the second reading; worries, and what was refused, in words."""
    hall = make_room(chief, "public", name="hall")
    ada = await open_status(member, own_server, clock=True)
    page, asked = ada.page, Asked(ada.page)
    well = page.get_by_text("All is well.")
    await expect(well.filter(visible=True).last).to_be_visible()
    await expect(page.get_by_role("status").filter(has=well)).to_have_count(1)
    await expect(tile(page, "People connected")).to_contain_text("1")
    await expect(tile(page, "Places taken")).to_contain_text(re.compile(r"of [\d,]+ for conn"))
    await expect(tile(page, "Database")).to_contain_text(re.compile(r"[\d.]+\s[KM]B"))
    await expect(tile(page, "Free on the disk")).to_contain_text("of")
    await expect(tile(page, "Runs since")).to_contain_text("Today")
    # It has nobody beside it.
    await expect(tile(page, "Redis")).to_be_hidden()
    await expect(page.get_by_label("Node")).to_be_hidden()
    # A rate takes two readings; until then nobody claims that it is none.
    await expect(chart(page, "Messages")).to_contain_text("not known")
    for number in range(20):
        checked(say(hall, chief, f"number {number}"))
    await next_reading(ada, asked)
    await expect(chart(page, "Messages")).to_contain_text(re.compile(r"[\d.,]+ a second"))
    await expect(chart(page, "Messages")).not_to_contain_text("not known")
    await expect(chart(page, "Storing")).to_contain_text(re.compile(r"ms99 of 100"))
    await expect(chart(page, "Connections").locator("path.chart-line")).to_have_attribute(
        "d", re.compile(r"^M[\d.]+ [\d.]+L")
    )
    # What was refused, by its code, and how often since one looks.
    for _ in range(3):
        chief.call("GET", "/api/chat/rooms/987654321")
    await next_reading(ada, asked)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="not_found"))
    await expect(row.get_by_role("cell")).to_have_text(["3", re.compile(r"^\d+$")])


@pytest.mark.thorough
async def test_it_can_be_read_by_everybody(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """By axe's rules in both themes, on a phone, in stillness, without a word too many."""
    assert chief.status() == 200
    phone = {"width": 375, "height": 740}
    ada = await open_status(member, own_server, clock=True, viewport=phone, reduced_motion="reduce")
    page, asked = ada.page, Asked(ada.page)
    await next_reading(ada, asked)
    await expect(chart(page, "Memory")).to_contain_text("MB")
    assert await overflowing(page) == []
    # The policy would drop them, and with them what they say.
    assert await page.locator(".status [style]").count() == 0
    # Screen readers are told what charts show, and not each five seconds.
    assert await page.locator(".charts [aria-live], .charts [role=status]").count() == 0
    for plot in await page.locator(".charts svg").all():
        assert await plot.get_attribute("aria-hidden") == "true"
    assert await violations_in_both_themes(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert await overflowing(page) == []


@pytest.mark.thorough
async def test_it_is_read_while_it_is_in_view_and_goes_on_over_a_lost_connection(
    own_server: Server, chief: Account, member: Visit, browsers: Browsers
) -> None:
    """Another tab, or another page before it, ends the questions; to come back begins them."""
    browsers.allow("ERR_CONNECTION|ERR_FAILED|Failed to load")
    assert chief.status() == 200
    ada = await open_status(member, own_server, clock=True)
    page, asked = ada.page, Asked(ada.page)
    await next_reading(ada, asked)
    await page.get_by_role("tab", name="Reports").click()
    before = asked.times
    for _ in range(3):
        await page.clock.fast_forward(EVERY)
    assert asked.times == before
    async with asked.once_more():
        await page.get_by_role("tab", name="Status").click()
    await next_reading(ada, asked)

    # Nobody answers: it says so once, and tries again.
    async def lose(route: Route) -> None:
        await route.abort()

    await page.route(f"**{STATUS}", lose)
    told = page.get_by_role("status").filter(has_text="The server doesn\u2019t answer.")
    async with page.expect_event("requestfailed"):
        await page.clock.fast_forward(EVERY)
    await expect(told).to_be_visible()
    await expect(tile(page, "People connected")).to_be_visible()
    async with page.expect_event("requestfailed"):
        await page.clock.fast_forward(EVERY)
    await page.unroute(f"**{STATUS}", lose)
    await next_reading(ada, asked)
    await expect(told).to_have_count(0)

    # Over the gap there is no line: nobody knows what was.
    await page.get_by_role("tab", name="Log").click()
    await page.clock.fast_forward(60_000)
    async with asked.once_more():
        await page.get_by_role("tab", name="Status").click()
    await expect(chart(page, "Connections").locator("path.chart-line")).to_have_attribute(
        "d", re.compile(r"^M[^M]+M[^M]+$")
    )
    # Who leaves the page asks nothing any more.
    await page.get_by_role("link", name="Back to rooms").click()
    await expect(ada.rooms_heading).to_be_visible()
    before = asked.times
    for _ in range(3):
        await page.clock.fast_forward(EVERY)
    await asyncio.sleep(0)
    assert asked.times == before


@pytest.mark.thorough
async def test_of_several_nodes_one_is_chosen(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Each has its own figures, whichever answers; who is gone is there no more."""
    assert chief.status() == 200
    ada = await open_status(member, own_server, clock=True)
    page, asked, turn, living = ada.page, Asked(ada.page), count(), ["aa11bb22", "cc33dd44"]

    async def as_a_node(route: Route) -> None:
        node = living[next(turn) % len(living)]
        answer = await route.fetch()
        named = [{"id": each, "host": f"chat-{each[0]}"} for each in living]
        people = 100 if node.startswith("aa") else 200
        body = {**await answer.json(), "node": node, "nodes": named, "people": people}
        await route.fulfill(response=answer, body=json.dumps({**body, "broker": "away"}))

    await page.route(f"**{STATUS}", as_a_node)
    for _ in range(4):
        await next_reading(ada, asked)
    # The first that answered is shown, also while the other one answers.
    await expect(tile(page, "People connected")).to_contain_text("100")
    await expect(tile(page, "Redis")).to_contain_text("Away")
    await expect(page.locator(".status-worry")).to_have_text(re.compile("^Redis is away"))
    nodes = page.get_by_label("Node")
    await expect(nodes.locator("option")).to_have_text(["chat-a (aa11)", "chat-c (cc33)"])
    await nodes.select_option("chat-c (cc33)")
    await expect(tile(page, "People connected")).to_contain_text("200")
    assert await violations_in_both_themes(page) == []
    living.remove("cc33dd44")
    await next_reading(ada, asked)
    await expect(tile(page, "People connected")).to_contain_text("100")
    await expect(nodes).to_be_hidden()
