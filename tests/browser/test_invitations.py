"""Links that lead to an account: the invitation, and the first administrator's."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.accounts import field, fill_in, press
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.accounts import PASSWORD, invitation, log_in, register
from tests.support.browser import Browsers
from tests.support.server import Server

pytestmark = pytest.mark.thorough

NewServer = Callable[..., Server]
INVITED = "You\u2019ve been invited. Choose a name and a password."
USED = re.compile("This link has been used or has ended. Ask for a new one.")


async def nobody_sees(visitor: Visitor, token: str) -> None:
    """Expect the token to be in no address of the page's history and in no storage."""
    assert token not in visitor.page.url
    kept = await visitor.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])"
    )
    assert token not in kept
    await visitor.page.reload()
    assert token not in visitor.page.url


async def test_an_invitation_makes_one_account_and_leaves_the_address_at_once(
    new_server: NewServer, stranger: Visit, browsers: Browsers
) -> None:
    """The next who comes with the same link is told that it is used up."""
    browsers.allow("403")
    server = new_server(env={"PARLOUR_REGISTRATION": "invite"}).start()
    await server.astop()
    token = invitation(server)
    await server.arestart()
    visitors = [await stranger(name, server) for name in ("ada", "eve")]
    for visitor in visitors:
        await visitor.page.goto(f"{server.url}/#/invite/{token}")
        await expect(visitor.page.get_by_text(INVITED)).to_be_visible()
        await expect(field(visitor, "Username")).to_be_focused()
        assert token not in visitor.page.url
        await fill_in(visitor, username=visitor.name, password=PASSWORD)
        await press(visitor, "Create account")
    ada, eve = visitors
    await expect(ada.rooms_heading).to_be_visible()
    await expect(eve.page.get_by_role("alert").filter(has_text=USED)).to_be_visible()
    await nobody_sees(ada, token)
    await expect(ada.rooms_heading).to_be_visible()


async def test_whoever_is_in_already_is_told_so_and_a_guest_may_take_the_link(
    new_server: NewServer, stranger: Visit
) -> None:
    """An account keeps its place; a guest gets the form for an account of their own."""
    server = new_server().start()
    register(server, "grace")
    guest = await stranger("guest of grace", server)
    await guest.sign_in()
    await expect(guest.rooms_heading).to_be_visible()
    await guest.page.evaluate("location.hash = '#/invite/some-token'")
    await expect(guest.page.get_by_text(INVITED)).to_be_visible()
    await expect(field(guest, "Username")).to_have_value("guest of grace")
    await fill_in(guest, username="guest-of-grace", password=PASSWORD)
    await press(guest, "Create account")
    await expect(guest.rooms_heading).to_be_visible()
    await guest.page.evaluate("location.hash = '#/invite/another-token'")
    await expect(guest.notices).to_contain_text("Sign out, then use the link.")
    await expect(guest.rooms_heading).to_be_visible()
    await nobody_sees(guest, "another-token")


async def test_the_first_start_prints_a_link_that_makes_the_administrator(
    own_server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """Once; after that the link is worth nothing."""
    browsers.allow("403")
    link = own_server.process.wait_for_line("^First administrator: (.*)$")[1]
    token = link.rpartition("/")[2]
    visitor = await stranger("root admin", own_server)
    await visitor.page.goto(f"{own_server.url}/#/setup/{token}")
    heading = visitor.page.get_by_role("heading", name="Set up Parlour")
    await expect(heading).to_be_visible()
    await fill_in(visitor, username="ada", password=PASSWORD)
    await press(visitor, "Create administrator")
    await expect(visitor.rooms_heading).to_be_visible()
    await nobody_sees(visitor, token)
    assert log_in(own_server, "ada").user["role"] == "administrator"
    late = await stranger("late", own_server)
    await late.page.goto(f"{own_server.url}/#/setup/{token}")
    await fill_in(late, username="late", password=PASSWORD)
    await press(late, "Create administrator")
    await expect(late.page.get_by_role("alert").filter(has_text=USED)).to_be_visible()
