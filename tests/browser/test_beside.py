"""A thread beside the room has what the room has; it and the search make way for one another."""

import re
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, view
from tests.browser.test_replies import said_in, stub, thread
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server

pytestmark = pytest.mark.thorough

THUMB = "\U0001f44d"


async def test_what_can_be_done_in_the_room_can_be_done_in_its_thread(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Reactions, what it said before, emoji by their names; Markdown is shown in both."""
    first = await bob.post(room, "Shall **we**?")
    await bob.post(room, "Yes", reply_to=first["id"])
    path = f"/api/chat/messages/{first['id']}"
    async with async_http_client(server) as http:
        by = {"username": "bob"}
        checked(await http.patch(path, params=by, json={"content": "Shall **we go**?"}))
        checked(await http.put(f"{path}/reactions/{quote(THUMB)}", params=by))
    alice = await visit("alice", server, room)
    await stub(alice).click()
    root = said_in(alice).first
    await expect(root.locator("strong")).to_have_text("we go")
    await root.get_by_role("button", name=re.compile(f"^{THUMB} 1")).click()
    for log in (root, alice.rows.first):
        mine = log.get_by_role("button", name=re.compile(f"^{THUMB} 2"))
        await expect(mine).to_have_attribute("aria-pressed", "true")
    # Away from what says who reacted.
    await alice.page.mouse.move(5, 5)
    await root.get_by_role("button", name="(edited), show history").click()
    await expect(alice.dialog.get_by_role("listitem")).to_have_count(2)
    await alice.page.keyboard.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    box = thread(alice).get_by_role("textbox")
    await box.click()
    await alice.page.keyboard.type("Done :tada")
    await expect(alice.page.get_by_role("option", name=re.compile(":tada:"))).to_be_visible()
    await alice.page.keyboard.press("Enter")
    await expect(box).to_have_value(re.compile("Done \U0001f389"))
    await alice.page.keyboard.press("Enter")
    await expect(said_in(alice).last).to_contain_text("Done \U0001f389")
    await expect(stub(alice)).to_contain_text("2 replies")


async def test_thread_and_search_take_turns_and_closing_leaves_the_reader_where_they_are(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Whoever came by a link to a message is not taken back to it."""
    said = await fill(bob, room, 120)
    first = await bob.post(room, "Shall we?")
    await bob.post(room, "Yes", reply_to=first["id"])
    alice = await visit("alice", server, room, said[4])
    await expect(alice.rows.filter(has_text="message 005")).to_be_in_viewport()
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await expect(stub(alice)).to_be_visible()
    search = alice.page.get_by_role("search")
    await alice.page.keyboard.press("Control+Shift+F")
    await expect(search).to_be_visible()
    await stub(alice).click()
    await expect(thread(alice)).to_be_visible()
    await expect(search).to_be_hidden()
    await alice.page.keyboard.press("Control+Shift+F")
    await expect(search).to_be_visible()
    await expect(thread(alice)).to_have_count(0)
    await alice.page.keyboard.press("Escape")
    await stub(alice).click()
    await expect(thread(alice).get_by_role("textbox")).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(thread(alice)).to_have_count(0)
    await alice.frames()
    assert first["id"] in (await view(alice)).ids
