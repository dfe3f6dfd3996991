"""What a screen reader is told, and what it is spared."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, scroll_to, view
from tests.browser.wire import Wire
from tests.support.people import Person, Room
from tests.support.server import Server
from tests.support.timing import scaled

# Remembers every text that comes into a live region, from the first moment of the page on.
LISTEN = """window.spoken = [];
window.onSpoken = () => {};
new MutationObserver((changes) => {
  for (const { target, addedNodes, type } of changes) {
    const element = target instanceof Element ? target : target.parentElement;
    const live = element?.closest('[aria-live], [role=status], [role=alert], [role=log]');
    if (!live || live.getAttribute('aria-live') === 'off') continue;
    const nodes = type === 'characterData' ? [target] : [...addedNodes];
    for (const node of nodes) if (node.textContent.trim()) window.spoken.push(node.textContent);
  }
  window.onSpoken();
}).observe(document, { subtree: true, childList: true, characterData: true });"""


# What speaks is loaded when there is something to say for the first time.
SPOKEN = """(count) => new Promise((resolve) => {
  window.onSpoken = () => {
    if (window.spoken.length < count) return;
    window.onSpoken = () => {};
    resolve(window.spoken.splice(0));
  };
  window.onSpoken();
})"""


async def spoken(page: Page, *, count: int = 0) -> list[str]:
    """Return what has been announced once it is `count` texts or more, and forget it."""
    async with asyncio.timeout(scaled(10)):
        return [str(text) for text in await page.evaluate(SPOKEN, count)]


async def test_an_arriving_message_is_announced_once_and_the_history_never(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Not on entering, not on paging, not one's own; others' words once, cut if they are long."""
    await fill(bob, room, 120)
    alice = await visit("alice", server, room, script=LISTEN)
    await expect(alice.log).to_have_attribute("aria-live", "off")
    await expect(alice.log).to_have_accessible_name(f"Messages in {room['name']}")
    before = await view(alice)
    await scroll_to(alice, 0)
    await expect(alice.stored.first).not_to_have_attribute("data-message-id", str(before.ids[0]))
    await alice.say("my own words")
    await expect(alice.stored.last).to_contain_text("my own words")
    assert [text for text in await spoken(alice.page) if text != "Loading messages"] == []
    await bob.post(room, "hello alice")
    await bob.post(room, "x" * 300)
    await expect(alice.stored.last).to_contain_text("xxx")
    await alice.frames()
    assert await spoken(alice.page, count=2) == [
        "bob, guest: hello alice", f"bob, guest: {'x' * 188}…",
    ]  # fmt: skip
    # Another look at the same room tells it nothing again.
    await alice.go_to_rooms()
    await alice.open_room(room["name"])
    await expect(alice.stored.last).to_contain_text("xxx")
    assert not any("bob" in text for text in await spoken(alice.page))


@pytest.mark.thorough
async def test_a_burst_of_messages_is_counted_and_not_read_out(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """The first three are read, the others become a number."""
    alice = await visit("alice", server, room, script=LISTEN, clock=True)
    await alice.stop_clock()
    await spoken(alice.page)
    client = await bob.enter(room)
    for number in range(8):
        await client.send("message", content=f"number {number}")
    await client.until("message", message={"content": "number 7"})
    # The last of them may still be on its way to alice; all within the second, by her clock.
    for _ in range(9):
        await alice.page.clock.run_for(100)
        if await alice.stored.count() == 8:
            break
    await expect(alice.stored).to_have_count(8)
    assert await spoken(alice.page, count=3) == [
        f"bob, guest: number {number}" for number in range(3)
    ]
    await alice.page.clock.run_for(1000)
    assert await spoken(alice.page, count=1) == ["5 new messages"]


@pytest.mark.thorough
async def test_troubles_and_their_end_are_announced(
    server: Server, room: Room, visit: Visit
) -> None:
    """The connection's loss and return politely, a message that was refused at once."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True, script=LISTEN)
    await spoken(alice.page)
    await wire.cut()
    await expect(alice.page.get_by_text("Connecting…")).to_be_visible()
    assert await spoken(alice.page, count=1) == ["Connection lost. Reconnecting."]
    wire.state = "up"
    await alice.page.clock.fast_forward(4000)
    await expect(alice.page.get_by_text("Connected", exact=True)).to_be_visible()
    assert await spoken(alice.page, count=1) == ["Connected again, nothing missed."]
    await alice.say("\u2060")
    await expect(alice.failed).to_have_count(1)
    assert await spoken(alice.page, count=1) == ["A message was not sent."]
    alert = alice.page.locator("[aria-live=assertive]")
    await expect(alert).to_have_text("A message was not sent.")


@pytest.mark.thorough
async def test_a_quiet_room_says_nothing(server: Server, room: Room, visit: Visit) -> None:
    """Comings and goings, typing and heartbeats are for the eyes alone."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, script=LISTEN)
    await spoken(alice.page)
    bob = await visit("bob", server, room)
    await expect(alice.log.get_by_text("bob guest joined")).to_be_visible()
    await bob.box.press_sequentially("hm")
    await expect(alice.page.get_by_text("bob guest is typing")).to_be_visible()
    wire.tell(json.dumps({"type": "heartbeat", "versions": {}}))
    await bob.page.close()
    await expect(alice.log.get_by_text("bob guest left")).to_be_visible()
    assert await spoken(alice.page) == []


async def test_the_conversation_has_its_landmarks_and_headings(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Each part can be jumped to, and each message has author, time and words as its name."""
    await bob.post(room, "a message")
    await bob.post(room, "and one more")
    alice = await visit("alice", server, room)
    await expect(alice.page.locator("#chat")).to_match_aria_snapshot(
        f"""
        - complementary "Conversations":
          - navigation "Rooms"
        - main:
          - heading "{room["name"]}" [level=1]
          - log "Messages in {room["name"]}"
          - region "Message box":
            - textbox "Message to {room["name"]}"
            - button "Send message"
        - complementary "People":
          - heading "People here" [level=2]
        """
    )
    for row, text in ((0, "a message"), (1, "and one more")):
        name = re.compile(rf"^bob guest \d+:\d\d\W*\w* {text}$")
        await expect(alice.rows.nth(row)).to_have_accessible_name(name)
    await expect(alice.page.locator("html")).to_have_attribute("lang", "en")
    skip = alice.page.get_by_role("button", name="Skip to message box")
    await skip.press("Enter")
    await expect(alice.box).to_be_focused()
    # A name and words may be of another direction than the page.
    await expect(alice.rows.first.locator("[dir=auto]")).to_have_text(["bob", "a message"])
