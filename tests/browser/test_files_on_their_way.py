"""Files before they are there: attached, pasted, dropped, cut off, given up; on bad networks."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import CDPSession, Request, Route, expect

from tests.browser.conftest import Visit
from tests.browser.filing import (
    DROP,
    LIMIT,
    SETTINGS,
    UPLOADS,
    attach,
    cards,
    chips,
    choosing,
    image,
    images,
    is_seen,
    payload,
    slow_line,
)
from tests.browser.visitor import Visitor, address
from tests.support.browser import Browsers
from tests.support.people import Room
from tests.support.pictures import picture
from tests.support.server import Server

SERVER_ENV = SETTINGS


@pytest.mark.thorough
async def test_what_cannot_be_sent_says_why_and_is_taken_away_by_keys(
    server: Server, room: Room, visit: Visit
) -> None:
    """Before a byte has left; the message waits with its words, and what is good goes with it."""
    alice = await visit("alice", server, room)
    sent: list[Request] = []
    alice.page.on(
        "request", lambda request: sent.append(request) if UPLOADS.search(request.url) else None
    )
    await attach(
        alice, payload("film.mov", bytes(LIMIT + 1), "video/quicktime"), payload("notes.txt")
    )
    await expect(chips(alice).first).to_contain_text("film.mov is 3 MB. The limit is 3 MB.")
    await expect(chips(alice).last).to_contain_text("TXT")
    assert ["name=notes.txt" in request.url for request in sent] == [True]
    await alice.say("Both")
    await expect(alice.page.get_by_text("Remove film.mov, then send.").first).to_be_visible()
    await expect(chips(alice).first.get_by_role("button", name="Remove film.mov")).to_be_focused()
    await expect(alice.box).to_have_value("Both")
    await alice.page.keyboard.press("Delete")
    await expect(chips(alice).get_by_role("button", name="Remove notes.txt")).to_be_focused()
    await alice.box.press("Enter")
    await expect(cards(alice)).to_have_count(1)
    # More than a message takes are not taken.
    await attach(alice, *(payload(f"{n}.txt") for n in range(11)))
    await expect(alice.notices.get_by_text("A message takes at most 10 files.")).to_be_visible()
    await expect(chips(alice)).to_have_count(10)
    for _ in range(10):
        await chips(alice).first.get_by_role("button", name=re.compile("^(Remove|Cancel)")).click()
    await expect(chips(alice)).to_have_count(0)
    await expect(alice.box).to_be_focused()


async def test_files_are_pasted_and_dropped(server: Server, room: Room, visit: Visit) -> None:
    """Anywhere on the pane, which says so; words that come with an image are pasted as words."""
    alice = await visit("alice", server, room)
    # What shows files has been loaded, or comes with the first that is dragged.
    await alice.log.evaluate(
        DROP, {"name": "a.txt", "type": "text/plain", "bytes": [65], "kind": "dragenter"}
    )
    await expect(alice.page.locator("main .drop-over")).to_be_attached()
    given = {"name": "a.txt", "type": "text/plain", "bytes": [65]}
    assert await alice.log.evaluate(DROP, {**given, "kind": "dragover"})
    await expect(alice.page.get_by_text(f"Drop to share in #{room['name']}")).to_be_visible()
    assert await alice.log.evaluate(DROP, {**given, "kind": "drop"})
    await expect(chips(alice)).to_have_count(1)
    await expect(alice.page.locator("main .drop-over")).to_be_hidden()
    # Beside the pane nobody takes it, and nothing takes the place of the page.
    for kind in ("dragover", "drop"):
        assert await alice.page.locator(".sidebar").first.evaluate(DROP, {**given, "kind": kind})
    await expect(chips(alice)).to_have_count(1)
    shot = {"name": "image.png", "type": "image/png", "bytes": list(picture(60, 60))}
    assert await alice.box.evaluate(DROP, {**shot, "kind": "paste"})
    await expect(chips(alice)).to_have_count(2)
    await expect(chips(alice).last).to_contain_text("PNG")
    await alice.say("Here")
    await expect(images(alice)).to_have_count(1)
    async with choosing(alice.page):
        await alice.page.keyboard.press("Control+Shift+U")


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.thorough
async def test_a_message_waits_for_its_files_and_others_wait_behind_it(
    server: Server, room: Room, visit: Visit, new_room: Any
) -> None:
    """It shows how far they are; one goes on writing, and to another room, and nothing is lost."""
    alice, bob = await visit("alice", server, room), await visit("bob", server, room)
    other = new_room(server)
    line = await slow_line(alice.page)
    await attach(alice, payload("large.bin", bytes(400_000)))
    await expect(chips(alice)).to_contain_text(re.compile(r"[1-9]\d? %"))
    await alice.say("With a file", "Behind it")
    await expect(alice.pending).to_have_count(2)
    await expect(alice.pending.first.get_by_role("progressbar")).to_be_visible()
    await attach(alice, payload("later.txt"))
    await alice.open_room(other["name"])
    await expect(chips(alice)).to_have_count(0)
    await alice.say("Elsewhere")
    await expect(alice.stored).to_have_count(1)
    await line.detach()
    await expect(bob.rows).to_contain_text(["With a file", "Behind it"])
    await expect(cards(bob)).to_have_count(1)
    await alice.open_room(room["name"])
    await expect(chips(alice)).to_contain_text("later.txt")
    await expect(alice.stored).to_have_count(2)


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.thorough
async def test_a_file_that_is_cut_off_goes_again_and_comes_once(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """The network goes in the middle of it, and comes back; no other one is given up instead."""
    browsers.allow("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    alice = await visit("alice", server, room)
    line = await slow_line(alice.page, 60_000)
    await attach(alice, payload("large.bin", bytes(400_000)), payload("other.bin", bytes(400_000)))
    await expect(chips(alice).first).to_contain_text(re.compile(r"[1-9]\d? %"))
    await alice.page.context.set_offline(True)
    await expect(chips(alice).first).to_contain_text("Waiting for the connection")
    await alice.say("After the storm")
    await expect(alice.pending).to_contain_text("Waits for the connection")
    await chips_and_line(alice, line)
    await expect(cards(alice)).to_have_count(2)
    assert [len(message["files"]) for message in await alice.told()] == [2]


async def chips_and_line(visitor: Visitor, line: CDPSession) -> None:
    """Give the page its network back, at full speed."""
    await line.detach()
    await visitor.page.context.set_offline(False)


@pytest.mark.thorough
async def test_a_file_that_waits_for_a_busy_server_says_why(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """In the server's own words: somebody may have to do something about it. Then it goes."""
    browsers.allow("Failed to load resource|503")
    alice = await visit("alice", server, room)
    words = "The server's database is damaged: whoever runs it has to restore a backup."
    busy = {"code": "busy", "detail": words, "error": words}
    await alice.page.route(UPLOADS, lambda route: route.fulfill(status=503, json=busy))
    await attach(alice, payload("notes.txt"))
    await expect(chips(alice)).to_contain_text(words)
    await alice.page.unroute(UPLOADS)
    await expect(chips(alice)).to_contain_text("TXT")


@pytest.mark.thorough
async def test_files_outlast_a_reload_in_the_box_and_with_their_message(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Those that had not left go then; the message comes once; what was cancelled is gone."""
    browsers.allow("ERR_FAILED|Failed to load resource")
    alice = await visit("alice", server, room)

    async def refuse(route: Route) -> None:
        await route.abort()

    await alice.page.route(UPLOADS, refuse)
    await attach(alice, image())
    await expect(chips(alice)).to_contain_text("Waiting for the connection")
    await alice.say("Sent before")
    await expect(alice.pending).to_have_count(1)
    await attach(alice, payload("draft.txt"), payload("cancelled.txt"))
    await chips(alice).last.get_by_role("button", name="Cancel cancelled.txt").click()
    await expect(chips(alice)).to_have_count(1)
    await alice.page.reload()
    await expect(chips(alice)).to_contain_text("draft.txt")
    await expect(alice.pending).to_have_count(1)
    await alice.page.unroute(UPLOADS)
    await alice.page.reload()
    await expect(images(alice)).to_have_count(1)
    await is_seen(images(alice))
    await expect(chips(alice)).to_contain_text("TXT")
    await alice.box.press("Enter")
    await expect(cards(alice)).to_have_accessible_name(re.compile("draft.txt"))
    assert [len(message["files"]) for message in await alice.told()] == [1, 1]


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.thorough
async def test_another_tab_takes_no_file_away_and_leaves_none_behind(
    server: Server, room: Room, visit: Visit
) -> None:
    """What waits in one tab is there after its reload; what it was sending the other sends."""
    alice = await visit("alice", server, room)
    await attach(alice, payload("draft.txt"))
    await expect(chips(alice)).to_contain_text("TXT")
    other = Visitor(await alice.page.context.new_page(), "alice", server)
    await other.page.goto(address(server, room))
    await expect(other.page.locator("main .tray")).to_be_attached()
    await expect(chips(other)).to_have_count(0)
    await alice.page.reload()
    await expect(chips(alice)).to_contain_text("draft.txt")
    await slow_line(alice.page, 30_000)
    await attach(alice, payload("large.bin", bytes(400_000)))
    await alice.say("With files")
    await expect(other.pending).to_contain_text("With files")
    await expect(alice.pending.get_by_role("progressbar")).to_be_visible()
    await alice.page.close()
    await expect(cards(other)).to_have_count(2)
    assert [len(message["files"]) for message in await other.told()] == [2]


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.thorough
async def test_what_is_given_up_on_its_way_is_gone(
    server: Server, room: Room, visit: Visit
) -> None:
    """A message can be taken back while its files are going."""
    alice = await visit("alice", server, room)
    line = await slow_line(alice.page, 30_000)
    await attach(alice, payload("large.bin", bytes(400_000)))
    await alice.say("Never mind")
    await alice.pending.get_by_role("button", name="Cancel").click()
    await expect(alice.pending).to_have_count(0)
    await line.detach()
    await alice.say("This one")
    await expect(alice.stored).to_have_count(1)
    assert [message["content"] for message in await alice.told()] == ["This one"]


@pytest.mark.thorough
async def test_what_is_pasted_or_dropped_before_the_tray_is_there_is_taken(
    server: Server, room: Room, visit: Visit
) -> None:
    """A file that is let go over the page does not take its place, however slow the network."""
    alice = await visit("alice", server)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await alice.page.route("**/files.js", hold)
    await alice.page.goto(address(server, room))
    await alice.page.reload()
    await expect(alice.log).not_to_have_attribute("aria-busy", "true")
    shot = {"name": "image.png", "type": "image/png", "bytes": list(picture(60, 60))}
    assert await alice.box.evaluate(DROP, {**shot, "kind": "paste"})
    given = {"name": "a.txt", "type": "text/plain", "bytes": [65]}
    assert await alice.log.evaluate(DROP, {**given, "kind": "dragover"})
    assert await alice.log.evaluate(DROP, {**given, "kind": "drop"})
    await expect(chips(alice)).to_have_count(0)
    held.set()
    await expect(chips(alice)).to_have_count(2)
    await expect(chips(alice).first).to_contain_text("PNG")
