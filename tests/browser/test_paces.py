"""More than anybody does, by the limits that everybody has: the page waits, and all of it comes."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from parlour.costs import BUDGETS, MOST_OF_PERSON
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.support.browser import Browsers
from tests.support.people import Room, async_http_client, checked
from tests.support.server import USUAL, Server
from tests.support.timing import scaled

pytestmark = pytest.mark.thorough

SERVER_ENV = USUAL
REFUSED = "status of 429"
# Ask at once for as much as one may, and a little more, as the person of the page.
FETCH = """async ([method, path, body, most]) => {
  const headers = { 'Content-Type': 'application/json' };
  const ask = () => fetch(path, { method, headers, body }).then(({ status }) => status);
  const all = [];
  while (all.length < most && !all.includes(429)) {
    all.push(...(await Promise.all(Array.from({ length: 20 }, ask))));
  }
  return all.includes(429);
}"""

# Faster than any keys go: a slow machine would stay below the pace.
SAY = """(box, texts) => {
  for (const text of texts) {
    box.value = text;
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    const enter = { key: 'Enter', bubbles: true, cancelable: true };
    box.dispatchEvent(new KeyboardEvent('keydown', enter));
  }
}"""


async def use_up(who: Visitor, budget: str, method: str, path: str, body: str | None) -> None:
    """Let somebody do as much as they may."""
    person = BUDGETS[budget].person
    assert person is not None
    assert await who.page.evaluate(FETCH, [method, path, body, person.at_once * 3])


async def test_what_is_said_too_fast_is_sent_by_itself_in_order_and_without_a_failure(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Nobody has to do anything; where it takes a while a line says so, and goes again."""
    browsers.allow(REFUSED)
    alice = await visit("alice", server, room)
    path = f"/api/chat/rooms/{room['id']}/messages"
    await use_up(alice, "say", "POST", f"{path}?username=alice", '{"content":"before"}')
    texts = [f"line {number:02}" for number in range(1, 31)]
    await alice.box.evaluate(SAY, texts)
    slow = alice.page.get_by_text("Your messages are sent one after the other.").first
    await expect(slow).to_be_visible(timeout=scaled(15_000))
    await expect(alice.box).to_be_editable()
    await expect(alice.pending).to_have_count(0, timeout=scaled(60_000))
    await expect(alice.failed).to_have_count(0)
    async with async_http_client(server) as http:
        said = [each["content"] for each in checked(await http.get(path, params={"limit": 60}))]
    assert [each for each in said if each != "before"] == texts
    await expect(slow).to_be_hidden(timeout=scaled(15_000))


async def test_a_page_too_many_says_so_and_comes_in_once_there_is_place(
    server: Server, room: Room, visit: Visit
) -> None:
    """It tries again by itself, as late as it was told."""
    bob = await visit("bob", server, room)
    opened = await bob.page.evaluate(
        """(most) => Promise.all(Array.from({ length: most }, () => new Promise((resolve) => {
          const socket = new WebSocket(`ws://${location.host}/ws/chat?username=bob`);
          socket.onopen = () => resolve(true);
          (window.others ??= []).push(socket);
        })))""",
        MOST_OF_PERSON - 1,
    )
    assert len(opened) == MOST_OF_PERSON - 1
    late = await bob.page.context.new_page()
    await late.clock.install()
    await late.goto(address(server, room))
    await expect(late.get_by_text("Too many tabs are open.").first).to_be_visible()
    await bob.page.evaluate(
        """() => Promise.all(window.others.map((socket) => new Promise((resolve) => {
          socket.onclose = resolve;
          socket.close();
        })))"""
    )
    await late.clock.fast_forward(32_000)
    people = late.locator("[data-view=people] li").filter(has_text="bob")
    await expect(people).to_be_attached()
    await late.close()


async def test_a_page_that_has_read_too_much_waits_and_asks_again(
    server: Server, room: Room, new_room: Callable[..., Room], visit: Visit, browsers: Browsers
) -> None:
    """The room that is opened is there, a little later; nobody is told of anything."""
    browsers.allow(REFUSED)
    carol = await visit("carol", server, room)
    other = new_room(server)
    await use_up(carol, "read", "GET", "/api/chat/files/limits", None)
    await carol.page.goto(address(server, other))
    await expect(carol.title).to_have_text(other["name"])
    await expect(carol.presence("carol")).to_be_attached()
    await expect(carol.log).not_to_have_attribute("aria-busy", "true")
    await expect(carol.page.get_by_role("alert").filter(has_text="fast")).to_have_count(0)
