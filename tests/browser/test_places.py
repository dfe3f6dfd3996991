"""Places in a conversation: an address that leads to a message, and where one was before."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.reading import View, fill, scroll_to, view
from tests.browser.visitor import Visitor, address
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.server import Server

STILL = 1.0


@pytest.fixture(scope="module")
async def long_room(server: Server) -> tuple[Room, list[Message]]:
    """Return a room with three hundred messages, and these."""
    async with async_http_client(server) as http:
        room = checked(await http.post("/api/chat/rooms", json={"name": "long"}))
    return room, await fill(Person("maya", server), room, 300)


async def is_in_the_middle(visitor: Visitor, message: Message) -> None:
    """Expect the message to be focused, pointed out, and to stand in the middle of the log."""
    row = visitor.page.locator(f"[data-message-id='{message['id']}']")
    await expect(row.get_by_role("article")).to_be_focused()
    log, box = await visitor.log.bounding_box(), await row.bounding_box()
    assert log is not None
    assert box is not None
    middle = log["y"] + log["height"] / 2
    assert box["y"] <= middle <= box["y"] + box["height"]


async def test_the_address_of_a_message_leads_to_it(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """It stands in the middle, flashes once, has the focus; what is around it is there."""
    room, messages = long_room
    flashes = """addEventListener('animationstart', (event) => {
      const row = event.target.closest('[data-flash]');
      if (row) (window.flashes ??= []).push(row.dataset.messageId);
    });"""
    alice = await visit("alice", server, room, messages[100], script=flashes)
    await is_in_the_middle(alice, messages[100])
    assert await alice.page.evaluate("window.flashes") == [str(messages[100]["id"])]
    now = await view(alice)
    ids = [message["id"] for message in messages]
    assert now.ids == ids[ids.index(now.ids[0]) :][: len(now.ids)]
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    # Another message of the same room, by its address, as a click on a link would do.
    await alice.page.evaluate(f"location.hash = '#/r/{room['id']}/m/{ids[10]}'")
    await is_in_the_middle(alice, messages[10])
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await expect(alice.rows.last).to_contain_text("message 300")


@pytest.mark.thorough
async def test_an_address_of_a_message_that_is_not_there_still_shows_the_room(
    server: Server, long_room: tuple[Room, list[Message]], visit: Visit
) -> None:
    """A wrong number is no reason for an empty page."""
    room, messages = long_room
    alice = await visit("alice", server, room, {"id": messages[-1]["id"] + 100_000})
    await expect(alice.title).to_have_text(room["name"])
    await expect(alice.rows.last).to_contain_text("message 300")


async def same_place(visitor: Visitor, before: View) -> None:
    """Expect the same row at the same height as before."""
    row = visitor.page.locator(f"[data-message-id='{before.first}']")
    await expect(row).to_be_in_viewport()
    await visitor.frames()
    now = await view(visitor)
    assert now.first == before.first
    assert abs(now.offset - before.offset) <= STILL


@pytest.mark.thorough
async def test_coming_back_to_a_room_leads_to_where_one_was(
    server: Server,
    long_room: tuple[Room, list[Message]],
    visit: Visit,
    new_room: Callable[..., Room],
) -> None:
    """Through the list of rooms, through another room, and after a reload: to the pixel."""
    room, _ = long_room
    other = new_room(server)
    alice = await visit("alice", server, room, clock=True)
    await scroll_to(alice, (await view(alice)).above - 1111)
    before = await view(alice)
    # The place is kept when the scrolling has come to rest.
    await alice.page.clock.fast_forward(1000)
    await alice.go_to_rooms()
    await alice.open_room(room["name"])
    await same_place(alice, before)
    await alice.open_room(other["name"])
    await alice.open_room(room["name"])
    await same_place(alice, before)
    await alice.page.reload()
    await same_place(alice, before)
    # Whoever has been at the end comes back to the end.
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await alice.frames()
    await alice.go_to_rooms()
    await alice.open_room(room["name"])
    await expect(alice.rows.last).to_contain_text("message 300")
    await alice.frames()
    assert (await view(alice)).below <= STILL


@pytest.mark.thorough
async def test_back_and_forward_of_the_browser_lead_through_the_rooms(
    server: Server, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """Each room is an entry of the browser's history."""
    one, two = new_room(server), new_room(server)
    alice = await visit("alice", server, one)
    await alice.open_room(two["name"])
    await alice.page.go_back()
    await expect(alice.title).to_have_text(one["name"])
    await alice.page.go_forward()
    await expect(alice.title).to_have_text(two["name"])
    await alice.say("here I am")
    await expect(alice.stored).to_have_count(1)
    await alice.page.goto(address(server))
    await expect(alice.rooms_heading).to_be_visible()
    await alice.page.go_back()
    await alice.shows("here I am")


@pytest.mark.chromium("leave for the clipboard")
@pytest.mark.thorough
async def test_a_link_to_a_message_is_copied_by_one_key(
    server: Server, room: Room, visit: Visit
) -> None:
    """It is said, and leads back; what the browser refuses is said, too."""
    alice = await visit("alice", server, room, permissions=["clipboard-read", "clipboard-write"])
    await alice.say("first", "second")
    await expect(alice.stored).to_have_count(2)
    await alice.box.press("Shift+Tab")
    await expect(alice.row("second")).to_be_focused()
    await alice.page.keyboard.press("c")
    await expect(alice.notices).to_contain_text("Link copied.")
    link = await alice.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{re.escape(server.url)}/#/r/{room['id']}/m/\d+", link)
    await alice.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }"
    )
    await alice.page.keyboard.press("c")
    await expect(alice.notices).to_contain_text("Your browser refused")
