"""The part of the walk that looks at messages to be sent later."""

from collections.abc import AsyncIterator

from playwright.async_api import expect

from tests.browser.accounts import press
from tests.browser.later import (
    ELLIPSIS, ahead, choose, items, line, open_list, open_menu, schedule, waiting,
)  # fmt: skip
from tests.browser.stops import LONG_WORD, Stop
from tests.browser.visitor import Visitor
from tests.support.people import checked
from tests.support.places import Place, make_room


async def later(ada: Visitor, place: Place) -> AsyncIterator[Stop]:
    """The times, another time, the line over the box, the list of all, one that was not sent."""
    page, own = ada.page, place.owner
    closed = make_room(own, name=f"Closed {LONG_WORD}"[:60])
    schedule(own, closed, f"Too late for {LONG_WORD}", ahead(seconds=3))
    checked(own.call("PATCH", closed.path, json={"archived": True}))
    await page.goto(f"{ada.server.url}/#/r/{place.id}")
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
    await ada.box.fill("")
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
    await page.goto(f"{ada.server.url}/#/r/{place.id}")
    await expect(ada.box).to_be_visible()
