"""A message that was changed too often: the page says so, and keeps what was written."""

import pytest
from playwright.async_api import expect

from parlour.costs import CHANGES
from tests.browser.conftest import Visit
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import USUAL, Server

# Of two, each counts the first half by itself.
pytestmark = [pytest.mark.thorough, pytest.mark.one_node("it counts what one of them lets through")]

SERVER_ENV = USUAL


# Change a message as the person of the page until it is too much.
CHANGE = """async ([path, most]) => {
  const headers = { 'Content-Type': 'application/json' };
  for (let number = 0; number < most; number += 1) {
    const body = JSON.stringify({ content: `words ${number}` });
    const { status } = await fetch(path, { method: 'PATCH', headers, body });
    if (status === 429) return true;
  }
  return false;
}"""


async def test_who_changes_a_message_too_often_keeps_what_they_wrote(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """It can be sent again later; another message is changed as ever."""
    alice = await visit("alice", server, room)
    await alice.say("another")
    await alice.say("so")
    await expect(alice.stored).to_have_count(2)
    path = f"/api/chat/messages/{await alice.stored.last.get_attribute('data-message-id')}"
    browsers.allow("status of 429")
    asked = [f"{path}?username=alice", CHANGES.at_once * 2]
    assert await alice.page.evaluate(CHANGE, asked)
    await alice.box.press("ArrowUp")
    await alice.box.fill("a careful change")
    await alice.box.press("Enter")
    refused = alice.page.get_by_text("That was a little fast. Wait a moment, then try again.")
    await expect(refused).to_have_role("alert")
    await expect(alice.box).to_have_value("a careful change")
    await expect(alice.rows.last).not_to_contain_text("a careful change")
    await alice.page.keyboard.press("Escape")
    await alice.row("another").focus()
    await alice.page.keyboard.press("e")
    await alice.box.fill("another one")
    await alice.box.press("Enter")
    await expect(alice.rows.first).to_contain_text("another one (edited)")
