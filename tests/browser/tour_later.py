"""A walk through what there is of messages to be sent later."""

from collections.abc import AsyncIterator, Awaitable, Callable

from playwright.async_api import Page, expect

from tests.browser.accounts import logged_in, press
from tests.browser.later import (
    ELLIPSIS,
    ahead,
    choose,
    items,
    line,
    open_list,
    open_menu,
    schedule,
    waiting,
)
from tests.browser.stops import LONG_WORD, WIDE, Stop
from tests.browser.visitor import Visitor
from tests.support.accounts import register
from tests.support.people import checked
from tests.support.places import Place, make_room
from tests.support.server import Server


async def tour_of_later(
    server: Server, open_page: Callable[..., Awaitable[Page]]
) -> AsyncIterator[Stop]:
    """Go from the message box to the list of what waits, in the same way as `tour`."""
    own = register(server, "ada", display_name=LONG_WORD[:50])
    place = make_room(own, name=LONG_WORD, topic=LONG_WORD * 2)
    closed = make_room(own, name=f"Closed {LONG_WORD}"[:60])
    schedule(own, closed, f"Too late for {LONG_WORD}", ahead(seconds=3))
    checked(own.call("PATCH", closed.path, json={"archived": True}))
    state = logged_in(server, "ada")
    page = await open_page(
        "about:blank", viewport=WIDE, reduced_motion="reduce", storage_state=state
    )
    await page.clock.install()
    await page.goto(f"{server.url}/#/r/{place.id}")
    ada = Visitor(page, "ada", server)
    for part in (_writing(ada, place), _list(ada, place)):
        async for stop in part:
            yield stop


async def _writing(ada: Visitor, place: Place) -> AsyncIterator[Stop]:
    page, own = ada.page, place.owner
    await open_menu(ada, f"Soon: {LONG_WORD}")
    yield Stop("when to send it", page)
    await choose(ada, "Another time")
    await ada.dialog.get_by_label("Day and time").fill("2020-01-01T09:00")
    await press(ada, "Schedule")
    await expect(ada.dialog.get_by_role("alert")).to_contain_text("has passed")
    yield Stop("another time, refused", page)
    await page.keyboard.press("Escape")
    schedule(own, place, f"In a week: {LONG_WORD * 3}", ahead(days=7))
    schedule(own, place, "**In a month**, with a list:\n- one\n- two", ahead(days=30))
    await expect(line(ada)).to_contain_text("2 messages")
    await expect(page.locator(".later-row [data-failed]")).to_be_visible()
    yield Stop("messages are to be sent here", page)


async def _list(ada: Visitor, place: Place) -> AsyncIterator[Stop]:
    page, own = ada.page, place.owner
    await open_list(ada)
    await expect(items(ada)).to_have_count(3)
    yield Stop("what is scheduled, and one that was not sent", page)
    await items(ada).nth(1).get_by_role("button", name=f"Change time{ELLIPSIS}").click()
    await expect(page.get_by_role("menu", name="Change time")).to_be_visible()
    yield Stop("another time for it", page)
    await page.keyboard.press("Escape")
    await items(ada).nth(1).get_by_role("button", name=f"Edit{ELLIPSIS}").click()
    await expect(ada.dialog.get_by_role("textbox")).to_be_focused()
    yield Stop("editing what is scheduled", page)
    await page.keyboard.press("Escape")
    await items(ada).nth(1).get_by_role("button", name=f"Delete{ELLIPSIS}").click()
    yield Stop("deleting what is scheduled", page)
    await page.keyboard.press("Escape")
    for each in waiting(own):
        assert own.call("DELETE", f"/api/chat/scheduled/{each['id']}").is_success
    await expect(page.get_by_text("Nothing is scheduled")).to_be_visible()
    yield Stop("nothing scheduled", page)
