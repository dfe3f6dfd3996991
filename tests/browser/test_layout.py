"""Nothing sticks out: from a small phone to a large screen, zoomed, in other people's colours."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.tour import LONG_WORD, furnish, tour
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import Person
from tests.support.server import Server

HEIGHTS = {320: 568, 375: 812, 768: 1024, 1024: 768, 1280: 800, 1920: 1080}

# Animations that go on for ever, or for longer than a blink. What only appears after a while does
# not move.
MOVING = """() => document.getAnimations()
  .filter((animation) => animation.playState === 'running')
  .filter((animation) => animation.effect.getComputedTiming().activeDuration > 50)
  .map((animation) => `${animation.animationName ?? animation.transitionProperty}`)"""


@pytest.mark.timeout(400)
async def test_nothing_reaches_beyond_the_windows_sides(
    own_server: Server, browsers: Browsers, person: Callable[[str, Server], Person]
) -> None:
    """At six widths and at 200 % zoom; and nothing moves for those who want no motion."""
    browsers.allow("401")
    found: list[str] = []
    async for stop in tour(own_server, person, browsers.open):
        page = stop.page
        # Zoomed to 200 %, a window has half its width and height.
        for width, height in [*HEIGHTS.items(), (640, 400)]:
            if stop.widths and width not in stop.widths:
                continue
            await page.set_viewport_size({"width": width, "height": height})
            outside = await overflowing(page)
            found += [f"{stop.name}, {width}: {element}" for element in outside]
        found += [f"{stop.name} moves: {name}" for name in await page.evaluate(MOVING)]
        await page.set_viewport_size({"width": 1280, "height": 800})
    assert found == [], "\n".join(found)


async def test_a_phone_shows_one_pane_at_a_time_and_leads_back(
    own_server: Server, visit: Visit
) -> None:
    """The list of rooms, then the room with the whole width, then the people over it."""
    await furnish(own_server)
    phone = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
    # Panes that are still sliding in would be found outside.
    phone["reduced_motion"] = "reduce"
    alice = await visit("alice", own_server, **phone)
    await alice.open_room("general")
    await expect(alice.box).to_be_in_viewport()
    # No keyboard that covers half of what one came to read.
    await expect(alice.box).not_to_be_focused()
    sidebar = alice.page.get_by_role("complementary", name="Conversations")
    await expect(sidebar).to_be_hidden()
    await alice.page.get_by_role("button", name="Show people").click()
    await expect(alice.people.first).to_be_in_viewport()
    await alice.page.get_by_role("button", name="Close people").click()
    await alice.box.fill("from the train")
    await alice.page.get_by_role("button", name="Send message").click()
    await expect(alice.row("from the train")).to_be_in_viewport()
    assert await overflowing(alice.page) == []
    await alice.page.get_by_role("button", name="Back to rooms").click()
    await expect(alice.card(LONG_WORD)).to_be_attached()
    assert await overflowing(alice.page) == []


async def test_the_page_works_in_forced_colours(own_server: Server, visit: Visit) -> None:
    """With the reader's own few colours everything is still there, and the focus can be seen."""
    await furnish(own_server)
    alice = await visit("alice", own_server, {"id": 1}, forced_colors="active")
    await alice.say("in black and white")
    await expect(alice.row("in black and white")).to_be_visible()
    assert await axe_violations(alice.page) == []
    menu = alice.page.get_by_role("button", name="Room menu")
    await alice.page.keyboard.press("Shift+Tab")
    await menu.focus()
    outline = await menu.evaluate("(node) => getComputedStyle(node).outlineStyle")
    assert outline != "none"
    # What is told by a fill elsewhere has an edge or a colour of the system here.
    send = alice.page.get_by_role("button", name="Send message")
    fill, page = await send.evaluate(
        "(node) => [getComputedStyle(node), getComputedStyle(document.body)]"
        ".map((style) => `${style.backgroundColor} ${style.borderStyle}`)"
    )
    assert fill != page
