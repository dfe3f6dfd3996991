"""What is typed before that is there which was asked for: it waits, and goes where it was meant."""

import asyncio

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.browser import Browsers
from tests.support.people import NewRoom, Room
from tests.support.server import Server


async def typed(visitor: Visitor, *keys: str) -> None:
    """Press keys, written out where they are a text in quotes."""
    for key in keys:
        if key.startswith("'"):
            await visitor.page.keyboard.type(key.strip("'"))
        else:
            await visitor.page.keyboard.press(key)


async def with_something_said(visitor: Visitor) -> asyncio.Event:
    """Say something and come back slowly, as `reload_slowly` says; one can write by then."""
    await visitor.say("said")
    await expect(visitor.stored).to_have_count(1)
    held = await visitor.reload_slowly()
    await expect(visitor.stored).to_have_count(1)
    await expect(visitor.box).to_be_focused()
    return held


def switcher(visitor: Visitor) -> Locator:
    """Return the field of the quick switcher."""
    return visitor.page.get_by_role("combobox", name="Go to a room, a person or a command")


async def test_what_is_typed_before_the_quick_switcher_is_there_chooses_in_it(
    server: Server, room: Room, visit: Visit, new_room: NewRoom
) -> None:
    """Ctrl+K, a name, Enter: the room, as fast as one types, and nothing is said in this one."""
    new_room(server, "quarterly figures")
    alice = await visit("alice", server, room)
    await alice.box.fill("a draft,")
    held = await alice.reload_slowly()
    await expect(alice.box).to_be_focused()
    await expect(alice.box).to_have_value("a draft,")
    await typed(alice, "Control+k", "'quarterlyy'", "Backspace")
    await expect(alice.box).to_have_value("a draft,")
    await typed(alice, "Enter")
    held.set()
    await expect(alice.title).to_have_text("quarterly figures")
    await expect(alice.rows).to_have_count(0)
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await alice.page.go_back()
    await expect(alice.box).to_have_value("a draft,")
    await expect(alice.rows).to_have_count(0)


@pytest.mark.thorough
async def test_what_is_typed_before_the_page_hears_its_keys_waits_as_well(
    server: Server, room: Room, visit: Visit, new_room: NewRoom
) -> None:
    """Ctrl+K and a name into a page that is still being loaded."""
    new_room(server, "yearly figures")
    alice = await visit("alice", server, room)
    held = await alice.reload_slowly("later.js")
    await typed(alice, "Control+k", "'yearly'", "Enter")
    held.set()
    await expect(alice.title).to_have_text("yearly figures")
    await expect(alice.rows).to_have_count(0)


@pytest.mark.thorough
async def test_what_is_typed_before_the_search_is_there_is_looked_for(
    server: Server, room: Room, visit: Visit
) -> None:
    """Its field has the words, and nothing is said."""
    alice = await visit("alice", server, room)
    await alice.say("the heron stands", "nothing of the kind")
    await expect(alice.stored).to_have_count(2)
    held = await alice.reload_slowly()
    await expect(alice.stored).to_have_count(2)
    await expect(alice.box).to_be_focused()
    await typed(alice, "Control+Shift+F", "'heron'", "Enter")
    held.set()
    field = alice.page.get_by_role("combobox", name="Search messages")
    await expect(field).to_have_value("heron")
    await expect(alice.page.get_by_role("link", name="the heron stands")).to_have_count(1)
    await expect(alice.rows).to_have_count(2)
    await expect(alice.box).to_have_value("")


@pytest.mark.thorough
async def test_what_is_typed_before_a_message_can_be_edited_is_written_into_it(
    server: Server, room: Room, visit: Visit
) -> None:
    """The arrow up, some words, Enter: the message is changed, and no other one is sent."""
    alice = await visit("alice", server, room)
    held = await with_something_said(alice)
    await typed(alice, "ArrowUp", "', and more'", "Enter")
    held.set()
    await expect(alice.log).to_contain_text("said, and more (edited)")
    await expect(alice.rows).to_have_count(1)
    await expect(alice.box).to_have_value("")


@pytest.mark.thorough
async def test_what_is_typed_after_a_menus_edit_takes_the_place_of_the_message(
    server: Server, room: Room, visit: Visit
) -> None:
    """Edit from the menu, everything selected, other words, Enter: these, and all of them."""
    alice = await visit("alice", server, room)
    await alice.say("said")
    await expect(alice.stored).to_have_count(1)
    for words in ("unsaid", "and said again"):
        await alice.rows.first.hover()
        await alice.rows.first.get_by_role("button", name="Message actions").click()
        await alice.page.get_by_role("menuitem", name="Edit", exact=True).click()
        await typed(alice, "Control+a", f"'{words}'", "Enter")
        await expect(alice.log).to_contain_text(f"{words} (edited)")
        await expect(alice.rows).to_have_count(1)
        await expect(alice.box).to_have_value("")
        # No letter was a command about the message.
        await expect(alice.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.thorough
async def test_enter_with_shift_breaks_the_line_of_what_is_typed_early(
    server: Server, room: Room, visit: Visit
) -> None:
    """It does not send the first half."""
    alice = await visit("alice", server, room)
    held = await with_something_said(alice)
    await typed(alice, "ArrowUp", "', one'", "Shift+Enter", "'two'")
    held.set()
    await expect(alice.box).to_have_value("said, one\ntwo")


@pytest.mark.thorough
async def test_escape_gives_up_what_was_asked_for_although_it_is_still_to_come(
    server: Server, room: Room, visit: Visit
) -> None:
    """What is typed after it goes where one is, and what was meant for the other is gone."""
    alice = await visit("alice", server, room)
    held = await alice.reload_slowly("later.js")
    await typed(alice, "Control+k", "'zeta'", "Escape")
    held.set()
    await expect(alice.box).to_be_focused()
    await expect(alice.log).not_to_have_attribute("aria-busy", "true")
    await typed(alice, "'hello all'")
    await expect(alice.box).to_have_value("hello all")
    held = await alice.reload_slowly()
    await expect(alice.log).not_to_have_attribute("aria-busy", "true")
    await expect(alice.box).to_be_focused()
    await typed(alice, "Control+k", "'zeta'", "Escape", "', and more'")
    await expect(alice.box).to_have_value("hello all, and more")
    held.set()
    await expect(alice.page.locator("link[href$='/rooms.css']")).to_be_attached()
    await alice.frames()
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await expect(alice.rows).to_have_count(0)
    # The next time it is wanted.
    await typed(alice, "Control+k")
    await expect(switcher(alice)).to_be_focused()


@pytest.mark.thorough
async def test_who_goes_elsewhere_meanwhile_sends_nothing_there(
    server: Server, room: Room, visit: Visit, new_room: NewRoom
) -> None:
    """What is asked for has the words when it is there; nobody says them to a room."""
    new_room(server, "monthly figures")
    alice = await visit("alice", server, room)
    held = await alice.reload_slowly()
    await expect(alice.box).to_be_focused()
    await expect(alice.log).not_to_have_attribute("aria-busy", "true")
    await typed(alice, "Control+Shift+F", "'my salary'", "Enter")
    await alice.page.get_by_role("button", name="Your menu").focus()
    await alice.frames()
    await alice.box.click()
    held.set()
    await expect(alice.page.get_by_role("combobox", name="Search messages")).to_have_value(
        "my salary"
    )
    await expect(alice.box).to_have_value("")
    await expect(alice.rows).to_have_count(0)
    # The last that was asked for counts, with what was typed since.
    held = await alice.reload_slowly()
    await expect(alice.box).to_be_focused()
    await typed(alice, "Control+Shift+F", "'salary'", "Control+k", "'monthly'", "Enter")
    held.set()
    await expect(alice.title).to_have_text("monthly figures")
    await expect(alice.rows).to_have_count(0)


@pytest.mark.thorough
async def test_what_was_meant_for_something_that_cannot_be_had_is_kept_and_not_sent(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """It stands in the message box."""
    browsers.allow("ERR_FAILED")
    alice = await visit("alice", server, room)
    held = await alice.reload_slowly(lost=True)
    await expect(alice.box).to_be_focused()
    await typed(alice, "Control+k", "'quarterly'", "Enter")
    held.set()
    await expect(alice.box).to_have_value("quarterly")
    await alice.frames()
    await expect(alice.rows).to_have_count(0)
