"""The administration page: each tab does what it says, by keyboard, for administrators alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accounts import press
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support import accounts
from tests.support.accounts import PASSWORD, Account, register, try_login
from tests.support.administration import ADMIN, first_administrator, noted
from tests.support.answers import assert_refused
from tests.support.browser import Browsers
from tests.support.moderation import Guest, banned_in
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.people import checked
from tests.support.places import Place, make_room, new_account, say
from tests.support.server import NewServer, Server

Open = Callable[..., Any]


async def open_page(member: Visit, server: Server, tab: str = "People", **options: Any) -> Visitor:
    """Come as the administrator and go to a tab by one's own menu."""
    ada = await member("ada", server, **options)
    await ada.page.get_by_role("button", name="Your menu").click()
    await ada.page.get_by_role("link", name="Administration").click()
    await expect(ada.page.get_by_role("heading", name="Administration", level=1)).to_be_focused()
    await ada.page.get_by_role("tab", name=tab).click()
    return ada


def row(visitor: Visitor, text: str) -> Locator:
    """Return the line of a list that says this."""
    return visitor.page.get_by_role("listitem").filter(has_text=text)


async def choose(visitor: Visitor, line: Locator, action: str) -> None:
    """Choose an action of a line's menu by the keyboard."""
    await line.get_by_role("button", name="Actions for").press("Enter")
    item = visitor.page.get_by_role("menuitem", name=action)
    await item.focus()
    await visitor.page.keyboard.press("Enter")


async def confirm(visitor: Visitor, button: str) -> None:
    """Press a button of the open dialog, which closes."""
    await visitor.dialog.get_by_role("button", name=button, exact=True).click()
    await expect(visitor.dialog).to_have_count(0)


def said(visitor: Visitor, text: str) -> Locator:
    """Return the line that says what was done."""
    return visitor.page.get_by_role("status").filter(has_text=text)


async def test_for_others_there_is_no_such_page(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Neither in their menu nor at its address."""
    register(own_server, "bert")
    bert = await member("bert", own_server)
    await bert.page.get_by_role("button", name="Your menu").click()
    await expect(bert.page.get_by_role("button", name="Account settings")).to_be_visible()
    await expect(bert.page.get_by_role("link", name="Administration")).to_have_count(0)
    await bert.page.keyboard.press("Escape")
    await bert.page.goto(f"{own_server.url}/#/admin")
    await bert.page.reload()
    await expect(bert.rooms_heading).to_be_visible()
    await expect(bert.page.get_by_role("heading", name="Administration")).to_have_count(0)
    assert chief.status() == 200


async def test_people_are_found_promoted_disabled_and_banned(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Each asked before it is done, but for what only gives back."""
    bert, cora = register(own_server, "bert"), register(own_server, "cora")
    ada = await open_page(member, own_server)
    await expect(row(ada, "@ada")).to_contain_text("Administrator")
    await ada.page.get_by_role("searchbox", name="Find an account").fill("BER")
    await expect(row(ada, "@cora")).to_have_count(0)
    await choose(ada, row(ada, "@bert"), "Make administrator…")
    await confirm(ada, "Make administrator")
    await expect(row(ada, "@bert")).to_contain_text("Administrator")
    assert bert.call("GET", f"{ADMIN}/users").status_code == 200
    await choose(ada, row(ada, "@bert"), "Take administration away…")
    await confirm(ada, "Take away")
    await expect(said(ada, "bert is no administrator any more.")).to_be_visible()
    await choose(ada, row(ada, "@bert"), "Disable account…")
    await confirm(ada, "Disable")
    await expect(row(ada, "@bert")).to_contain_text("Disabled")
    assert bert.status() == 401
    await choose(ada, row(ada, "@bert"), "Enable account")
    await expect(said(ada, "bert can sign in again.")).to_be_visible()
    assert accounts.log_in(own_server, "bert").status() == 200
    await ada.page.get_by_role("searchbox", name="Find an account").fill("")
    await choose(ada, row(ada, "@cora"), "Ban from the server…")
    await ada.dialog.get_by_label("For how long").select_option("For good")
    await ada.dialog.get_by_label("Reason").fill("advertising")
    await confirm(ada, "Ban")
    banned = ada.page.get_by_role("list", name="Banned from the server").get_by_role("listitem")
    await expect(banned).to_contain_text("For good · by ada · advertising")
    assert cora.status() == 401
    await ada.page.get_by_role("button", name="Lift the ban of cora").click()
    await expect(said(ada, "cora may come in again.")).to_be_visible()
    assert accounts.log_in(own_server, "cora").status() == 200
    assert [action for _, action in noted(chief, "bert")] == [
        "user.role", "user.role", "user.disable", "user.enable",
    ]  # fmt: skip


@pytest.mark.thorough
async def test_the_last_administrator_is_told_why_not(
    own_server: Server, chief: Account, member: Visit, browsers: Browsers
) -> None:
    """In the dialog, which stays; Escape leaves it, and the focus is where it was."""
    browsers.allow("403")
    ada = await open_page(member, own_server)
    await choose(ada, row(ada, "@ada"), "Take administration away…")
    await ada.dialog.get_by_role("button", name="Take away").click()
    await expect(ada.dialog.get_by_role("alert")).to_contain_text("last administrator")
    await ada.page.keyboard.press("Escape")
    await expect(row(ada, "@ada").get_by_role("button")).to_be_focused()
    assert chief.call("GET", f"{ADMIN}/users").status_code == 200


@pytest.mark.thorough
async def test_a_guest_is_banned_by_name(
    own_server: Server, chief: Account, member: Visit, visit: Visit, browsers: Browsers
) -> None:
    """Whoever is here under it; a name that nobody has is told in the dialog."""
    browsers.allow("404|403")
    room = checked(chief.call("POST", "/api/chat/rooms", json={"name": "hall"}))
    await visit("gerda", own_server, room)
    ada = await open_page(member, own_server)
    await press(ada, "Ban a guest…")
    await ada.dialog.get_by_label("Name of the guest").fill("gregor")
    await ada.dialog.get_by_role("button", name="Ban", exact=True).click()
    await expect(ada.dialog.get_by_role("alert")).not_to_be_empty()
    await ada.dialog.get_by_label("Name of the guest").fill("gerda")
    await confirm(ada, "Ban")
    banned = ada.page.get_by_role("list", name="Banned from the server").get_by_role("listitem")
    await expect(banned).to_contain_text("gerda")
    assert [each["guest"] for each in checked(chief.call("GET", f"{ADMIN}/bans"))] == [True]


@pytest.mark.thorough
async def test_rooms_are_given_an_owner_and_deleted(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Private ones too; conversations of a few are not there."""
    bert = register(own_server, "bert")
    hall, den = make_room(bert, "public", name="hall"), make_room(bert, name="den")
    checked(say(den, bert, "between us"))
    checked(bert.call("POST", "/api/chat/direct", json={"usernames": ["ada"]}))
    ada = await open_page(member, own_server, "Rooms")
    rooms = ada.page.get_by_role("list", name="Rooms").get_by_role("listitem")
    await expect(rooms).to_have_count(2)
    await expect(row(ada, "den")).to_contain_text("Private")
    await expect(row(ada, "den")).to_contain_text("bert\u2019s · 1 member · 1 message")
    await choose(ada, row(ada, "hall"), "Give it an owner…")
    await ada.dialog.get_by_label("Username").fill("ada")
    await confirm(ada, "Make owner")
    await expect(row(ada, "hall")).to_contain_text("ada\u2019s · 2 members")
    await choose(ada, row(ada, "den"), "Delete room…")
    await expect(ada.dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await confirm(ada, "Delete room")
    await expect(rooms).to_have_count(1)
    assert bert.call("GET", den.path).status_code == 404
    assert noted(chief, "den") == [("ada", "room.delete")]
    assert hall.seen_by(bert) is not None
    # Fifty at once; the others by a button, and what is done to one leaves them on view.
    for number in range(51):
        make_room(bert, "public", name=f"row {number}")
    await ada.page.get_by_role("tab", name="People").click()
    await ada.page.get_by_role("tab", name="Rooms").click()
    await expect(rooms).to_have_count(50)
    more = ada.page.get_by_role("button", name="Show more")
    await more.press("Enter")
    await expect(rooms).to_have_count(52)
    await expect(said(ada, "2 more shown.")).to_be_visible()
    await expect(more).to_be_hidden()
    await expect(row(ada, "row 49").get_by_role("button")).to_be_focused()
    await choose(ada, row(ada, "row 50"), "Delete room…")
    await confirm(ada, "Delete room")
    await expect(rooms).to_have_count(51)


@pytest.mark.thorough
async def test_registration_and_guests_are_decided_and_links_made(
    own_server: Server, chief: Account, member: Visit, browsers: Browsers
) -> None:
    """By arrows on the radio buttons; what is decided holds, and a link is good once."""
    browsers.allow("403")
    ada = await open_page(member, own_server, "Registration")
    everybody = ada.page.get_by_role("radio", name="Everybody")
    await expect(everybody).to_be_checked()
    await everybody.press("ArrowDown")
    await expect(said(ada, "Whoever is invited, from now on.")).to_be_visible()
    assert checked(chief.call("GET", f"{ADMIN}/policy"))["registration"] == "invite"
    await press(ada, "Make a link")
    link = await ada.page.get_by_role("textbox", name="Your link is ready").input_value()
    assert link.startswith(f"{own_server.url}/#/invite/")
    await expect(row(ada, "1 use left")).to_be_visible()
    token = link.rpartition("/")[2]
    account = register(own_server, "bert", invite=token)
    assert account.status() == 200
    await ada.page.get_by_role("radio", name="May not come in").press(" ")
    await expect(said(ada, "May not come in, from now on.")).to_be_visible()
    assert checked(chief.call("GET", f"{ADMIN}/policy"))["guests"] == "off"
    await ada.page.get_by_label("How often").select_option("5 times")
    await press(ada, "Make a link")
    await row(ada, "5 uses left").get_by_role("button", name=re.compile("^Revoke")).click()
    await expect(said(ada, "The link is no longer good.")).to_be_visible()
    assert checked(chief.call("GET", f"{ADMIN}/invites")) == []


@pytest.mark.thorough
async def test_what_is_fixed_cannot_be_chosen(new_server: NewServer, member: Visit) -> None:
    """It says where it is changed."""
    server = new_server(env={"PARLOUR_REGISTRATION": "closed"}).start()
    first_administrator(server, "ada")
    ada = await open_page(member, server, "Registration")
    await expect(ada.page.get_by_role("radio", name="Nobody")).to_be_checked()
    await expect(ada.page.get_by_role("radio", name="Everybody")).to_be_disabled()
    await expect(ada.page.get_by_role("radio", name="May come in", exact=True)).to_be_enabled()
    note = ada.page.get_by_text("This is set where the server is started")
    await expect(note.filter(visible=True)).to_have_count(1)


@pytest.fixture
def reported(own_server: Server, chief: Account) -> Place:
    """Return a public room in which a guest and bert wrote, and both were reported."""
    hall = make_room(chief, "public", name="hall")
    said_by = checked(say(hall, register(own_server, "bert"), "Buy <b>now</b>!"))
    path = f"/api/chat/messages/{said_by['id']}/report"
    cora = register(own_server, "cora")
    checked(cora.call("POST", path, json={"reason": "Advertising"}))
    return hall


async def test_a_report_is_read_acted_on_and_resolved(
    own_server: Server, chief: Account, member: Visit, reported: Place
) -> None:
    """The message as it stood, which stays there when it is deleted."""
    ada = await open_page(member, own_server, "Reports")
    report = row(ada, "Reported by cora")
    await expect(report.get_by_text("Buy <b>now</b>!")).to_be_visible()
    await expect(report).to_contain_text("Advertising")
    await choose(ada, report, "Delete message…")
    await confirm(ada, "Delete message")
    history = checked(chief.call("GET", f"{reported.path}/messages"))
    assert [each["content"] for each in history] == [""]
    await expect(report.get_by_text("Buy <b>now</b>!")).to_be_visible()
    await choose(ada, report, "Mute bert…")
    await confirm(ada, "Mute")
    await expect(said(ada, "bert is muted.")).to_be_visible()
    await choose(ada, report, "Ban bert from the room…")
    await confirm(ada, "Ban")
    assert banned_in(reported) == ["bert"]
    await choose(ada, report, "Ban bert from the server…")
    await confirm(ada, "Ban")
    await expect(said(ada, "bert is banned.")).to_be_visible()
    with accounts.stranger(own_server) as client:
        assert_refused(try_login(client, "bert", PASSWORD), "banned")
    await report.get_by_role("button", name="Resolve the report about bert").click()
    await expect(report).to_contain_text("Resolved by ada")
    await expect(report.get_by_role("button", name="Resolve")).to_have_count(0)


@pytest.mark.thorough
async def test_the_log_is_read_to_its_beginning(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """In sentences, newest first; older entries come when they are asked for."""
    hall = make_room(chief, "public", name="hall")
    register(own_server, "bert")
    for seconds in range(1, 53):
        checked(chief.call("PATCH", hall.path, json={"slow_seconds": seconds}))
    checked(chief.call("PUT", f"{hall.path}/mutes/bert", json={"seconds": 600, "reason": "loud"}))
    ada = await open_page(member, own_server, "Log")
    entries = ada.page.get_by_role("list", name="What was done").get_by_role("listitem")
    await expect(entries).to_have_count(50)
    await expect(entries.first).to_contain_text("ada muted bert in #hall for 10 minutes")
    await expect(entries.first).to_contain_text("“loud”")
    older = ada.page.get_by_role("button", name="Load older")
    await older.press("Enter")
    await expect(entries).to_have_count(53)
    await expect(entries.last).to_contain_text("ada set slow mode of #hall to 1 second")
    await expect(older).to_be_hidden()


@pytest.mark.thorough
async def test_guests_are_marked_in_reports_and_in_the_log(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Each name for itself: a guest and an account may have the same one."""
    hall = make_room(chief, "public", name="hall")
    guest = await Guest(own_server, "bert").come()
    of_guest = checked(await guest.say(hall.id, "as a guest"))["id"]
    bert = register(own_server, "bert")
    path = f"/api/chat/messages/{of_guest}/report"
    checked(bert.call("POST", path, json={"reason": "That is not me."}))
    ada = await open_page(member, own_server, "Reports")
    report = row(ada, "Reported by bert")
    await expect(report.get_by_text("bert guest in #hall")).to_be_visible()
    await expect(report.get_by_text("Reported by bert,")).to_be_visible()
    await expect(report.locator(".badge", has_text="guest")).to_have_count(1)
    await report.get_by_role("button", name="Resolve the report about bert").click()
    await expect(report).to_contain_text("Resolved by ada")
    await ada.page.get_by_role("tab", name="Log").click()
    entries = ada.page.get_by_role("list", name="What was done").get_by_role("listitem")
    await expect(entries.first).to_contain_text("ada resolved a report about bert guest in #hall")


@pytest.mark.thorough
async def test_those_who_look_after_a_room_moderate_it_in_its_settings(
    own_server: Server, chief: Account, member: Visit, reported: Place
) -> None:
    """Mute and ban by name, lift both, resolve what was reported."""
    guest = await Guest(own_server, "gustav").come()
    checked(await guest.say(reported.id, "hello"))
    ada = await member("ada", own_server)
    await ada.open_room("hall")
    await ada.page.get_by_role("button", name="Room menu").click()
    await ada.page.get_by_role("menuitem", name="Room settings").click()
    await ada.dialog.get_by_role("tab", name="Moderation").click()
    whom = ada.dialog.get_by_role("textbox", name="Mute or ban somebody")
    for button, name in (("Mute", "bert"), ("Ban", "gustav")):
        await whom.fill(name)
        await ada.dialog.get_by_role("button", name=f"{button}…").click()
        dialog = ada.dialog.filter(has_text=f"{button} {name}?")
        await dialog.get_by_role("button", name=button, exact=True).click()
        done = f"{name} is {'muted' if button == 'Mute' else 'banned'}."
        await expect(said(ada, done)).to_be_visible()
    assert (await guest.say(reported.id)).status_code == 403
    await ada.dialog.get_by_role("button", name="Let bert write again").click()
    await expect(said(ada, "bert may write again.")).to_be_visible()
    await ada.dialog.get_by_role("button", name="Let gustav back in").click()
    await expect(said(ada, "gustav may come in again.")).to_be_visible()
    assert (await guest.say(reported.id)).status_code == 201
    await ada.dialog.get_by_role("button", name="Resolve the report about bert").click()
    await expect(said(ada, "The report is resolved.")).to_be_visible()


@pytest.mark.thorough
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("reported")
async def test_axe_has_nothing_to_say_and_nothing_sticks_out(
    own_server: Server, chief: Account, member: Visit
) -> None:
    """Every tab, light and dark, wide and on a phone."""
    checked(chief.call("POST", f"{ADMIN}/bans", json={"username": "bert", "reason": "long " * 20}))
    new_account(own_server, "a" * 45)
    # Or what is looked at would be on its way from one theme to the other.
    ada = await open_page(member, own_server, reduced_motion="reduce")
    found: list[str] = []
    for tab in ("People", "Rooms", "Registration", "Reports", "Log"):
        await ada.page.get_by_role("tab", name=tab).click()
        panel = ada.page.get_by_role("tabpanel", name=tab)
        rows, choices = panel.get_by_role("listitem"), panel.get_by_role("radio")
        await expect((choices if tab == "Registration" else rows).first).to_be_visible()
        for width in (1280, 375):
            await ada.page.set_viewport_size({"width": width, "height": 800})
            look = f"{tab}, {width}"
            faults = await violations_in_both_themes(ada.page)
            found += [f"{look}, {line}" for line in faults]
            found += [f"{look} sticks out: {line}" for line in await overflowing(ada.page)]
    assert found == [], "\n".join(found)
