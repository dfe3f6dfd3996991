"""Nothing sticks out: from a small phone to a large screen, zoomed, in other people's colours."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.stops import LONG_WORD
from tests.browser.tour import furnish
from tests.support.page_checks import axe_violations, overflowing, violations_in_both_themes
from tests.support.server import Server


@pytest.mark.chromium("a finger on a phone")
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
    # Every state and size is looked at by test_every_state; this one by every run.
    assert await overflowing(alice.page) == []
    assert await violations_in_both_themes(alice.page) == []
    await alice.box.fill("from the train")
    await alice.page.get_by_role("button", name="Send message").click()
    await expect(alice.row("from the train")).to_be_in_viewport()
    assert await overflowing(alice.page) == []
    await alice.page.get_by_role("button", name="Back to rooms").click()
    await expect(alice.card(LONG_WORD)).to_be_attached()
    assert await overflowing(alice.page) == []


@pytest.mark.thorough
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
