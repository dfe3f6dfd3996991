"""Messages to be sent later, when something is in the way: nothing is lost, nothing comes twice."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.filing import attach, chips, payload
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
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.people import checked
from tests.support.places import make_room, name_of, new_account, say
from tests.support.server import Server

pytestmark = pytest.mark.thorough

POSTS = re.compile(r"/rooms/\d+/scheduled$")
LIST = re.compile(r"/api/chat/scheduled$")


async def lose(route: Route) -> None:
    """Let a request not reach the server."""
    await route.abort()


async def lose_answer(route: Route) -> None:
    """Let it reach the server, and the answer be lost."""
    await route.fetch()
    await route.abort()


async def test_what_cannot_be_scheduled_stays_in_the_message_box(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """Words and files, also over a reload; the next try has them."""
    browsers.allow("Failed to load resource")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Lost lines")
    visitor = await member(name_of(ada), server, place.room)
    await attach(visitor, payload("notes.txt"))
    await visitor.page.route(POSTS, lose)
    await open_menu(visitor, "Do not lose me")
    await choose(visitor, "In an hour")
    await expect(visitor.notices).to_contain_text("Your text stays here")
    await expect(visitor.box).to_have_value("Do not lose me")
    await expect(visitor.box).to_be_editable()
    await expect(visitor.box).to_be_focused()
    await visitor.page.reload()
    await expect(visitor.box).to_have_value("Do not lose me")
    await expect(chips(visitor)).to_have_count(1)
    # In the dialog the reason stands beside the time, which is kept as well.
    await button(visitor).click()
    await choose(visitor, "Another time")
    await visitor.dialog.get_by_role("button", name="Schedule").click()
    await expect(visitor.dialog.get_by_role("alert")).to_contain_text("needs the connection")
    assert waiting(ada) == []
    await visitor.page.unroute(POSTS)
    await visitor.dialog.get_by_role("button", name="Schedule").click()
    await expect(visitor.dialog).to_have_count(0)
    await expect(visitor.box).to_have_value("")
    await expect(chips(visitor)).to_have_count(0)
    [found] = waiting(ada)
    assert (found["content"], len(found["files"])) == ("Do not lose me", 1)


@pytest.mark.chromium("the body of a request that is held")
async def test_what_was_scheduled_without_an_answer_is_not_scheduled_twice(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """Asked for once more, also for another time, it is the same message, at that time."""
    browsers.allow("Failed to load resource")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Echo")
    visitor = await member(name_of(ada), server, place.room)
    await visitor.page.route(POSTS, lose_answer)
    await open_menu(visitor, "Once only")
    await choose(visitor, "In an hour")
    await expect(visitor.notices).to_contain_text("needs the connection")
    [before] = waiting(ada)
    await visitor.page.unroute(POSTS)
    await button(visitor).click()
    await choose(visitor, "Tomorrow morning")
    await expect(visitor.box).to_have_value("")
    [found] = waiting(ada)
    assert found["id"] == before["id"]
    assert found["send_at"] > before["send_at"]
    await expect(line(visitor)).to_contain_text("1 message is to be sent tomorrow")


async def test_without_a_connection_it_is_said_that_scheduling_needs_one(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """Before a time is chosen; in the list, when something is to be done with one."""
    browsers.allow("ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Tunnel")
    schedule(ada, place, "See you", ahead(hours=3))
    visitor = await member(name_of(ada), server, place.room)
    await expect(line(visitor)).to_be_visible()
    # What asks for the time has been loaded by now.
    await open_menu(visitor, "In a tunnel")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.context.set_offline(True)
    await button(visitor).click()
    await expect(visitor.notices).to_contain_text("Scheduling needs the connection")
    await expect(menu(visitor)).to_have_count(0)
    await expect(visitor.box).to_have_value("In a tunnel")
    await line(visitor).get_by_role("link").click()
    await expect(items(visitor)).to_have_count(1)
    await items(visitor).get_by_role("button", name="Send now").click()
    await expect(visitor.notices).to_contain_text("That needs the connection")
    await expect(items(visitor)).to_have_count(1)
    await visitor.page.context.set_offline(False)
    await items(visitor).get_by_role("button", name="Send now").click()
    await expect(items(visitor)).to_have_count(0)


async def test_an_empty_message_box_and_one_that_is_too_full_are_not_scheduled(
    server: Server, member: Visit
) -> None:
    """Words say what to do; what is written anew has no such button."""
    ada = new_account(server, "ada")
    place = make_room(ada, name="Edges")
    checked(say(place, ada, "Written"))
    visitor = await member(name_of(ada), server, place.room)
    await button(visitor).click()
    await expect(visitor.notices).to_contain_text("Write something first")
    await expect(visitor.box).to_be_focused()
    await visitor.box.fill("x" * 1001)
    await button(visitor).click()
    await expect(visitor.box).to_be_focused()
    await expect(menu(visitor)).to_have_count(0)
    await visitor.box.fill("")
    await visitor.box.press("ArrowUp")
    await expect(visitor.box).to_have_value("Written")
    await expect(button(visitor)).to_be_hidden()
    await visitor.box.press("Control+Shift+Enter")
    await expect(menu(visitor)).to_have_count(0)
    await visitor.box.press("Escape")
    await expect(button(visitor)).to_be_visible()


async def test_who_goes_to_another_room_meanwhile_finds_its_message_box_untouched(
    server: Server, member: Visit
) -> None:
    """The answer comes late; the draft of the room one has come to stays, the other one goes."""
    ada = new_account(server, "ada")
    place, other = make_room(ada, name="Slow"), make_room(ada, name="Quick")
    visitor = await member(name_of(ada), server, place.room)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await visitor.page.route(POSTS, hold)
    await open_menu(visitor, "On its way")
    async with visitor.page.expect_request(POSTS):
        await choose(visitor, "In an hour")
    await visitor.open_room("Quick")
    await expect(visitor.box).to_be_editable()
    await visitor.box.fill("Something else")
    await held[0].continue_()
    await expect(visitor.notices).to_contain_text("It will be sent")
    await expect(visitor.box).to_have_value("Something else")
    await visitor.open_room("Slow")
    await expect(visitor.box).to_have_value("")
    assert [each["room_id"] for each in waiting(ada)] == [place.id]
    assert other.id != place.id


async def test_what_was_said_while_nobody_heard_is_known_when_the_connection_is_back(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """Two new, one gone: the line says so; one that has gone can do no harm."""
    browsers.allow("404")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Gaps")
    first = schedule(ada, place, "First", ahead(hours=1))
    wire = Wire()
    visitor = await member(name_of(ada), server, place.room, wire=wire)
    await expect(line(visitor)).to_contain_text("1 message")
    await wire.cut()
    for hours in (2, 3):
        schedule(ada, place, f"Meanwhile {hours}", ahead(hours=hours))
    wire.state = "up"
    await expect(line(visitor)).to_contain_text("3 messages")
    await open_list(visitor)
    await wire.cut()
    assert ada.call("DELETE", f"/api/chat/scheduled/{first['id']}").status_code == 204
    await items(visitor).first.get_by_role("button", name=f"Delete{ELLIPSIS}").click()
    await visitor.dialog.get_by_role("button", name="Delete message").click()
    await expect(visitor.dialog.get_by_role("alert")).to_contain_text("no longer there")
    await visitor.page.keyboard.press("Escape")
    await expect(items(visitor)).to_have_count(2)


async def test_a_list_that_cannot_be_loaded_says_so_and_is_asked_for_again(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """By the button on its page."""
    browsers.allow("Failed to load resource")
    ada = new_account(server, "ada")
    place = make_room(ada, name="Later on")
    schedule(ada, place, "Still there", ahead(hours=1))
    visitor = await _come_without(member, server, name_of(ada))
    await visitor.page.goto(f"{server.url}/#/scheduled")
    again = visitor.page.locator("#scheduled").get_by_role("button", name="Try again")
    await again.focus()
    await visitor.page.unroute(LIST)
    await visitor.page.keyboard.press("Enter")
    await expect(items(visitor)).to_contain_text("Still there")


async def _come_without(member: Visit, server: Server, name: str) -> Visitor:
    """Open a browser that cannot have the list of what waits."""
    visitor = await member(name, server)
    await visitor.page.route(LIST, lose)
    await visitor.page.reload()
    await expect(visitor.rooms_heading).to_be_visible()
    return visitor
