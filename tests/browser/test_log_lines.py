"""What stands between the messages: days, groups of one author, the line for what is new."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, view
from tests.browser.time_travel import redate
from tests.browser.visitor import Visitor
from tests.support.people import MakePerson, NewRoom, Person, Room
from tests.support.server import Server

# A Wednesday, at noon; the browsers live in the same zone.
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
AT = {"timezone_id": "UTC", "locale": "en-GB"}


@pytest.mark.thorough
async def test_days_are_set_apart_by_their_names(
    own_server: Server, new_room: NewRoom, visit: Visit, person: MakePerson
) -> None:
    """Today and yesterday by word, then weekday and date, another year with its number."""
    room = new_room(own_server)
    maya = person("maya", own_server)
    ago = [timedelta(days=400), timedelta(days=9), timedelta(days=1), timedelta(0)]
    times = {(await maya.post(room, f"said {gap.days} days ago"))["id"]: NOW - gap for gap in ago}
    await redate(own_server, times)
    alice = await visit("alice", own_server, room, now=NOW, **AT)
    days = alice.log.get_by_role("heading", level=2).filter(has_not_text="Beginning")
    await expect(days).to_have_text(["28 January 2025", "Monday 23 February", "Yesterday", "Today"])
    for place, gap in enumerate(ago):
        section = alice.log.locator("section").nth(place)
        await expect(section.get_by_role("article")).to_have_text(
            re.compile(f"said {gap.days} days ago$")
        )
    # At midnight today becomes yesterday, in a page that nobody touches.
    await alice.page.clock.fast_forward("12:00:01")
    await expect(days.nth(3)).to_have_text("Yesterday")
    await expect(days.nth(2)).to_have_text("Tuesday 3 March")


@pytest.mark.thorough
async def test_messages_of_one_author_within_five_minutes_are_one_group(
    own_server: Server, new_room: NewRoom, visit: Visit, person: MakePerson
) -> None:
    """Name and picture stand once; a pause, another author or another day begins a new group."""
    room = new_room(own_server)
    minutes = {
        ("maya", "first"): -1450,
        ("maya", "another day"): -20,
        ("maya", "soon after"): -15,
        ("maya", "after a pause"): -9,
        ("jonas", "somebody else"): -8,
        ("maya", "again"): -7,
        ("maya", "at once"): -7,
    }
    times = {}
    for (name, text), gap in minutes.items():
        message = await person(name, own_server).post(room, text)
        times[message["id"]] = NOW + timedelta(minutes=gap)
    await redate(own_server, times)
    alice = await visit("alice", own_server, room, now=NOW, **AT)
    grouped = {"soon after", "at once"}
    for name, text in minutes:
        row = alice.row(text)
        face = row.locator("[aria-hidden=true]").first
        await (expect(face).to_be_hidden() if text in grouped else expect(face).to_be_visible())
        # A screen reader is told author and time of each.
        await expect(row).to_have_accessible_name(re.compile(rf"^{name} guest \d\d:\d\d {text}$"))


async def new_line(visitor: Visitor, *, above: str) -> None:
    """Expect exactly one "New" line, and it stands right above the message that ends so."""
    await expect(visitor.log.get_by_text("New", exact=True)).to_have_count(1)
    items = visitor.log.get_by_role("listitem")
    texts = [text.strip() for text in await items.all_text_contents()]
    assert texts[texts.index("New") + 1].endswith(above)


async def test_the_new_line_stands_above_what_came_while_one_was_away(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """It is set for who comes back, stays as they read and write on, and is gone the next time."""
    await bob.post(room, "old news")
    alice = await visit("alice", server, room)
    await alice.shows("old news")
    await expect(alice.log.get_by_text("New", exact=True)).to_have_count(0)
    await alice.go_to_rooms()
    await bob.post(room, "first of the new")
    await bob.post(room, "second of the new")
    await alice.open_room(room["name"])
    await new_line(alice, above="first of the new")
    await alice.say("I have read it")
    await expect(alice.stored).to_have_count(4)
    await new_line(alice, above="first of the new")
    await alice.go_to_rooms()
    await alice.open_room(room["name"])
    await expect(alice.stored).to_have_count(4)
    await expect(alice.log.get_by_text("New", exact=True)).to_have_count(0)


@pytest.mark.thorough
async def test_a_long_absence_opens_where_it_began(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """With more unread than fits, the line stands a quarter below the top and reading goes on."""
    first = await fill(bob, room, 30)
    alice = await visit("alice", server, room)
    await expect(alice.rows.last).to_contain_text("message 030")
    await alice.frames()
    await alice.page.goto("about:blank")
    messages = await fill(bob, room, 150, first=31)
    await alice.page.goto(f"{server.url}/#/r/{room['id']}")
    line = alice.log.get_by_text("New", exact=True)
    await expect(line).to_be_in_viewport()
    await alice.frames()
    log, new = await alice.log.bounding_box(), await line.bounding_box()
    assert log is not None
    assert new is not None
    assert abs((new["y"] - log["y"]) / log["height"] - 0.25) < 0.05
    now = await view(alice)
    assert first[-1]["id"] in now.ids
    assert messages[0]["id"] in now.ids
    # Down to the end, by pages.
    while messages[-1]["id"] not in now.ids or now.below > 1:
        await alice.page.evaluate("document.querySelector('[role=log]').scrollTop += 2000")
        await alice.frames()
        now = await view(alice)
    ids = [message["id"] for message in [*first, *messages]]
    assert now.ids == ids[ids.index(now.ids[0]) :]
