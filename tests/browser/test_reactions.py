"""Reactions and the emoji picker: by mouse, keys and finger, in two browsers at once."""

import re
from urllib.parse import quote

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.reading import drift, drift_in_the_end, fill, scroll_to, view, watch
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.moderation import mute
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.places import make_room, new_account, say
from tests.support.server import Server

PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
# Notes, at the moment in which the first row comes into the log, how many pills it has.
NOTE_FIRST = """
addEventListener('DOMContentLoaded', () => new MutationObserver((changes, observer) => {
  if (!document.querySelector('[data-message-id]')) return;
  window.pillsAtFirst = document.querySelectorAll('.pill[data-emoji]').length;
  observer.disconnect();
}).observe(document.body, { childList: true, subtree: true }));
"""


async def react(http: AsyncClient, message: Message, emoji: str, name: str) -> None:
    """React over HTTP."""
    path = f"/api/chat/messages/{message['id']}/reactions/{quote(emoji)}"
    checked(await http.put(path, params={"username": name}))


def pill(visitor: Visitor, name: str) -> Locator:
    """Return the pill that says this."""
    return visitor.log.get_by_role("button", name=name, exact=True)


def row(visitor: Visitor, text: str) -> Locator:
    """Return the row of the message that says this, whatever stands under its words."""
    return visitor.rows.filter(has=visitor.page.locator(".row-body", has_text=text))


def picker(visitor: Visitor) -> Locator:
    """Return the picker that is open."""
    return visitor.page.get_by_role("dialog", name="Choose an emoji")


async def open_picker(visitor: Visitor, text: str) -> Locator:
    """Point at a message and ask for an emoji."""
    await row(visitor, text).hover()
    await row(visitor, text).get_by_role("button", name="React", exact=True).click()
    await expect(picker(visitor).get_by_role("gridcell").first).to_be_visible()
    return picker(visitor)


async def test_two_people_react_and_see_each_other(
    server: Server, room: Room, visit: Visit
) -> None:
    """Found by search, joined by one press, told who it was; it stays over a lost connection."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire)
    bob = await visit("bob", server, room)
    await alice.say("Cake at four")
    await expect(row(bob, "Cake at four")).to_be_visible()
    opened = await open_picker(bob, "Cake at four")
    search = opened.get_by_role("searchbox", name="Search emoji")
    await expect(search).to_be_focused()
    await search.fill("tada")
    await expect(opened.get_by_role("gridcell").first).to_have_accessible_name("party popper")
    await search.press("Enter")
    await expect(opened).to_have_count(0)
    own = pill(bob, "🎉 1 reaction, you reacted")
    await expect(own).to_have_attribute("aria-pressed", "true")
    # One press joins in, another takes back.
    await expect(pill(alice, "🎉 1 reaction")).to_have_attribute("aria-pressed", "false")
    await pill(alice, "🎉 1 reaction").click()
    await expect(pill(alice, "🎉 2 reactions, you reacted")).to_be_visible()
    await expect(pill(bob, "🎉 2 reactions, you reacted")).to_be_visible()
    await row(bob, "Cake at four").hover()
    await pill(bob, "🎉 2 reactions, you reacted").hover()
    tip = bob.page.get_by_role("tooltip")
    await expect(tip).to_contain_text("You and alice reacted with 🎉")
    await bob.page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()
    # What was used last stands beside the next message.
    await row(bob, "Cake at four").hover()
    await row(bob, "Cake at four").get_by_role("button", name="React with 👍").click()
    await expect(pill(alice, "👍 1 reaction")).to_be_visible()
    # Missed while the connection was away, and there when it is back.
    await wire.cut()
    await pill(bob, "🎉 2 reactions, you reacted").click()
    await expect(pill(bob, "🎉 1 reaction")).to_have_attribute("aria-pressed", "false")
    await expect(pill(alice, "🎉 2 reactions, you reacted")).to_be_visible()
    wire.state = "up"
    await expect(pill(alice, "🎉 1 reaction, you reacted")).to_be_visible()
    # The last one goes, and its pill with it; all of that is what the server has.
    await pill(alice, "🎉 1 reaction, you reacted").click()
    await expect(alice.log.locator(".pill", has_text="🎉")).to_have_count(0)
    await expect(bob.log.locator(".pill", has_text="🎉")).to_have_count(0)
    [message] = await alice.told()
    assert message["reactions"] == [{"emoji": "👍", "count": 1, "usernames": ["bob"]}]
    await alice.page.reload()
    await expect(pill(alice, "👍 1 reaction")).to_be_visible()


@pytest.mark.thorough
async def test_all_of_it_is_done_by_keys_alone(server: Server, room: Room, visit: Visit) -> None:
    """The focus comes back to the message, and is never lost when a pill goes."""
    alice = await visit("alice", server, room)
    keys = alice.page.keyboard
    await alice.say("first", "second")
    await expect(alice.stored).to_have_count(2)
    await alice.box.press("Shift+Tab")
    await expect(row(alice, "second")).to_be_focused()
    await keys.press("+")
    opened = picker(alice)
    await expect(opened.get_by_role("gridcell").first).to_be_visible()
    await keys.press("Escape")
    await expect(opened).to_have_count(0)
    await expect(row(alice, "second")).to_be_focused()
    await keys.press(":")
    await expect(opened.get_by_role("gridcell").first).to_be_visible()
    await keys.press("ArrowDown")
    cells = opened.get_by_role("gridcell")
    await expect(cells.first).to_be_focused()
    await keys.press("ArrowRight")
    await expect(cells.nth(1)).to_be_focused()
    await keys.press("ArrowDown")
    await expect(cells.nth(10)).to_be_focused()
    await keys.press("Home")
    await expect(cells.nth(9)).to_be_focused()
    await keys.press("ArrowUp")
    await keys.press("ArrowUp")
    await expect(opened.get_by_role("searchbox")).to_be_focused()
    await keys.press("ArrowDown")
    # Letters go on with the search.
    await keys.type("rocket")
    await expect(opened.get_by_role("searchbox")).to_have_value("rocket")
    await expect(opened.get_by_role("gridcell").first).to_have_accessible_name("rocket")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    last = alice.rows.last
    await expect(last).to_be_focused()
    await expect(pill(alice, "🚀 1 reaction, you reacted")).to_be_visible()
    await expect(last).to_have_accessible_description("🚀 1 reaction, you reacted")
    await keys.press("Tab")
    await expect(pill(alice, "🚀 1 reaction, you reacted")).to_be_focused()
    await expect(alice.page.get_by_role("tooltip")).to_contain_text("You reacted with 🚀")
    await keys.press("Space")
    await expect(alice.log.locator(".pill")).to_have_count(0)
    await expect(last).to_be_focused()


@pytest.mark.thorough
async def test_what_is_refused_goes_back_to_what_it_was(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """Shown at once, taken back with a word why; in an archived room nothing is offered."""
    browsers.allow("403")
    ada, eve = new_account(server, "ada"), new_account(server, "eve")
    place = make_room(ada, "public")
    message = checked(say(place, ada, "hello"))
    path = f"/api/chat/messages/{message['id']}/reactions/{quote('👍')}"
    checked(ada.call("PUT", path))
    visitor = await member(eve.user["username"], server, place.room)
    await expect(pill(visitor, "👍 1 reaction")).to_be_visible()
    checked(mute(place, ada, eve, 600))
    await pill(visitor, "👍 1 reaction").click()
    await expect(visitor.notices).to_contain_text("You can\u2019t write here for now.")
    await expect(pill(visitor, "👍 1 reaction")).to_have_attribute("aria-pressed", "false")
    assert [each["count"] for each in (await visitor.told())[0]["reactions"]] == [1]
    checked(ada.call("PATCH", place.path, json={"archived": True}))
    await expect(visitor.box).to_be_hidden()
    await visitor.page.reload()
    await expect(pill(visitor, "👍 1 reaction")).to_have_attribute("aria-disabled", "true")
    await row(visitor, "hello").hover()
    await expect(visitor.page.get_by_role("button", name="Message actions")).to_be_visible()
    await expect(visitor.page.get_by_role("button", name=re.compile("^React"))).to_have_count(0)


@pytest.mark.thorough
async def test_nothing_jumps_when_pills_come(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """They are there with the first sight of a room; later ones move nobody."""
    messages = await fill(bob, room, 60)
    async with async_http_client(server) as http:
        await react(http, messages[-2], "🎉", "bob")
        alice = await visit("alice", server, room, script=NOTE_FIRST)
        assert await alice.page.evaluate("window.pillsAtFirst") == 1
        # Whoever is at the end stays there.
        for emoji in ("👍", "🚀"):
            await react(http, messages[-1], emoji, "bob")
            await expect(pill(alice, f"{emoji} 1 reaction")).to_be_visible()
            assert (await view(alice)).below <= 1
        # Whoever reads further up stays there.
        await scroll_to(alice, (await view(alice)).above / 2)
        above = [one for one in messages if one["id"] < (await view(alice)).first][-1]
        await watch(alice.page)
        await react(http, above, "👍", "bob")
        await expect(
            alice.log.locator(f"[data-message-id='{above['id']}'] .pill").first
        ).to_be_attached()
        assert await drift(alice.page) <= 1
        # Whichever came first: the pills are above what was answered.
        for each in (messages[-3], messages[-4]):
            await bob.post(room, "yes", reply_to=each["id"])
        await react(http, messages[-4], "🎉", "bob")
        await react(http, messages[-2], "👍", "bob")
        await bob.post(room, "no", reply_to=messages[-2]["id"])
        for each in (messages[-2], messages[-4]):
            article = alice.log.locator(f"[data-message-id='{each['id']}'] > article")
            await expect(article.locator(".reactions + .row-stub")).to_be_attached()
    # Who came before there were any: the pills come when their code does, and nobody is moved.
    async with async_http_client(server) as http:
        other = checked(await http.post("/api/chat/rooms", json={"name": f"late {room['id']}"}))
        messages = await fill(bob, other, 40)
        carol = await visit("carol", server, other)
        await scroll_to(carol, (await view(carol)).above / 2)
        above = [one for one in messages if one["id"] < (await view(carol)).first][-1]
        await watch(carol.page)
        await react(http, above, "👍", "bob")
        await expect(
            carol.log.locator(f"[data-message-id='{above['id']}'] .pill").first
        ).to_be_attached()
        assert await drift_in_the_end(carol.page) <= 1


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_it_is_a_sheet_and_a_long_press(
    server: Server, room: Room, visit: Visit, ahttp: AsyncClient, alice: Person
) -> None:
    """A message's menu leads to the picker; a finger that rests on a pill is told who it was."""
    message = await alice.post(room, "from the train")
    await react(ahttp, message, "👍", "bob")
    visitor = await visit("carol", server, room, **PHONE)
    touch = await visitor.page.context.new_cdp_session(visitor.page)

    async def hold(target: Locator) -> None:
        box = await target.bounding_box()
        assert box is not None
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
        await expect(visitor.page.get_by_role("menu").or_(visitor.dialog)).to_be_visible()
        await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    box = await pill(visitor, "👍 1 reaction").bounding_box()
    assert box is not None
    await hold(pill(visitor, "👍 1 reaction"))
    await expect(visitor.dialog.get_by_role("listitem")).to_have_text(re.compile("bob"))
    await visitor.page.get_by_role("button", name="Close").tap()
    await expect(visitor.dialog).to_have_count(0)
    await pill(visitor, "👍 1 reaction").tap()
    await expect(pill(visitor, "👍 2 reactions, you reacted")).to_be_visible()
    await hold(row(visitor, "from the train").locator(".row-body"))
    await visitor.page.get_by_role("menuitem", name="React…", exact=True).tap()
    sheet = picker(visitor)
    await expect(sheet.get_by_role("gridcell").first).to_be_visible()
    # From the lower edge over the whole width, and no keyboard over it.
    place = await sheet.bounding_box()
    assert place is not None
    assert (place["x"], place["width"]) == (0, 375)
    assert round(place["y"] + place["height"]) == 812
    await expect(sheet.get_by_role("searchbox")).not_to_be_focused()
    first = await sheet.get_by_role("gridcell").first.bounding_box()
    assert first is not None
    assert first["width"] >= 44
    await sheet.get_by_role("tab", name="Food and drink").tap()
    await sheet.get_by_role("gridcell", name="grapes").tap()
    await expect(pill(visitor, "🍇 1 reaction, you reacted")).to_be_visible()


@pytest.mark.thorough
async def test_a_skin_tone_is_remembered_and_the_box_takes_emoji(
    server: Server, room: Room, visit: Visit
) -> None:
    """At the cursor, in the tone that was chosen; what was used goes with its person."""
    alice = await visit("alice", server, room)
    await alice.box.fill("well done")
    await alice.box.press("Home")
    await alice.page.get_by_role("button", name="Emoji", exact=True).click()
    opened = picker(alice)
    await opened.get_by_role("button", name="Skin tone: No skin tone").click()
    await alice.page.keyboard.press("ArrowRight")
    await expect(opened.get_by_role("radio", name="Light", exact=True)).to_be_focused()
    await opened.get_by_role("radio", name="Medium", exact=True).click()
    await expect(opened.get_by_role("button", name="Skin tone: Medium")).to_be_focused()
    await opened.get_by_role("searchbox").fill("clap")
    await opened.get_by_role("gridcell", name="clapping hands").click()
    await expect(alice.box).to_have_value("👏🏽well done")
    await expect(alice.box).to_be_focused()
    await alice.box.press("Enter")
    await expect(row(alice, "👏🏽well done")).to_be_visible()
    await alice.page.reload()
    await expect(row(alice, "👏🏽well done")).to_be_visible()
    opened = await open_picker(alice, "👏🏽well done")
    await expect(
        opened.get_by_role("grid", name="Recently used").get_by_role("gridcell")
    ).to_have_text(["👏🏽"])
    await opened.get_by_role("tab", name="People and body").click()
    await expect(opened.get_by_role("gridcell").first).to_have_text("👋🏽")
    await opened.get_by_role("searchbox").fill("nothing like that")
    await expect(opened).to_contain_text("No emoji matches")
    await alice.page.keyboard.press("Escape")
    await alice.sign_out()
    assert await alice.page.evaluate("localStorage.getItem('parlour.emoji.recent')") is None


@pytest.mark.thorough
async def test_among_very_many_one_knows_whether_one_has_reacted(
    server: Server, room: Room, visit: Visit, ahttp: AsyncClient, bob: Person
) -> None:
    """A message names fifty; the rest are asked for, and all are listed on demand."""
    message = await bob.post(room, "Who comes?")
    for number in range(55):
        await react(ahttp, message, "👍", f"reader {number}")
    alice = await visit("alice", server, room)
    await expect(pill(alice, "👍 55 reactions")).to_have_attribute("aria-pressed", "false")
    await pill(alice, "👍 55 reactions").click()
    await expect(pill(alice, "👍 56 reactions, you reacted")).to_be_visible()
    await alice.page.reload()
    await expect(pill(alice, "👍 56 reactions, you reacted")).to_be_visible()
    # A pointer that has not moved points at nothing new.
    await alice.page.mouse.move(0, 0)
    await pill(alice, "👍 56 reactions, you reacted").hover()
    await expect(alice.page.get_by_role("tooltip")).to_contain_text("and 48 others reacted")
    await row(alice, "Who comes?").hover()
    await row(alice, "Who comes?").get_by_role("button", name="Message actions").click()
    await alice.page.get_by_role("menuitem", name="Who reacted").click()
    await expect(alice.dialog.get_by_role("listitem")).to_have_count(56)
    await expect(alice.dialog.get_by_role("listitem").last).to_contain_text("alice")
    await alice.page.keyboard.press("Escape")
    await pill(alice, "👍 56 reactions, you reacted").click()
    await expect(pill(alice, "👍 55 reactions")).to_have_attribute("aria-pressed", "false")
