"""Mentions and notifications: seen by those whom a message is about, and by nobody else."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accounts import open_settings
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.support.accounts import Account, register
from tests.support.people import checked
from tests.support.server import Server
from tests.support.timing import scaled

NUMBERS = count(1)
# Takes down what notifications are made of, and keeps them to be pressed.
NOTE = """
window.told = [];
window.Notification = class extends EventTarget {
  static permission = 'granted';
  static requestPermission() { return Promise.resolve('granted'); }
  constructor(title, options) {
    super();
    Object.assign(this, { title, ...options });
    window.told.push(this);
  }
  close() { this.closed = true; this.dispatchEvent(new Event('close')); }
};
"""
ASKED = """
window.asked = 0;
window.Notification = class {
  static permission = 'default';
  static requestPermission() {
    window.asked += 1;
    window.Notification.permission = 'denied';
    return Promise.resolve('denied');
  }
};
"""
TOLD = "window.told.map(({ title, body, tag, closed }) => [title, body, tag, closed ?? false])"


def names() -> tuple[str, str]:
    """Return two names that nobody has."""
    number = next(NUMBERS)
    return f"maya{number}", f"noor{number}"


def make(owner: Account, name: str, *members: str) -> dict[str, Any]:
    """Return a private room with members."""
    room = checked(owner.call("POST", "/api/chat/rooms", json={"name": name, "kind": "private"}))
    for member in members:
        checked(owner.call("PUT", f"/api/chat/rooms/{room['id']}/members/{member}", json={}))
    return dict(room)


def say(account: Account, room: dict[str, Any], content: str) -> int:
    """Let somebody say something over HTTP; the message's id."""
    path = f"/api/chat/rooms/{room['id']}/messages"
    return int(checked(account.call("POST", path, json={"content": content}))["id"])


def link(visitor: Visitor, room: str) -> Locator:
    """Return the room's link in the sidebar."""
    rooms = visitor.page.get_by_role("navigation", name="Rooms")
    return rooms.get_by_role("link", name=re.compile(f"^{room}"))


def article(visitor: Visitor, text: str) -> Locator:
    """Return the row's article that says this."""
    return visitor.page.locator("[role=log] article").filter(has_text=text)


async def told(page: Page) -> list[Any]:
    """Return what the page's notifications say."""
    return list(await page.evaluate(TOLD))


async def first_told(*pages: Page) -> list[Any]:
    """Return what the notifications of any of these pages say, as soon as there is one."""
    async with asyncio.timeout(scaled(10)):
        while not (found := [each for page in pages for each in await told(page)]):
            await pages[0].evaluate("() => new Promise((done) => setTimeout(done, 20))")
    return found


async def test_a_mention_is_counted_shown_and_notified_by_one_tab_alone(
    server: Server, member: Visit
) -> None:
    """Elsewhere: a badge, the title, words to be heard, one notification; a press goes there."""
    me, other = names()
    maya = register(server, me)
    register(server, other)
    design, loft = make(maya, "design", other), make(maya, "loft", other)
    noor = await member(other, server, loft, script=NOTE)
    tab = await noor.page.context.new_page()
    await tab.add_init_script(NOTE)
    second = Visitor(tab, other, server)
    await tab.goto(address(server, loft))
    await expect(second.presence(other)).to_be_attached()
    await expect(link(second, "design")).to_be_visible()
    await noor.page.bring_to_front()

    said = say(maya, design, f"look at **this**, @{other}, and `@{other}`")
    await expect(link(noor, "design")).to_contain_text("1 mention, 1 unread message")
    await expect(link(second, "design")).to_contain_text("1 mention")
    await expect(noor.page).to_have_title("(1) #loft · Parlour")
    expected = f"{me} mentioned you in #design"
    await expect(noor.page.locator("#live-polite")).to_contain_text(expected)
    shown = await first_told(noor.page, tab)
    assert shown == [[expected, f"look at this, @{other}, and @{other}", f"parlour-{said}", False]]
    await expect(noor.page.locator("link[rel=icon][href$='favicon-dot.svg']")).to_be_attached()

    # A press on it leads to the message: its row is marked, and the name where it is no code.
    if not await told(noor.page):
        noor, second = second, noor
    await noor.page.bring_to_front()
    await noor.page.evaluate("window.told[0].dispatchEvent(new Event('click'))")
    await expect(noor.title).to_have_text("design")
    await expect(noor.page.locator(f".row[data-message-id='{said}']")).to_have_attribute(
        "data-mention", ""
    )
    await expect(article(noor, "look at").locator(".mention-me")).to_have_count(1)
    await expect(link(noor, "design")).not_to_contain_text("mention")
    await expect(link(second, "design")).not_to_contain_text("mention")
    await expect(noor.page.locator("link[rel=icon][href$='favicon-dot.svg']")).to_have_count(0)

    # While it is being read in one tab, no tab shows a notification; of others a row is plain.
    say(maya, design, f"once more, @{other}")
    say(maya, design, f"and to me, @{me}")
    await expect(article(noor, "and to me").locator(".mention")).to_have_count(1)
    await expect(article(noor, "once more").locator(".mention-me")).to_have_count(1)
    plain = noor.page.locator(".row").filter(has_text="and to me")
    await expect(plain).not_to_have_attribute("data-mention", "")
    await noor.page.wait_for_timeout(600)
    assert len(await told(noor.page)) + len(await told(second.page)) == 1


@pytest.mark.thorough
async def test_one_decides_of_what_to_hear_and_asks_why(server: Server, member: Visit) -> None:
    """The level in the room's menu, on all devices; the decision in the message's menu."""
    me, other = names()
    maya = register(server, me, display_name="Maya Lindqvist")
    register(server, other)
    design, loft = make(maya, "studio", other), make(maya, "attic", other)
    desk, phone = [await member(other, server, loft) for _ in range(2)]
    say(maya, design, "nothing in particular")
    await expect(link(desk, "studio")).to_contain_text("1 unread message")
    await link(desk, "studio").click()
    await expect(desk.title).to_have_text("studio")
    await desk.page.get_by_role("button", name="Room menu").click()
    await desk.page.get_by_role("menuitem", name="Notifications…").click()
    # What the menu is about is to be seen too, not only said.
    title = desk.page.get_by_role("menu").get_by_text("Notifications in #studio", exact=True)
    await expect(title).to_be_visible()
    usual = desk.page.get_by_role("menuitemradio", name="Default (mentions and replies)")
    await expect(usual).to_have_attribute("aria-checked", "true")
    await desk.page.get_by_role("menuitemradio", name="Nothing").click()
    for each in (desk, phone):
        await expect(each.page.locator(".side-row").filter(has_text="studio")).to_be_visible()
        muted = each.page.locator("[data-muted]").filter(has_text="studio")
        await expect(muted).to_contain_text("no notifications")
    await link(desk, "attic").click()

    # Nothing there counts any more, but what is about oneself.
    say(maya, design, "not to you")
    said = say(maya, design, f"to you, @{other}")
    await expect(link(phone, "studio")).to_contain_text("@1")
    await expect(link(phone, "studio")).not_to_contain_text("unread")
    await expect(phone.page).to_have_title("(1) #attic · Parlour")

    await link(desk, "studio").click()
    for text, verdict, why in (
        ("to you,", "You were not notified", "notified of nothing"),
        ("nothing in particular", "You were not notified", "mentions and replies"),
    ):
        await article(desk, text).focus()
        await desk.page.keyboard.press("m")
        await desk.page.get_by_role("menuitem", name="Why was I (not) notified?").click()
        await expect(desk.dialog).to_contain_text(verdict)
        await expect(desk.dialog).to_contain_text(why)
        await desk.page.keyboard.press("Escape")
        await expect(desk.dialog).to_have_count(0)

    # The list of what is about oneself leads there.
    await link(desk, "attic").click()
    await desk.page.get_by_role("button", name="List menu").click()
    await desk.page.get_by_role("menuitem", name="Mentions of me").click()
    found = desk.dialog.get_by_role("link").filter(has_text="to you")
    await expect(found).to_be_focused()
    # Whoever has said something is called there as in the log.
    await expect(found.locator(".finding-name")).to_have_text(me)
    await desk.page.keyboard.press("Enter")
    await expect(desk.title).to_have_text("studio")
    await expect(desk.page.locator(f"[data-message-id='{said}']")).to_be_visible()


@pytest.mark.thorough
async def test_the_settings_ask_the_browser_only_when_told_to(
    server: Server, member: Visit
) -> None:
    """Permission in words; do not disturb for a time and every day, seen on another device."""
    _, other = names()
    account = register(server, other)
    desk = await member(other, server, script=ASKED)
    await open_settings(desk, "Notifications")
    panel = desk.dialog.get_by_role("tabpanel", name="Notifications")
    await expect(panel).to_contain_text("has not been asked yet")
    assert await desk.page.evaluate("window.asked") == 0
    await panel.get_by_role("button", name="Allow notifications").click()
    await expect(panel).to_contain_text("does not let Parlour")
    assert await desk.page.evaluate("window.asked") == 1

    # What another device does is told, but takes nothing away that is being entered.
    await panel.get_by_label("For some time").select_option("3600")
    checked(account.call("PUT", "/api/chat/do-not-disturb", json={"seconds": 86_400}))
    tomorrow = await desk.page.evaluate(
        "new Intl.DateTimeFormat('en', {day: 'numeric'}).format(Date.now() + 864e5)"
    )
    await expect(panel).to_contain_text(re.compile(rf"On until \D*{tomorrow}\D"))
    await expect(panel.get_by_label("For some time")).to_have_value("3600")
    await panel.get_by_label("Every day").check()
    await panel.get_by_label("From", exact=True).fill("22:30")
    await panel.get_by_label("To", exact=True).fill("22:30")
    await panel.get_by_role("button", name="Save").click()
    # What is wrong stands beside the fields, and the first of them has the focus.
    start = panel.get_by_label("From", exact=True)
    await expect(start).to_be_focused()
    await expect(start).to_have_attribute("aria-invalid", "true")
    await expect(start).to_have_accessible_description("Choose two different times.")
    await expect(panel.locator(".notify-span").get_by_role("alert")).to_contain_text(
        "two different times"
    )
    await panel.get_by_label("To", exact=True).fill("06:15")
    await panel.get_by_role("button", name="Save").click()
    await expect(panel).to_contain_text("That is saved.")
    await expect(panel).to_contain_text("On until")
    await expect(start).not_to_have_attribute("aria-invalid", "true")
    own = desk.page.locator(".screen:not([hidden]) .self-button")
    await expect(own).to_contain_text("Do not disturb until")
    kept = checked(account.call("GET", "/api/chat/do-not-disturb"))
    assert (kept["start"], kept["end"], kept["until"] is None) == ("22:30", "06:15", False)
    # Taken back elsewhere, it is seen here.
    checked(account.call("PUT", "/api/chat/do-not-disturb", json={}))
    await expect(panel).to_contain_text("Off.")
    await expect(own).not_to_contain_text("Do not disturb")
    # Hours that have not begun are told as what will be.
    now = datetime.now(UTC)
    span = [f"{now + timedelta(hours=hours):%H}:00" for hours in (2, 4)]
    hours = {"start": span[0], "end": span[1], "time_zone": "UTC"}
    checked(account.call("PUT", "/api/chat/do-not-disturb", json=hours))
    await expect(panel).to_contain_text(re.compile(r"Off now\. Every day \d"))
    # After a reload it is known without the settings.
    hours |= {"start": f"{now - timedelta(hours=2):%H}:00"}
    checked(account.call("PUT", "/api/chat/do-not-disturb", json=hours))
    await desk.page.reload()
    await expect(own).to_contain_text("Do not disturb until")


@pytest.mark.thorough
async def test_the_box_offers_to_call_and_says_what_that_does(
    server: Server, member: Visit
) -> None:
    """`@here` and `@room`, each with a line; behind the people, of whom none is meant here."""
    me, other = names()
    maya = register(server, me)
    register(server, other)
    room = make(maya, "gallery", other)
    noor = await member(other, server, room)
    await noor.box.press_sequentially("@r")
    option = noor.page.get_by_role("option", name=re.compile("^@room"))
    await expect(option).to_contain_text("Notifies all members of the room")
    await noor.page.keyboard.press("Enter")
    await noor.box.press_sequentially("come")
    await noor.page.keyboard.press("Enter")
    await expect(article(noor, "@room come").locator(".mention")).to_have_text("@room")


@pytest.mark.thorough
async def test_a_row_is_marked_for_those_whom_the_server_called(
    server: Server, member: Visit
) -> None:
    """`@here` for who was in the room, an answer for whom it answers; for others they are plain."""
    me, other = names()
    maya = register(server, me)
    noor_account = register(server, other)
    room = make(maya, "porch", other)
    path = f"/api/chat/rooms/{room['id']}/messages"
    mine = say(noor_account, room, "where is it?")
    say(maya, room, "nobody is @here yet")
    # So much lies between that what is answered is not on view.
    for index in range(60):
        say(maya, room, f"line {index}")
    checked(maya.call("POST", path, json={"content": "behind the door", "reply_to": mine}))
    early = say(maya, room, "still nobody @here")
    read = f"/api/chat/rooms/{room['id']}/read"
    checked(noor_account.call("PUT", read, json={"message_id": early}))
    noor = await member(other, server, room)
    marked = noor.page.locator("[role=log] .row[data-mention]")
    await expect(marked).to_have_count(1)
    await expect(marked).to_contain_text("behind the door")
    late = say(maya, room, "now you are @here")
    called = noor.page.locator(f".row[data-message-id='{late}']")
    await expect(called).to_have_attribute("data-mention", "")
    await expect(noor.page.locator(f".row[data-message-id='{early}']")).not_to_have_attribute(
        "data-mention", ""
    )
    await noor.page.reload()
    await expect(called).to_have_attribute("data-mention", "")
    await expect(marked).to_have_count(2)


@pytest.mark.thorough
async def test_a_notice_of_a_mention_goes_when_its_room_is_read(
    server: Server, member: Visit
) -> None:
    """By whichever way one has come there; those of other rooms stay."""
    me, other = names()
    maya = register(server, me)
    register(server, other)
    design, loft = make(maya, "terrace", other), make(maya, "cellar", other)
    away = make(maya, "garage", other)
    noor = await member(other, server, away)
    for room in (design, loft):
        say(maya, room, f"are you there, @{other}?")
    toasts = noor.page.locator(".toast")
    await expect(toasts).to_have_count(2)
    # They go by themselves after a while, but not while the pointer is on them.
    await toasts.first.hover()
    await noor.page.keyboard.press("Control+k")
    await expect(noor.dialog.get_by_role("combobox")).to_be_focused()
    await noor.page.keyboard.type("terrace")
    await noor.page.keyboard.press("Enter")
    await expect(noor.title).to_have_text("terrace")
    await expect(toasts).to_have_count(1)
    await expect(toasts).to_contain_text("#cellar")


@pytest.mark.thorough
async def test_who_was_notified_is_told_that_this_browser_shows_nothing(
    server: Server, member: Visit
) -> None:
    """What the server decided is one thing, what this browser lets through another."""
    me, other = names()
    maya = register(server, me)
    register(server, other)
    room = make(maya, "balcony", other)
    noor = await member(other, server, room, script=ASKED.replace("'default'", "'denied'"))
    say(maya, room, f"here, @{other}")
    await article(noor, "here,").focus()
    await noor.page.keyboard.press("m")
    await noor.page.get_by_role("menuitem", name="Why was I (not) notified?").click()
    await expect(noor.dialog).to_contain_text("You were notified")
    await expect(noor.dialog).to_contain_text("This browser does not show notifications")
