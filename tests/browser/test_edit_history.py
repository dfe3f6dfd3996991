"""What a message said before, in a dialog; and messages that are too old to be changed."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_message_menu import choose, open_menu
from tests.browser.visitor import Visitor
from tests.features.test_edit_window import age
from tests.support.browser import Browsers
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server

pytestmark = pytest.mark.thorough

# Long enough for a test, and short beside the ages that it gives.
WINDOW = 3600
SERVER_ENV = {"PARLOUR_EDIT_WINDOW": str(WINDOW)}


async def edit(server: Server, message: dict[str, object], *contents: str) -> None:
    """Say a message of alice's in other words, and again."""
    async with async_http_client(server) as http:
        for content in contents:
            path, by = f"/api/chat/messages/{message['id']}", {"username": "alice"}
            checked(await http.patch(path, params=by, json={"content": content}))


def edited(visitor: Visitor) -> Locator:
    """Return the word in a row that leads to what it said before."""
    return visitor.log.get_by_role("button", name="(edited), show history")


def wordings(visitor: Visitor) -> Locator:
    """Return what the message said, newest first."""
    return visitor.dialog.get_by_role("listitem")


async def test_who_reads_a_room_sees_what_its_messages_said_before(
    server: Server, room: Room, visit: Visit, alice: Person
) -> None:
    """By mouse and by keys; what changed is marked; an open dialog follows what happens."""
    message = await alice.post(room, "Meet at nine in the small hall")
    await edit(server, message, "Meet at ten in the small hall")
    bob = await visit("bob", server, room)
    await edited(bob).click()
    await expect(bob.dialog).to_have_accessible_name("Edit history")
    await expect(wordings(bob)).to_have_count(2)
    now, first = wordings(bob).nth(0), wordings(bob).nth(1)
    await expect(now).to_contain_text("Now")
    await expect(now.locator("del")).to_have_text(" removed: nine end ")
    await expect(now.locator("ins")).to_have_text(" added: ten end ")
    await expect(first).to_contain_text("As first said")
    await expect(first).to_contain_text("Meet at nine in the small hall")
    await expect(first.locator("ins, del")).to_have_count(0)
    line = "(node) => getComputedStyle(node).textDecorationLine"
    assert await now.locator("del").evaluate(line) == "line-through"
    assert await now.locator("ins").evaluate(line) == "underline"
    # It is edited once more while somebody looks.
    await edit(server, message, "Meet at ten in the garden")
    await expect(wordings(bob)).to_have_count(3)
    await expect(wordings(bob).first.locator("ins")).to_contain_text("garden")
    await expect(bob.dialog.get_by_role("status")).to_have_text("The message was edited again.")
    await bob.page.keyboard.press("Escape")
    await expect(bob.dialog).to_have_count(0)
    # The row has been drawn anew meanwhile: the focus is on it all the same.
    await expect(bob.rows.last).to_be_focused()

    # By keys: into the log, into the row, onto the word.
    await bob.page.keyboard.press("Tab")
    while not await edited(bob).evaluate("(node) => node === document.activeElement"):
        assert await bob.rows.last.evaluate("(row) => row.contains(document.activeElement)")
        await bob.page.keyboard.press("Tab")
    await bob.page.keyboard.press("Enter")
    await expect(wordings(bob)).to_have_count(3)
    await bob.page.keyboard.press("Escape")
    await expect(edited(bob)).to_be_focused()

    # From the menu; and then it is deleted.
    await bob.rows.last.hover()
    await bob.rows.last.get_by_role("button", name="Message actions").click()
    await choose(bob, "Show history")
    await expect(wordings(bob)).to_have_count(3)
    async with async_http_client(server) as http:
        path = f"/api/chat/messages/{message['id']}"
        assert (await http.delete(path, params={"username": "alice"})).is_success
    await expect(bob.dialog).to_contain_text("This message was deleted.")
    await expect(wordings(bob)).to_have_count(0)
    await expect(bob.page.get_by_text("hall")).to_have_count(0)
    await bob.page.keyboard.press("Escape")
    await expect(bob.rows.last).to_be_focused()
    await expect(edited(bob)).to_have_count(0)


async def test_a_history_that_cannot_be_loaded_is_asked_for_again(
    server: Server, room: Room, visit: Visit, alice: Person, browsers: Browsers
) -> None:
    """It says so; what was said so often that not all is kept says that, too."""
    message = await alice.post(room, "one")
    await edit(server, message, *(f"wording {number}" for number in range(2, 25)))
    bob = await visit("bob", server, room)
    browsers.allow("ERR_FAILED")
    await bob.page.route("**/edits", lambda route: route.abort())
    await edited(bob).click()
    await expect(bob.dialog).to_contain_text("The history could not be loaded.")
    await bob.page.unroute("**/edits")
    await bob.dialog.get_by_role("button", name="Try again").click()
    await expect(wordings(bob).first.locator("ins")).to_have_text(" added: 24 end ")
    await expect(bob.dialog).to_contain_text("3 wordings in between not kept")
    await expect(wordings(bob).last).to_contain_text("one")
    await bob.dialog.get_by_role("button", name="Close").click()
    await expect(edited(bob)).to_be_focused()


async def test_what_is_too_old_is_not_offered_to_be_changed(
    server: Server, room: Room, visit: Visit, alice: Person, browsers: Browsers
) -> None:
    """Keys and the arrow say why; a refusal that comes all the same keeps what was written."""
    old = await alice.post(room, "an old one")
    age(server, old, WINDOW + 60)
    visitor = await visit("alice", server, room)
    await open_menu(visitor, "an old one")
    items = visitor.page.get_by_role("menuitem")
    await expect(items.filter(has_text="Copy link")).to_have_count(1)
    await expect(items.filter(has_text=re.compile("Edit|Delete"))).to_have_count(0)
    await visitor.page.keyboard.press("Escape")
    too_old = "Messages can be changed for 1 hour. This one is older."
    await visitor.box.press("ArrowUp")
    await expect(visitor.notices).to_contain_text(too_old)
    await expect(visitor.box).to_be_focused()
    await expect(visitor.page.get_by_text("Editing your message")).to_have_count(0)
    await visitor.notices.get_by_role("button", name="Dismiss").click()
    await visitor.row("an old one").focus()
    for key in ("e", "Delete"):
        await visitor.page.keyboard.press(key)
        await expect(visitor.notices).to_contain_text(too_old)
        await visitor.notices.get_by_role("button", name="Dismiss").click()
        await expect(visitor.notices).to_be_hidden()
        await visitor.row("an old one").focus()
    # A newer one can be changed, until it is too late.
    await visitor.say("a new one")
    await expect(visitor.stored).to_have_count(2)
    await visitor.box.press("ArrowUp")
    await expect(visitor.box).to_have_value("a new one")
    new_id = await visitor.stored.last.get_attribute("data-message-id")
    age(server, {"id": int(new_id or 0)}, WINDOW + 60)
    browsers.allow("status of 409")
    await visitor.box.fill("a long and careful change")
    await visitor.box.press("Enter")
    refused = visitor.page.get_by_text("That message is too old to be changed.")
    await expect(refused).to_have_role("alert")
    await expect(visitor.box).to_have_value("a long and careful change")
    await expect(visitor.rows.last).to_contain_text("a new one")
