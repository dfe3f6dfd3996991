"""Two browsers at once: what one does, the other sees."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, address
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server


async def test_two_people_meet_in_a_new_room_and_talk_both_ways(
    server: Server, stranger: Visit
) -> None:
    """From the first screen on: names, a room, and each sees what both have said, in order."""
    alice = await stranger("alice", server)
    bob = await stranger("bob", server)
    await alice.sign_in()
    await bob.sign_in()
    await alice.create_room("garden")
    await bob.open_room("garden")
    await alice.say("hello bob")
    await bob.shows("hello bob")
    await bob.say("hello alice", "how are you?")
    await alice.shows("hello bob", "hello alice", "how are you?")
    await bob.shows("hello bob", "hello alice", "how are you?")
    await expect(alice.pending).to_have_count(0)
    assert [message["content"] for message in await alice.told()] == [
        "hello bob",
        "hello alice",
        "how are you?",
    ]


async def test_people_see_each_other_come_and_go(server: Server, room: Room, visit: Visit) -> None:
    """The list of people follows at once, and a line in the log says who joined or left."""
    alice = await visit("alice", server, room)
    await expect(alice.people).to_have_text([re.compile("alice.*you")])
    bob = await visit("bob", server, room)
    await expect(alice.people).to_have_text([re.compile("alice"), re.compile("bob")])
    await expect(alice.log.get_by_text("bob guest joined", exact=True)).to_be_visible()
    await expect(bob.people).to_have_text([re.compile("bob.*you"), re.compile("alice")])
    # One's own coming is no news, and neither is who was there before.
    await expect(bob.log.get_by_text("joined")).to_have_count(0)
    await bob.page.close()
    await expect(alice.people).to_have_count(1)
    await expect(alice.log.get_by_text("bob guest left", exact=True)).to_be_visible()


async def test_typing_is_shown_to_the_other_and_not_to_oneself(
    server: Server, room: Room, visit: Visit
) -> None:
    """Whoever types is named to the other until the message is there; they are not told so."""
    alice = await visit("alice", server, room)
    bob = await visit("bob", server, room)
    await bob.box.press_sequentially("I think")
    await expect(alice.page.get_by_text("bob guest is typing")).to_be_visible()
    # Bob's page has been told of a later event, so it would know of his own typing by now.
    await alice.say("go on")
    await bob.shows("go on")
    await expect(bob.page.get_by_text("is typing")).to_be_hidden()
    await bob.box.press("Enter")
    await alice.shows("go on", "I think")
    await expect(alice.page.get_by_text("is typing")).to_be_hidden()


@pytest.mark.thorough
async def test_typing_that_ends_without_a_message_is_forgotten(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Somebody who stopped writing is not shown to write for ever."""
    alice = await visit("alice", server, room, clock=True)
    client = await bob.enter(room)
    await client.send("typing")
    await expect(alice.page.get_by_text("bob guest is typing")).to_be_visible()
    await alice.page.clock.fast_forward(4000)
    await expect(alice.page.get_by_text("bob guest is typing")).to_be_hidden()


@pytest.mark.thorough
async def test_one_is_told_to_type_at_most_once_a_second(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Ten keys within a second are one frame; the next one leaves when the second is over."""
    alice = await visit("alice", server, room, clock=True)
    client = await bob.enter(room)
    await alice.stop_clock()
    await alice.box.press_sequentially("0123456789")
    await client.until("typing", username="alice")
    await alice.page.clock.run_for(999)
    assert [frame for frame in await client.settle() if frame["type"] == "typing"] == []
    await alice.page.clock.run_for(1)
    await client.until("typing", username="alice")


@pytest.mark.thorough
async def test_a_guests_name_belongs_to_their_browser_while_they_are_here(
    server: Server, room: Room, visit: Visit, stranger: Visit, browsers: Browsers
) -> None:
    """Nobody else comes in as ALICE meanwhile; alice herself does in another tab, as one person."""
    browsers.allow("409")
    alice = await visit("alice", server, room)
    other = await stranger("ALICE", server)
    await other.sign_in()
    taken = "Somebody here already uses that name. Choose another."
    await expect(other.page.get_by_role("alert").filter(has_text=taken)).to_be_visible()
    again = Visitor(await alice.page.context.new_page(), "alice", server)
    await again.page.goto(address(server, room))
    await again.say("it is me")
    await alice.shows("it is me")
    await expect(alice.people).to_have_count(1)
    await expect(alice.log.get_by_text("joined")).to_have_count(0)
    await alice.page.close()
    await again.page.close()
    await other.sign_in()
    await expect(other.rooms_heading).to_be_visible()
