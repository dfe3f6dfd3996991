"""Rooms for members only: made, shared, changed and left, by people at their browsers."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accounts import choose_people, field, open_room_settings, press
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.places import make_room, new_account, say
from tests.support.server import Server
from tests.support.timing import scaled

GONE = "This room is gone"


def side(visitor: Visitor, room: str) -> Locator:
    """Return the room's link in the sidebar."""
    return visitor.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=room)


async def test_a_private_room_is_made_and_seen_by_those_who_are_added(
    server: Server, member: Visit
) -> None:
    """The one appears with the room at once, the other sees nothing until they are in it."""
    people = [register(server, name) for name in ("pia", "quentin")]
    pia, quentin = [await member(one.user["username"], server) for one in people]
    await pia.page.get_by_role("button", name="New room").click()
    await pia.page.get_by_role("textbox", name="Room name").fill("attic of pia")
    await field(pia, "Topic").fill("Old things")
    await pia.dialog.get_by_role("radio", name="Private").check()
    await press(pia, "Create room")
    await expect(pia.title).to_have_text("attic of pia")
    await expect(pia.page.get_by_role("main").get_by_text("Old things")).to_be_visible()
    await pia.say("only for us")
    await expect(pia.stored).to_have_count(1)
    await expect(quentin.card("attic of pia")).to_have_count(0)
    await open_room_settings(pia, "Members")
    await choose_people(pia, "quentin")
    await press(pia, "Add")
    await expect(pia.dialog.get_by_role("status").filter(has_text="1 person is in")).to_be_visible()
    await expect(pia.dialog.get_by_role("listitem").filter(has_text="@quentin")).to_be_visible()
    await quentin.card("attic of pia").get_by_role("link").click()
    await quentin.shows("only for us")


@pytest.mark.thorough
async def test_a_guest_reads_why_private_rooms_are_not_for_guests(
    server: Server, visit: Visit
) -> None:
    """The choice is there, and cannot be taken."""
    alice = await visit("alice", server)
    await alice.page.get_by_role("button", name="New room").click()
    private = alice.dialog.get_by_role("radio", name="Private")
    await expect(private).to_be_disabled()
    await expect(private).to_have_accessible_description(
        re.compile("Private rooms need an account")
    )
    await expect(alice.dialog.get_by_role("radio", name="Public")).to_be_checked()


async def test_who_is_removed_leaves_calmly_and_nothing_follows(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """The page says so, the room is gone from the lists, and what was written goes nowhere."""
    browsers.allow("404")
    rosa, sven = new_account(server, "rosa"), new_account(server, "sven")
    place, other = make_room(rosa), make_room(sven)
    place.add(sven)
    visitor = await member(sven.user["username"], server, place.room)
    owner = await member(rosa.user["username"], server, place.room)
    await visitor.box.fill("half a thought")
    await open_room_settings(owner, "Members")
    await owner.dialog.get_by_role("button", name=f"Actions for {visitor.name}").click()
    await owner.page.get_by_role("menuitem", name="Remove from room").click()
    await (
        owner.page.get_by_role("dialog", name="Remove").get_by_role("button", name="Remove").click()
    )
    await expect(owner.dialog.get_by_role("status").filter(has_text="no longer in")).to_be_visible()
    await expect(visitor.page.get_by_role("heading", name=GONE)).to_be_focused()
    words = f"You are no longer in #{place.room['name']}."
    await expect(visitor.page.get_by_text(words)).to_be_visible()
    await expect(side(visitor, place.room["name"])).to_have_count(0)
    await side(visitor, other.room["name"]).click()
    await expect(visitor.title).to_have_text(other.room["name"])
    await expect(visitor.box).to_have_value("")
    say(other, sven, "the end")
    await visitor.shows("the end")


@pytest.mark.thorough
async def test_about_a_room_is_changed_and_others_see_it_at_once(
    server: Server, member: Visit
) -> None:
    """Name and topic; in the other's header, list and open dialog, without a reload."""
    tara, udo = new_account(server, "tara"), new_account(server, "udo")
    place = make_room(tara)
    place.add(udo)
    owner = await member(tara.user["username"], server, place.room)
    other = await member(udo.user["username"], server, place.room)
    await open_room_settings(other, "About")
    await expect(other.dialog.get_by_role("textbox")).to_have_count(0)
    await expect(other.dialog).to_contain_text("None yet")
    await open_room_settings(owner, "About")
    name = f"{place.room['name']} anew"
    await field(owner, "Name").fill(name)
    await field(owner, "Topic").fill("What is being built")
    await owner.dialog.get_by_label("Slow mode").select_option("30 seconds")
    await press(owner, "Save changes")
    await expect(owner.dialog.get_by_role("status").filter(has_text="changed")).to_be_visible()
    await expect(other.dialog).to_contain_text("What is being built")
    await expect(other.dialog).to_contain_text("30 seconds")
    await expect(other.title).to_have_text(name)
    await expect(side(other, name)).to_be_visible()


async def told_that_they_may(visitor: Visitor, item: str) -> None:
    """Open the room's menu until it has an item: what it offers is decided when it opens."""
    async with asyncio.timeout(scaled(10)):
        while True:
            await visitor.page.get_by_role("button", name="Room menu").click()
            await expect(visitor.page.get_by_role("menu")).to_be_visible()
            if await visitor.page.get_by_role("menuitem", name=item).count():
                return
            await visitor.page.keyboard.press("Escape")
            await expect(visitor.page.get_by_role("menu")).to_have_count(0)


@pytest.mark.thorough
async def test_roles_and_the_room_itself_are_handed_on(server: Server, member: Visit) -> None:
    """A member becomes a moderator, then the owner; who gave it away stays as a moderator."""
    vera, wim = new_account(server, "vera"), new_account(server, "wim")
    place = make_room(vera)
    place.add(wim)
    owner = await member(vera.user["username"], server, place.room)
    other = await member(wim.user["username"], server, place.room)
    await open_room_settings(owner, "Members")
    row = owner.dialog.get_by_role("listitem").filter(has_text=f"@{other.name}")
    actions = owner.dialog.get_by_role("button", name=f"Actions for {other.name}")
    await actions.click()
    await owner.page.get_by_role("menuitem", name="Make moderator").click()
    await expect(row).to_contain_text("Moderator")
    await told_that_they_may(other, "Invite people")
    await other.page.keyboard.press("Escape")
    await actions.click()
    await owner.page.get_by_role("menuitem", name="Make owner").click()
    await press(owner, "Hand over")
    await expect(row).to_contain_text("Owner")
    await owner.page.keyboard.press("Escape")
    await told_that_they_may(other, "Delete room")
    await owner.page.get_by_role("button", name="Room menu").click()
    await expect(owner.page.get_by_role("menuitem", name="Delete room")).to_have_count(0)
    await owner.page.get_by_role("menuitem", name="Leave room").click()
    await owner.dialog.get_by_role("button", name="Leave").click()
    await expect(owner.rooms_heading).to_be_visible()
    await expect(owner.card(place.room["name"])).to_have_count(0)


@pytest.mark.thorough
async def test_an_archived_room_is_read_and_comes_back(server: Server, member: Visit) -> None:
    """The message box says why it is closed and keeps what was written in it."""
    xenia, yann = new_account(server, "xenia"), new_account(server, "yann")
    place = make_room(xenia)
    place.add(yann)
    say(place, xenia, "before")
    owner = await member(xenia.user["username"], server, place.room)
    other = await member(yann.user["username"], server, place.room)
    await other.box.fill("not finished")
    await open_room_settings(owner, "Leave and delete")
    await press(owner, "Archive")
    closed = other.page.get_by_role("region", name="Message box")
    await expect(closed).to_contain_text("This room is archived. You can read it, but not write.")
    await expect(other.box).to_be_hidden()
    archived = other.page.get_by_role("navigation").get_by_role("button", name="Archived")
    await expect(archived).to_have_attribute("aria-expanded", "false")
    await expect(side(other, place.room["name"])).to_be_visible()
    await press(owner, "Un-archive")
    await expect(other.box).to_have_value("not finished")
    await other.box.press("Enter")
    await other.shows("before", "not finished")


@pytest.mark.thorough
async def test_sections_are_folded_and_stay_so(server: Server, member: Visit) -> None:
    """By keys; the room one is in stays on view, and a reload changes nothing."""
    zoe = new_account(server, "zoe")
    here, there = make_room(zoe), make_room(zoe)
    visitor = await member(zoe.user["username"], server, here.room)
    fold = visitor.page.get_by_role("navigation").get_by_role("button", name="Rooms", exact=True)
    await fold.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(fold).to_have_attribute("aria-expanded", "false")
    await expect(side(visitor, there.room["name"])).to_have_count(0)
    await expect(side(visitor, here.room["name"])).to_be_visible()
    await visitor.page.reload()
    await expect(fold).to_have_attribute("aria-expanded", "false")
    await expect(side(visitor, here.room["name"])).to_be_visible()
    await fold.click()
    await expect(side(visitor, there.room["name"])).to_be_visible()
