"""Coming in with an account: made, used, refused; staying in; what is offered where."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.accounts import field, fill_in, log_in, press
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.support.accounts import PASSWORD, register
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import Server

UNKNOWN = "That username and password don\u2019t match."
INVITED = "New accounts need an invitation link."


async def cookie(page: Page, name: str) -> str:
    """Return the value of a cookie that the page's browser has."""
    (value,) = [
        cookie["value"] for cookie in await page.context.cookies() if cookie["name"] == name
    ]
    return value


async def test_an_account_is_made_and_stays_over_a_reload(server: Server, stranger: Visit) -> None:
    """Name, display name, password: in. What proves it is where no script can read it."""
    ada = await stranger("ada", server)
    await press(ada, "Create an account")
    await expect(field(ada, "Username")).to_be_focused()
    await fill_in(ada, username="ada", display_name="Ada Lovelace", password=PASSWORD)
    await press(ada, "Create account")
    await expect(ada.rooms_heading).to_be_visible()
    own = ada.page.get_by_role("button", name="Ada Lovelace")
    await expect(own).to_be_visible()
    await expect(own).not_to_contain_text("guest")
    await ada.page.reload()
    await expect(ada.rooms_heading).to_be_visible()
    await expect(own).to_be_visible()
    secrets = [await cookie(ada.page, name) for name in ("parlour", "parlour-refresh")]
    kept = await ada.page.evaluate("JSON.stringify([document.cookie, {...localStorage}])")
    assert not any(secret in kept for secret in [*secrets, PASSWORD])


@pytest.mark.chromium("addresses of WebSockets that are listened for")
@pytest.mark.thorough
async def test_one_signs_in_and_speaks_under_ones_account(
    server: Server, room: Room, stranger: Visit, visit: Visit
) -> None:
    """The address is kept; their words are not a guest's; the socket names them and no secret."""
    register(server, "grace")
    bob = await visit("bob", server, room)
    grace = await stranger("grace", server)
    sockets: list[str] = []
    grace.page.on("websocket", lambda socket: sockets.append(socket.url))
    await grace.page.goto(address(server, room))
    await log_in(grace)
    await expect(grace.title).to_have_text(room["name"])
    await grace.say("from the bridge")
    await expect(bob.row("from the bridge")).to_be_visible()
    await expect(bob.row("from the bridge")).not_to_contain_text("guest")
    await expect(bob.presence("grace")).not_to_contain_text("guest")
    await bob.say("good evening")
    await expect(grace.row("good evening").locator(".badge")).to_have_text("guest")
    assert sockets
    asked = [parse_qs(urlsplit(url).query) for url in sockets]
    assert all(query["username"] == ["grace"] for query in asked)
    assert not any(set(query) - {"username", "after", "epoch"} for query in asked)


async def test_a_wrong_password_is_refused_in_one_place_and_the_wait_is_counted(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """Under the password, which has the focus; after some tries a wait that ends by itself."""
    browsers.allow("401|429")
    register(server, "linus")
    linus = await stranger("linus", server)
    await press(linus, "Sign in")
    # The button of this name is another one now.
    await expect(field(linus, "Password")).to_be_visible()
    await press(linus, "Sign in")
    await expect(linus.page.get_by_text("Enter a username.")).to_be_visible()
    await expect(field(linus, "Username")).to_be_focused()
    await expect(field(linus, "Username")).to_have_accessible_description("Enter a username.")
    await fill_in(linus, username="linus", password="not the one")
    submit = linus.page.get_by_role("button", name="Sign in", exact=True)
    wait = linus.page.get_by_role("alert").filter(has_text="Too many tries. Wait")
    for _ in range(8):
        await submit.click()
        refused = linus.page.get_by_text(UNKNOWN)
        await expect(refused.or_(wait)).to_have_count(1)
        if await wait.count():
            break
        await expect(field(linus, "Password")).to_be_focused()
        await expect(field(linus, "Password")).to_have_accessible_description(UNKNOWN)
        await field(linus, "Password").press("End")
        await field(linus, "Password").press_sequentially("x")
    await expect(wait).to_have_count(1)
    await expect(submit).to_have_attribute("aria-disabled", "true")
    await expect(linus.page.get_by_text("You can try again now.")).to_be_visible()
    await fill_in(linus, password=PASSWORD)
    await submit.click()
    await expect(linus.rooms_heading).to_be_visible()


@pytest.mark.thorough
async def test_a_taken_name_and_a_weak_password_are_said_under_their_fields(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """By what the server says, not only by what the page can tell."""
    browsers.allow("409|422")
    register(server, "dennis")
    dennis = await stranger("dennis", server)
    await press(dennis, "Create an account")
    await fill_in(dennis, username="Dennis", password=PASSWORD)
    await press(dennis, "Create account")
    taken = "That username is taken. Choose another."
    await expect(field(dennis, "Username")).to_have_accessible_description(re.compile(taken))
    await expect(field(dennis, "Username")).to_be_focused()
    await fill_in(dennis, username="dennis2", password="password1")
    await press(dennis, "Create account")
    weak = "That password is too easy to guess. Choose another."
    await expect(field(dennis, "Password")).to_have_accessible_description(re.compile(weak))
    await expect(field(dennis, "Password")).to_be_focused()
    show = dennis.page.get_by_role("button", name="Show password")
    await show.click()
    await expect(field(dennis, "Password")).to_have_attribute("type", "text")
    await expect(show).to_have_attribute("aria-pressed", "true")


async def test_a_login_that_is_ending_is_renewed_without_a_word(
    server: Server, room: Room, stranger: Visit
) -> None:
    """By the first tab that needs it, once; both stay signed in."""
    register(server, "ken")
    ken = await stranger("ken", server)
    await log_in(ken)
    await expect(ken.rooms_heading).to_be_visible()
    renewals: list[str] = []
    ken.page.context.on(
        "request", lambda asked: renewals.append(asked.url) if "refresh" in asked.url else None
    )
    # As after a quarter of an hour: the browser has dropped the cookie, and the page knows.
    await ken.page.context.clear_cookies(name="parlour")
    await ken.page.evaluate("localStorage.setItem('parlour.until', String(Date.now() - 1))")
    second = Visitor(await ken.page.context.new_page(), "ken", server)
    await second.page.goto(address(server, room))
    await second.say("still here")
    await expect(second.stored).to_have_count(1)
    await ken.page.reload()
    await expect(ken.rooms_heading).to_be_visible()
    await ken.open_room(room["name"])
    await ken.say("and here")
    await second.shows("still here", "and here")
    assert len(renewals) == 1
    assert await cookie(ken.page, "parlour")


@pytest.mark.thorough
async def test_a_login_the_server_forgot_is_renewed_when_it_says_so(
    server: Server, room: Room, stranger: Visit, browsers: Browsers
) -> None:
    """The page thinks that all is well, the cookie is gone: nobody notices."""
    browsers.allow("401")
    register(server, "barbara")
    barbara = await stranger("barbara", server)
    await log_in(barbara)
    await expect(barbara.rooms_heading).to_be_visible()
    await barbara.page.context.clear_cookies(name="parlour")
    await barbara.page.goto(address(server, room))
    await barbara.page.reload()
    await barbara.say("hello")
    await expect(barbara.stored).to_have_count(1)
    assert await barbara.row("hello").locator(".badge").is_hidden()


@pytest.mark.thorough
async def test_a_login_that_the_page_has_forgotten_is_in_no_guests_way(
    server: Server, stranger: Visit
) -> None:
    """The browser's storage was cleared, its cookies were not: one comes in as whom one says."""
    register(server, "edsger")
    edsger = await stranger("edsger", server)
    await log_in(edsger)
    await expect(edsger.rooms_heading).to_be_visible()
    await edsger.page.evaluate("localStorage.clear()")
    await edsger.page.reload()
    await edsger.sign_in("not edsger")
    await expect(edsger.rooms_heading).to_be_visible()
    own = edsger.page.get_by_role("button", name="not edsger guest Connected")
    await expect(own).to_be_visible()


@pytest.fixture
def closed_server(new_server: Callable[..., Server]) -> Callable[..., Server]:
    """Return a starter of servers with these settings."""

    def start(**settings: str) -> Server:
        return new_server(env={f"PARLOUR_{key}": value for key, value in settings.items()}).start()

    return start


@pytest.mark.thorough
async def test_without_guests_signing_in_comes_first(
    closed_server: Callable[..., Server], stranger: Visit
) -> None:
    """There is no other way to choose, and one who has an account is in as elsewhere."""
    server = closed_server(GUESTS="off")
    register(server, "ada")
    ada = await stranger("ada", server)
    await expect(field(ada, "Username")).to_be_focused()
    await expect(ada.name_field).to_be_hidden()
    await expect(ada.page.get_by_text("as a guest")).to_have_count(0)
    await fill_in(ada, username="ada", password=PASSWORD)
    await press(ada, "Sign in")
    await expect(ada.rooms_heading).to_be_visible()


@pytest.mark.thorough
async def test_what_cannot_be_done_is_not_offered(
    closed_server: Callable[..., Server], stranger: Visit
) -> None:
    """Closed registration, or one by invitation: no button, and a word where one would look."""
    server = closed_server(REGISTRATION="invite")
    visitor = await stranger("eve", server)
    await expect(visitor.name_field).to_be_focused()
    await expect(visitor.page.get_by_role("button", name="Create an account")).to_be_hidden()
    await press(visitor, "Sign in")
    await expect(visitor.page.get_by_text(INVITED)).to_be_visible()
    await press(visitor, "Come in as a guest instead")
    await expect(visitor.name_field).to_be_focused()


@pytest.mark.thorough
async def test_the_forms_that_cannot_be_loaded_are_said_so(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """The guest's way stays on the screen, and the button works when the files can be had."""
    browsers.allow("ERR_FAILED|Failed to fetch")
    visitor = await stranger("ada", server)
    await expect(visitor.name_field).to_be_focused()

    async def fail(route: Route) -> None:
        await route.abort()

    await visitor.page.route("**/seldom.css", fail)
    await press(visitor, "Sign in")
    await expect(visitor.page.get_by_text("Can\u2019t reach the server.")).to_be_visible()
    await expect(visitor.name_field).to_be_visible()
    await visitor.page.unroute("**/seldom.css")
    await press(visitor, "Sign in")
    await expect(field(visitor, "Username")).to_be_focused()
