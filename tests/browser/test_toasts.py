"""Short notices: seen by all, in nobody's way, gone by key and by hand."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.accounts import press
from tests.browser.conftest import Visit
from tests.browser.reading import DRIFT, WATCH
from tests.support.accounts import Account
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, new_account, say
from tests.support.server import Server

pytestmark = pytest.mark.thorough

# The last is a phone whose keyboard is open: the page is as high as what that leaves.
SIZES = [(1280, 800), (768, 1024), (375, 667), (320, 400), (375, 367)]

# What could be pressed under a notice's box if that let presses through, and boxes of visible
# controls that meet it. What a scroller has cut off is not visible.
COVERED = """() => {
  const toasts = [...document.querySelectorAll('.toast')]
    .filter((toast) => toast.checkVisibility());
  const controls = 'a[href], button, input, textarea, select, [tabindex="0"], [role=option]';
  const clipped = (node) => {
    let { left, top, right, bottom } = node.getBoundingClientRect();
    for (let at = node.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflow === 'visible') continue;
      const box = at.getBoundingClientRect();
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom };
  };
  const found = new Set();
  const name = (node) => node.outerHTML.slice(0, 80);
  for (const toast of toasts) {
    const box = toast.getBoundingClientRect();
    for (const control of document.querySelectorAll(controls)) {
      const isSeen = control.checkVisibility({ visibilityProperty: true });
      if (!isSeen || control.closest('.toasts')) continue;
      const { left, top, right, bottom } = clipped(control);
      const across = Math.min(right, box.right) - Math.max(left, box.left);
      const down = Math.min(bottom, box.bottom) - Math.max(top, box.top);
      if (across > 0 && down > 0) found.add(name(control));
    }
    toast.style.visibility = 'hidden';
    for (let x = box.left; x < box.right; x += 3) {
      for (let y = box.top; y < box.bottom; y += 3) {
        const under = document.elementFromPoint(x, y)?.closest(controls);
        if (under) found.add(`under: ${name(under)}`);
      }
    }
    toast.style.visibility = '';
  }
  return { shown: toasts.length, found: [...found] };
}"""


async def look(
    page: Page, state: str, at_most: int, sizes: list[tuple[int, int]] = SIZES
) -> list[str]:
    """Return what notices cover at each size of the window, and what has no room there."""
    found = []
    for width, height in sizes:
        await page.set_viewport_size({"width": width, "height": height})
        told = await page.evaluate(COVERED)
        # As many as a low window has room for, and never none.
        assert told["shown"] == (1 if height < 600 else at_most), (state, width, height)
        out = await overflowing(page)
        box = await page.locator("main.pane .composer-box").bounding_box()
        if box is not None and box["y"] + box["height"] > height:
            out.append("the message box is too low")
        found += [f"{state}, {width}x{height}: {each}" for each in [*told["found"], *out]]
    await page.set_viewport_size({"width": 1280, "height": 800})
    return found


def two_rooms(server: Server) -> tuple[Account, Account, Place, list[Place]]:
    """Return a writer, a reader, the room with a history that is read, and two others."""
    ada, ben = new_account(server, "ada"), new_account(server, "ben")
    place, *others = [make_room(ada, name=name) for name in ("Hall", "Kitchen", "Cellar")]
    for each in (place, *others):
        each.add(ben)
    for number in range(30):
        checked(say(place, ada, f"line {number} https://example.org/{number}"))
    return ada, ben, place, others


@pytest.mark.timeout(120)
async def test_a_notice_lies_over_nothing_that_can_be_pressed(
    server: Server, member: Visit
) -> None:
    """In the log, beside a thread, with the people, in lists, at every size; the log is still."""
    ada, ben, place, others = two_rooms(server)
    reader = await member(name_of(ben), server, place.room, reduced_motion="reduce")
    page = reader.page
    toasts = page.locator(".toast")
    await page.evaluate(WATCH)
    for other in others:
        checked(say(other, ada, f"@{name_of(ben)}, are you there?"))
    await expect(toasts).to_have_count(2)
    # Measured before the log has heard of its new height, which is before anything is painted.
    assert (await page.evaluate(DRIFT))[-1] <= 1
    # As while the pointer is on one of them.
    await page.locator("#toasts").dispatch_event("pointerenter")
    found = await look(page, "conversation", 2)
    assert await axe_violations(page) == []
    await reader.rows.last.focus()
    await page.keyboard.press("t")
    await expect(page.get_by_role("complementary", name="Thread")).to_be_visible()
    found += await look(page, "thread", 2)
    await press(reader, "Close thread")
    await page.set_viewport_size({"width": 900, "height": 800})
    await page.get_by_role("button", name="Show people").click()
    await expect(reader.people.first).to_be_visible()
    found += await look(page, "people", 2, SIZES[1:])
    await page.goto(f"{server.url}/#/")
    await expect(reader.rooms_heading).to_be_visible()
    found += await look(page, "rooms", 2)
    assert found == [], "\n".join(found)


async def test_notices_go_by_key_and_by_hand(server: Server, member: Visit) -> None:
    """Escape takes all, and does what else it does; a press one; their strip goes with the last."""
    ada, ben, place, others = two_rooms(server)
    reader = await member(name_of(ben), server, place.room)
    page, toasts = reader.page, reader.page.locator(".toast")
    header = page.locator("[data-view=header]")
    before = await header.bounding_box()
    for other in others:
        checked(say(other, ada, f"@{name_of(ben)}, are you there?"))
    await expect(toasts).to_have_count(2)
    assert await header.bounding_box() != before
    # They come first in the order of Tab, and stay while the focus is in one of them.
    await page.get_by_role("button", name="Skip to message box").focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    await expect(toasts.last.get_by_role("link")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(toasts).to_have_count(1)
    await expect(reader.title).to_be_focused()
    await toasts.get_by_role("button", name="Dismiss").click()
    await expect(toasts).to_have_count(0)
    assert await header.bounding_box() == before
    for other in others:
        checked(say(other, ada, f"@{name_of(ben)}, and now?"))
    await expect(toasts).to_have_count(2)
    # A dialog has the key for itself.
    await reader.box.focus()
    await page.keyboard.press("Control+/")
    await expect(reader.dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(reader.dialog).to_have_count(0)
    await expect(toasts).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(toasts).to_have_count(0)
    await expect(reader.box).to_be_focused()
    await expect(page.locator("#live-polite")).to_contain_text(re.compile("mentioned you"))
