"""What helps to write: keys and buttons for Markdown, lists that go on, names that complete."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.page_checks import axe_violations
from tests.support.people import Person, Room
from tests.support.server import Server

pytestmark = pytest.mark.thorough

SELECTED = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"


async def ready(visitor: Visitor) -> None:
    """Wait until what helps to write is there: it comes with the first key."""
    await visitor.box.press("Shift")
    await expect(visitor.box).to_have_attribute("aria-autocomplete", "list")


async def test_keys_mark_what_is_selected_and_can_be_undone(
    server: Server, room: Room, visit: Visit
) -> None:
    """Each once puts the mark and twice takes it away; undo takes back one step after the other."""
    alice = await visit("alice", server, room)
    await ready(alice)
    for keys, marked in [
        ("Control+b", "**word**"), ("Control+i", "_word_"), ("Control+Shift+x", "~~word~~"),
        ("Control+Shift+c", "`word`"), ("Control+Shift+Digit8", "- word"),
        ("Control+Shift+Digit7", "1. word"), ("Control+Shift+Digit9", "> word"),
    ]:  # fmt: skip
        await alice.box.fill("")
        await alice.page.keyboard.type("word")
        await alice.box.press("Control+a")
        await alice.box.press(keys)
        await expect(alice.box).to_have_value(marked)
        await alice.box.press(keys)
        await expect(alice.box).to_have_value("word")
        await alice.box.press("Control+z")
        await expect(alice.box).to_have_value(marked)
        await alice.box.press("Control+z")
        await expect(alice.box).to_have_value("word")
    await alice.box.press("Control+a")
    await alice.box.press("Control+Shift+l")
    await expect(alice.box).to_have_value("[word](https://)")
    assert await alice.box.evaluate(SELECTED) == "https://"
    await alice.page.keyboard.type("https://example.org")
    await alice.box.press("Enter")
    await expect(alice.log.get_by_role("link", name="word")).to_be_visible()


@pytest.mark.chromium("leave for the clipboard")
async def test_an_address_pasted_over_words_makes_them_a_link(
    server: Server, room: Room, visit: Visit
) -> None:
    """Anything else is pasted as ever."""
    alice = await visit("alice", server, room, permissions=["clipboard-read", "clipboard-write"])
    await ready(alice)
    for pasted, text in [
        ("https://example.org/a", "[word](https://example.org/a)"), ("other", "other"),
    ]:  # fmt: skip
        await alice.page.evaluate("(text) => navigator.clipboard.writeText(text)", pasted)
        await alice.box.fill("word")
        await alice.box.press("Control+a")
        await alice.box.press("Control+v")
        await expect(alice.box).to_have_value(text)


async def test_lists_and_code_go_on_in_the_next_line_and_enter_still_sends(
    server: Server, room: Room, visit: Visit
) -> None:
    """An item with nothing in it ends the list."""
    alice = await visit("alice", server, room)
    await ready(alice)
    await alice.page.keyboard.type("- one")
    await alice.box.press("Shift+Enter")
    await alice.page.keyboard.type("two")
    await alice.box.press("Shift+Enter")
    await expect(alice.box).to_have_value("- one\n- two\n- ")
    await alice.box.press("Shift+Enter")
    await expect(alice.box).to_have_value("- one\n- two\n")
    await alice.page.keyboard.type("```")
    await alice.box.press("Shift+Enter")
    await alice.page.keyboard.type("  a")
    await alice.box.press("Shift+Enter")
    await alice.page.keyboard.type("@b")
    await expect(alice.box).to_have_value("- one\n- two\n```\n  a\n  @b")
    await alice.box.press("Enter")
    await expect(alice.log.locator("pre")).to_have_text("  a\n  @b")
    await expect(alice.log.locator(".row-body li")).to_have_text(["one", "two"])


async def test_names_complete_by_keys_and_by_hand(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """A list above the box that the field controls; it never holds Tab or Enter when closed."""
    maya = await Person("maya", server).enter(room)
    await bob.post(room, "I was here")
    alice = await visit("alice", server, room)
    await ready(alice)
    options = alice.page.get_by_role("listbox", name="People").get_by_role("option")
    await alice.page.keyboard.type("hi (@m")
    await expect(options).to_have_count(1)
    await expect(options.first).to_contain_text("maya")
    active = await options.first.get_attribute("id")
    await expect(alice.box).to_have_attribute("aria-activedescendant", str(active))
    assert await axe_violations(alice.page) == []
    await alice.box.press("Tab")
    await expect(alice.box).to_have_value("hi (@maya ")
    await expect(alice.box).to_be_focused()
    await expect(options).to_have_count(0)
    # Enter takes the name, and only the next one sends.
    await alice.page.keyboard.type("@bo")
    await expect(options.first).to_contain_text("bob")
    await alice.box.press("Enter")
    await expect(alice.box).to_have_value("hi (@maya @bob ")
    # Escape closes it for this word, and does nothing else.
    await alice.page.keyboard.type("@ma")
    await expect(options).to_have_count(1)
    await alice.box.press("Escape")
    await expect(options).to_have_count(0)
    await alice.page.keyboard.type("y")
    await expect(options).to_have_count(0)
    await alice.page.keyboard.type(" @ma")
    await options.first.click()
    await expect(alice.box).to_have_value("hi (@maya @bob @may @maya ")
    await alice.box.press("Enter")
    await expect(alice.rows.last).to_contain_text("hi (@maya @bob @may @maya")
    # An address of mail is no name; a room is.
    await alice.page.keyboard.type("me@m")
    await expect(options).to_have_count(0)
    await alice.page.keyboard.type(f" #{room['name']}")
    rooms = alice.page.get_by_role("listbox", name="Rooms").get_by_role("option")
    await rooms.first.click()
    await expect(alice.box).to_have_value(f"me@m #{room['name']} ")
    await alice.box.press("Tab")
    await expect(alice.box).not_to_be_focused()
    await maya.close()


async def test_a_shortcode_becomes_its_emoji_once_it_is_whole(
    server: Server, room: Room, visit: Visit
) -> None:
    """As it does elsewhere; what is none, a time, code, and a colon in a word stay as they are."""
    alice = await visit("alice", server, room)
    await ready(alice)
    await alice.page.keyboard.type("Done :tada:")
    await expect(alice.box).to_have_value("Done \N{PARTY POPPER}")
    await alice.page.keyboard.type(" at 10:30: `:tada:` and :nosuchthing: or a:tada:")
    expected = "Done \N{PARTY POPPER} at 10:30: `:tada:` and :nosuchthing: or a:tada:"
    await expect(alice.box).to_have_value(expected)
    # One step takes it back.
    await alice.box.fill("")
    await alice.page.keyboard.type(":+1:")
    await expect(alice.box).to_have_value("\N{THUMBS UP SIGN}")
    await alice.page.keyboard.press("Control+z")
    await expect(alice.box).to_have_value(":+1:")
    await alice.page.keyboard.press("Control+Shift+z")
    await alice.page.keyboard.type(" indeed")
    await alice.box.press("Enter")
    await expect(alice.rows.last).to_contain_text("\N{THUMBS UP SIGN} indeed")


async def test_a_shortcode_that_is_typed_before_it_is_known_becomes_its_emoji_then(
    server: Server, room: Room, visit: Visit
) -> None:
    """On a slow network what knows them comes later; what was left in a draft stays as it was."""
    alice = await visit("alice", server, room)
    await ready(alice)
    await alice.box.fill("left :+1: so")
    held = await alice.reload_slowly()
    await expect(alice.box).to_have_value("left :+1: so")
    await alice.page.keyboard.type(" :tada: and (:heart:) `:tada:` on")
    await alice.box.press("ArrowLeft")
    held.set()
    mended = "left :+1: so \N{PARTY POPPER} and (\N{HEAVY BLACK HEART}\ufe0f) `:tada:` on"
    await expect(alice.box).to_have_value(mended)
    # The caret is where it was.
    await alice.page.keyboard.type("_")
    await expect(alice.box).to_have_value(f"{mended[:-1]}_n")


@pytest.mark.chromium("Chromium's own protocol")
async def test_an_input_method_keeps_its_keys(server: Server, room: Room, visit: Visit) -> None:
    """While it composes, Enter is its own; the list opens when the word is there."""
    maya = await Person("真由", server).enter(room)
    alice = await visit("alice", server, room)
    await ready(alice)
    options = alice.page.get_by_role("option")
    session = await alice.page.context.new_cdp_session(alice.page)
    await alice.page.keyboard.type("@")
    composing = {"text": "真", "selectionStart": 1, "selectionEnd": 1}
    await session.send("Input.imeSetComposition", composing)
    await expect(alice.box).to_have_value("@真")
    await expect(options).to_have_count(0)
    await session.send("Input.insertText", {"text": "真"})
    await expect(options.first).to_contain_text("真由")
    await alice.box.press("Enter")
    await expect(alice.box).to_have_value("@真由 ")
    await maya.close()


async def test_the_buttons_are_shown_when_wanted_and_remembered(
    server: Server, room: Room, visit: Visit
) -> None:
    """On a phone, too: they do the same as the keys, and say them."""
    alice = await visit("alice", server, room, viewport={"width": 375, "height": 700})
    toggle = alice.page.get_by_role("button", name="Formatting", exact=True)
    bar = alice.page.get_by_role("toolbar", name="Formatting")
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    await toggle.click()
    await expect(bar).to_be_visible()
    await alice.box.fill("word")
    await alice.box.press("Control+a")
    bold = bar.get_by_role("button", name="Bold")
    await bold.click()
    await expect(alice.box).to_have_value("**word**")
    await expect(alice.box).to_be_focused()
    await expect(bold).to_have_attribute("title", "Bold (Ctrl+B)")
    await bold.focus()
    await alice.page.keyboard.press("ArrowRight")
    await expect(bar.get_by_role("button", name="Italic")).to_be_focused()
    await alice.page.keyboard.press("End")
    await expect(bar.get_by_role("button", name="Quote")).to_be_focused()
    assert await axe_violations(alice.page) == []
    await alice.page.reload()
    await expect(bar).to_be_visible()
    await expect(toggle).to_have_attribute("aria-expanded", "true")
    await toggle.click()
    await expect(bar).to_be_hidden()
    await alice.page.reload()
    await ready(alice)
    await expect(bar).to_be_hidden()
