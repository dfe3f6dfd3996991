"""Messages to be sent later: chosen by keys, in two tabs, on a phone, and what becomes of them."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.browser.accounts import press
from tests.browser.conftest import Visit
from tests.browser.filing import attach, payload
from tests.browser.keeping import PHONE, row
from tests.browser.keeping import choose as choose_of
from tests.browser.later import (
    ELLIPSIS,
    ahead,
    button,
    choose,
    items,
    line,
    menu,
    open_list,
    open_menu,
    schedule,
    waiting,
)
from tests.browser.visitor import Visitor
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import Room, checked
from tests.support.places import make_room, name_of, new_account, say
from tests.support.server import Server

HERE = "Pacific/Auckland"


def time_of(found: dict[str, Any]) -> datetime:
    """Return when a message is to be sent, by the reader's own clock."""
    return datetime.fromisoformat(found["send_at"]).astimezone(ZoneInfo(HERE))


async def edit_by_keys(visitor: Visitor, words: str) -> None:
    """Go from the list's heading to the message's words, add some, and be back where one was."""
    page = visitor.page
    for _ in range(9):
        await page.keyboard.press("Tab")
        if await visitor.focused() == f"button Edit{ELLIPSIS}":
            break
    await page.keyboard.press("Enter")
    await expect(visitor.dialog.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type(words)
    await page.keyboard.press("Enter")
    await expect(items(visitor)).to_contain_text(words)
    # The row is another one now; who was in it is there still.
    await expect(page.locator("#scheduled [data-act=edit]")).to_be_focused()


async def choose_another_time(visitor: Visitor, later: datetime) -> None:
    """Go from there to the message's time; be told what is wrong with three, and enter that one."""
    page = visitor.page
    await page.keyboard.press("Shift+Tab")
    for key in ("Enter", "End", "Enter"):
        await page.keyboard.press(key)
    field = visitor.dialog.get_by_label("Day and time")
    await expect(field).to_be_focused()
    await expect(visitor.dialog).to_contain_text(HERE)
    for value, wrong in (
        ("", "Choose a day and a time."),
        ("2020-01-01T09:00", "That time has passed."),
        (f"{later.year + 2}-01-01T09:00", "within the next year"),
    ):
        await field.fill(value)
        await page.keyboard.press("Enter")
        await expect(visitor.dialog.get_by_role("alert")).to_contain_text(wrong)
        await expect(field).to_be_focused()
    await field.fill(later.strftime("%Y-%m-%dT%H:%M"))
    await expect(visitor.dialog).to_contain_text(f"It will be sent on {later:%A}")
    await page.keyboard.press("Enter")
    await expect(visitor.dialog).to_have_count(0)
    await expect(page.locator("#scheduled [data-act=time]")).to_be_focused()


async def test_a_message_is_scheduled_changed_and_deleted_by_keys_alone(
    server: Server, member: Visit
) -> None:
    """From the message box to the list and back; every time is that of the reader's own clock."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Garden")
    visitor = await member(name_of(ada), server, place.room, timezone_id=HERE)
    page = visitor.page
    await expect(button(visitor)).to_have_attribute("aria-haspopup", "menu")
    await visitor.box.fill("Water the beans")
    await visitor.box.press("Control+Shift+Enter")
    await expect(menu(visitor)).to_be_visible()
    assert await axe_violations(page) == []
    await page.keyboard.press("t")
    reached = page.locator("[role=menuitem]:focus")
    await expect(reached).to_have_text(re.compile("^(This|Tomorrow)"))
    await menu(visitor).get_by_role("menuitem", name="Tomorrow morning").focus()
    await page.keyboard.press("Enter")
    await expect(visitor.box).to_have_value("")
    await expect(visitor.box).to_be_focused()
    await expect(line(visitor)).to_contain_text("1 message is to be sent tomorrow, ")
    [found] = waiting(ada)
    tomorrow = datetime.now(ZoneInfo(HERE)).date() + timedelta(days=1)
    assert f"{time_of(found):%Y-%m-%d %H:%M}" == f"{tomorrow:%Y-%m-%d} 09:00"
    assert (found["content"], found["reply_to"]) == ("Water the beans", None)
    await expect(visitor.stored).to_have_count(0)
    # To the list by the line.
    await line(visitor).get_by_role("link", name="Show scheduled messages").focus()
    await page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Scheduled messages", level=1)
    await expect(heading).to_be_focused()
    await expect(items(visitor).get_by_role("link", name="#Garden")).to_be_visible()
    await edit_by_keys(visitor, " and the peas")
    later = (datetime.now(ZoneInfo(HERE)) + timedelta(days=40)).replace(hour=7, minute=30)
    await choose_another_time(visitor, later)
    assert f"{time_of(waiting(ada)[0]):%Y-%m-%d %H:%M}" == f"{later:%Y-%m-%d %H:%M}"
    for key in ("Tab", "Tab", "Enter"):
        await page.keyboard.press(key)
    await expect(visitor.dialog).to_contain_text("the beans and the peas")
    await visitor.dialog.get_by_role("button", name="Delete message").press("Enter")
    await expect(page.get_by_text("Nothing is scheduled")).to_be_visible()
    await expect(heading).to_be_focused()
    assert waiting(ada) == []


@pytest.mark.thorough
async def test_what_is_scheduled_is_in_step_in_all_tabs_of_its_author_and_nobody_elses(
    server: Server, member: Visit
) -> None:
    """New, changed, sent now: told to two tabs; the others see the message when it is one."""
    ada, ben = new_account(server, "ada"), new_account(server, "ben")
    place = make_room(ada, name="Plans")
    place.add(ben)
    here, there = [await member(name_of(ada), server, place.room) for _ in range(2)]
    other = await member(name_of(ben), server, place.room)
    await open_menu(here, "Next week: the **budget**")
    await choose(here, "Tomorrow morning")
    for tab in (here, there):
        await expect(line(tab)).to_contain_text("1 message is to be sent tomorrow")
        side = tab.page.get_by_role("link", name=re.compile("^Scheduled 1 waiting"))
        await expect(side).to_be_visible()
    await expect(line(other)).to_be_hidden()
    await expect(other.page.locator(".later-row")).to_have_count(0)
    await there.page.get_by_role("link", name=re.compile("^Scheduled 1 waiting")).click()
    await expect(items(there).locator("strong")).to_have_text("budget")
    [found] = waiting(ada)
    path = f"/api/chat/scheduled/{found['id']}"
    checked(ada.call("PATCH", path, json={"content": "Next week: nothing"}))
    await expect(items(there)).to_contain_text("Next week: nothing")
    schedule(ada, place, "And then", ahead(hours=2))
    await expect(items(there)).to_have_count(2)
    await expect(items(there).first).to_contain_text("And then")
    await expect(line(here)).to_contain_text("2 messages are to be sent, the next t")
    await items(there).first.get_by_role("button", name="Send now").click()
    await expect(items(there)).to_have_count(1)
    await expect(items(there).get_by_role("button", name="Send now")).to_be_focused()
    for tab in (here, other):
        await expect(row(tab, "And then")).to_be_visible()
    await expect(line(here)).to_contain_text("1 message is to be sent")
    await expect(there.notices).to_contain_text("Sent to #Plans.")
    assert ada.call("DELETE", path).status_code == 204
    await expect(line(here)).to_be_hidden()
    await expect(here.page.locator(".later-row")).to_have_count(0)
    await expect(there.page.get_by_text("Nothing is scheduled")).to_be_visible()


@pytest.mark.thorough
async def test_files_and_the_answer_in_the_message_box_go_with_it(
    server: Server, member: Visit
) -> None:
    """They leave the box with its words, and come with the message."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Minutes")
    first = checked(say(place, ada, "Who writes?"))
    visitor = await member(name_of(ada), server, place.room)
    await choose_of(visitor, "Who writes?", "Reply")
    await expect(visitor.page.locator(".reply-bar")).to_be_visible()
    await attach(visitor, payload("minutes.txt"))
    await open_menu(visitor, "I do")
    await choose(visitor, "In an hour")
    await expect(line(visitor)).to_be_visible()
    await expect(visitor.box).to_have_value("")
    for gone in (".reply-bar", ".tray-file"):
        await expect(visitor.page.locator(gone)).to_have_count(0)
    [found] = waiting(ada)
    assert found["reply_to"] == first["id"]
    assert [file["name"] for file in found["files"]] == ["minutes.txt"]
    await visitor.page.reload()
    await expect(line(visitor)).to_be_visible()
    for gone in (".reply-bar", ".tray-file"):
        await expect(visitor.page.locator(gone)).to_have_count(0)
    await open_list(visitor)
    await expect(items(visitor)).to_contain_text("minutes.txt")
    await expect(items(visitor)).to_contain_text("As a reply")
    await items(visitor).get_by_role("button", name="Send now").click()
    await expect(visitor.page.get_by_text("Nothing is scheduled")).to_be_visible()
    await visitor.page.go_back()
    await expect(visitor.log.get_by_role("link", name="Download minutes.txt")).to_be_visible()
    await expect(visitor.log.locator(".row-quote")).to_be_visible()


@pytest.mark.thorough
async def test_what_is_written_in_a_thread_is_sent_there_later(
    server: Server, member: Visit
) -> None:
    """Its message box has the button, too; the message answers what the thread began with."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Threads")
    first = checked(say(place, ada, "Where to?"))
    visitor = await member(name_of(ada), server, place.room)
    await visitor.page.goto(f"{server.url}/#/r/{place.id}/t/{first['id']}")
    thread = visitor.page.get_by_role("complementary", name="Thread")
    await thread.get_by_role("textbox").fill("To the sea")
    await thread.get_by_role("button", name="Send later").click()
    await choose(visitor, "Tomorrow morning")
    await expect(thread.get_by_role("textbox")).to_have_value("")
    await expect(line(visitor)).to_be_visible()
    [found] = waiting(ada)
    assert (found["content"], found["reply_to"]) == ("To the sea", first["id"])


@pytest.mark.thorough
async def test_one_that_could_not_be_sent_says_why_and_can_be_sent_again_or_taken_away(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """The room is archived when its time comes; brought back, it takes the message."""
    browsers.allow("409")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Closing")
    visitor = await member(name_of(ada), server, place.room)
    for text in ("One more thing", "And another"):
        schedule(ada, place, text, ahead(seconds=3))
    checked(ada.call("PATCH", place.path, json={"archived": True}))
    told = visitor.notices.get_by_text("A scheduled message to #Closing was not sent.").first
    await expect(told).to_be_visible()
    await expect(line(visitor)).to_contain_text("2 scheduled messages were not sent.")
    side = visitor.page.get_by_role("link", name=re.compile("^Scheduled 2 not sent"))
    await side.click()
    await expect(items(visitor)).to_have_count(2)
    await expect(items(visitor).first).to_contain_text("Not sent. This room is archived.")
    assert await axe_violations(visitor.page) == []
    await items(visitor).first.get_by_role("button", name="Send again").click()
    await expect(visitor.notices).to_contain_text("This room is archived.")
    await expect(items(visitor)).to_have_count(2)
    await items(visitor).last.get_by_role("button", name=f"Delete{ELLIPSIS}").click()
    await press(visitor, "Delete message")
    await expect(items(visitor)).to_have_count(1)
    checked(ada.call("PATCH", place.path, json={"archived": False}))
    await items(visitor).get_by_role("button", name="Send again").click()
    await expect(visitor.page.get_by_text("Nothing is scheduled")).to_be_visible()
    await visitor.page.go_back()
    await expect(visitor.rows).to_have_count(1)
    await expect(line(visitor)).to_be_hidden()


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_the_button_comes_with_the_words_and_the_list_fills_the_screen(
    server: Server, member: Visit
) -> None:
    """The empty box has its width; what can be pressed is large enough for a finger."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Allotments")
    visitor = await member(name_of(ada), server, place.room, **PHONE)
    page = visitor.page
    await expect(page.locator("main.pane .composer-later")).to_be_attached()
    await expect(button(visitor)).to_be_hidden()
    await open_menu(visitor, "Bring the spade")
    assert await overflowing(page) == []
    sizes = [await button(visitor).bounding_box()]
    sizes += [await each.bounding_box() for each in await page.get_by_role("menuitem").all()]
    assert all(size and min(size["width"], size["height"]) >= 44 for size in sizes), sizes
    await choose(visitor, "Tomorrow morning")
    await expect(line(visitor)).to_be_visible()
    await expect(button(visitor)).to_be_hidden()
    assert await overflowing(page) == []
    await line(visitor).get_by_role("link").click()
    await expect(items(visitor)).to_have_count(1)
    assert await overflowing(page) == []
    for each in await items(visitor).get_by_role("button").all():
        size = await each.bounding_box()
        assert size
        assert size["height"] >= 44
    await page.get_by_role("link", name="Back to rooms").click()
    await expect(page.get_by_role("heading", name="Rooms", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Your menu").click()
    link = page.get_by_role("link", name="Scheduled messages 1 waiting")
    await link.click()
    await expect(items(visitor)).to_have_count(1)


@pytest.mark.thorough
async def test_a_guest_is_offered_none_of_it(server: Server, room: Room, visit: Visit) -> None:
    """No button, no place; who goes to its address is told whom it is for."""
    alice = await visit("alice", server, room)
    await alice.box.fill("Later?")
    await expect(alice.page.get_by_role("button", name="Send later")).to_have_count(0)
    await alice.page.goto(f"{server.url}/#/scheduled")
    await expect(alice.page.get_by_text("Scheduled messages are for members")).to_be_visible()
    await expect(alice.page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.thorough
async def test_the_quick_switcher_and_the_list_of_keys_lead_to_it(
    server: Server, member: Visit
) -> None:
    """By what it is called, and by what else people call it."""
    ada = new_account(server, "ada")
    visitor = await member(name_of(ada), server)
    await visitor.page.keyboard.press("Control+/")
    await expect(visitor.dialog).to_contain_text("Send the message later")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.keyboard.press("Control+k")
    await visitor.page.get_by_role("combobox").fill("send later")
    await expect(visitor.page.get_by_role("option").first).to_contain_text("Scheduled messages")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_text("Nothing is scheduled")).to_be_visible()
