"""Who is in a room, in its settings, where they are more than one page of them."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.async_api import Route, expect

from tests.browser.accounts import open_room_settings
from tests.browser.conftest import Visit
from tests.browser.visitor import address
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.places import Place, make_room, name_of, new_account
from tests.support.server import Server

pytestmark = pytest.mark.thorough

PAGE = 200


def crowd(server: Server, place: Place, many: int) -> None:
    """Give a room so many members; nobody has to sign in as one of them."""
    with closing(sqlite3.connect(server.data_dir / "chat.db", timeout=10)) as database, database:
        first = database.execute("SELECT max(id) FROM users").fetchone()[0] + 1
        at = place.room["created_at"]
        names = [(first + n, f"crowd-{place.id}-{n:03}", at) for n in range(many)]
        database.executemany(
            "INSERT INTO users (id, username, name_key, identity, display_name, password_hash,"
            " role, about, status_text, created_at, password_changed_at)"
            " VALUES (?1, ?2, ?2, ?2, ?2, '', 'member', '', '', ?3, ?3)",
            names,
        )
        database.executemany(
            "INSERT INTO members (room_id, user_id, role, joined_at) VALUES (?, ?, 'member', ?)",
            [(place.id, user, at) for user, _, _ in names],
        )


async def test_more_members_come_by_a_button_that_keeps_the_focus(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """As long as there are more; after a network that failed; the first that came has it then."""
    browsers.allow("ERR_FAILED")
    owner = new_account(server, "owner")
    place = make_room(owner)
    crowd(server, place, 2 * PAGE + 3)
    ada = await member(name_of(owner), server, place.room)
    await open_room_settings(ada, "Members")
    page, dialog = ada.page, ada.dialog
    members = dialog.get_by_role("tabpanel", name="Members").get_by_role("listitem")
    more = dialog.get_by_role("button", name="Show more")
    await expect(members).to_have_count(PAGE)
    await expect(dialog.get_by_text(f"The first {PAGE} members")).to_be_visible()
    # A page that could not be had: it is said, and the button is good once more.
    pattern = re.compile(r"/members\?.*after=")

    async def refuse(route: Route) -> None:
        await route.abort()

    await page.route(pattern, refuse)
    await more.focus()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert").filter(has_text=re.compile("."))).to_be_visible()
    await expect(more).to_be_focused()
    await page.unroute(pattern)
    await page.keyboard.press("Enter")
    await expect(members).to_have_count(2 * PAGE)
    await expect(dialog.get_by_text(f"{PAGE} more members shown.")).to_be_attached()
    await expect(more).to_be_focused()
    assert await axe_violations(page) == []
    assert await overflowing(page) == []
    # The filter looks through those that have come, and says so.
    search = dialog.get_by_role("searchbox", name="Filter members")
    await search.fill(f"{2 * PAGE + 2}")
    await expect(members).to_have_count(0)
    told = f"Nobody among the first {2 * PAGE} members matches."
    await expect(dialog.get_by_text(told)).to_be_visible()
    await search.fill("")
    await more.focus()
    await page.keyboard.press("Enter")
    await expect(members).to_have_count(2 * PAGE + 4)
    await expect(more).to_be_hidden()
    await expect(dialog.get_by_text(f"{2 * PAGE + 4} members")).to_be_visible()
    await expect(members.nth(2 * PAGE).get_by_role("button")).to_be_focused()
    # What is done to one leaves all of them on view.
    actions = members.nth(2 * PAGE + 1).get_by_role("button")
    gone = str(await members.nth(2 * PAGE + 1).locator(".member-username").text_content())
    await actions.click()
    await page.get_by_role("menuitem", name="Remove").click()
    await ada.dialog.get_by_role("button", name=re.compile("^Remove")).last.click()
    await expect(members).to_have_count(2 * PAGE + 3)
    await expect(dialog.get_by_text(gone, exact=True)).to_have_count(0)


async def test_the_focus_has_a_place_where_no_more_members_came(
    server: Server, member: Visit
) -> None:
    """With a page that was just full, and while a filter hides whoever came."""
    owner = new_account(server, "owner")
    ada = await member(name_of(owner), server)
    for many, written in ((PAGE - 1, ""), (PAGE, "owner")):
        place = make_room(owner)
        crowd(server, place, many)
        await ada.page.goto(address(server, place.room))
        await expect(ada.title).to_have_text(str(place.room["name"]))
        await open_room_settings(ada, "Members")
        search = ada.dialog.get_by_role("searchbox", name="Filter members")
        await expect(search).to_be_visible()
        await search.fill(written)
        more = ada.dialog.get_by_role("button", name="Show more")
        await more.focus()
        await ada.page.keyboard.press("Enter")
        await expect(more).to_be_hidden()
        await expect(search).to_be_focused()
        await ada.page.keyboard.press("Escape")
        await ada.page.keyboard.press("Escape")
        await expect(ada.dialog).to_have_count(0)
