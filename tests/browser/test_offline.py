"""The connection goes and comes back: nothing is lost, nothing doubled, and it is said calmly."""

import json
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server

RECONNECTING = "Reconnecting… Messages you send will wait here."
CAUGHT_UP = "Caught up."
# Milliseconds: the page's patience before it shows a banner, how long it says that all is well,
# its wait between two tries at most, and the silence after which a connection is dead.
PATIENCE, CALM, RETRY, QUIET, SILENCE = 5000, 2000, 4000, 25_000, 40_000


async def both_have_once(one: Visitor, other: Visitor, *texts: str) -> None:
    """Expect both to have these messages and no others, in one order, all stored."""
    await expect(one.stored).to_have_count(len(texts))
    await one.shows(*texts)
    await other.shows(*texts)
    await expect(one.pending).to_have_count(0)
    assert [message["content"] for message in await one.told()] == list(texts)


async def test_a_cut_connection_is_mended_and_the_gap_filled_both_ways(
    server: Server, room: Room, visit: Visit
) -> None:
    """What was written meanwhile waits in sight, leaves once, and meets what others wrote."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    await alice.say("before")
    await bob.shows("before")
    await wire.cut()
    await alice.say("mine 1", "mine 2")
    await bob.say("yours 1", "yours 2")
    await alice.shows("before", "mine 1", "mine 2")
    await expect(alice.pending).to_have_count(2)
    await expect(alice.page.get_by_text(RECONNECTING)).to_be_hidden()
    await alice.page.clock.fast_forward(PATIENCE)
    await expect(alice.page.get_by_text(RECONNECTING)).to_be_visible()
    await bob.shows("before", "yours 1", "yours 2")
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_visible()
    await both_have_once(alice, bob, "before", "yours 1", "yours 2", "mine 1", "mine 2")
    await alice.page.clock.fast_forward(CALM)
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_hidden()
    # The server was asked for what came after the version the page had, not for all again.
    assert [json.loads(frame)["type"] for frame in wire.said].count("message") == 3


@pytest.mark.thorough
async def test_a_short_cut_is_not_worth_a_word(server: Server, room: Room, visit: Visit) -> None:
    """A connection that is back within the first try leaves no banner behind."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    await wire.close()
    await expect(alice.page.get_by_text("Connecting…")).to_be_visible()
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.page.get_by_text("Connected", exact=True)).to_be_visible()
    await alice.page.clock.fast_forward(PATIENCE)
    await alice.frames()
    await expect(alice.page.get_by_text(RECONNECTING)).to_be_hidden()
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_hidden()
    assert wire.opened == 2


@pytest.mark.thorough
async def test_try_now_does_not_wait_for_the_next_try(
    server: Server, room: Room, visit: Visit
) -> None:
    """The button in the banner opens a connection at once, and the focus is not lost with it."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    await wire.cut()
    await alice.say("waiting")
    await alice.page.clock.fast_forward(PATIENCE)
    button = alice.page.get_by_role("button", name="Try now")
    await expect(button).to_be_visible()
    wire.state = "up"
    await button.press("Enter")
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_visible()
    await expect(alice.stored).to_have_count(1)
    assert not (await alice.focused()).startswith("body")


@pytest.mark.thorough
async def test_a_half_open_connection_is_found_out_by_its_silence(
    server: Server, room: Room, visit: Visit
) -> None:
    """Nobody says that the connection is dead; after 40 s of silence the page takes a new one."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    await bob.say("before")
    await alice.shows("before")
    wire.die()
    await alice.say("into the void", "and again")
    await bob.say("do you hear me?")
    await expect(alice.pending).to_have_count(2)
    await alice.page.clock.fast_forward(QUIET)
    await wire.has_lost("ping")
    await alice.shows("before", "into the void", "and again")
    assert wire.opened == 1
    await alice.page.clock.fast_forward(SILENCE - QUIET)
    await both_have_once(alice, bob, "before", "do you hear me?", "into the void", "and again")
    assert wire.opened == 2


@pytest.mark.thorough
async def test_a_message_whose_answer_was_lost_is_not_doubled(
    server: Server, room: Room, visit: Visit
) -> None:
    """The server has it and the page does not know: it is sent again and recognised."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    wire.state = "deaf"
    await alice.say("only once")
    await bob.shows("only once")
    await expect(alice.pending).to_have_count(1)
    await wire.cut()
    await alice.say("and then this")
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await both_have_once(alice, bob, "only once", "and then this")


async def test_messages_survive_a_reload_while_the_connection_is_gone(
    server: Server, room: Room, visit: Visit
) -> None:
    """They are there again, still waiting, and leave once, in order, when it is back."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    await wire.cut()
    await alice.say("one", "two", "three")
    await expect(alice.pending).to_have_count(3)
    await bob.say("meanwhile")
    await expect(bob.stored).to_have_count(1)
    await alice.page.reload()
    await alice.shows("meanwhile", "one", "two", "three")
    await expect(alice.pending).to_have_count(3)
    await alice.say("four")
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await both_have_once(alice, bob, "meanwhile", "one", "two", "three", "four")


@pytest.mark.thorough
async def test_messages_wait_for_their_room_while_one_is_in_another(
    server: Server, room: Room, visit: Visit, new_room: Callable[..., Room]
) -> None:
    """What was written in one room leaves to that room, also when one has gone elsewhere."""
    wire = Wire()
    other = new_room(server)
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    await wire.cut()
    await alice.say("for the first room", "this too")
    await expect(alice.pending).to_have_count(2)
    await alice.open_room(other["name"])
    await bob.shows("for the first room", "this too")
    await expect(alice.rows).to_have_count(0)
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await alice.open_room(room["name"])
    await both_have_once(alice, bob, "for the first room", "this too")


@pytest.mark.thorough
async def test_the_browser_that_says_it_is_offline_is_believed(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """The banner counts what waits; the network's return is not waited for with a timer."""
    # The one that it was just opening is closed at once.
    browsers.allow("ERR_INTERNET_DISCONNECTED|closed before the connection")
    alice = await visit("alice", server, room, clock=True)
    bob = await visit("bob", server, room)
    await alice.page.context.set_offline(True)
    await alice.say("from the tunnel")
    await expect(alice.page.get_by_text("Offline", exact=True)).to_be_visible()
    await alice.page.clock.fast_forward(PATIENCE)
    words = "You\u2019re offline. We\u2019ll send your 1 message when you\u2019re back."
    await expect(alice.page.get_by_text(words)).to_be_visible()
    # With the clock standing still no timer brings it back.
    await alice.stop_clock()
    await alice.page.context.set_offline(False)
    await bob.shows("from the tunnel")
    await alice.page.clock.run_for(200)
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_visible()
    await both_have_once(alice, bob, "from the tunnel")


@pytest.mark.thorough
async def test_a_heartbeat_tells_of_a_message_that_never_came(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """An idle page learns from the room's version that it missed something, and asks for it."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire)
    wire.state = "deaf"
    await bob.post(room, "lost on the way")
    message = await bob.post(room, "lost as well")
    wire.state = "up"
    heartbeat = {"type": "heartbeat", "versions": {str(room["id"]): message["version"]}}
    wire.tell(json.dumps(heartbeat))
    await alice.shows("lost on the way", "lost as well")
