"""The server itself goes: stopped, killed, gone for a minute. Twenty messages, each once."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.brief import thorough_but
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.server import Server

RECONNECTING = "Reconnecting… Messages you send will wait here."
CAUGHT_UP = "Caught up."
MINUTE = 60_000
# The page's wait between two tries at most, in milliseconds.
RETRY = 4000
UNREACHABLE = "WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET"


async def away_for_a_minute(visitor: Visitor) -> None:
    """Let a minute pass on the page, in steps, so that it tries again and again."""
    for _ in range(MINUTE // RETRY):
        await visitor.page.clock.fast_forward(RETRY)


@pytest.mark.thorough
@pytest.mark.parametrize("end", thorough_but(["killed"], ["stopped", "killed"]))
async def test_twenty_messages_sent_while_the_server_is_away_appear_once_and_in_order(
    end: str, own_server: Server, new_room: object, visit: Visit, browsers: Browsers
) -> None:
    """Some were on their way when it went, the others are written meanwhile; all come back."""
    browsers.allow(UNREACHABLE)
    assert callable(new_room)
    room: Room = new_room(own_server)
    alice = await visit("alice", own_server, room, clock=True)
    bob = await visit("bob", own_server, room)
    texts = [f"message {number:02}" for number in range(1, 21)]
    await alice.say(*texts[:5])
    await (own_server.astop() if end == "stopped" else own_server.akill())
    await alice.say(*texts[5:])
    await bob.say("bob, too")
    await away_for_a_minute(alice)
    await expect(alice.page.get_by_text(RECONNECTING)).to_be_visible()
    await alice.shows(*texts)
    await own_server.arestart()
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.page.get_by_text(CAUGHT_UP)).to_be_visible()
    await expect(alice.pending).to_have_count(0)
    await expect(bob.stored).to_have_count(21)
    told = [message["content"] for message in await alice.told()]
    assert [text for text in told if text != "bob, too"] == texts
    assert told.count("bob, too") == 1
    await alice.shows(*told)
    await bob.shows(*told)


@pytest.mark.thorough
async def test_twenty_messages_survive_a_cut_and_a_reload_in_the_middle(
    server: Server, room: Room, visit: Visit
) -> None:
    """Written before, during and after both: all twenty appear once, in order."""
    wire = Wire()
    alice = await visit("alice", server, room, wire=wire, clock=True)
    bob = await visit("bob", server, room)
    texts = [f"message {number:02}" for number in range(1, 21)]
    await alice.say(*texts[:5])
    await wire.cut()
    await alice.say(*texts[5:12])
    await away_for_a_minute(alice)
    await alice.page.reload()
    await alice.shows(*texts[:12])
    await alice.say(*texts[12:])
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.stored).to_have_count(20)
    await alice.shows(*texts)
    await bob.shows(*texts)
    assert [message["content"] for message in await alice.told()] == texts


@pytest.mark.thorough
async def test_a_room_that_others_deleted_meanwhile_is_found_to_be_gone(
    own_server: Server, new_room: object, visit: Visit, browsers: Browsers
) -> None:
    """Whoever comes back to a room that is no longer there is told, and finds the others."""
    browsers.allow("404")
    assert callable(new_room)
    room: Room = new_room(own_server)
    other: Room = new_room(own_server)
    wire = Wire()
    alice = await visit("alice", own_server, room, wire=wire, clock=True)
    bob = await visit("bob", own_server, room)
    await wire.cut()
    await bob.delete_room()
    await expect(bob.rooms_heading).to_be_visible()
    wire.state = "up"
    await alice.page.clock.fast_forward(RETRY)
    await expect(alice.page.get_by_role("heading", name="This room is gone")).to_be_visible()
    await alice.page.get_by_role("button", name="Back to rooms").click()
    await expect(alice.card(room["name"])).to_have_count(0)
    await expect(alice.card(other["name"])).to_be_visible()
