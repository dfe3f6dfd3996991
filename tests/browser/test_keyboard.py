"""Without a mouse: the whole way, and the focus is never lost."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, scroll_to
from tests.browser.visitor import FOCUSED, SETTLE, Visitor
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server

# Tab stops that a person may have to pass on the way from one place of a screen to another.
STOPS_AT_MOST = 40
# What has the focus some frames later, and whether it is this element.
LOOK = f"""async (node) => {{
  await ({SETTLE})();
  return [({FOCUSED})(), node === document.activeElement];
}}"""


@dataclass
class Keyboard:
    """The keys of a visitor; after each, something other than the page as a whole has the focus."""

    visitor: Visitor

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.visitor.page.keyboard.press(key)
            await self.is_somewhere(f"after {key}")

    async def type(self, text: str) -> None:
        """Write into what has the focus."""
        await self.visitor.page.keyboard.type(text)

    async def tab_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab (or `key`) until `target` has the focus."""
        await expect(target).to_be_visible()
        passed = []
        for _ in range(STOPS_AT_MOST):
            await self.visitor.page.keyboard.press(key)
            at, is_there = await target.evaluate(LOOK)
            assert not at.startswith("body"), f"the focus is lost after {key}"
            if is_there:
                return
            passed.append(at)
        raise AssertionError(f"not reached: {target}; passed: {passed}")

    async def is_somewhere(self, when: str) -> None:
        """Expect the focus to be on something, also some frames later."""
        at, _ = await self.visitor.page.evaluate(LOOK)
        assert not at.startswith("body"), f"the focus is lost {when}"


async def come_in_and_make_rooms(keys: Keyboard) -> None:
    """From the first screen into the second of two new rooms."""
    alice, page = keys.visitor, keys.visitor.page
    await expect(alice.name_field).to_be_focused()
    await keys.type("alice")
    await page.keyboard.press("Enter")
    await expect(alice.rooms_heading).to_be_focused()
    for name in ("first", "second"):
        await keys.tab_to(page.get_by_role("button", name="New room"))
        await keys.press("Enter")
        await expect(page.get_by_role("textbox", name="Room name")).to_be_focused()
        await keys.type(name)
        await page.keyboard.press("Enter")
        await expect(alice.title).to_have_text(name)
        await expect(alice.box).to_be_focused()
        await keys.is_somewhere(f"in {name}")
        if name == "first":
            await keys.tab_to(page.get_by_role("link", name="All rooms").first, "Shift+Tab")
            await keys.press("Enter")
            await expect(alice.rooms_heading).to_be_focused()


async def write_and_read_back(keys: Keyboard) -> None:
    """Arrows and letters move from message to message, Tab goes into the one in focus."""
    alice = keys.visitor
    for text in ("one", "two https://example.org", "three"):
        await keys.type(text)
        await keys.press("Enter")
    await expect(alice.stored).to_have_count(3)
    await keys.press("Shift+Tab")
    await expect(alice.rows.last).to_be_focused()
    await keys.press("ArrowUp")
    await expect(alice.rows.nth(1)).to_be_focused()
    await keys.press("Tab")
    await expect(alice.log.get_by_role("link")).to_be_focused()
    await keys.press("Shift+Tab", "Home")
    await expect(alice.rows.first).to_be_focused()
    await keys.press("j", "j")
    await expect(alice.rows.last).to_be_focused()
    await keys.press("k")
    await expect(alice.rows.nth(1)).to_be_focused()
    await keys.press("End")
    await expect(alice.rows.last).to_be_focused()


async def delete_the_room(keys: Keyboard) -> None:
    """The menu has its keys, and the dialog first stands on its harmless button."""
    alice = keys.visitor
    menu = alice.page.get_by_role("button", name="Room menu")
    await keys.tab_to(menu, "Shift+Tab")
    await keys.press("Enter", "End", "Escape")
    await expect(menu).to_be_focused()
    await keys.press("Enter", "d", "Enter")
    await expect(alice.dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await keys.press("Escape")
    await expect(menu).to_be_focused()
    await keys.press("Enter", "End", "Enter", "Tab")
    await expect(alice.dialog.get_by_role("button", name="Delete room")).to_be_focused()
    await alice.page.keyboard.press("Enter")
    await expect(alice.rooms_heading).to_be_focused()
    await keys.is_somewhere("after the deletion")


async def test_the_whole_way_with_the_keyboard_alone(server: Server, stranger: Visit) -> None:
    """Sign in, create rooms, write, read back, switch rooms, delete a room, sign out."""
    alice = await stranger("alice", server)
    page, keys = alice.page, Keyboard(alice)
    await come_in_and_make_rooms(keys)
    await write_and_read_back(keys)
    # From within the log to the other room and back.
    await keys.press("Alt+ArrowUp")
    await expect(alice.title).to_have_text("first")
    await keys.is_somewhere("in the other room")
    await keys.press("Alt+ArrowDown")
    await expect(alice.title).to_have_text("second")
    await expect(alice.stored).to_have_count(3)
    await keys.is_somewhere("back again")
    await delete_the_room(keys)
    await keys.tab_to(page.get_by_role("link", name="first"))
    await keys.press("Enter")
    await expect(alice.box).to_be_focused()
    await keys.tab_to(page.get_by_role("button", name="Your menu"), "Shift+Tab")
    await keys.press("Enter")
    await keys.tab_to(page.get_by_role("button", name="Sign out"))
    await page.keyboard.press("Enter")
    await expect(alice.name_field).to_be_focused()


async def test_f6_goes_from_one_part_of_the_conversation_to_the_next(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Rooms, messages, message box, and round again; with Shift the other way."""
    await bob.post(room, "hello")
    alice = await visit("alice", server, room)
    keys = Keyboard(alice)
    await expect(alice.box).to_be_focused()
    current = alice.page.get_by_role("link", name=room["name"]).first
    await keys.press("Shift+F6")
    await expect(alice.rows.last).to_be_focused()
    await keys.press("Shift+F6")
    await expect(current).to_be_focused()
    await keys.press("F6", "F6")
    await expect(alice.box).to_be_focused()
    for _ in range(4):
        await keys.press("F6")
        if await current.evaluate("(node) => node === document.activeElement"):
            break
    await expect(current).to_be_focused()


@pytest.mark.thorough
async def test_the_list_of_keys_opens_by_a_key_and_from_the_menu(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """The focus comes back to where it was; a question mark in a message is one."""
    await bob.post(room, "hello")
    alice = await visit("alice", server, room)
    keys, page = Keyboard(alice), alice.page
    listing = page.get_by_role("dialog", name="Keyboard shortcuts")
    await keys.press("?")
    await expect(alice.box).to_have_value("?")
    await keys.press("Backspace", "Control+/")
    await expect(listing.get_by_text("Previous room", exact=True)).to_be_visible()
    # However long it is, it is read from its beginning.
    await expect(listing.get_by_role("heading")).to_be_in_viewport()
    await keys.press("Enter")
    await expect(listing).to_have_count(0)
    await expect(alice.box).to_be_focused()
    await alice.rows.last.focus()
    await keys.press("?", "Escape")
    await expect(alice.rows.last).to_be_focused()
    menu = page.get_by_role("button", name="Your menu")
    await menu.click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(listing).to_be_visible()
    await keys.press("Escape")
    await expect(menu).to_be_focused()


@pytest.mark.thorough
async def test_the_focus_stays_when_a_message_is_sent_again_or_given_up(
    server: Server, room: Room, visit: Visit
) -> None:
    """The buttons that go with their message hand the focus on."""
    alice = await visit("alice", server, room)
    keys = Keyboard(alice)
    await alice.say("\u2060", "stays")
    await expect(alice.failed).to_have_count(1)
    await alice.failed.get_by_role("button", name="Retry").focus()
    await keys.press("Enter")
    await expect(alice.failed).to_have_count(1)
    await keys.is_somewhere("after the second refusal")
    await alice.failed.get_by_role("button", name="Delete").focus()
    await keys.press("Enter")
    await alice.shows("stays")
    await keys.is_somewhere("after the deletion")


@pytest.mark.thorough
async def test_the_focus_stays_when_the_last_message_is_given_up(
    server: Server, room: Room, visit: Visit
) -> None:
    """With no message left there is still a place to be."""
    alice = await visit("alice", server, room)
    await alice.say("\u2060")
    await alice.failed.get_by_role("button", name="Delete").press("Enter")
    await expect(alice.rows).to_have_count(0)
    await Keyboard(alice).is_somewhere("in the empty log")


@pytest.mark.thorough
async def test_the_focus_stays_on_the_way_to_the_newest_message(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """The button goes when it has done its work; the focus does not go with it."""
    await fill(bob, room, 60)
    alice = await visit("alice", server, room)
    keys = Keyboard(alice)
    await scroll_to(alice, 1500)
    await keys.tab_to(alice.page.get_by_role("button", name="Jump to latest"), "Shift+Tab")
    await keys.press("Enter")
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    await keys.is_somewhere("at the newest message")


@pytest.mark.thorough
async def test_the_focus_stays_while_the_connection_goes_and_comes(
    server: Server, room: Room, visit: Visit
) -> None:
    """The banner's button goes with the banner."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    keys = Keyboard(alice)
    await wire.cut()
    await alice.page.clock.fast_forward(5000)
    await alice.page.get_by_role("button", name="Try now").focus()
    wire.state = "up"
    await keys.press("Enter")
    await expect(alice.page.get_by_text("Caught up.")).to_be_visible()
    await keys.is_somewhere("when all is well")


@pytest.mark.thorough
async def test_the_focus_stays_when_older_messages_are_asked_for_again(
    server: Server, room: Room, visit: Visit, bob: Person, browsers: Browsers
) -> None:
    """The button that asks again makes way for the messages."""
    browsers.allow("503")
    await fill(bob, room, 120)
    alice = await visit("alice", server, room)
    keys = Keyboard(alice)
    await alice.page.route("**/messages?*before=*", lambda route: route.fulfill(status=503))
    await scroll_to(alice, 0)
    again = alice.log.get_by_role("button", name="Try again")
    await again.focus()
    await alice.page.unroute("**/messages?*before=*")
    await keys.press("Enter")
    await expect(again).to_have_count(0)
    await keys.is_somewhere("with the older messages")


@pytest.mark.thorough
async def test_a_message_in_focus_keeps_it_while_the_window_moves_on(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Three hundred newer ones later it is still there for the one who stands on it."""
    await fill(bob, room, 40)
    alice = await visit("alice", server, room)
    await alice.rows.nth(20).focus()
    await fill(bob, room, 320, first=41)
    await expect(alice.page.get_by_role("button", name="new messages")).to_be_visible()
    await expect(alice.rows.filter(has_text=re.compile("message 021"))).to_be_focused()


@pytest.mark.thorough
async def test_the_focus_stays_when_somebody_else_deletes_the_room(
    server: Server, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """Wherever one was in the conversation, the notice has the focus then."""
    room = new_room(server)
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await bob.say("goodbye")
    await alice.rows.first.focus()
    await bob.delete_room()
    heading = alice.page.get_by_role("heading", name="This room is gone")
    await expect(heading).to_be_focused()
    await Keyboard(alice).press("Tab")
    await expect(alice.page.get_by_role("button", name="Back to rooms")).to_be_focused()


@pytest.mark.thorough
async def test_a_key_that_is_pressed_before_it_is_heard_counts_once_it_is(
    server: Server, room: Room, visit: Visit
) -> None:
    """On a slow network what hears keys comes a while after the page."""
    alice = await visit("alice", server, room)
    held = await alice.reload_slowly()
    await expect(alice.log).not_to_have_attribute("aria-busy", "true")
    await alice.page.keyboard.press("Control+k")
    await alice.page.keyboard.press("Control+Shift+F")
    held.set()
    field = alice.page.get_by_role("combobox", name="Search messages")
    await expect(field).to_be_focused()
    # The last one counts.
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await alice.page.keyboard.press("Escape")
    await expect(field).to_be_hidden()


@pytest.mark.thorough
async def test_a_key_on_a_message_that_is_pressed_before_it_is_heard_counts_once_it_is(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Unless one has gone on from that message, which is not called back."""
    await fill(bob, room, 2)
    alice = await visit("alice", server, room)
    keys = Keyboard(alice)
    held = await alice.reload_slowly()
    await expect(alice.stored).to_have_count(2)
    await keys.press("Shift+Tab", "ArrowUp", "t")
    held.set()
    thread = alice.page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article")).to_contain_text("message 001")
    await alice.page.keyboard.press("Escape")
    await expect(thread).to_have_count(0)
    held = await alice.reload_slowly()
    await expect(alice.stored).to_have_count(2)
    await keys.press("Shift+Tab", "m", "Tab")
    held.set()
    # What hears keys is there.
    await expect(alice.rows.last.locator(".row-tools")).to_have_count(1)
    await alice.frames()
    await expect(alice.page.get_by_role("menu")).to_have_count(0)
