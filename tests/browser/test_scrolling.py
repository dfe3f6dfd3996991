"""Scrolling through five hundred messages: all are found, few are held, nothing ever jumps."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.reading import drift, drift_in_the_end, fill, scroll_to, view, watch
from tests.browser.visitor import Visitor
from tests.support.brief import thorough_but
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.server import Server

# One pixel at most; half of one is what a browser rounds away.
STILL = 1.0
ROWS_AT_MOST = 350
MESSAGES = 500


@pytest.fixture(scope="module")
async def long_room(server: Server) -> tuple[Room, list[Message]]:
    """Return a room with five hundred messages, and these."""
    async with async_http_client(server) as http:
        room = checked(await http.post("/api/chat/rooms", json={"name": "long"}))
    return room, await fill(Person("maya", server), room, MESSAGES)


class Gate:
    """Holds the requests for further pages of the history until it is opened."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()

    async def put_before(self, visitor: Visitor) -> None:
        """Hold what this visitor's page asks for from now on."""
        await visitor.page.route("**/messages?*before=*", self._hold)
        await visitor.page.route("**/messages?*after=*", self._hold)

    async def _hold(self, route: Route) -> None:
        self.asked += 1
        await self.open.wait()
        await route.continue_()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    """Yield a gate; at the end it is open."""
    held = Gate()
    yield held
    held.open.set()


async def test_a_room_opens_at_its_newest_message(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """A reader who was never there sees the end, and little more than a screen is loaded."""
    room, messages = long_room
    alice = await visit("alice", server, room)
    await expect(alice.rows.last).to_contain_text("message 500")
    now = await view(alice)
    assert now.below <= STILL
    assert now.ids == [message["id"] for message in messages][-len(now.ids) :]
    assert len(now.ids) <= 150


# Counts the frames in which the way to the newest message is offered.
OFFERS = """window.offers = 0;
const look = () => {
  const buttons = [...document.querySelectorAll('#chat button')];
  const offer = buttons.find((button) => button.textContent === 'Jump to latest');
  if (offer?.checkVisibility()) window.offers += 1;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);"""


@pytest.mark.thorough
async def test_a_room_that_opens_at_its_end_does_not_offer_to_go_there(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Not for a single frame."""
    await fill(bob, room, 30)
    alice = await visit("alice", server, script=OFFERS)
    await alice.open_room(room["name"])
    await expect(alice.rows.last).to_contain_text("message 030")
    await expect(alice.presence("alice")).to_be_attached()
    await alice.frames()
    assert (await view(alice)).below <= STILL
    assert await alice.page.evaluate("window.offers") == 0
    # The watch does see it.
    await scroll_to(alice, 0)
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await alice.frames()
    assert await alice.page.evaluate("window.offers") > 0


async def test_scrolling_up_finds_every_message_up_to_the_first(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """The wheel leads to the beginning; on the way there are never 350 rows, and no hole."""
    room, messages = long_room
    alice = await visit("alice", server, room)
    ids = [message["id"] for message in messages]
    seen: set[int] = set()
    beginning = alice.log.get_by_text(f"Beginning of #{room['name']}")
    await alice.log.hover()
    while not await beginning.is_visible():
        now = await view(alice)
        assert now.rows <= ROWS_AT_MOST
        start = ids.index(now.ids[0])
        assert now.ids == ids[start : start + len(now.ids)]
        seen.update(now.ids)
        await alice.page.mouse.wheel(0, -2000)
        await alice.frames()
    now = await view(alice)
    seen.update(now.ids)
    assert seen == set(ids)
    assert now.ids[0] == ids[0]
    # The newest are no longer held: the way back to them is a button.
    assert ids[-1] not in now.ids
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await expect(alice.rows.last).to_contain_text("message 500")
    await alice.frames()
    assert (await view(alice)).below <= STILL
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_hidden()


@pytest.mark.parametrize("top", thorough_but([400], [400, 0]))
async def test_older_messages_come_in_above_without_moving_the_reader(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit, gate: Gate, top: int
) -> None:
    """Not by a pixel and not for a frame, also for who has scrolled to the very top."""
    room, _ = long_room
    alice = await visit("alice", server, room)
    await alice.frames()
    await gate.put_before(alice)
    await scroll_to(alice, top)
    before = await view(alice)
    assert before.above == top
    await watch(alice.page)
    gate.open.set()
    await expect(alice.stored.first).not_to_have_attribute("data-message-id", str(before.ids[0]))
    assert await drift(alice.page) <= STILL
    after = await view(alice)
    assert after.ids[-len(before.ids) :] == before.ids
    assert len(after.ids) == len(before.ids) + 50


@pytest.mark.thorough
async def test_rows_that_go_at_the_far_end_do_not_move_the_reader(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """Beyond 300 messages the other end is given up, upwards and downwards."""
    room, messages = long_room
    ids = [message["id"] for message in messages]
    alice = await visit("alice", server, room)
    while (now := await view(alice)).ids[-1] > ids[-150]:
        await scroll_to(alice, 300)
        await watch(alice.page)
        await expect(alice.stored.first).not_to_have_attribute("data-message-id", str(now.ids[0]))
        assert await drift(alice.page) <= STILL
    assert len(now.ids) == 300
    # And down again: now it is the oldest that go.
    first = now.ids[0]
    for _ in range(2):
        now = await view(alice)
        await scroll_to(alice, now.above + now.below - 300)
        await watch(alice.page)
        await expect(alice.stored.last).not_to_have_attribute("data-message-id", str(now.ids[-1]))
        assert await drift(alice.page) <= STILL
    now = await view(alice)
    assert len(now.ids) == 300
    assert now.ids[0] > first


@pytest.mark.thorough
async def test_new_messages_below_do_not_move_a_reader_further_up(
    server: Server, visit: Visit, room: Room, bob: Person
) -> None:
    """They are counted, in the button and in the tab's title, until one goes to see them."""
    await fill(bob, room, 60)
    alice = await visit("alice", server, room)
    await scroll_to(alice, (await view(alice)).above - 600)
    await watch(alice.page)
    for number in range(3):
        await bob.post(room, f"news {number}\nof two lines")
    button = alice.page.get_by_role("button", name="3 new messages, jump to latest")
    await expect(button).to_have_text("3 new")
    await expect(alice.page).to_have_title(f"(3) #{room['name']} · Parlour")
    assert await drift(alice.page) <= STILL
    await button.click()
    await alice.frames()
    assert (await view(alice)).below <= STILL
    await expect(button).to_be_hidden()
    await expect(alice.page).to_have_title(f"#{room['name']} · Parlour")
    await expect(alice.log.get_by_text("New", exact=True)).to_have_count(1)


@pytest.mark.thorough
@pytest.mark.parametrize(("wide", "narrow"), [(1270, 800), (740, 375)])
async def test_another_width_of_the_window_does_not_move_the_reader(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit, wide: int, narrow: int
) -> None:
    """All lines break anew, above the reader too; what they read stays, there and back."""
    room, _ = long_room
    viewport = {"width": wide, "height": 800}
    alice = await visit("alice", server, room, viewport=viewport)
    await scroll_to(alice, (await view(alice)).above - 1200)
    for width in (narrow, wide):
        await watch(alice.page)
        await alice.page.set_viewport_size({"width": width, "height": 700})
        # A busy machine may be some frames late with it.
        await alice.page.wait_for_function("(width) => innerWidth === width", arg=width)
        await alice.frames()
        assert await drift_in_the_end(alice.page) <= STILL


# The log is drawn anew before the browser has told that it was scrolled.
DRAWN_BETWEEN = """(top) => {
  const log = document.querySelector('[role=log]');
  if (top === null) log.dispatchEvent(new WheelEvent('wheel', { deltaY: -1 }));
  else log.scrollTop += top;
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.mark.thorough
async def test_who_leaves_the_end_is_not_held_there_by_what_is_drawn_meanwhile(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """By a jump of the scrollbar, and by a turn of the wheel before anything has moved."""
    room, _ = long_room
    alice = await visit("alice", server, room)
    above = (await view(alice)).above
    await alice.page.evaluate(DRAWN_BETWEEN, -1200)
    await alice.frames()
    assert (await view(alice)).above == above - 1200
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    await alice.page.evaluate(DRAWN_BETWEEN, None)
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()


# The lines break anew, and before the browser has told of it somebody looks where the reader is.
REFLOW = """(width) => {
  const log = document.querySelector('[role=log]');
  log.parentElement.style.inlineSize = width;
  log.dispatchEvent(new Event('scroll'));
}"""


@pytest.mark.thorough
async def test_what_happens_while_lines_break_anew_does_not_move_the_reader(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """A scroll event between the new width and its telling is no new place of the reader."""
    room, _ = long_room
    alice = await visit("alice", server, room)
    await scroll_to(alice, (await view(alice)).above - 1200)
    for width in ("300px", "auto"):
        await watch(alice.page)
        await alice.page.evaluate(REFLOW, width)
        assert await drift_in_the_end(alice.page) <= STILL


@pytest.mark.thorough
async def test_a_reader_at_the_end_stays_at_the_end(
    server: Server, visit: Visit, room: Room, bob: Person
) -> None:
    """Whatever grows: the log, the message box, or nothing but the window's height."""
    await fill(bob, room, 60)
    alice = await visit("alice", server, room)
    await bob.post(room, "one more\nwith\nmany\nlines")
    await expect(alice.rows.last).to_contain_text("one more")
    await alice.frames()
    assert (await view(alice)).below <= STILL
    await alice.box.fill("a\nb\nc\nd\ne\nf")
    await alice.frames()
    assert (await view(alice)).below <= STILL
    await alice.page.set_viewport_size({"width": 700, "height": 500})
    await alice.frames()
    assert (await view(alice)).below <= STILL


@pytest.mark.thorough
async def test_ones_own_message_leads_to_the_end_from_anywhere(
    server: Server,
    long_room: tuple[Room, list[Message]],
    visit: Visit,
) -> None:
    """Also when the end is not even held any more."""
    room, messages = long_room
    alice = await visit("alice", server, room, messages[100])
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await alice.say("where am I?")
    await expect(alice.row("where am I?")).to_be_in_viewport()
    await expect(alice.stored.last).to_contain_text("where am I?")
    await alice.frames()
    assert (await view(alice)).below <= STILL


# Keeps the page's connection, to say something over it in a moment of one's own.
SOCKETS = """window.sockets = [];
window.WebSocket = new Proxy(WebSocket, {
  construct: (made, given) => {
    const socket = new made(...given);
    window.sockets.push(socket);
    return socket;
  },
});"""

# A notice in its strip over everything, and in the same task something for the log.
PUSHED = """(words) => {
  const notice = document.createElement('div');
  notice.className = 'toast';
  notice.textContent = 'A notice';
  document.querySelector('#toasts').append(notice);
  window.sockets.at(-1).dispatchEvent(new MessageEvent('message', { data: words }));
}"""


@pytest.mark.thorough
async def test_what_is_told_in_the_moment_in_which_the_log_becomes_lower_does_not_move_it(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """The page hears of it before the browser has told the log of its new size."""
    room, _ = long_room
    alice = await visit("alice", server, room, script=SOCKETS)
    await scroll_to(alice, 2000)
    before = await alice.log.evaluate("(log) => log.getBoundingClientRect().top")
    await watch(alice.page)
    joined = {
        "type": "join",
        "room_id": room["id"],
        "username": "mallory",
        "guest": True,
        "timestamp": "2026-01-31T12:00:00.000000Z",
    }
    await alice.page.evaluate(PUSHED, json.dumps(joined))
    assert await drift_in_the_end(alice.page) <= STILL
    assert await alice.log.evaluate("(log) => log.getBoundingClientRect().top") > before + 30
