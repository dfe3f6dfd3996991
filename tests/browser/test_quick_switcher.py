"""The quick switcher: by a few letters to rooms, people and commands."""

import re
import sqlite3
from contextlib import closing
from statistics import median
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.people import NewRoom, Room, async_http_client
from tests.support.places import make_room, new_account
from tests.support.server import Server

# What an answer may cost the browser, from the letter up to the layout: processor time, because a
# machine may have other things to do. Milliseconds, five times what it takes where it is quiet.
ANSWER_MS = 80
WORK = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
ROOMS = 2000
TYPE = """async (text) => {
  const field = document.activeElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  // Style and layout are part of it.
  document.querySelector('.switcher').getBoundingClientRect();
}"""


def field(visitor: Visitor) -> Locator:
    """Return the field of the switcher."""
    return visitor.page.get_by_role("combobox", name="Go to a room, a person or a command")


def options(visitor: Visitor) -> Locator:
    """Return what answers."""
    return visitor.page.get_by_role("option")


async def meant(visitor: Visitor) -> str:
    """Return the text of the option that Enter would choose, as the field says."""
    active = await field(visitor).get_attribute("aria-activedescendant")
    option = visitor.page.locator(f"#{active}")
    await expect(option).to_have_attribute("aria-selected", "true")
    await expect(options(visitor).and_(visitor.page.locator("[aria-selected=true]"))).to_have_count(
        1
    )
    return await option.inner_text()


async def arrows_choose_a_command(alice: Visitor) -> None:
    """They go around; the focus stays in the field, and comes back to the button."""
    keys, button = alice.page.keyboard, alice.page.get_by_role("button", name="Go to…")
    await button.click()
    await expect(field(alice)).to_be_focused()
    await keys.type("theme")
    assert (await meant(alice)).startswith("Theme: dark")
    await keys.press("ArrowUp")
    assert (await meant(alice)).startswith("Theme: as the system")
    await keys.press("ArrowDown")
    assert (await meant(alice)).startswith("Theme: dark")
    await expect(field(alice)).to_be_focused()
    await keys.press("Enter")
    await expect(alice.page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(button).to_be_focused()


async def what_is_not_there_can_be_made(alice: Visitor) -> None:
    """It says that there is nothing, and offers a room of that name."""
    keys = alice.page.keyboard
    await keys.press("Control+k")
    await expect(field(alice)).to_be_focused()
    await keys.type("zzqqy")
    await expect(alice.dialog).to_contain_text("Nothing matches “zzqqy”.")
    assert (await meant(alice)).startswith("New room “zzqqy”")
    await keys.press("Enter")
    await expect(alice.page.get_by_role("textbox", name="Room name")).to_have_value("zzqqy")
    await keys.press("Escape")


async def it_follows_what_happens(alice: Visitor, old: Room, new_room: NewRoom) -> None:
    """A room that comes and one that goes while it is open; the choice stays where it can."""
    keys = alice.page.keyboard
    await keys.press("Control+k")
    await expect(field(alice)).to_be_focused()
    await keys.type("release")
    await expect(options(alice)).to_have_count(1)
    new_room(alice.server, "release party")
    await expect(options(alice)).to_have_count(2)
    assert (await meant(alice)).startswith("release notes")
    async with async_http_client(alice.server) as http:
        path = f"/api/chat/rooms/{old['id']}"
        assert (await http.delete(path, params={"username": "bob"})).is_success
    await expect(options(alice)).to_have_count(1)
    assert (await meant(alice)).startswith("release party")
    await keys.press("Escape")


async def test_rooms_and_commands_are_a_few_letters_away(
    server: Server, new_room: NewRoom, visit: Visit
) -> None:
    """Enter goes to the room one was in before; Escape gives the focus back; no mouse."""
    design, release = new_room(server, "web design"), new_room(server, "release notes")
    alice = await visit("alice", server, design)
    await alice.open_room("release notes")
    await expect(alice.box).to_be_focused()
    keys = alice.page.keyboard
    await keys.press("Control+k")
    await expect(field(alice)).to_be_focused()
    await expect(field(alice)).to_have_attribute("aria-expanded", "true")
    listed = await field(alice).get_attribute("aria-controls")
    await expect(alice.page.locator(f"#{listed}")).to_have_role("listbox")
    assert (await meant(alice)).startswith("web design")
    # Where one is, one need not go.
    await expect(options(alice).filter(has_text=re.compile("^release notes"))).to_have_count(0)
    await keys.press("Enter")
    await expect(alice.title).to_have_text("web design")
    await expect(alice.box).to_be_focused()

    await alice.box.fill("a draft")
    await keys.press("Control+k")
    await expect(field(alice)).to_be_focused()
    await keys.type("nots")
    assert (await meant(alice)).startswith("release notes")
    await expect(alice.dialog.get_by_role("status")).to_have_text(re.compile(r"^\d+ results?$"))
    await keys.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.box).to_be_focused()
    await expect(alice.box).to_have_value("a draft")
    # The keys that open it close it.
    await keys.press("Control+k")
    await expect(field(alice)).to_be_focused()
    await keys.press("Control+k")
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.box).to_be_focused()

    await arrows_choose_a_command(alice)
    await what_is_not_there_can_be_made(alice)
    await it_follows_what_happens(alice, release, new_room)
    # Nobody is signed out by a letter and Enter.
    await keys.press("Control+k")
    sign_out = options(alice).filter(has_text="Sign out")
    for letters, found in (("si", 0), ("sig", 1), ("ou", 0), ("out", 1)):
        await field(alice).fill(letters)
        await expect(sign_out).to_have_count(found)
    await keys.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    # It stands in the list of keys.
    await keys.press("Control+/")
    await expect(alice.dialog).to_contain_text("Go to a room, a person or a command")


@pytest.mark.thorough
async def test_people_are_found_and_written_to(server: Server, member: Visit) -> None:
    """Those known here at once, others when the server has told of them; each once."""
    ada = new_account(server, "ada", display_name="Ada Lovelace")
    bob = new_account(server, "bob", display_name="Bob Babbage")
    place = make_room(ada, "public", name="engines")
    visitor = await member(ada.user["username"], server, place.room)
    keys = visitor.page.keyboard
    await keys.press("Control+k")
    await expect(field(visitor)).to_be_focused()
    await keys.type("babb")
    person = options(visitor).filter(has_text="Bob Babbage")
    await expect(person).to_have_count(1)
    await expect(person).to_contain_text("Person")
    await expect(person).to_contain_text(f"@{bob.user['username']}")
    await person.click()
    await expect(visitor.title).to_contain_text("Bob Babbage")
    await expect(visitor.box).to_be_focused()
    # From now on it is the conversation that is found.
    await keys.press("Control+k")
    await expect(field(visitor)).to_be_focused()
    await keys.type("engines")
    await keys.press("Enter")
    await expect(visitor.title).to_have_text("engines")
    await keys.press("Control+k")
    await expect(field(visitor)).to_be_focused()
    await keys.type("bob")
    await expect(options(visitor).filter(has_text="Bob Babbage")).to_have_count(1)
    assert "Direct message" in await meant(visitor)
    await keys.press("Enter")
    await expect(visitor.title).to_contain_text("Bob Babbage")


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_it_fills_the_width(server: Server, visit: Visit) -> None:
    """It is opened from the list of rooms, or the menu of a room, and closed by a button."""
    phone = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
    alice = await visit("alice", server, reduced_motion="reduce", **phone)
    await alice.page.get_by_role("button", name="Go to…").tap()
    await expect(field(alice)).to_be_focused()
    box = await alice.dialog.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 375)
    await alice.dialog.get_by_role("button", name="Close").tap()
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.page.get_by_role("button", name="Go to…")).to_be_focused()


def fill_with_rooms(server: Server) -> None:
    """Put many rooms into the database of a server, all at once."""
    words = ["design", "release", "kitchen", "support", "général", "Büro", "ops", "review"]
    rows = [
        (f"{words[n % 8]} {words[n // 8 % 8]} {n}", f"room {n}", "2026-01-31T12:00:00.000000Z")
        for n in range(ROOMS)
    ]
    asked = (
        "INSERT INTO rooms (name, name_key, kind, created_at, version, changed_version)"
        " VALUES (?, ?, 'public', ?, 0, 0)"
    )
    with closing(sqlite3.connect(server.data_dir / "chat.db", timeout=10)) as database, database:
        database.executemany(asked, rows)


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.thorough
async def test_two_thousand_rooms_are_answered_from_memory(
    own_server: Server, visit: Visit
) -> None:
    """Without a request, and within a frame of the screen."""
    fill_with_rooms(own_server)
    alice = await visit("alice", own_server)
    asked: list[str] = []
    await alice.page.keyboard.press("Control+k")
    await expect(field(alice)).to_be_focused()
    alice.page.on("request", lambda request: asked.append(request.url))
    session = await alice.page.context.new_cdp_session(alice.page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})

    async def spent() -> float:
        told = await session.send("Performance.getMetrics")
        parts = [float(each["value"]) for each in told["metrics"] if each["name"] in WORK]
        return 1000 * sum(parts)

    took = []
    for text in ["d", "de", "des", "design", "design r", "gen", "buro", "rvw", "1999", "x", ""] * 2:
        began = await spent()
        await alice.page.evaluate(TYPE, text)
        took.append(await spent() - began)
    await field(alice).fill("general 1990")
    await expect(options(alice).first).to_contain_text("1990")
    # The list of rooms itself may have been on its way.
    assert {urlsplit(url).path for url in asked if "/api/" in url} <= {
        "/api/chat/rooms",
        "/api/chat/search",
    }
    assert median(took) < ANSWER_MS, took
