"""What is unread, read and marked back: seen by two people at browsers, and on two devices."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accounts import open_settings, press
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.accounts import Account, register
from tests.support.people import checked
from tests.support.server import Server


def link(visitor: Visitor, room: str) -> Locator:
    """Return the room's link in the sidebar, whatever is unread there."""
    rooms = visitor.page.get_by_role("navigation", name="Rooms")
    return rooms.get_by_role("link", name=re.compile(f"^{room}"))


def say(account: Account, room: dict[str, object], *contents: str) -> list[int]:
    """Let somebody say things over HTTP; the ids of their messages."""
    path = f"/api/chat/rooms/{room['id']}/messages"
    answers = [account.call("POST", path, json={"content": each}) for each in contents]
    return [checked(answer)["id"] for answer in answers]


async def test_what_is_said_elsewhere_is_counted_and_read_on_all_devices(
    server: Server, member: Visit
) -> None:
    """A number beside the room and in the title, gone everywhere once it was looked at."""
    uma, vera = register(server, "uma"), register(server, "vera")
    cellar, loft = [
        checked(uma.call("POST", "/api/chat/rooms", json={"name": name, "kind": "private"}))
        for name in ("cellar", "loft")
    ]
    for room in (cellar, loft):
        checked(uma.call("PUT", f"/api/chat/rooms/{room['id']}/members/vera", json={}))
    phone, desk = [await member("vera", server) for _ in range(2)]
    await expect(phone.card("cellar")).to_be_visible()
    await desk.card("loft").get_by_role("link").click()
    ids = say(uma, cellar, "one", "two", "three")
    await expect(link(desk, "cellar")).to_contain_text("3 unread messages")
    await expect(desk.page).to_have_title("(3) #loft · Parlour")
    await expect(phone.page.locator(".room-card").filter(has_text="cellar")).to_contain_text(
        "3 unread messages"
    )
    # Where the list is not on view, the way back to it says so.
    await desk.page.set_viewport_size({"width": 375, "height": 812})
    back = desk.page.get_by_role("button", name="Back to rooms: 3 unread messages")
    await expect(back).to_have_text("3")
    # But for rooms of which one wants to hear nothing.
    level = f"/api/chat/rooms/{cellar['id']}/notifications"
    for wanted, count in (("nothing", 0), ("all", 1)):
        checked(vera.call("PUT", level, json={"level": wanted}))
        await expect(desk.page.locator(".back-count")).to_have_count(count)
    await desk.page.set_viewport_size({"width": 1280, "height": 800})
    assert uma.call("DELETE", f"/api/chat/messages/{ids[1]}").is_success
    await expect(link(desk, "cellar")).to_contain_text("2 unread messages")

    # Alt+Shift+Down goes there; the line stands before what is new, and the other device follows.
    await desk.page.keyboard.press("Alt+Shift+ArrowDown")
    await expect(desk.title).to_have_text("cellar")
    await expect(desk.page.locator(".new-line")).to_be_visible()
    await expect(link(desk, "cellar")).not_to_contain_text("unread")
    await expect(phone.page.locator(".room-card").filter(has_text="cellar")).not_to_contain_text(
        "unread"
    )
    await expect(desk.page).to_have_title("#cellar · Parlour")

    # Marked as unread by a key; the view stays, the other device counts it at once.
    await desk.page.locator("[role=log] article").filter(has_text="three").focus()
    await desk.page.keyboard.press("u")
    await expect(link(desk, "cellar")).to_contain_text("1 unread message")
    await expect(phone.page.locator(".room-card").filter(has_text="cellar")).to_contain_text(
        "1 unread message"
    )
    await expect(desk.title).to_have_text("cellar")
    await link(desk, "loft").click()
    await expect(desk.title).to_have_text("loft")
    await expect(link(desk, "cellar")).to_contain_text("1 unread message")
    await link(desk, "cellar").click()
    after_line = desk.page.locator(".new-line + .row")
    await expect(after_line).to_contain_text("three")

    # Everything at once, after a question.
    await link(desk, "loft").click()
    say(uma, cellar, "four", "five")
    await expect(link(desk, "cellar")).to_contain_text("2 unread messages")
    await desk.page.keyboard.press("Shift+Escape")
    await press(desk, "Mark as read")
    await expect(link(desk, "cellar")).not_to_contain_text("unread")
    await desk.page.keyboard.press("Shift+Escape")
    await expect(desk.page.get_by_text("Nothing is unread.").first).to_be_visible()


@pytest.mark.thorough
async def test_a_conversation_comes_into_the_others_list_with_its_first_message(
    server: Server, member: Visit
) -> None:
    """Nobody has rooms in their list in which somebody only thought of saying something."""
    rosa, _ = register(server, "rosa"), register(server, "sven")
    writer, reader = [await member(name, server) for name in ("rosa", "sven")]
    room = checked(rosa.call("POST", "/api/chat/direct", json={"usernames": ["sven"]}))

    def listed(visitor: Visitor, name: str) -> Locator:
        return (
            visitor.page.get_by_role("list", name="Direct messages")
            .get_by_role("listitem")
            .filter(has_text=name)
        )

    await expect(listed(writer, "sven")).to_be_visible()
    await writer.page.goto(f"{server.url}/#/r/{room['id']}")
    await expect(writer.box).to_be_visible()
    await expect(listed(reader, "rosa")).to_have_count(0)
    await writer.say("are you there?")
    await expect(listed(reader, "rosa")).to_contain_text("1 unread")
    await listed(reader, "rosa").get_by_role("link").click()
    await reader.shows("are you there?")


@pytest.mark.thorough
async def test_one_sees_who_has_read_what_one_wrote_unless_they_would_rather_not_say(
    server: Server, member: Visit
) -> None:
    """A face in the corner of the newest message that they have read, with their name."""
    rita, _ = register(server, "rita"), register(server, "simon")
    room = checked(rita.call("POST", "/api/chat/direct", json={"usernames": ["simon"]}))
    at = f"#/r/{room['id']}"
    writer, reader = [await member(name, server) for name in ("rita", "simon")]
    await writer.page.goto(f"{server.url}/{at}")
    await writer.say("are you there?")
    await expect(writer.stored).to_have_count(1)
    receipt = writer.page.get_by_role("button", name="Read by simon")
    await expect(receipt).to_have_count(0)
    await reader.page.goto(f"{server.url}/{at}")
    await reader.shows("are you there?")
    await expect(receipt).to_be_visible()
    # Its words are in it: a name beside them would hide what is to be seen from those who speak.
    await expect(receipt).not_to_have_attribute("aria-label", re.compile(""))
    first = writer.page.locator("[role=log] .row").filter(has_text="are you there?")
    height = await first.evaluate("(node) => node.offsetHeight")
    await writer.say("then come over")
    await expect(
        writer.page.locator("[role=log] .row").last.locator(".row-receipts")
    ).to_be_visible()
    # The face has moved on to the next, and nothing has moved with it.
    assert await first.evaluate("(node) => node.offsetHeight") == height
    await expect(receipt).to_have_count(1)
    await receipt.click()
    await expect(writer.page.get_by_role("menuitem", name="simon")).to_be_visible()
    await writer.page.keyboard.press("Escape")

    await open_settings(reader)
    await reader.dialog.get_by_role("checkbox", name=re.compile("Show others how far")).uncheck()
    await press(reader, "Save profile")
    await expect(reader.dialog.get_by_text("Your profile is saved.")).to_be_visible()
    await reader.page.keyboard.press("Escape")
    await writer.say("and now?")
    await reader.shows("are you there?", "then come over", "and now?")
    await reader.say("yes")
    await expect(reader.page.locator(".row-receipts")).to_have_count(0)
    await writer.shows("are you there?", "then come over", "and now?", "yes")
    last = writer.page.locator("[role=log] .row").filter(has_text="and now?")
    await expect(last.locator(".row-receipts")).to_have_count(0)
