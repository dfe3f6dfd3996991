"""A page nobody does anything with does nothing: no timers, and in a hidden tab no drawing."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.people import Person, Room
from tests.support.server import Server

pytestmark = pytest.mark.thorough

# Milliseconds: a timer that runs out sooner keeps a sleeping processor awake.
PATIENT = 10_000
HEARTBEAT = 15_000

# Lies above the page's clock, which the tests move on, and remembers what is asked of it.
COUNT_TIMERS = """window.timers = [];
window.heard = 0;
const parse = JSON.parse;
JSON.parse = (text, ...rest) => {
  if (String(text).includes('"heartbeat"')) window.heard += 1;
  return parse(text, ...rest);
};
for (const name of ['setTimeout', 'setInterval', 'requestAnimationFrame', 'requestIdleCallback']) {
  const real = window[name];
  window[name] = (run, ms, ...rest) => {
    window.timers.push({ name, ms: name.startsWith('set') ? Number(ms ?? 0) : 0 });
    return real.call(window, run, ms, ...rest);
  };
}"""

# A tab that is not in front, as far as the page can tell.
HIDE = """window.isHidden = false;
Object.defineProperty(document, 'hidden', { get: () => window.isHidden });
Object.defineProperty(document, 'visibilityState', {
  get: () => (window.isHidden ? 'hidden' : 'visible'),
});"""
TURN = """(hidden) => {
  window.isHidden = hidden;
  document.dispatchEvent(new Event('visibilitychange'));
}"""
COUNT_CHANGES = """() => {
  window.changes = [];
  new MutationObserver((changes) => window.changes.push(...changes.map(({ target }) =>
    target.nodeName))).observe(document.body,
    { subtree: true, childList: true, characterData: true, attributes: true });
}"""


async def timers(page: Page) -> list[dict[str, Any]]:
    """Return the timers that have been set so far, and forget them."""
    return list(await page.evaluate("() => window.timers.splice(0)"))


async def idle(alice: Visitor, wire: Wire, heartbeat: str) -> list[dict[str, Any]]:
    """Let two minutes pass with nothing but heartbeats; return the timers set meanwhile."""
    await alice.stop_clock()
    # What the last deed has left behind runs out first, and what is fetched beforehand has come.
    await alice.page.clock.run_for(PATIENT)
    await alice.page.wait_for_load_state("networkidle")
    await alice.page.clock.run_for(PATIENT)
    await timers(alice.page)
    for _ in range(8):
        heard = await alice.page.evaluate("window.heard")
        wire.tell(heartbeat)
        while await alice.page.evaluate("window.heard") == heard:
            await alice.page.evaluate("fetch('/healthz')")
        await alice.page.clock.run_for(HEARTBEAT)
    found = await timers(alice.page)
    await alice.page.clock.resume()
    return found


async def test_an_idle_page_sets_no_timer_below_ten_seconds(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """In a room and in the list of rooms it only watches whether its connection still lives."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True, script=COUNT_TIMERS)
    await bob.post(room, "and then there was silence")
    await alice.shows("and then there was silence")
    heartbeat = json.dumps({"type": "heartbeat", "versions": {str(room["id"]): 1}})
    for place in ("room", "list"):
        if place == "list":
            await alice.go_to_rooms()
        found = await idle(alice, wire, heartbeat)
        assert found, "the page does not even watch its connection"
        assert [timer for timer in found if timer["ms"] < PATIENT] == [], place
        assert wire.opened == 1


async def test_a_hidden_tab_draws_nothing_until_it_is_looked_at(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """The title counts; the log is brought up to date when the tab comes to the front."""
    await bob.post(room, "seen")
    alice = await visit("alice", server, room, script=HIDE)
    await alice.shows("seen")
    # What is fetched beforehand has come, with the nodes that it brings.
    await expect(alice.page.locator("link[href$='/rooms.css']")).to_be_attached()
    await alice.page.wait_for_load_state("networkidle")
    await alice.frames()
    await alice.page.evaluate(TURN, arg=True)
    await alice.page.evaluate(COUNT_CHANGES)
    for number in range(5):
        await bob.post(room, f"unseen {number}")
    await expect(alice.page).to_have_title(f"(5) #{room['name']} · Parlour")
    await alice.frames()
    assert await alice.page.evaluate("window.changes") == []
    await alice.page.evaluate(TURN, arg=False)
    await alice.shows("seen", *(f"unseen {number}" for number in range(5)))
    await expect(alice.page).to_have_title(f"#{room['name']} · Parlour")
    await expect(alice.log.get_by_text("New", exact=True)).to_have_count(1)
