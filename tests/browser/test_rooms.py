"""The list of rooms: what others do to it is seen at once, and every refusal in words."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import Server

GONE = "This room is gone"


async def test_the_list_follows_rooms_and_the_people_in_them(server: Server, visit: Visit) -> None:
    """A room appears when somebody makes it, counts who is there, and goes when it is deleted."""
    alice = await visit("alice", server)
    eve = await visit("eve", server)
    await alice.create_room("attic")
    card = eve.card("attic")
    await expect(card).to_contain_text("1 person here")
    bob = await visit("bob", server)
    await bob.open_room("attic")
    await expect(card).to_contain_text("2 people here")
    await bob.go_to_rooms()
    await expect(card).to_contain_text("1 person here")
    await alice.go_to_rooms()
    await expect(card).to_contain_text("Nobody here now")
    await alice.open_room("attic")
    await alice.delete_room()
    await expect(card).to_have_count(0)
    await expect(bob.card("attic")).to_have_count(0)


@pytest.mark.thorough
async def test_the_sidebar_follows_the_rooms_too(
    server: Server, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """Also beside a conversation the rooms and their people are those of now."""
    room = new_room(server)
    alice = await visit("alice", server, room)
    eve = await visit("eve", server)
    await eve.create_room("cellar")
    side = alice.page.get_by_role("navigation", name="Rooms")
    await expect(side.get_by_role("link", name="cellar 1")).to_be_visible()
    current = side.get_by_role("link", name=room["name"])
    await expect(current).to_have_attribute("aria-current", "page")
    await eve.delete_room()
    await expect(side.get_by_role("link", name="cellar")).to_have_count(0)


@pytest.mark.thorough
async def test_deleting_asks_first_and_tells_that_it_is_done(
    server: Server, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """Cancel and Escape keep the room; the dialog's button deletes it, and a notice says so."""
    room = new_room(server)
    name = room["name"]
    alice = await visit("alice", server)
    remove = alice.page.get_by_role("button", name=f"Delete {name}", exact=True)
    await remove.click()
    await expect(alice.dialog).to_have_accessible_name(f"Delete #{name}?")
    await expect(alice.dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await alice.dialog.get_by_role("button", name="Cancel").click()
    await expect(remove).to_be_focused()
    await remove.click()
    await expect(alice.dialog).to_have_accessible_name(f"Delete #{name}?")
    await alice.page.keyboard.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.card(name)).to_be_visible()
    await remove.click()
    await alice.dialog.get_by_role("button", name="Delete room").click()
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.card(name)).to_have_count(0)
    await expect(alice.notices.get_by_text(f"#{name} was deleted.")).to_be_visible()


async def test_a_deleted_room_is_told_to_the_others_in_it(
    server: Server, room: Room, visit: Visit
) -> None:
    """The conversation makes way for a sentence that names who did it, and a way back."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await bob.say("still here")
    await alice.shows("still here")
    await alice.delete_room()
    await expect(alice.rooms_heading).to_be_visible()
    await expect(alice.page.get_by_text(GONE)).to_be_hidden()
    await expect(bob.page.get_by_role("heading", name=GONE)).to_be_visible()
    await expect(bob.page.get_by_text(f"#{room['name']} was deleted by alice.")).to_be_visible()
    await expect(bob.page.get_by_text("still here")).to_be_hidden()
    await expect(bob.box).to_be_hidden()
    await bob.page.get_by_role("button", name="Back to rooms").click()
    await expect(bob.rooms_heading).to_be_visible()
    await expect(bob.card(room["name"])).to_have_count(0)
    # The connection went with the room: the next room is entered all the same.
    await bob.create_room("elsewhere")
    await bob.say("found my way")
    await expect(bob.stored).to_have_count(1)


@pytest.mark.thorough
async def test_the_address_of_a_deleted_room_says_that_it_is_gone(
    own_server: Server, visit: Visit, new_room: Callable[..., Room], browsers: Browsers
) -> None:
    """Whoever comes by an old link, or has it open while the server restarts, is told."""
    browsers.allow("404")
    room = new_room(own_server)
    alice = await visit("alice", own_server)
    await alice.card(room["name"]).get_by_role("button").click()
    await alice.dialog.get_by_role("button", name="Delete room").click()
    await expect(alice.card(room["name"])).to_have_count(0)
    # Until it has its answer the page takes that it is gone for its own doing.
    await expect(alice.dialog).to_have_count(0)
    await alice.page.goto(f"{own_server.url}/#/r/{room['id']}")
    await expect(alice.page.get_by_role("heading", name=GONE)).to_be_visible()
    await alice.page.get_by_role("button", name="Back to rooms").click()
    await expect(alice.page.get_by_text("No rooms yet. Create the first one.")).to_be_visible()


@pytest.mark.thorough
async def test_a_room_name_that_cannot_be_is_refused_in_words(
    server: Server, visit: Visit, new_room: Callable[..., Room], browsers: Browsers
) -> None:
    """Taken (in any case of letters), empty, too long, invisible: the dialog stays and says why."""
    browsers.allow("409|422")
    new_room(server, "Kitchen")
    alice = await visit("alice", server)
    await alice.page.get_by_role("button", name="New room").click()
    field = alice.page.get_by_role("textbox", name="Room name")
    for name, words in {
        "kitCHEN": "There is already a room with that name.",
        "": "Enter a name.",
        "x" * 101: "That name is too long.",
        "kit\u200bchen": "That name has characters that can\u2019t be used here.",
    }.items():
        await field.fill(name)
        await alice.page.get_by_role("button", name="Create room").click()
        await expect(alice.dialog.get_by_text(words)).to_be_visible()
        await expect(field).to_be_focused()
        await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill("x" * 100)
    await alice.page.get_by_role("button", name="Create room").click()
    await expect(alice.title).to_have_text("x" * 100)


@pytest.mark.thorough
async def test_the_filter_finds_a_room_by_a_part_of_its_name(
    server: Server, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """A slash leads into it, letters narrow the list, Enter opens the first, Escape empties it."""
    for name in ("Reading room", "Writing room", "Bath"):
        new_room(server, name)
    alice = await visit("alice", server)
    await expect(alice.card("Writing room")).to_be_visible()
    await alice.page.keyboard.press("/")
    search = alice.page.get_by_role("searchbox", name="Filter rooms")
    await expect(search).to_be_focused()
    await search.press_sequentially("ing")
    cards = alice.page.get_by_role("list", name="Rooms").get_by_role("heading")
    await expect(cards).to_have_text(["Reading room", "Writing room"])
    await search.press_sequentially("x")
    await expect(alice.page.get_by_text("Nothing matches “ingx”.")).to_be_visible()
    await search.press("Escape")
    await expect(alice.card("Bath")).to_be_visible()
    await search.fill("WRIT")
    await expect(cards).to_have_text([re.compile("Writing")])
    await search.press("Enter")
    await expect(alice.title).to_have_text("Writing room")
