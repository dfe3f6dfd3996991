"""Links into rooms, the people directory, and direct conversations."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.accounts import choose_people, field, fill_in, open_room_settings, press
from tests.browser.conftest import Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import Browsers
from tests.support.people import checked
from tests.support.places import Place, make_room, new_account, say
from tests.support.server import Server


def link_of(place: Place, server: Server) -> str:
    """Return the address of a new link into a room."""
    made = checked(place.owner.call("POST", f"{place.path}/invites", json={}))
    return f"{server.url}/#/join/{made['token']}"


@pytest.mark.chromium("leave for the clipboard")
@pytest.mark.thorough
async def test_a_link_is_made_copied_listed_and_revoked(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """It leads into the room once, and nowhere after it was taken back."""
    browsers.allow("403")
    ada, bob = new_account(server, "ada"), new_account(server, "bob")
    place = make_room(ada)
    owner = await member(ada.user["username"], server, place.room)
    await owner.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_room_settings(owner, "Invite links")
    await expect(owner.dialog).to_contain_text("No links yet.")
    await owner.dialog.get_by_label("How often").select_option("5 times")
    await press(owner, "Make a link")
    copy = owner.dialog.get_by_role("button", name="Copy link")
    await expect(copy).to_be_focused()
    await copy.click()
    await expect(owner.dialog.get_by_role("button", name="Copied")).to_be_visible()
    link = await owner.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(re.escape(server.url) + r"/#/join/[\w-]+", link)
    await expect(owner.dialog.get_by_role("listitem")).to_contain_text("5 uses left")

    other = await member(bob.user["username"], server)
    await other.page.evaluate("(link) => { location.hash = new URL(link).hash; }", link)
    asked = other.page.get_by_role("dialog", name=f"Join #{place.room['name']}?")
    await expect(asked).to_contain_text(f"{owner.name} invites you.")
    await expect(asked).to_contain_text("1 member")
    assert "join" not in other.page.url
    await asked.get_by_role("button", name="Join").click()
    await expect(other.title).to_have_text(place.room["name"])

    await owner.dialog.get_by_role("button", name="Revoke the link").click()
    await expect(owner.dialog).to_contain_text("No links yet.")
    late = new_account(server, "late")
    third = await member(late.user["username"], server)
    await third.page.evaluate("(link) => { location.hash = new URL(link).hash; }", link)
    over = third.page.get_by_role("dialog", name="This link is no longer good")
    await expect(over).to_contain_text("Ask for a new one.")
    await expect(over.get_by_role("button", name="Join")).to_have_count(0)


async def test_a_link_leads_through_signing_in_and_back(server: Server, stranger: Visit) -> None:
    """Whoever has no account makes one; whoever is a guest signs in first."""
    ada = new_account(server, "ada")
    place = make_room(ada)
    newcomer = await stranger("newcomer-here", server)
    await newcomer.page.goto(link_of(place, server))
    await expect(newcomer.page.get_by_text("Sign in to see it.")).to_be_visible()
    await press(newcomer, "Create an account")
    await fill_in(newcomer, username=newcomer.name, password=PASSWORD)
    await press(newcomer, "Create account")
    await newcomer.page.get_by_role("dialog").get_by_role("button", name="Join").click()
    await expect(newcomer.title).to_have_text(place.room["name"])

    bob = new_account(server, "bob")
    guest = await stranger(bob.user["username"], server)
    await guest.sign_in("a passing guest")
    await expect(guest.rooms_heading).to_be_visible()
    hash_ = link_of(place, server).partition("#")[2]
    await guest.page.evaluate("(hash) => { location.hash = hash; }", hash_)
    await expect(guest.page.get_by_text("Sign in to see it.")).to_be_visible()
    await fill_in(guest, username=guest.name, password=PASSWORD)
    await press(guest, "Sign in")
    await guest.page.get_by_role("dialog").get_by_role("button", name="Join").click()
    await expect(guest.title).to_have_text(place.room["name"])


@pytest.mark.thorough
async def test_what_is_typed_while_a_form_is_on_its_way_stands_in_it(
    server: Server, stranger: Visit
) -> None:
    """The form on view is still the other one; what stood there before stays behind."""
    place = make_room(new_account(server, "ada"))
    eve = await stranger("eve", server)
    await eve.page.goto(link_of(place, server))
    await expect(eve.page.get_by_text("Sign in to see it.")).to_be_visible()
    await fill_in(eve, username="somebody", password="of long ago")
    await eve.page.get_by_role("button", name="Create an account").evaluate("""(button) => {
        button.click();
        const password = document.querySelector('input[name=password]');
        password.focus();
        password.value = 'a few new words';
    }""")
    await expect(eve.page.get_by_role("button", name="Create account")).to_be_visible()
    await expect(field(eve, "Password")).to_have_value("a few new words")
    await expect(field(eve, "Password")).to_be_focused()
    await expect(field(eve, "Username")).to_have_value("")


async def test_people_are_found_and_written_to(server: Server, member: Visit) -> None:
    """By a part of a name; the same people lead to the same conversation from both sides."""
    ada = new_account(server, "ada", display_name="Ada Lovelace of the engine")
    cleo = new_account(server, "cleo", display_name="Cleo from the library")
    cleo.call(
        "PATCH", "/api/users/me", json={"status_text": "Reading", "time_zone": "Africa/Cairo"}
    )
    one = await member(ada.user["username"], server)
    two = await member(cleo.user["username"], server)
    await one.page.get_by_role("link", name="Find people").click()
    await expect(one.page.get_by_role("heading", name="People", level=1)).to_be_focused()
    await one.page.get_by_role("searchbox", name="Find people").fill("from the LIB")
    people = one.page.get_by_role("list", name="People").get_by_role("listitem")
    await expect(people).to_have_count(1)
    for words in (two.name, "Reading", "local time"):
        await expect(people).to_contain_text(words)
    await people.get_by_role("button", name="Cleo from the library", exact=True).click()
    card = one.page.get_by_role("dialog", name="Cleo from the library")
    await card.get_by_role("button", name="Message").click()
    await expect(one.title).to_have_accessible_name("Cleo from the library")
    await expect(one.log).to_contain_text(f"Only you and {two.name} can see this.")
    await one.say("hello there")
    direct = two.page.get_by_role("list", name="Direct messages").get_by_role("listitem")
    await expect(direct).to_contain_text("Ada Lovelace of the engine")
    await direct.get_by_role("link").click()
    await two.shows("hello there")
    await expect(two.title).to_have_accessible_name("Ada Lovelace of the engine")
    place = two.page.url
    await two.go_to_rooms()
    await press(two, "New message")
    await choose_people(two, one.name)
    await press(two, "Start talking")
    await expect(two.title).to_have_accessible_name("Ada Lovelace of the engine")
    assert two.page.url == place


@pytest.mark.thorough
async def test_a_conversation_of_three_is_named_by_the_others(
    server: Server, member: Visit
) -> None:
    """One's own name is left out; nobody chosen is told in words."""
    names = [new_account(server, name).user["username"] for name in ("dora", "emil", "finn")]
    dora, emil = [await member(name, server) for name in names[:2]]
    await press(dora, "New message")
    await press(dora, "Start talking")
    await expect(dora.dialog.get_by_role("alert")).to_have_text("Choose at least one person.")
    await choose_people(dora, names[2], names[1])
    await press(dora, "Start talking")
    await expect(dora.title).to_have_text(f"{names[1]}, {names[2]}")
    await dora.say("we three")
    link = emil.page.get_by_role("link", name=f"{names[0]}, {names[2]}")
    await link.click()
    await emil.shows("we three")
    await open_room_settings(emil, "Members")
    await expect(emil.dialog.get_by_role("listitem")).to_have_count(3)
    await expect(emil.dialog.get_by_role("tab")).to_have_count(2)


@pytest.mark.thorough
async def test_nothing_found_and_nothing_loaded_are_told(
    server: Server, stranger: Visit, member: Visit, browsers: Browsers
) -> None:
    """In words, with a way on; a guest reads what the directory is for."""
    browsers.allow("status of 502")
    gil = await member(new_account(server, "gil").user["username"], server)
    await gil.page.get_by_role("link", name="Find people").click()
    search = gil.page.get_by_role("searchbox", name="Find people")
    await search.fill("nobody is called that")
    await expect(
        gil.page.get_by_text("Nobody matches \u201cnobody is called that\u201d.")
    ).to_be_visible()
    await gil.page.route("**/api/users?*", lambda route: route.fulfill(status=502, body="<html>"))
    await search.fill("gil")
    told = gil.page.get_by_role("heading", name="The people could not be loaded.")
    await expect(told).to_be_visible()
    await gil.page.unroute("**/api/users?*")
    await press(gil, "Try again")
    await expect(gil.page.get_by_role("listitem").filter(has_text="you")).to_be_visible()
    guest = await stranger("hanna the guest", server)
    await guest.sign_in()
    await expect(guest.rooms_heading).to_be_visible()
    await guest.page.evaluate("location.hash = '#/people'")
    await expect(
        guest.page.get_by_text("The directory is for people with an account")
    ).to_be_visible()
    await press(guest, "Sign in")
    await expect(guest.name_field).to_be_visible()


@pytest.mark.thorough
async def test_somebody_without_a_name_of_their_own_is_shown_by_their_colour(
    server: Server, member: Visit, visit: Visit
) -> None:
    """Names and colours of accounts are learned for the list of people and the messages."""
    ida = new_account(server, "ida", display_name="Ida B.")
    ida.call("PATCH", "/api/users/me", json={"hue": 123})
    place = make_room(ida, "public")
    say(place, ida, "good morning")
    alice = await visit("alice", server, place.room)
    hue = "(node) => getComputedStyle(node).getPropertyValue('--hue')"
    await expect(alice.row("good morning").locator(".avatar")).to_have_css("--hue", "123")
    await member(ida.user["username"], server, place.room)
    row = alice.presence(ida.user["username"])
    await expect(row).to_contain_text("Ida B.")
    assert await row.locator(".avatar").evaluate(hue) == "123"
