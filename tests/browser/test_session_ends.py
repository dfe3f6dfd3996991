"""A session that ends, by whatever hand: what was written stays, and stays its writer's."""

import asyncio
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Route, expect

from tests.browser.accounts import (
    asked_for_the_password,
    field,
    log_in,
    log_in_again,
    log_out,
    press,
)
from tests.browser.conftest import Visit
from tests.browser.filing import UPLOADS, attach, cards, chips, payload
from tests.browser.visitor import Visitor, address
from tests.browser.wire import Wire
from tests.support import accounts
from tests.support.accounts import PASSWORD, Account, register
from tests.support.browser import Browsers
from tests.support.people import Person, Room, async_http_client
from tests.support.server import Server

SIGNED_OUT = "You\u2019ve been signed out"
# The page's wait between two tries at most, in milliseconds.
RETRY = 4000


async def signed_in(visitor: Visitor, room: Room) -> Account:
    """Come in with a new account and enter the room; return a login of it elsewhere."""
    elsewhere = register(visitor.server, visitor.name)
    await log_in(visitor)
    await visitor.open_room(room["name"])
    return elsewhere


def end_others(login: Account) -> None:
    """End every other login of this account."""
    for session in login.call("GET", "/api/auth/sessions").json():
        if not session["current"]:
            assert login.call("DELETE", f"/api/auth/sessions/{session['id']}").status_code == 204


async def test_one_signs_in_again_where_one_was_and_goes_on(
    server: Server, room: Room, stranger: Visit, visit: Visit, browsers: Browsers
) -> None:
    """The draft is there, what others wrote meanwhile comes, one's own next words are stored."""
    browsers.allow("401")
    bob = await visit("bob", server, room)
    ada = await stranger("ada", server)
    elsewhere = await signed_in(ada, room)
    await ada.say("before")
    await expect(ada.stored).to_have_count(1)
    await ada.box.fill("half a sentence")
    end_others(elsewhere)
    asked = ada.page.get_by_role("dialog", name=SIGNED_OUT)
    await expect(asked).to_contain_text("Sign in to keep going.")
    await expect(field(ada, "Password")).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("Escape")
    await expect(asked).to_be_visible()
    await expect(bob.people).to_have_count(1)
    await bob.say("are you there?")
    await field(ada, "Password").fill("not the one")
    await press(ada, "Sign in")
    await expect(ada.page.get_by_text("don\u2019t match")).to_be_visible()
    await field(ada, "Password").fill(PASSWORD)
    await press(ada, "Sign in")
    await expect(asked).to_have_count(0)
    await ada.shows("before", "are you there?")
    await expect(ada.box).to_have_value("half a sentence")
    await ada.box.press("Enter")
    await bob.shows("before", "are you there?", "half a sentence")
    await ada.page.reload()
    await expect(ada.stored).to_have_count(3)


@pytest.mark.thorough
async def test_a_room_that_was_being_read_is_read_once_one_has_signed_in_again(
    server: Server, room: Room, stranger: Visit, browsers: Browsers, bob: Person
) -> None:
    """It is not said to be closed to them; what they wrote meanwhile is sent."""
    browsers.allow("401")
    await bob.post(room, "are you there?")
    selma = await stranger("selma", server)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await selma.page.route(f"**/rooms/{room['id']}/messages?*", hold)
    elsewhere = await signed_in(selma, room)
    await selma.say("here")
    end_others(elsewhere)
    asked = selma.page.get_by_role("dialog", name=SIGNED_OUT)
    await expect(asked).to_be_visible()
    async with selma.page.expect_response(lambda answer: "/messages?" in answer.url) as read:
        held.set()
    assert (await read.value).status == 401
    await field(selma, "Password").fill(PASSWORD)
    await press(selma, "Sign in")
    await expect(asked).to_have_count(0)
    await expect(selma.log).to_contain_text("are you there?")
    await expect(selma.stored).to_have_count(2)
    await expect(selma.page.get_by_text("You can\u2019t enter this room")).to_have_count(0)


@pytest.mark.thorough
async def test_files_wait_for_their_person_as_messages_do(
    server: Server, room: Room, stranger: Visit, browsers: Browsers
) -> None:
    """What was on its way goes when they are back; what they had only chosen is in its box."""
    browsers.allow("401|WebSocket connection")
    iris = await stranger("iris", server)
    elsewhere = await signed_in(iris, room)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await iris.page.route(UPLOADS, hold)
    await attach(iris, payload("notes.txt"))
    await iris.say("with a file")
    await expect(iris.pending).to_have_count(1)
    await attach(iris, payload("draft.txt"))
    end_others(elsewhere)
    await expect(iris.page.get_by_role("dialog", name=SIGNED_OUT)).to_be_visible()
    async with iris.page.expect_response(UPLOADS) as answer:
        held.set()
    assert (await answer.value).status == 401
    await expect(chips(iris)).to_contain_text("Waiting")
    await expect(iris.pending).to_contain_text("with a file")
    await expect(iris.pending.get_by_role("progressbar")).to_be_attached()
    await press(iris, "Leave")
    await asked_for_the_password(iris)
    await log_in_again(iris)
    await iris.open_room(room["name"])
    await expect(cards(iris)).to_have_accessible_name(re.compile("notes.txt"))
    await expect(chips(iris)).to_contain_text("TXT")
    assert [len(message["files"]) for message in await iris.told()] == [1]


async def test_what_was_not_sent_is_never_sent_under_anothers_name(
    server: Server, room: Room, stranger: Visit, browsers: Browsers
) -> None:
    """Whoever leaves finds it again; a guest of the same browser sees and sends none of it."""
    browsers.allow("401|WebSocket connection")
    wire = Wire()
    grace = await stranger("grace", server)
    await wire.lay(grace.page)
    await grace.page.clock.install()
    await grace.page.reload()
    elsewhere = await signed_in(grace, room)
    await wire.cut()
    await grace.say("waiting for the wire")
    await expect(grace.pending).to_have_count(1)
    end_others(elsewhere)
    wire.state = "up"
    await grace.page.clock.fast_forward(RETRY)
    await expect(grace.page.get_by_role("dialog", name=SIGNED_OUT)).to_be_visible()
    await press(grace, "Leave")
    await asked_for_the_password(grace)
    await press(grace, "Come in as a guest instead")
    await grace.sign_in("somebody else")
    await grace.open_room(room["name"])
    await grace.say("I am not grace")
    await expect(grace.stored).to_have_count(1)
    await grace.shows("I am not grace")
    await grace.sign_out()
    await log_in(grace)
    await grace.open_room(room["name"])
    await grace.shows("I am not grace", "waiting for the wire")
    await expect(grace.stored).to_have_count(2)
    told = [(message["content"], message["guest"]) for message in await grace.told()]
    assert told == [("I am not grace", True), ("waiting for the wire", False)]


@pytest.mark.chromium("two tabs that both have the focus")
@pytest.mark.thorough
async def test_a_second_tab_follows_what_the_first_does(
    server: Server, room: Room, stranger: Visit, browsers: Browsers
) -> None:
    """Signed out in one is signed out in the other, and in again likewise; two are one person."""
    browsers.allow("401")
    linus = await stranger("linus", server)
    elsewhere = await signed_in(linus, room)
    second = Visitor(await linus.page.context.new_page(), "linus", server)
    await second.page.goto(address(server, room))
    await expect(second.people).to_have_count(1)
    await log_out(linus)
    await asked_for_the_password(second)
    await second.page.reload()
    await asked_for_the_password(second)
    await log_in_again(second)
    await expect(second.rooms_heading).to_be_visible()
    await expect(linus.rooms_heading).to_be_visible()
    # Ended from elsewhere, both are asked, and one answer is enough.
    end_others(accounts.log_in(server, "linus"))
    assert elsewhere.status() == 401
    for tab in (linus, second):
        await expect(tab.page.get_by_role("dialog", name=SIGNED_OUT)).to_be_visible()
    await field(second, "Password").fill(PASSWORD)
    await press(second, "Sign in")
    for tab in (linus, second):
        await expect(tab.dialog).to_have_count(0)
        await expect(tab.page.get_by_role("button", name="linus Connected")).to_be_visible()


@pytest.mark.thorough
async def test_signing_out_without_the_server_is_said_and_one_stays(
    new_server: Callable[..., Server],
    new_room: Callable[..., Room],
    stranger: Visit,
    browsers: Browsers,
) -> None:
    """What proves the login could not be taken back, so the page does not say that it was."""
    browsers.allow("ERR_CONNECTION_REFUSED|WebSocket connection to .* failed")
    server = new_server().start()
    ken = await stranger("ken", server)
    await signed_in(ken, new_room(server))
    await server.astop()
    await ken.page.get_by_role("button", name="Your menu").click()
    await press(ken, "Sign out")
    await expect(ken.notices).to_contain_text("Can\u2019t reach the server.")
    await expect(ken.title).to_be_visible()
    await server.arestart()
    await ken.page.reload()
    await expect(ken.page.get_by_role("button", name="ken Connected")).to_be_visible()


@pytest.mark.thorough
async def test_a_renewal_whose_answer_is_lost_is_asked_for_again(
    server: Server, room: Room, stranger: Visit
) -> None:
    """The server has replaced the token, and gives the same one once more; nobody is asked."""
    tove = await stranger("tove", server)
    await signed_in(tove, room)
    kept = await tove.page.context.cookies()
    given = {"Cookie": "; ".join(f"{each['name']}={each['value']}" for each in kept)}
    swallowed: list[str] = []

    async def swallow(route: Route) -> None:
        if swallowed:
            await route.continue_()
            return
        # The server gets what the page has sent; what it answers is lost on its way back.
        async with async_http_client(server) as http:
            answer = await http.post("/api/auth/refresh", headers=given)
        swallowed.append(answer.json()["refresh_token"])

    await tove.page.route("**/api/auth/refresh", swallow)
    await tove.page.evaluate("localStorage.removeItem('parlour.until')")
    async with tove.page.expect_response("**/api/auth/refresh") as asked:
        await tove.page.reload()
    assert (await asked.value).status == 200
    now = {each["name"]: each["value"] for each in await tove.page.context.cookies()}
    assert [now["parlour-refresh"]] == swallowed
    await expect(tove.title).to_be_visible()
    await tove.say("nothing happened")
    await expect(tove.stored).to_have_count(1)
    await expect(tove.dialog).to_have_count(0)


@pytest.mark.thorough
async def test_what_waits_for_another_room_rests_when_somebody_else_has_the_browser(
    server: Server, room: Room, new_room: Callable[..., Room], stranger: Visit, browsers: Browsers
) -> None:
    """It is neither said in the other's name nor lost: its writer signs in again, and it leaves."""
    browsers.allow("401|422|WebSocket connection")
    wire = Wire()
    uma = await stranger("uma", server)
    await wire.lay(uma.page)
    await uma.page.reload()
    await signed_in(uma, room)
    await wire.cut()
    await uma.say("waiting for the wire")
    await expect(uma.pending).to_have_count(1)
    other = register(server, "ulf")
    url = address(server)
    await uma.page.context.add_cookies(
        [
            {"name": "parlour", "value": other.access, "url": url},
            {"name": "parlour-refresh", "value": other.refresh, "url": url},
        ]
    )
    # From another room it goes by HTTP.
    elsewhere = new_room(server)
    await uma.page.goto(address(server, elsewhere))
    await expect(uma.page.get_by_role("dialog", name=SIGNED_OUT)).to_be_visible()
    wire.state = "up"
    await field(uma, "Password").fill(PASSWORD)
    await press(uma, "Sign in")
    await expect(uma.dialog).to_have_count(0)
    await uma.open_room(room["name"])
    await uma.shows("waiting for the wire")
    await expect(uma.stored).to_have_count(1)
    assert [message["username"] for message in await uma.told()] == ["uma"]
    # Whose cookies they were is signed out by that: nobody else could do it any more.
    assert other.status() == 401


@pytest.mark.thorough
async def test_a_page_never_speaks_as_another_whose_cookies_have_come_into_the_browser(
    server: Server, room: Room, stranger: Visit, browsers: Browsers
) -> None:
    """Whoever is shown is asked to sign in again; nothing is said in the other's name."""
    # What was on its way when the page was loaded anew may say so.
    browsers.allow("401|422|closed before the connection was established")
    joan = await stranger("joan", server)
    await signed_in(joan, room)
    await joan.say("as joan")
    mallory = register(server, "mallory")
    url = address(server)
    await joan.page.context.add_cookies(
        [
            {"name": "parlour", "value": mallory.access, "url": url},
            {"name": "parlour-refresh", "value": mallory.refresh, "url": url},
        ]
    )
    await joan.page.reload()
    await expect(joan.page.get_by_role("dialog", name=SIGNED_OUT)).to_be_visible()
    with accounts.stranger(server) as http:
        said = http.get(f"/api/chat/rooms/{room['id']}/messages").json()
    assert [(each["username"], each["content"]) for each in said] == [("joan", "as joan")]
