"""What is pinned, saved and passed on, in two browsers: marks, the panel, the list, the dialog."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accounts import press
from tests.browser.conftest import Visit
from tests.browser.keeping import LISTEN, PHONE, choose, counter, pins, row
from tests.browser.reading import fill, view
from tests.browser.visitor import Visitor, address
from tests.support.accounts import Account
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.pictures import picture
from tests.support.places import Place, make_room, name_of, new_account, say
from tests.support.server import Server

# The ids that more than one node has.
TWICE = """() => [...document.querySelectorAll('[id]')].map(({id}) => id)
  .filter((id, at, all) => all.indexOf(id) !== at)"""
COMPOSED = """(node) => {
  const event = new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, cancelable: true});
  node.dispatchEvent(event);
  return event.defaultPrevented;
}"""


async def delete(person: Person, message: Message) -> None:
    """Take a message back."""
    path, by = f"/api/chat/messages/{message['id']}", {"username": person.name}
    async with async_http_client(person.server) as http:
        assert (await http.delete(path, params=by)).status_code == 204


async def go_to_what_pins_lead_to(visitor: Visitor) -> None:
    """By keys to the panel, to an author's card and to what a message said before."""
    shown = pins(visitor).locator("article")
    await visitor.box.focus()
    await visitor.page.keyboard.press("F6")
    await expect(shown.first.get_by_role("button", name="Show in room")).to_be_focused()
    await shown.last.get_by_role("button", name="bob").press("Enter")
    await expect(visitor.dialog).to_contain_text("bob")
    await visitor.page.keyboard.press("Escape")
    history = shown.last.get_by_role("button", name="show history")
    await history.press("Enter")
    await expect(visitor.dialog).to_contain_text("House")
    await visitor.page.keyboard.press("Escape")
    await expect(history).to_be_focused()


async def is_quoted_with(visitor: Visitor, article: Locator, words: str) -> None:
    """Answer a message that says nothing itself: it is quoted with what it passes on."""
    await article.focus()
    await visitor.page.keyboard.press("r")
    await expect(visitor.page.locator(".composer .reply-words")).to_have_text(words)
    await visitor.box.fill("I will be there")
    await visitor.page.keyboard.press("Enter")
    answer = row(visitor, "I will be there").locator(".row-quote .quote-words")
    await expect(answer).to_have_text(words)


async def test_a_pin_is_seen_by_everybody_and_leads_back_to_its_message(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """By the menu and by keys; counted in the head; the panel shows it, goes there, unpins it."""
    said = await fill(bob, room, 120)
    rules = await bob.post(room, "House **rules**")
    async with async_http_client(server) as http:
        path = f"/api/chat/messages/{rules['id']}"
        said_now = {"content": "House **rules**: be kind"}
        checked(await http.patch(path, params={"username": "bob"}, json=said_now))
    alice, eve = await visit("alice", server, room), await visit("eve", server, room)
    await choose(alice, "House", "Pin to room")
    for page in (alice, eve):
        await expect(row(page, "House")).to_contain_text("Pinned by alice")
        await expect(row(page, "House")).to_have_accessible_name(re.compile("Pinned by alice$"))
        await expect(counter(page)).to_have_accessible_name("1 pinned message")
    # One from far away, by somebody whose page shows it nowhere.
    async with async_http_client(server) as http:
        path = f"/api/chat/messages/{said[1]['id']}/pin"
        checked(await http.put(path, params={"username": "carol"}))
    await expect(counter(eve)).to_have_accessible_name("2 pinned messages")
    await counter(eve).click()
    shown = pins(eve).locator("article")
    await expect(shown).to_have_count(2)
    await expect(shown.first).to_contain_text("message 002")
    await expect(shown.last.locator("strong")).to_have_text("rules")
    assert await axe_violations(eve.page) == []
    await go_to_what_pins_lead_to(eve)
    await shown.first.get_by_role("button", name="Show in room").click()
    target = row(eve, "message 002")
    await expect(target).to_be_focused()
    await expect(target).to_be_in_viewport()
    assert said[1]["id"] in (await view(eve)).ids
    # It goes from the panel when somebody else takes it away.
    await row(alice, "House").focus()
    await alice.page.keyboard.press("p")
    await expect(row(alice, "House")).not_to_contain_text("Pinned by")
    await expect(alice.page.locator("#live-polite")).to_contain_text("Unpinned")
    # A guest has no list.
    await alice.page.keyboard.press("s")
    await expect(alice.notices).to_contain_text("Sign in to save messages.")
    await expect(shown).to_have_count(1)
    await shown.get_by_role("button", name="Unpin").click()
    await expect(pins(eve)).to_contain_text("Nothing is pinned")
    await expect(target).not_to_contain_text("Pinned by")
    await eve.page.keyboard.press("Escape")
    await expect(pins(eve)).to_have_count(0)
    for page in (alice, eve):
        await expect(counter(page)).to_be_hidden()
    # What had opened it is gone.
    await expect(eve.title).to_be_focused()


@pytest.mark.thorough
async def test_pins_are_there_again_after_the_connection_was_lost_and_on_a_new_visit(
    server: Server, room: Room, visit: Visit, browsers: Browsers, bob: Person
) -> None:
    """A resume tells of those that came and went; a deleted message is none any more."""
    browsers.allow("ERR_INTERNET_DISCONNECTED")
    first, second = await bob.post(room, "Plan one"), await bob.post(room, "Plan two")
    path = "/api/chat/messages"
    async with async_http_client(server) as http:
        checked(await http.put(f"{path}/{first['id']}/pin", params={"username": "bob"}))
        alice = await visit("alice", server, room)
        await expect(row(alice, "Plan one")).to_contain_text("Pinned by bob")
        await expect(counter(alice)).to_have_text("1")
        await alice.page.context.set_offline(True)
        await alice.page.evaluate("dispatchEvent(new Event('offline'))")
        checked(await http.put(f"{path}/{second['id']}/pin", params={"username": "carol"}))
        checked(await http.delete(f"{path}/{first['id']}/pin", params={"username": "bob"}))
        await alice.page.context.set_offline(False)
        await expect(row(alice, "Plan two")).to_contain_text("Pinned by carol")
        await expect(row(alice, "Plan one")).not_to_contain_text("Pinned by")
        await expect(counter(alice)).to_have_text("1")
    await delete(bob, second)
    await expect(counter(alice)).to_be_hidden()


@pytest.mark.thorough
async def test_a_message_is_passed_on_by_keys_alone_with_a_comment(
    server: Server, member: Visit
) -> None:
    """To a room by a few letters of its name, to a person; what readers may not see is not told."""
    ada, ben = new_account(server, "ada"), new_account(server, "ben")
    source = make_room(ada, "public", name="Announcements")
    target = make_room(ada, "public", name="Weekend plans")
    checked(say(source, ada, "The *bridge* is closed"))
    writer = await member(name_of(ben), server, source.room)
    reader = await member(name_of(ada), server, target.room)
    await row(writer, "bridge").focus()
    await writer.page.keyboard.press("f")
    field = writer.page.get_by_role("combobox", name="Forward to a room or a person")
    await expect(field).to_be_focused()
    await expect(writer.dialog.get_by_role("heading")).to_have_text("Forward to")
    await expect(writer.dialog.locator(".switch-hint")).to_contain_text("Enter choose")
    await writer.page.keyboard.type("week pl")
    await expect(writer.page.get_by_role("option").first).to_contain_text("Weekend plans")
    await writer.page.keyboard.press("Enter")
    comment = writer.page.get_by_role("textbox", name="Add a comment (optional)")
    await expect(comment).to_be_focused()
    await expect(writer.dialog).to_contain_text("The bridge is closed")
    assert await axe_violations(writer.page) == []
    await writer.page.keyboard.type("So we take the ferry")
    # The Enter that ends a composition, as Safari tells of it, does not send.
    assert not await comment.evaluate(COMPOSED)
    await writer.page.keyboard.press("Enter")
    await expect(writer.dialog).to_have_count(0)
    await expect(writer.notices).to_contain_text("Forwarded to #Weekend plans.")
    await expect(row(writer, "bridge")).to_be_focused()
    passed = row(reader, "So we take the ferry")
    await expect(passed.locator(".row-forward")).to_contain_text(f"Forwarded from {name_of(ada)}, ")
    await expect(passed.locator("blockquote em")).to_have_text("bridge")
    await expect(passed).to_have_accessible_name(
        re.compile(r"So we take the ferry Forwarded from ada\d+, .*The bridge is closed$")
    )
    await passed.get_by_role("link", name="Forwarded from").click()
    await expect(reader.title).to_have_text("Announcements")
    await expect(row(reader, "bridge")).to_be_focused()
    # To somebody, out of a room that not everybody may see.
    private = make_room(ada, name="Surprise")
    checked(say(private, ada, "The party is at noon"))
    await reader.page.goto(address(server, private.room))
    await choose(reader, "The party", "Forward…")
    await reader.page.get_by_role("combobox").fill(name_of(ben))
    await reader.page.get_by_role("option", name=name_of(ben)).first.click()
    await press(reader, "Forward")
    await expect(reader.notices).to_contain_text(f"Forwarded to {name_of(ben)}.")
    await writer.page.get_by_role("link", name=re.compile(f"^{name_of(ada)}")).first.click()
    got = row(writer, "The party is at noon")
    await expect(got.locator(".row-forward")).to_contain_text(f"Forwarded from {name_of(ada)}")
    await expect(got.get_by_role("link", name="Forwarded from")).to_have_count(0)
    await is_quoted_with(writer, got, "The party is at noon")


async def stays_while_reacted(visitor: Visitor, by: Account, link: Locator) -> None:
    """Who is on what the last message passes on stays there, whatever changes about it."""
    await link.focus()
    last = visitor.page.locator(".row[data-message-id]").last
    number = await last.get_attribute("data-message-id")
    checked(by.call("PUT", f"/api/chat/messages/{number}/reactions/👍"))
    await expect(last.locator(".pill[aria-pressed]")).to_have_count(1)
    await expect(link).to_be_focused()


def send_file(place: Place, by: Account, name: str, data: bytes) -> str:
    """Send a file to a room before its message; return its id."""
    query = {"room_id": place.id, "name": name}
    return str(checked(by.call("POST", "/api/chat/files", params=query, content=data))["id"])


@pytest.mark.thorough
async def test_files_stand_where_their_message_is_kept_and_inside_what_passes_them_on(
    server: Server, member: Visit
) -> None:
    """An image without a word: in the panel, the list, the dialog, and in the quote, once each."""
    ada = new_account(server, "ada")
    source, target = make_room(ada, name="Roof"), make_room(ada, name="Away")
    files = {"only.png": picture(600, 400), "plan.txt": b"words"}
    sent = [send_file(source, ada, name, data) for name, data in files.items()]
    said = checked(ada.call("POST", f"{source.path}/messages", json={"files": sent}))
    checked(ada.call("PUT", f"/api/chat/messages/{said['id']}/pin"))
    visitor = await member(name_of(ada), server, source.room)
    here = visitor.page.locator("main [role=log] article").last
    await counter(visitor).click()
    pinned = pins(visitor).locator("article")
    await expect(pinned.get_by_role("link", name="Open image: only.png")).to_be_visible()
    show = pinned.get_by_role("button", name="Show in room")
    await expect(show).to_have_accessible_description(re.compile(r"Image: only\.png"))
    opened = pinned.get_by_role("link", name="Open image: only.png")
    await opened.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.dialog).to_have_accessible_name("only.png")
    await visitor.page.keyboard.press("Escape")
    await expect(opened).to_be_focused()
    assert await axe_violations(visitor.page) == []
    await visitor.page.keyboard.press("Escape")
    await here.focus()
    await visitor.page.keyboard.press("f")
    await visitor.page.get_by_role("combobox").fill("Away")
    await visitor.page.get_by_role("option").first.click()
    quote = visitor.dialog.locator("figure")
    await expect(quote).to_contain_text("Image: only.png \u00b7 \U0001f4ce plan.txt")
    await expect(quote.locator("img")).to_be_visible()
    await visitor.page.keyboard.type("From the roof")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.dialog).to_have_count(0)
    await here.focus()
    await visitor.page.keyboard.press("s")
    await expect(here.locator(".row-mark-bookmark")).to_be_visible()
    await visitor.page.goto(f"{server.url}/#/saved")
    item = visitor.page.locator(".saved-item")
    await expect(item).to_contain_text("Image: only.png \u00b7 \U0001f4ce plan.txt")
    await expect(item.locator(".file-small")).to_be_visible()
    assert await axe_violations(visitor.page) == []
    await visitor.page.goto(address(server, target.room))
    passed = row(visitor, "From the roof")
    quoted = passed.locator(".row-forward")
    await expect(quoted.get_by_role("link", name="Open image: only.png")).to_be_visible()
    await expect(quoted.get_by_role("link", name="Download plan.txt")).to_be_visible()
    await expect(passed.locator(".files")).to_have_count(1)
    told = r"From the roof Forwarded from .* Image: only\.png\. File: plan\.txt, TXT, 5 bytes$"
    await expect(passed).to_have_accessible_name(re.compile(told))
    await stays_while_reacted(visitor, ada, quoted.get_by_role("link", name="Open image"))
    assert await visitor.page.evaluate(TWICE) == []


@pytest.mark.thorough
async def test_a_link_to_a_message_leads_there_or_says_that_it_does_not(
    server: Server, room: Room, browsers: Browsers, stranger: Visit, bob: Person
) -> None:
    """Signed out, to what was deleted, into a room that is not theirs, to a reply."""
    browsers.allow("404")
    said = await fill(bob, room, 120)
    visitor = await stranger("alice", server)
    await visitor.page.goto(address(server, room, said[4]))
    await visitor.sign_in()
    await expect(row(visitor, "message 005")).to_be_focused()
    await expect(row(visitor, "message 005")).to_be_in_viewport()
    await delete(bob, said[7])
    await visitor.page.goto(address(server, room, said[7]))
    await expect(row(visitor, "This message was deleted.")).to_be_in_viewport()
    reply = await bob.post(room, "An answer", reply_to=said[10]["id"])
    await visitor.page.goto(address(server, room, said[20]))
    await expect(row(visitor, "message 021")).to_be_in_viewport()
    await visitor.page.goto(address(server, room, reply))
    await expect(row(visitor, "An answer")).to_be_in_viewport()
    await visitor.page.goto(address(server, room, {"id": 987654321}))
    await expect(visitor.notices).to_contain_text("That message can\u2019t be shown.")
    # A room that is somebody else's is told of like one that there is not.
    owner = new_account(server, "olga")
    private = make_room(owner)
    secret = checked(say(private, owner, "secret"))
    told = []
    for place in (private.room, {"id": 987654321}):
        await visitor.page.goto(address(server, place, secret))
        notice = visitor.page.locator("[data-view=notice]")
        await expect(notice).to_contain_text("This room is gone")
        told.append(await notice.inner_text())
    assert told[0] == told[1]
    await expect(visitor.page.get_by_text("secret")).to_have_count(0)


@pytest.mark.thorough
async def test_on_the_smallest_phone_the_pins_leave_room_for_the_name(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """What goes out of the room's head for it is in its menu."""
    said = await bob.post(room, "Tuesdays at nine")
    async with async_http_client(server) as http:
        path = f"/api/chat/messages/{said['id']}/pin"
        checked(await http.put(path, params={"username": "bob"}))
    small = {**PHONE, "viewport": {"width": 320, "height": 568}}
    alice = await visit("alice", server, room, **small)
    await expect(counter(alice)).to_be_visible()
    assert await alice.title.evaluate("(node) => node.clientWidth") >= 80
    assert await overflowing(alice.page) == []
    await press(alice, "Room menu")
    await alice.page.get_by_role("menuitem", name="Search messages").click()
    await expect(alice.page.get_by_role("combobox", name="Search messages")).to_be_focused()


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_the_panel_fills_the_screen(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Back leads to the room; every button is large enough for a finger; who unpins goes on."""
    async with async_http_client(server) as http:
        for text in ("Tuesdays at nine", "Wednesdays at ten", "Fridays at noon"):
            said = await bob.post(room, text)
            path = f"/api/chat/messages/{said['id']}/pin"
            checked(await http.put(path, params={"username": "bob"}))
    alice = await visit("alice", server, room, **PHONE)
    await counter(alice).click()
    box = await pins(alice).locator(".thread-panel").bounding_box()
    assert box is not None
    assert (box["width"], box["x"]) == (375, 0)
    for name in ("Show in room", "Unpin", "Back to room"):
        size = await pins(alice).get_by_role("button", name=name).first.bounding_box()
        assert size is not None
        assert size["height"] >= 44, name
    shown = pins(alice).locator("article")
    await pins(alice).locator("[role=status]").evaluate(LISTEN)
    for left, beside in ((2, "Tuesdays"), (1, "Fridays")):
        await shown.nth(1).get_by_role("button", name="Unpin").press("Enter")
        await expect(shown).to_have_count(left)
        await expect(shown.filter(has_text=beside).locator(".board-show")).to_be_focused()
    assert await alice.page.evaluate("said") == ["No longer pinned."] * 2
    # By the button and by the phone's own Back, twice: nothing of that stays in between.
    here = alice.page.url
    for _ in range(2):
        await press(alice, "Back to room")
        await expect(pins(alice)).to_have_count(0)
        await expect(counter(alice)).to_be_focused()
        await counter(alice).click()
        await expect(pins(alice)).to_be_visible()
        await alice.page.go_back()
        await expect(pins(alice)).to_have_count(0)
        assert alice.page.url == here
        await expect(counter(alice)).to_be_focused()
        await counter(alice).click()
