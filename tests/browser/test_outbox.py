"""Messages that are refused, and messages of two tabs: shown, kept, sent once."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server

# The page's wait between two tries at most, in milliseconds.
RETRY = 4000
UNREACHABLE = "WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET"
LIMIT = "PARLOUR_MAX_MESSAGE_LENGTH"
LONG = "This is longer than forty characters, which is the limit now."


async def test_a_message_the_server_refuses_says_why_and_can_be_deleted(
    server: Server, room: Room, visit: Visit
) -> None:
    """Nothing but an invisible character: the page lets it pass, the server does not."""
    alice = await visit("alice", server, room)
    await alice.say("\u2060", "the next one is not held up")
    failed = alice.failed
    await expect(failed).to_have_count(1)
    await expect(failed).to_contain_text("Not sent. Write something first.")
    await expect(alice.stored).to_have_count(1)
    alerts = alice.page.get_by_role("alert")
    await expect(alerts.filter(has_text="A message was not sent.")).to_be_attached()
    # It is still there after a reload, and a second try is refused as the first.
    await alice.page.reload()
    await expect(failed).to_have_count(1)
    await failed.get_by_role("button", name="Retry").click()
    await expect(failed).to_contain_text("Not sent.")
    await failed.get_by_role("button", name="Delete").click()
    await expect(failed).to_have_count(0)
    await alice.shows("the next one is not held up")
    await alice.page.reload()
    await alice.shows("the next one is not held up")


@pytest.mark.thorough
async def test_a_message_beyond_a_limit_that_has_changed_waits_for_a_retry(
    new_server: Callable[..., Server],
    new_room: Callable[..., Room],
    visit: Visit,
    browsers: Browsers,
) -> None:
    """The page knows the limit it was loaded with; a text is kept until it fits again."""
    browsers.allow(UNREACHABLE)
    server = new_server(env={LIMIT: "2000"}).start()
    room = new_room(server)
    alice = await visit("alice", server, room, clock=True)
    server.env[LIMIT] = "40"
    await server.arestart()
    await alice.say(LONG, "short")
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.failed).to_have_count(1)
    await expect(alice.failed).to_contain_text("Not sent. That is too long. Shorten it a little.")
    await expect(alice.failed).to_contain_text(LONG)
    await expect(alice.stored).to_have_count(1)
    # So many bytes are no frame for this server: it closes without a word about which it was.
    await alice.say("🌱" * 1500, "short again")
    await expect(alice.failed).to_have_count(2)
    await expect(alice.failed.last).to_contain_text("Not sent. That is too large to send.")
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.stored).to_have_count(2)
    server.env[LIMIT] = "2000"
    await server.arestart()
    await alice.page.clock.fast_forward(RETRY)
    await alice.failed.first.get_by_role("button", name="Retry").click()
    await expect(alice.stored).to_have_count(3)
    await alice.failed.get_by_role("button", name="Delete").click()
    await alice.shows("short", "short again", LONG)
    assert [message["content"] for message in await alice.told()] == ["short", "short again", LONG]


async def test_two_tabs_of_one_person_are_one_person_with_one_outbox(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Both show what either has written, one of them sends it, and closing one is no leaving."""
    wire = Wire()
    first = await visit("alice", server, room, wire=wire, clock=True)
    client = await bob.enter(room)
    page = await first.page.context.new_page()
    await wire.lay(page)
    await page.goto(address(server, room))
    second = Visitor(page, "alice", server)
    await expect(second.presence("bob")).to_be_attached()
    await second.say("from the second")
    await first.shows("from the second")
    # Until then it is a line of the outbox that both share, and not yet of the room.
    await expect(first.stored).to_have_count(1)
    await wire.cut()
    await first.say("waiting in the first")
    await second.shows("from the second", "waiting in the first")
    await second.say("waiting in the second")
    await first.shows("from the second", "waiting in the first", "waiting in the second")
    wire.state = "up"
    await first.page.clock.fast_forward(RETRY)
    for tab in (first, second):
        await expect(tab.stored).to_have_count(3)
        await tab.shows("from the second", "waiting in the first", "waiting in the second")
    assert len(await first.told()) == 3
    # The cut took alice out of the room, the way back brought her in again: once, not per tab.
    await client.settle()
    told = [(frame["type"], frame["username"]) for frame in client.frames if "username" in frame]
    assert ("leave", "alice") in told
    client.frames.clear()
    await page.close()
    await first.say("still here")
    await client.until("message", message={"content": "still here"})
    assert [frame for frame in client.frames if frame["type"] in {"join", "leave"}] == []


@pytest.mark.thorough
async def test_a_draft_stays_with_its_room(
    server: Server, room: Room, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """What was written and not sent is there again, after another room and after a reload."""
    other = new_room(server)
    alice = await visit("alice", server, room)
    await alice.box.fill("not quite")
    await alice.open_room(other["name"])
    await expect(alice.box).to_have_value("")
    await alice.open_room(room["name"])
    await expect(alice.box).to_have_value("not quite")
    await alice.page.reload()
    await expect(alice.box).to_have_value("not quite")
    await alice.box.press("Enter")
    await alice.shows("not quite")
    await expect(alice.stored).to_have_count(1)
    await alice.page.reload()
    await expect(alice.stored).to_have_count(1)
    await expect(alice.box).to_have_value("")


@pytest.mark.thorough
async def test_the_message_box_counts_near_its_limit_and_holds_back_what_is_over(
    server: Server, room: Room, visit: Visit
) -> None:
    """The last characters are counted as the server counts them; too many cannot be sent."""
    alice = await visit("alice", server, room)
    await alice.box.fill("🌱" * 990)
    await expect(alice.page.get_by_text("10 characters left")).to_be_visible()
    await alice.box.fill("🌱" * 1001)
    await expect(alice.page.get_by_text("1 character too long")).to_be_visible()
    await alice.box.press("Enter")
    await expect(alice.box).to_have_value("🌱" * 1001)
    await expect(alice.box).to_have_attribute("aria-invalid", "true")
    await alice.box.fill("🌱" * 1000)
    await alice.box.press("Enter")
    await expect(alice.stored).to_have_count(1)
