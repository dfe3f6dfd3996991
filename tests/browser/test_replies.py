"""Replies in two browsers: quoted, jumped to, counted; threads beside the room and on a phone."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, view
from tests.browser.visitor import Visitor, address
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.people import Message, Person, Room, async_http_client, checked
from tests.support.server import Server

RETRY = 4000
PHONE = {
    "viewport": {"width": 375, "height": 812},
    "has_touch": True,
    "is_mobile": True,
    "reduced_motion": "reduce",
}


def quote(row: Locator) -> Locator:
    """Return the line of a row that says what it answers."""
    return row.locator(".row-quote")


def thread(visitor: Visitor) -> Locator:
    """Return the thread that stands open."""
    return visitor.page.get_by_role("complementary", name="Thread")


def said_in(visitor: Visitor) -> Locator:
    """Return the messages of the thread that stands open."""
    return thread(visitor).locator("article")


def stub(visitor: Visitor) -> Locator:
    """Return what says in the room's log how many replies a message has."""
    return visitor.page.locator("main .row-stub")


async def reply(visitor: Visitor, to: str, text: str) -> None:
    """Answer a message by the button in its corner."""
    row = visitor.page.locator("main [role=log] article").filter(has_text=to).first
    await row.hover()
    await row.get_by_role("button", name="Reply", exact=True).click()
    await expect(visitor.box).to_be_focused()
    await visitor.box.fill(text)
    await visitor.box.press("Enter")


async def change(person: Person, message: Message, content: str | None) -> None:
    """Say a message in other words, or take it back."""
    path, by = f"/api/chat/messages/{message['id']}", {"username": person.name}
    async with async_http_client(person.server) as http:
        if content is None:
            assert (await http.delete(path, params=by)).status_code == 204
        else:
            checked(await http.patch(path, params=by, json={"content": content}))


async def test_a_reply_shows_what_it_answers_as_that_is_now(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """To both, with who said it; in other words once it is edited, and as deleted in the end."""
    first = await bob.post(room, "Shall we?\nOr not?")
    alice, eve = await visit("alice", server, room), await visit("eve", server, room)
    await reply(alice, "Shall we?", "Yes")
    for page in (alice, eve):
        row = page.rows.last
        await expect(quote(row)).to_contain_text("bob")
        await expect(quote(row)).to_contain_text("Shall we? Or not?")
        await expect(row).to_have_accessible_name(
            re.compile(r"^alice guest replying to bob, guest .* Yes$")
        )
        # It stands in the log with the first author's words above it, which say how many.
        await expect(stub(page)).to_have_accessible_name(
            re.compile(r"^1 reply last \d.*, open thread$")
        )
        await expect(stub(page)).not_to_have_attribute("aria-label", re.compile(""))
    await expect(alice.page.locator(".reply-bar")).to_have_count(0)
    await change(bob, first, "Shall we go?")
    for page in (alice, eve):
        await expect(quote(page.rows.last)).to_contain_text("Shall we go?")
    await change(bob, first, None)
    for page in (alice, eve):
        await expect(quote(page.rows.last)).to_have_text(re.compile("Deleted message$"))
    [tombstone, answer] = await alice.told()
    assert (answer["reply_to"], answer["chain"]) == (first["id"], first["id"])
    assert tombstone["replies"]["count"] == 1


@pytest.mark.thorough
async def test_what_is_quoted_from_far_away_is_there_at_once_and_can_be_gone_to(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """The first sight of the log has the words; a press leads to the message and points it out."""
    said = await fill(bob, room, 120)
    await bob.post(room, "About the beginning", reply_to=said[2]["id"])
    # What changes while it is quoted from afar is heard as well.
    alice = await visit("alice", server, room)
    await expect(quote(alice.rows.last)).to_contain_text("message 003")
    assert said[2]["id"] not in (await view(alice)).ids
    await change(bob, said[2], "The very beginning")
    await expect(quote(alice.rows.last)).to_contain_text("The very beginning")
    await quote(alice.rows.last).click()
    target = alice.rows.filter(has_text="The very beginning (edited)")
    await expect(target).to_be_focused()
    await expect(target).to_be_in_viewport()
    await expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()


@pytest.mark.thorough
async def test_a_reply_is_begun_and_given_up_by_keys_and_kept_over_a_reload(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """With the draft it belongs to; Escape gives up the reply, and leaves the words."""
    await bob.post(room, "What do you think?")
    alice = await visit("alice", server, room)
    bar = alice.page.locator(".reply-bar")
    row = alice.row("What do you think?")
    await row.focus()
    # What its keys do is loaded when it is gone to.
    await expect(row.get_by_role("button", name="Reply")).to_be_visible()
    await alice.page.keyboard.press("r")
    await expect(alice.box).to_be_focused()
    await expect(bar).to_contain_text("Replying to bob")
    await expect(bar).to_contain_text("What do you think?")
    await alice.box.press_sequentially("I thi")
    await alice.page.reload()
    await expect(bar).to_contain_text("What do you think?")
    await expect(alice.box).to_have_value("I thi")
    await alice.box.press("Escape")
    await expect(bar).to_have_count(0)
    await expect(alice.box).to_have_value("I thi")
    await alice.page.reload()
    await expect(alice.box).to_have_value("I thi")
    await expect(bar).to_have_count(0)
    await alice.box.press("Enter")
    await expect(alice.stored).to_have_count(2)
    assert [message["reply_to"] for message in await alice.told()] == [None, None]


@pytest.mark.thorough
async def test_a_reply_waits_for_the_network_with_what_it_answers(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Shown with its quote from the first moment, over a reload too; it comes once, as a reply."""
    first = await bob.post(room, "Are you there?")
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    await alice.row("Are you there?").hover()
    await expect(alice.row("Are you there?").get_by_role("button", name="Reply")).to_be_visible()
    await wire.cut()
    await reply(alice, "Are you there?", "On a train")
    await expect(alice.pending).to_have_count(1)
    await expect(quote(alice.rows.last)).to_contain_text("Are you there?")
    await alice.page.reload()
    await expect(quote(alice.rows.last)).to_contain_text("Are you there?")
    await expect(alice.rows.last).to_contain_text("On a train")
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.stored).to_have_count(2)
    [_, answer] = await alice.told()
    assert (answer["content"], answer["reply_to"]) == ("On a train", first["id"])
    # What cannot be answered any more is said in words, and the text is kept.
    await reply(alice, "Are you there?", "Once more")
    await expect(alice.stored).to_have_count(3)
    await wire.cut()
    await reply(alice, "Are you there?", "And again")
    await change(bob, first, None)
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.failed).to_contain_text("The message it replies to is no longer there.")
    await expect(alice.failed).to_contain_text("And again")


async def test_a_thread_stands_beside_the_room_and_follows_it(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Opened by its stub or by a key, with an address; what is said in it is said in the room."""
    first = await bob.post(room, "Tomatoes on Saturday?")
    await bob.post(room, "Yes", reply_to=first["id"])
    await bob.post(room, "Something else")
    alice, eve = await visit("alice", server, room), await visit("eve", server, room)
    await stub(alice).click()
    await expect(said_in(alice)).to_have_count(2)
    await expect(alice.page).to_have_url(re.compile(rf"#/r/{room['id']}/t/{first['id']}$"))
    box = thread(alice).get_by_role("textbox", name="Reply in this thread")
    await expect(box).to_be_focused()
    await expect(alice.people.first).to_be_hidden()
    # It needs no quote to say what all in it answer.
    await expect(said_in(alice).last.locator(".row-quote")).to_have_count(0)
    await box.fill("With gloves")
    await box.press("Enter")
    for page in (alice, eve):
        await expect(stub(page)).to_contain_text("2 replies")
        await expect(page.page.locator("main article").last).to_contain_text("With gloves")
    await expect(said_in(alice).last).to_contain_text("With gloves")
    # The tools of a row leave its author's name free, however short the row is.
    await said_in(alice).nth(1).hover()
    await expect(thread(alice).locator(".row-tools")).to_be_visible()
    covered = """(article) => {
      const tools = article.querySelector('.row-tools').getBoundingClientRect();
      return tools.bottom - article.querySelector('.row-head').getBoundingClientRect().top;
    }"""
    assert await said_in(alice).nth(1).evaluate(covered) <= 2
    # What others say in the room comes into it only where it belongs.
    await reply(eve, "With gloves", "I have some")
    await eve.say("Unrelated")
    await expect(said_in(alice)).to_have_count(4)
    await expect(said_in(alice).last).to_contain_text("I have some")
    await expect(said_in(alice).last.locator(".row-quote")).to_contain_text("With gloves")
    await expect(stub(alice)).to_contain_text("3 replies")
    # A draft of its own is kept, and Escape leads back to where one was.
    await box.fill("half a thought")
    await box.press("Escape")
    await expect(thread(alice)).to_have_count(0)
    await expect(stub(alice)).to_be_focused()
    await expect(alice.page).to_have_url(re.compile(rf"#/r/{room['id']}$"))
    await expect(alice.people.first).to_be_visible()
    await expect(alice.box).to_have_value("")
    # From a reply the key opens the same thread, and points that out in it.
    await alice.page.keyboard.press("ArrowDown")
    await alice.page.keyboard.press("t")
    await expect(box).to_have_value("half a thought")
    await expect(said_in(alice)).to_have_count(4)
    await alice.page.go_back()
    await expect(thread(alice)).to_have_count(0)
    # People have their column back when they are asked for.
    await stub(alice).click()
    await expect(thread(alice)).to_be_visible()
    await alice.page.get_by_role("button", name="Show people").click()
    await expect(thread(alice)).to_have_count(0)
    await expect(alice.people.first).to_be_visible()


@pytest.mark.thorough
async def test_a_thread_is_linked_to_and_read_in_pages(
    server: Server, room: Room, visit: Visit, bob: Person, browsers: Browsers
) -> None:
    """The address opens it at the message it names; older and newer ones come as one scrolls."""
    browsers.allow("404")
    first = await bob.post(room, "The beginning")
    writer = await bob.connect(room, after=0)
    for number in range(1, 131):
        await writer.send("message", content=f"reply {number:03}", reply_to=first["id"])
    ids = [
        (await writer.until("message", message={"content": f"reply {number:03}"}))["message"]["id"]
        for number in range(1, 131)
    ]
    place = address(server, room)
    alice = await visit("alice", server, room)
    await alice.page.goto(f"{place}/t/{ids[39]}")
    await expect(said_in(alice).filter(has_text="reply 040")).to_be_in_viewport()
    await expect(thread(alice).get_by_role("textbox")).to_be_focused()
    # What it began with is told at its head, and leads there.
    began = thread(alice).get_by_title("Show where it began")
    await expect(began).to_contain_text("The beginning")
    log = thread(alice).get_by_role("log")
    await log.evaluate("log => { log.scrollTop = 0; }")
    await expect(said_in(alice).first).to_contain_text("The beginning")
    await log.evaluate("log => { log.scrollTop = log.scrollHeight; }")
    await expect(said_in(alice).last).to_contain_text("reply 130")
    await began.click()
    target = alice.page.locator("main article").filter(has_text="The beginning")
    await expect(target.first).to_be_focused()
    # One of another room is none of this one.
    await alice.page.goto(f"{place}/t/987654321")
    await expect(alice.notices).to_contain_text("It is no longer there.")
    await expect(thread(alice)).to_have_count(0)


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_on_a_phone_a_thread_is_a_pane_of_its_own(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Back, by the button or the browser's, leads to the room."""
    first = await bob.post(room, "Shall we?")
    await bob.post(room, "Yes", reply_to=first["id"])
    alice = await visit("alice", server, room, **PHONE)
    await stub(alice).tap()
    await expect(said_in(alice)).to_have_count(2)
    box = await thread(alice).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 375)
    back = thread(alice).get_by_role("button", name="Back to room")
    await expect(back).to_be_focused()
    await expect(alice.page.locator("main")).to_have_attribute("inert", "")
    await back.tap()
    await expect(thread(alice)).to_have_count(0)
    await expect(stub(alice)).to_be_visible()
    await stub(alice).tap()
    await expect(thread(alice)).to_be_visible()
    await thread(alice).get_by_role("textbox").fill("From the phone")
    await thread(alice).get_by_role("button", name="Send message").tap()
    await expect(said_in(alice)).to_have_count(3)
    await alice.page.go_back()
    await expect(thread(alice)).to_have_count(0)
    await expect(stub(alice)).to_contain_text("2 replies")
