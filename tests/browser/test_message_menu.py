"""What can be done with a message: edited, deleted, reported, copied; by mouse, keys and finger."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.browser.accounts import press
from tests.browser.conftest import Visit
from tests.browser.reading import drift, fill, scroll_to, view, watch
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.moderation import ban, mute
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.places import make_room, new_account, say
from tests.support.server import Server

DELETED = "This message was deleted."


async def open_menu(visitor: Visitor, text: str) -> None:
    """Point at a message and open what can be done with it."""
    await visitor.row(text).hover()
    await visitor.row(text).get_by_role("button", name="Message actions").click()
    await expect(visitor.page.get_by_role("menu")).to_be_visible()


async def choose(visitor: Visitor, item: str) -> None:
    """Choose from the menu that is open."""
    await visitor.page.get_by_role("menuitem", name=item).click()


async def test_ones_last_message_is_edited_from_the_empty_box(
    server: Server, room: Room, visit: Visit
) -> None:
    """By the arrow; Escape gives it up, Enter saves it for everybody."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await bob.say("what do you think")
    await alice.say("I think so to")
    await expect(alice.stored).to_have_count(2)
    await alice.box.press("ArrowUp")
    await expect(alice.page.get_by_text("Editing your message")).to_be_visible()
    await expect(alice.box).to_have_value("I think so to")
    await alice.box.press("Escape")
    await expect(alice.page.get_by_text("Editing your message")).to_have_count(0)
    await expect(alice.box).to_have_value("")
    await alice.box.press("ArrowUp")
    await expect(alice.box).to_have_value("I think so to")
    await alice.box.press_sequentially("o")
    await alice.box.press("Enter")
    for page in (alice, bob):
        await expect(page.rows.last).to_contain_text("I think so too (edited)")
    await expect(alice.box).to_have_value("")
    await expect(alice.box).to_be_focused()
    # What was being written comes back. On a low window the menu has all it has, too.
    await alice.box.fill("a draft")
    await alice.page.set_viewport_size({"width": 640, "height": 240})
    await alice.rows.last.focus()
    await alice.page.keyboard.press("m")
    await alice.page.keyboard.press("End")
    last = alice.page.get_by_role("menuitem", name="Delete…")
    await expect(last).to_be_focused()
    await expect(last).to_be_in_viewport(ratio=1)
    await alice.page.keyboard.press("Home")
    await expect(alice.page.get_by_role("menuitem").first).to_be_in_viewport(ratio=1)
    await alice.page.keyboard.press("Escape")
    await alice.page.set_viewport_size({"width": 1280, "height": 800})
    await alice.rows.last.hover()
    await alice.rows.last.get_by_role("button", name="Message actions").click()
    await choose(alice, "Edit")
    await expect(alice.box).to_have_value("I think so too")
    await press(alice, "Cancel editing")
    await expect(alice.box).to_have_value("a draft")


@pytest.mark.chromium("the body of a request that is held")
@pytest.mark.thorough
async def test_who_goes_on_while_a_change_is_being_saved_is_not_called_back(
    server: Server, room: Room, visit: Visit
) -> None:
    """The answer comes late: the focus stays where it went, and the next change can be saved."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await alice.say("first", "second")
    await expect(alice.stored).to_have_count(2)
    answered = asyncio.Queue[None]()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        if route.request.method == "PATCH":
            await answered.get()
        await route.fulfill(response=answer)

    await alice.page.route("**/api/chat/messages/*", hold)
    await alice.box.press("ArrowUp")
    await expect(alice.box).to_have_value("second")
    await alice.box.fill("second, mended")
    async with alice.page.expect_response("**/api/chat/messages/*"):
        await alice.box.press("Enter")
        await expect(bob.log).to_contain_text("second, mended (edited)")
        await alice.row("first").focus()
        answered.put_nowait(None)
    await expect(alice.page.get_by_text("Editing your message")).to_have_count(0)
    await alice.frames()
    await expect(alice.row("first")).to_be_focused()
    await alice.page.keyboard.press("e")
    await expect(alice.box).to_have_value("first")
    await alice.box.fill("first, mended")
    await alice.box.press("Enter")
    await expect(bob.log).to_contain_text("first, mended (edited)")
    # Its answer is still to come.
    await alice.rows.last.focus()
    await alice.page.keyboard.press("e")
    await expect(alice.box).to_have_value("second, mended")
    await alice.box.fill("second, mended again")
    await alice.box.press("Enter")
    await expect(bob.log).to_contain_text("second, mended again (edited)")
    for _ in range(2):
        answered.put_nowait(None)
    await expect(alice.page.get_by_text("Editing your message")).to_have_count(0)
    await expect(alice.box).to_be_focused()


@pytest.mark.chromium("the body of a request that is held")
@pytest.mark.thorough
async def test_a_later_change_of_a_message_does_not_overtake_an_earlier_one(
    server: Server, room: Room, visit: Visit
) -> None:
    """One was given up while it was on its way: the later one waits for it, and is what stays."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await alice.say("said")
    await expect(alice.stored).to_have_count(1)
    asked, go = [], asyncio.Event()

    async def hold(route: Route) -> None:
        asked.append(route.request.post_data_json)
        if len(asked) == 1:
            await go.wait()
        await route.continue_()

    await alice.page.route("**/api/chat/messages/*", hold)
    for text in ("earlier", "later"):
        await alice.box.press("ArrowUp")
        await expect(alice.box).to_have_value("said")
        await alice.box.fill(text)
        await alice.box.press("Enter")
        await expect(alice.page.get_by_role("button", name="Save the change")).to_have_attribute(
            "aria-busy", "true"
        )
        if text == "earlier":
            await press(alice, "Cancel editing")
    await alice.frames()
    assert asked == [{"content": "earlier"}]
    go.set()
    for page in (alice, bob):
        await expect(page.rows.last).to_contain_text("later (edited)")
    assert asked == [{"content": "earlier"}, {"content": "later"}]
    await expect(alice.box).to_have_value("")


@pytest.mark.thorough
async def test_a_message_that_one_is_at_gets_its_tools_when_it_is_stored(
    server: Server, room: Room, visit: Visit
) -> None:
    """Until then there is nothing that could be done with it."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire)
    await alice.say("first")
    await expect(alice.stored).to_have_count(1)
    await alice.rows.last.focus()
    tools = alice.rows.last.get_by_role("button", name="Message actions")
    await expect(tools).to_be_attached()
    await wire.cut()
    await alice.say("second")
    await expect(alice.rows).to_have_count(2)
    await alice.rows.last.focus()
    await expect(tools).to_have_count(0)
    wire.state = "up"
    await expect(alice.stored).to_have_count(2)
    await expect(alice.rows.last).to_be_focused()
    await expect(tools).to_be_attached()


async def test_a_message_is_deleted_by_keys_alone(server: Server, room: Room, visit: Visit) -> None:
    """It is asked first; a line stands where it was, and the focus stays in the log."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await alice.say("first", "second")
    await expect(alice.stored).to_have_count(2)
    await alice.box.press("Shift+Tab")
    await expect(alice.row("second")).to_be_focused()
    await alice.page.keyboard.press("ArrowUp")
    await alice.page.keyboard.press("m")
    await expect(alice.page.get_by_role("menuitem").first).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(alice.row("first")).to_be_focused()
    await alice.page.keyboard.press("Delete")
    await expect(alice.dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(alice.dialog).to_contain_text("first")
    await alice.page.keyboard.press("Tab")
    await alice.page.keyboard.press("Enter")
    await alice.shows(DELETED, "second")
    await bob.shows(DELETED, "second")
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.rows.first).to_be_focused()
    # Nothing more can be done with it.
    await alice.page.keyboard.press("m")
    await alice.frames()
    await expect(alice.page.get_by_role("menu")).to_have_count(0)


@pytest.mark.thorough
async def test_others_messages_are_reported_and_not_deleted(
    server: Server, room: Room, visit: Visit
) -> None:
    """A reason is asked for; who looks after the room reads it."""
    ada = new_account(server, "ada")
    place = make_room(ada, "public")
    eve, bob = await visit("eve", server, place.room), await visit("bob", server, place.room)
    await eve.say("something rude")
    await expect(bob.row("something rude")).to_be_visible()
    await open_menu(bob, "something rude")
    items = bob.page.get_by_role("menuitem")
    await expect(items.filter(has_text="Delete")).to_have_count(0)
    await expect(items.filter(has_text="Edit")).to_have_count(0)
    await choose(bob, "Report")
    await press(bob, "Send report")
    await expect(bob.dialog.get_by_role("alert")).to_have_text("Say in a few words what is wrong.")
    await bob.dialog.get_by_role("textbox").fill("It hurts.")
    await press(bob, "Send report")
    await expect(bob.notices).to_contain_text("Thank you.")
    reports = checked(ada.call("GET", f"{place.path}/reports"))
    assert [(report["message_content"], report["reason"]) for report in reports] == [
        ("something rude", "It hurts.")
    ]


@pytest.mark.thorough
async def test_who_looks_after_a_room_deletes_any_message(
    server: Server, member: Visit, visit: Visit
) -> None:
    """The owner by the menu; whoever wrote it sees the line that is left."""
    ada = new_account(server, "ada")
    place = make_room(ada, "public")
    owner = await member(ada.user["username"], server, place.room)
    eve = await visit("eve", server, place.room)
    await eve.say("not here, please")
    await expect(owner.row("not here, please")).to_be_visible()
    await open_menu(owner, "not here, please")
    await choose(owner, "Delete")
    await press(owner, "Delete message")
    await eve.shows(DELETED)
    await expect(owner.rows.first).to_contain_text(DELETED)


@pytest.mark.chromium("a finger on a phone")
@pytest.mark.thorough
async def test_a_finger_that_rests_opens_the_menu(server: Server, room: Room, visit: Visit) -> None:
    """A short touch does not, nor one that scrolls."""
    phone = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
    alice = await visit("alice", server, room, reduced_motion="reduce", **phone)
    await alice.box.fill("from the train")
    await alice.page.get_by_role("button", name="Send message").click()
    await expect(alice.stored).to_have_count(1)
    box = await alice.row("from the train").bounding_box()
    assert box is not None
    at = [{"x": box["x"] + 120, "y": box["y"] + 30}]
    touch = await alice.page.context.new_cdp_session(alice.page)
    menu = alice.page.get_by_role("menu")
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await alice.frames()
    await expect(menu).to_have_count(0)
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    await expect(menu).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await alice.page.get_by_role("menuitem", name="Edit").tap()
    await expect(alice.box).to_have_value("from the train")


@pytest.mark.thorough
async def test_the_tools_of_messages_are_asked_for_again_after_they_could_not_be_had(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Whoever points at a message once the network is back has them."""
    browsers.allow("ERR_FAILED")
    alice = await visit("alice", server, room)
    await alice.say("said", "and said")
    await expect(alice.stored).to_have_count(2)
    await alice.page.clock.install()
    await alice.page.route("**/seldom.js*", lambda route: route.abort())
    await alice.page.reload()
    await alice.row("and said").hover()
    await alice.page.wait_for_event("requestfailed", lambda request: "seldom" in request.url)
    await alice.page.unroute("**/seldom.js*")
    await alice.page.clock.fast_forward(6000)
    await alice.rows.first.hover()
    await expect(alice.page.get_by_role("button", name="Message actions")).to_be_visible()


@pytest.mark.thorough
async def test_a_change_further_up_does_not_move_the_reader(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Edited to be longer, deleted to be shorter: what is on view stays to the pixel."""
    messages = await fill(bob, room, 60)
    alice = await visit("alice", server, room)
    await scroll_to(alice, (await view(alice)).above / 2)
    above = [one for one in messages if one["id"] < (await view(alice)).first][-3:]
    async with async_http_client(server) as http:
        longer = {"content": "much longer\n" * 6}
        path = "/api/chat/messages"
        await watch(alice.page)
        by = {"username": bob.name}
        checked(await http.patch(f"{path}/{above[0]['id']}", params=by, json=longer))
        await expect(alice.log.get_by_text("(edited)")).to_have_count(1)
        assert await drift(alice.page) <= 1
        await watch(alice.page)
        assert (await http.delete(f"{path}/{above[2]['id']}", params=by)).status_code == 204
        await expect(alice.log.get_by_text(DELETED)).to_have_count(1)
        assert await drift(alice.page) <= 1


async def test_slow_mode_counts_down_and_keeps_what_is_written(
    server: Server, member: Visit
) -> None:
    """One writes on meanwhile; Enter waits with the rest, and then sends."""
    ada, bob = new_account(server, "ada"), new_account(server, "bob")
    place = make_room(ada, "public")
    checked(ada.call("PATCH", place.path, json={"slow_seconds": 3}))
    visitor = await member(bob.user["username"], server, place.room)
    await visitor.say("one")
    await expect(
        visitor.page.get_by_text("Slow mode: you can send again in").first
    ).to_be_attached()
    await visitor.box.fill("two")
    await visitor.box.press("Enter")
    await expect(visitor.box).to_have_value("two")
    send = visitor.page.get_by_role("button", name="Send message")
    await expect(send).to_have_attribute("aria-disabled", "true")
    await expect(send).not_to_have_attribute("aria-disabled", "true")
    await visitor.box.press("Enter")
    await visitor.shows("one", "two")


@pytest.mark.thorough
async def test_who_is_muted_reads_for_how_long_and_loses_nothing(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """The message that was refused stays with its words; the box says why it is closed."""
    ada, bob = new_account(server, "ada"), new_account(server, "bob")
    place = make_room(ada, "public")
    visitor = await member(bob.user["username"], server, place.room)
    await visitor.say("hello")
    await expect(visitor.stored).to_have_count(1)
    assert mute(place, ada, bob, 600).is_success
    await visitor.say("can you hear me")
    box = visitor.page.get_by_role("region", name="Message box")
    await expect(box).to_contain_text("You can\u2019t write here for 10 minutes.")
    await expect(visitor.failed).to_contain_text("can you hear me")
    await expect(visitor.box).to_be_hidden()


@pytest.mark.thorough
async def test_who_is_banned_while_looking_reads_it_and_goes_elsewhere(
    server: Server, member: Visit, browsers: Browsers
) -> None:
    """The session goes on; the room's door stays shut, in words."""
    browsers.allow("403")
    ada, bob = new_account(server, "ada"), new_account(server, "bob")
    place, other = make_room(ada, "public"), make_room(ada, "public")
    say(other, ada, "welcome")
    visitor = await member(bob.user["username"], server, place.room)
    assert ban(place, ada, bob).is_success
    await expect(visitor.page.locator(".notice .empty-title")).to_be_focused()
    await expect(visitor.dialog).to_have_count(0)
    await visitor.open_room(other.room["name"])
    await visitor.shows("welcome")
    await visitor.page.evaluate(f"location.hash = '#/r/{place.id}'")
    await expect(visitor.page.get_by_text("You\u2019re banned from this room.")).to_be_visible()
    await press(visitor, "Back to rooms")
    await expect(visitor.rooms_heading).to_be_visible()
