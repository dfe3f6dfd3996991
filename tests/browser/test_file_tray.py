"""The files that wait in the message box on the smallest screen: read, scrolled, taken away."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.filing import UPLOADS, attach, chips, image, payload
from tests.support.browser import Browsers
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.people import Room
from tests.support.server import Server

pytestmark = pytest.mark.thorough

LIMIT = 100_000
SERVER_ENV = {"PARLOUR_GUEST_FILES": "on", "PARLOUR_MAX_FILE_SIZE": str(LIMIT)}
NAMES = ["Quarterly report of the garden society 2026.pdf", "IMG_20261128_131500.png", "notes.txt"]

# The names of which something is cut off, and controls that are not where they can be pressed.
FAULTS = """() => {
  const tray = document.querySelector('main.pane .tray');
  const found = [];
  for (const name of tray.querySelectorAll('.file-name')) {
    const parts = [name, ...name.children]
      .filter((node) => getComputedStyle(node).display !== 'inline');
    const isCut = parts.some(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
      scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1);
    if (isCut) found.push(`cut: ${name.textContent}`);
  }
  for (const button of tray.querySelectorAll('button')) {
    if (!button.checkVisibility()) continue;
    button.focus();
    const { left, top, width, height } = button.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!button.contains(hit)) found.push(`not reached: ${button.ariaLabel}`);
    if (width < 44 || height < 44) found.push(`small: ${button.ariaLabel}, ${width} x ${height}`);
  }
  return found;
}"""


@pytest.mark.chromium("a finger on a phone")
async def test_files_can_be_read_and_taken_away_on_the_smallest_screen(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """With one and with ten: the names, what can be pressed, the box and the log are all there."""
    browsers.allow("ERR_FAILED|Failed to load resource")
    small = {"viewport": {"width": 320, "height": 400}, "has_touch": True, "is_mobile": True}
    alice = await visit("alice", server, room, **small)
    page = alice.page
    tray = page.locator("main.pane .tray")
    await attach(alice, payload(NAMES[0], b"%PDF-1.4\n"))
    await expect(chips(alice)).to_contain_text("PDF")
    assert await page.evaluate(FAULTS) == []
    too_large = payload("film.mov", bytes(LIMIT + 1), "video/quicktime")
    await attach(alice, image(NAMES[1]), too_large, *(payload(NAMES[2]) for _ in range(6)))
    await expect(chips(alice)).to_have_count(9)
    await expect(chips(alice).nth(1)).to_contain_text("PNG")
    await page.route(
        UPLOADS, lambda route: route.fulfill(status=413, json={"error": "storage_full"})
    )
    await attach(alice, payload("refused.txt"))
    await expect(chips(alice).last.get_by_role("button", name="Retry refused.txt")).to_be_visible()
    await alice.box.fill("Two lines\nof words")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await page.evaluate(FAULTS) == []
        assert await overflowing(page) == []
    assert await violations_in_both_themes(page) == []
    # It scrolls within, beginning with what is cut off at its end, and the rest has its room.
    shown, inside = await tray.evaluate("node => [node.clientHeight, node.scrollHeight]")
    assert inside > shown
    tops = await tray.evaluate(
        "node => { node.scrollTop = 0; return [...node.children].map((chip) => "
        "[chip.getBoundingClientRect().top, chip.getBoundingClientRect().bottom]"
        ".map((at) => at - node.getBoundingClientRect().top)); }"
    )
    assert sum(bottom <= shown for _, bottom in tops) >= 2
    assert any(top < shown - 8 and bottom > shown for top, bottom in tops)
    await expect(alice.box).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Send message")).to_be_in_viewport(ratio=1)
    log = await alice.log.bounding_box()
    assert log is not None
    assert log["height"] >= 72
    for left in range(10, 0, -1):
        await expect(chips(alice)).to_have_count(left)
        await chips(alice).last.get_by_role("button", name=re.compile("^(Remove|Cancel)")).tap()
    await expect(tray).to_be_hidden()
