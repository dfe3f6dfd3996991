"""The administration page's retention: what would go is said first, and what is held stays."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_administration import choose, confirm, open_page, row, said
from tests.support.accounts import Account, register
from tests.support.administration import ADMIN, first_administrator, log_of
from tests.support.browser import Browsers
from tests.support.files import until
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.people import checked
from tests.support.places import Place, make_room, new_account, say
from tests.support.retention import age, hold
from tests.support.server import NewServer, Server

# What stands in the log of two holds, set and lifted.
HELD = ["hold.set", "hold.set", "hold.lift", "hold.lift"]


@pytest.fixture
def place(own_server: Server, chief: Account) -> Place:
    """Return a room with two messages that are old, and one that is not."""
    room = make_room(chief, "public", name="Archive")
    checked(say(room, chief, "old"))
    age(own_server, room, checked(say(room, chief, "older than most")), 40)
    checked(say(room, chief, "new"))
    return room


def contents(place: Place) -> list[str]:
    """Return what the room's messages say."""
    page: list[dict[str, Any]] = checked(place.owner.call("GET", f"{place.path}/messages"))
    return [message["content"] for message in page]


async def test_a_rule_that_takes_messages_away_is_asked_about_and_cuts_every_page_that_is_open(
    own_server: Server, chief: Account, place: Place, member: Visit
) -> None:
    """With how many go; who thinks better of it has changed nothing."""
    register(own_server, "bert")
    bert = await member("bert", own_server)
    await bert.open_room(place.room["name"])
    await expect(bert.row("older than most")).to_be_visible()
    ada = await open_page(member, own_server, "Retention")
    rule, save = (
        ada.page.get_by_label("Messages are kept"),
        ada.page.get_by_role("button", name="Save"),
    )
    await expect(said(ada, "0 messages to be taken away")).to_be_visible()
    await rule.select_option("for 30 days")
    await save.click()
    await expect(ada.dialog).to_contain_text("2 messages of 1 room go now, for good.")
    await confirm(ada, "Cancel")
    assert checked(chief.call("GET", f"{ADMIN}/policy"))["retention_days"] == 0
    await save.click()
    await confirm(ada, "Take them away")
    await expect(said(ada, "Messages are kept for 30 days.")).to_be_visible()
    await expect(bert.row("older than most")).to_have_count(0)
    await expect(bert.row("new")).to_be_visible()
    until(lambda: contents(place) == ["new"])
    await rule.select_option("for ever")
    await save.click()
    await expect(said(ada, "Messages are kept for ever.")).to_be_visible()


async def test_what_is_held_stays_until_it_is_lifted(
    own_server: Server, chief: Account, place: Place, member: Visit, browsers: Browsers
) -> None:
    """A person's, or everything; for a reason, which stands in the log; not of nobody."""
    browsers.allow("404")
    register(own_server, "bert")
    ada = await open_page(member, own_server, "Retention")
    hold_button = ada.page.get_by_role("button", name="Hold…")
    holds = ada.page.get_by_role("list", name="Legal holds").get_by_role("listitem")
    await expect(ada.page.get_by_text("Nothing is held.")).to_be_visible()
    await hold_button.click()
    await ada.dialog.get_by_label("Username").fill("nobody-here")
    await ada.dialog.get_by_role("button", name="Hold", exact=True).click()
    await expect(ada.dialog).to_be_visible()
    await ada.dialog.get_by_label("Reason").fill("Case 7")
    await ada.dialog.get_by_role("button", name="Hold", exact=True).click()
    await expect(ada.dialog.get_by_role("alert")).to_be_visible()
    await ada.dialog.get_by_label("Username").fill("bert")
    await confirm(ada, "Hold")
    await expect(holds).to_contain_text(["Case 7"])
    await hold_button.click()
    await ada.dialog.get_by_label("Reason").fill("Case 8")
    await confirm(ada, "Hold")
    await expect(holds).to_have_count(2)
    await expect(holds.first).to_contain_text("Everything")
    await ada.page.get_by_label("Messages are kept").select_option("for 30 days")
    await ada.page.get_by_role("button", name="Save").click()
    await expect(said(ada, "Messages are kept for 30 days.")).to_be_visible()
    assert contents(place) == ["old", "older than most", "new"]
    await ada.page.get_by_role("button", name="Lift the hold of bert").click()
    await confirm(ada, "Lift")
    await expect(said(ada, "bert is held no longer.")).to_be_visible()
    await ada.page.get_by_role("button", name="Lift the hold of Everything").click()
    await confirm(ada, "Lift")
    await expect(holds).to_have_count(0)
    until(lambda: contents(place) == ["new"])
    done = [entry["action"] for entry in log_of(chief)]
    assert [name for name in done if name.startswith("hold")] == HELD


@pytest.mark.thorough
async def test_a_room_has_a_rule_of_its_own_which_is_asked_about_too(
    own_server: Server, chief: Account, place: Place, member: Visit
) -> None:
    """By keys; the list says it, and the dialog has it chosen the next time."""
    ada = await open_page(member, own_server, "Rooms")
    line = row(ada, "Archive")
    await choose(ada, line, "How long messages are kept…")
    days = ada.dialog.get_by_label("Messages are kept")
    await expect(days).to_have_value("")
    await days.select_option("for 7 days")
    await ada.dialog.get_by_role("button", name="Save").click()
    await expect(ada.dialog).to_contain_text("2 messages of #Archive go now, for good.")
    await ada.page.keyboard.press("Escape")
    await expect(ada.dialog).to_have_count(0)
    assert contents(place) == ["old", "older than most", "new"]
    await choose(ada, line, "How long messages are kept…")
    await ada.dialog.get_by_label("Messages are kept").select_option("for 7 days")
    await ada.dialog.get_by_role("button", name="Save").click()
    await confirm(ada, "Take them away")
    await expect(said(ada, "Messages of #Archive are kept for 7 days.")).to_be_visible()
    await expect(line).to_contain_text("kept for 7 days")
    until(lambda: contents(place) == ["new"])
    await choose(ada, line, "How long messages are kept…")
    await expect(ada.dialog.get_by_label("Messages are kept")).to_have_value("7")
    await ada.dialog.get_by_label("Messages are kept").select_option("as the server does")
    await confirm(ada, "Save")
    await expect(said(ada, "Messages of #Archive are kept for ever.")).to_be_visible()
    await choose(ada, line, "Hold its messages…")
    await ada.dialog.get_by_label("Reason").fill("Case 9")
    await confirm(ada, "Hold")
    [held] = checked(chief.call("GET", f"{ADMIN}/holds"))
    assert (held["kind"], held["room_id"], held["reason"]) == ("room", place.id, "Case 9")


@pytest.mark.thorough
async def test_what_is_set_at_the_start_cannot_be_changed_in_the_page(
    new_server: NewServer, member: Visit
) -> None:
    """And says where it can."""
    own_server = new_server(env={"PARLOUR_RETENTION_DAYS": "45"}).start()
    first_administrator(own_server, "ada")
    ada = await open_page(member, own_server, "Retention")
    rule = ada.page.get_by_label("Messages are kept")
    await expect(rule).to_be_disabled()
    await expect(rule).to_have_value("45")
    await expect(ada.page.get_by_role("button", name="Save")).to_be_disabled()
    await expect(said(ada, "set where the server is started")).to_be_visible()


@pytest.mark.thorough
async def test_the_tab_holds_what_it_promises_in_every_look(
    own_server: Server, chief: Account, place: Place, member: Visit
) -> None:
    """Light and dark, wide and on a phone, with long words."""
    long_name = new_account(own_server, "a" * 45).user["username"]
    hold(chief, "person", username=long_name, reason="long " * 90)
    hold(chief, "room", room_id=place.id)
    ada = await open_page(member, own_server, "Retention", reduced_motion="reduce")
    panel = ada.page.get_by_role("tabpanel", name="Retention")
    await expect(panel.get_by_role("listitem")).to_have_count(2)
    found: list[str] = []
    for width in (1280, 375):
        await ada.page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width}, {line}" for line in await violations_in_both_themes(ada.page)]
        found += [f"{width} sticks out: {line}" for line in await overflowing(ada.page)]
    assert found == [], "\n".join(found)
