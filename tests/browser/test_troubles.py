"""Things that fail, and what the page makes of it: words, a way on, nothing lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address, signed_in
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server

UNREACHABLE = "WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET"
# The page's wait between two tries at most, in milliseconds.
RETRY = 4000


@pytest.mark.thorough
async def test_rooms_that_cannot_be_loaded_are_asked_for_again(
    server: Server, browsers: Browsers, new_room: Callable[..., Room]
) -> None:
    """A sentence and a button take the place of the list, until it is there."""
    browsers.allow("status of 502")
    room = new_room(server)
    page = await browsers.open("about:blank", storage_state=signed_in(server, "alice"))
    alice = Visitor(page, "alice", server)
    await page.route("**/api/chat/rooms", lambda route: route.fulfill(status=502, body="<html>"))
    await page.goto(address(server))
    # By then the page has asked for them twice: at once, and when the server tells of changes.
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    await expect(page.get_by_text("The rooms could not be loaded.")).to_be_visible()
    await page.unroute("**/api/chat/rooms")
    await page.get_by_role("button", name="Try again").click()
    await expect(alice.card(room["name"])).to_be_visible()


async def test_messages_that_cannot_be_loaded_are_asked_for_again(
    server: Server, room: Room, browsers: Browsers, bob: Person
) -> None:
    """The room is there, its messages are not; the button brings them."""
    browsers.allow("ERR_FAILED")
    await bob.post(room, "at last")
    page = await browsers.open("about:blank", storage_state=signed_in(server, "alice"))
    alice = Visitor(page, "alice", server)
    await page.route("**/messages?*", lambda route: route.abort())
    await page.goto(address(server, room))
    await expect(page.get_by_text("The messages could not be loaded.")).to_be_visible()
    await expect(alice.title).to_have_text(room["name"])
    await page.unroute("**/messages?*")
    await page.get_by_role("button", name="Try again").click()
    await alice.shows("at last")
    await alice.say("and on it goes")
    await expect(alice.stored).to_have_count(2)


@pytest.mark.thorough
async def test_a_part_of_the_page_that_is_lost_on_its_way_is_had_all_the_same(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """It is asked for by another address: some browsers never ask again for one that failed."""
    browsers.allow("ERR_FAILED")
    alice = await visit("alice", server, room)
    await alice.say("said **well**")
    await expect(alice.stored).to_have_count(1)
    lost = ("**/later.js", "**/chat.js", "**/seldom.js", "**/markdown.js", "**/marked.esm.js")
    for part in lost:
        await alice.page.route(part, lambda route: route.abort())
    await alice.page.reload()
    await expect(alice.log.locator("strong")).to_have_text("well")
    await alice.row("said well").hover()
    await alice.page.get_by_role("button", name="Message actions").click()
    await expect(alice.page.get_by_role("menuitem", name="Edit")).to_be_visible()
    await alice.say("and on it goes")
    await expect(alice.stored).to_have_count(2)


@pytest.mark.thorough
async def test_a_restored_database_is_read_anew(
    own_server: Server, new_room: Callable[..., Room], visit: Visit, browsers: Browsers
) -> None:
    """Another epoch: what the page holds is given up for what is there, what waits is sent once."""
    browsers.allow(UNREACHABLE)
    room = new_room(own_server)
    alice = await visit("alice", own_server, room, clock=True)
    await alice.say("kept", "lost by the restore")
    await expect(alice.stored).to_have_count(2)
    await own_server.astop()
    await alice.say("written meanwhile")
    with closing(sqlite3.connect(own_server.data_dir / "chat.db")) as database, database:
        database.execute("UPDATE meta SET value = 'another' WHERE name = 'epoch'")
        database.execute("DELETE FROM messages WHERE content = 'lost by the restore'")
    await own_server.arestart()
    await alice.page.clock.fast_forward(RETRY)
    await alice.shows("kept", "written meanwhile")
    await expect(alice.stored).to_have_count(2)
    assert len(await alice.told()) == 2


async def test_the_theme_is_ones_own_choice_and_is_there_from_the_first_paint(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """It follows the system until one chooses; then it is kept, also over a reload."""
    browsers.allow("ERR_FAILED")
    alice = await visit("alice", server, room, color_scheme="light")
    page = alice.page
    shade = "() => getComputedStyle(document.querySelector('[role=log]')).color"
    dark_on_light = await page.evaluate(shade)
    await page.get_by_role("button", name="Your menu").click()
    await page.get_by_role("radio", name="System").press("ArrowRight")
    await expect(page.get_by_role("radio", name="Light")).to_be_checked()
    await page.get_by_role("radio", name="Light").press("ArrowRight")
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    light_on_dark = await page.evaluate(shade)
    assert light_on_dark != dark_on_light
    # Before any module has run, and so before anything is painted.
    await page.route("**/app.js", lambda route: route.abort())
    await page.add_init_script(
        "document.addEventListener('readystatechange', () => {"
        " window.early ??= document.documentElement.dataset.theme; });"
    )
    await page.reload(wait_until="domcontentloaded")
    assert await page.evaluate("window.early") == "dark"
