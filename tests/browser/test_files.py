"""Files in two browsers: seen, looked at, described, by everybody."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

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
    go_to_last,
    image,
    images,
    is_seen,
    payload,
)
from tests.browser.visitor import Visitor
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.pictures import picture
from tests.support.places import make_room, put
from tests.support.server import Server

SERVER_ENV = SETTINGS
# Two windows full, so that some come above what is on view and some below.
IMAGES = 8


async def test_files_come_to_others_with_their_message(
    server: Server, room: Room, visit: Visit
) -> None:
    """The image with its description, the rest as cards to be saved; quoted in a word."""
    alice, bob = await visit("alice", server, room), await visit("bob", server, room)
    await attach(alice, image(), payload("report.pdf", b"%PDF-1.4\n" + bytes(9000)))
    await expect(chips(alice)).to_have_count(2)
    await expect(chips(alice).first).to_contain_text("PNG")
    await expect(alice.page.locator("#live-polite")).to_contain_text("garden.png uploaded")
    await expect(alice.box).to_be_focused()
    await chips(alice).first.get_by_role("button", name="Describe garden.png").click()
    await alice.dialog.get_by_role("textbox", name="Description").fill("The garden in June")
    await alice.dialog.get_by_role("button", name="Save").click()
    await expect(chips(alice).first).to_contain_text("Described")
    await alice.say("Look")
    await expect(chips(alice)).to_have_count(0)
    await expect(images(bob)).to_have_accessible_name("Open image: The garden in June")
    await is_seen(images(bob))
    await expect(cards(bob)).to_have_accessible_name(re.compile("^Download report.pdf, PDF, 9 KB$"))
    said = "Look Image: The garden in June. File: report.pdf, PDF, 9 KB"
    await expect(bob.rows.last).to_have_accessible_name(re.compile(f"^alice guest .* {said}$"))
    async with bob.page.expect_download() as got:
        await cards(bob).click()
    assert (await got.value).suggested_filename == "report.pdf"
    # Files alone are a message, too, and quoted in a word.
    await attach(alice, image("second.png", 300, 900))
    await expect(chips(alice)).to_contain_text("PNG")
    await alice.box.press("Enter")
    await expect(images(bob)).to_have_count(2)
    box = await images(bob).last.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (93, 280)
    await bob.rows.last.hover()
    await bob.rows.last.get_by_role("button", name="Reply", exact=True).click()
    await bob.say("Nice")
    await expect(alice.rows.last.locator(".row-quote")).to_contain_text("Image: second.png")


@pytest.mark.thorough
async def test_images_are_looked_at_by_keys(server: Server, room: Room, visit: Visit) -> None:
    """From one to the next, at full size, saved; and back to where one was."""
    alice = await visit("alice", server, room)
    for name, (width, height) in {"first.png": (900, 600), "second.png": (300, 900)}.items():
        await attach(alice, image(name, width, height))
        await expect(chips(alice)).to_contain_text("PNG")
        await alice.say(f"The {name[:-4]}")
        await expect(images(alice).last).to_have_accessible_name(f"Open image: {name}")
    await alice.log.locator("[tabindex='0']").first.focus()
    await alice.page.keyboard.press("Home")
    while not await images(alice).first.evaluate("link => link === document.activeElement"):
        await alice.page.keyboard.press("Tab")
    await alice.page.keyboard.press("Enter")
    await expect(alice.dialog).to_have_accessible_name("first.png")
    await expect(alice.dialog.get_by_text("No description")).to_be_visible()
    await expect(alice.dialog.get_by_text("1 of 2")).to_be_visible()
    await alice.page.keyboard.press("ArrowRight")
    await expect(alice.dialog).to_have_accessible_name("second.png")
    told = alice.dialog.get_by_role("status").last
    await expect(told).to_have_text("second.png, 2 of 2. No description")
    await alice.page.keyboard.press("z")
    await expect(alice.dialog.get_by_role("button", name="Fit to window")).to_be_visible()
    shown = alice.dialog.get_by_role("img")
    assert await shown.evaluate("image => image.getBoundingClientRect().height") == 900
    await alice.page.keyboard.press("Home")
    async with alice.page.expect_download() as got:
        await alice.dialog.get_by_role("link", name="Download").click()
    assert (await got.value).suggested_filename == "first.png"
    await alice.page.keyboard.press("End")
    await alice.page.keyboard.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    # The window itself may not have the focus: Firefox shows what it has saved.
    await alice.frames()
    assert await images(alice).last.evaluate("link => link === document.activeElement")


@pytest.mark.thorough
async def test_nothing_moves_when_images_come(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Neither at the end of the room nor above it, however late they are."""
    async with async_http_client(server) as http:
        for n in range(IMAGES):
            query = {"room_id": room["id"], "name": f"{n}.png", "username": "bob"}
            data = picture(450, 250 + 40 * n)
            file = checked(await http.post("/api/chat/files", params=query, content=data))
            said = {"content": f"Image {n}", "files": [file["id"]]}
            path = f"/api/chat/rooms/{room['id']}/messages"
            checked(await http.post(path, params={"username": "bob"}, json=said))
    held = asyncio.Event()
    alice = await visit("alice", server)

    async def later(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await alice.page.route("**/thumbnail", later)
    await alice.open_room(room["name"])
    await expect(images(alice)).to_have_count(IMAGES)
    await alice.page.mouse.move(700, 400)
    await alice.page.mouse.wheel(0, -900)
    await alice.frames()
    await alice.page.evaluate(
        """() => { window.shifts = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shifts += entry.value;
        }).observe({type: 'layout-shift'}); }"""
    )
    tops = "rows => rows.map((row) => Math.round(row.getBoundingClientRect().top))"
    before = await alice.rows.evaluate_all(tops)
    held.set()
    await (
        images(alice)
        .locator("img")
        .evaluate_all(
            """(all) => Promise.all(all.map((image) => {
          image.loading = 'eager';
          return image.decode();
        }))"""
        )
    )
    await alice.frames()
    assert await alice.rows.evaluate_all(tops) == before
    assert await alice.page.evaluate("window.shifts") == 0


@pytest.mark.chromium("a system in the dark")
@pytest.mark.thorough
async def test_images_beside_others_are_not_blown_up_nor_cut_to_nothing(
    server: Server, room: Room, visit: Visit
) -> None:
    """A small one keeps its size, a tower is seen whole, others fill tiles; on light ground."""
    alice = await visit("alice", server, room, color_scheme="dark")
    sent = {"icon.png": (24, 24), "tower.png": (300, 1500), "photo.png": (900, 900)}
    await attach(alice, *(image(name, *size) for name, size in sent.items()))
    await expect(chips(alice)).to_have_count(3)
    await alice.say("Three shapes")
    await expect(images(alice)).to_have_count(3)
    sizes = []
    for shown in await images(alice).all():
        await is_seen(shown)
        picture_shown = shown.locator("img")
        await expect(picture_shown).to_have_css("background-color", "rgb(220, 223, 236)")
        box, tile = await picture_shown.bounding_box(), await shown.bounding_box()
        assert box is not None
        assert tile is not None
        sizes.append((round(box["width"]), round(box["height"]), round(tile["height"])))
    (icon, tower, photo) = sizes
    high = icon[2]
    assert icon == (24, 24, high)
    assert tower == (round(high / 5), high, high)
    assert photo == (round(high * 4 / 3), high, high)


async def cannot_be_emptied(visitor: Visitor, text: str) -> None:
    """Edit one's last message: what waits for the next one is not of it, so it needs its words."""
    await visitor.box.press("ArrowUp")
    await expect(visitor.box).to_have_value(text)
    await visitor.box.fill("")
    save = visitor.page.locator("main").get_by_role("button", name="Save the change")
    await expect(save).to_have_attribute("aria-disabled", "true")
    await visitor.box.press("Escape")


async def describe_first(visitor: Visitor, words: str) -> None:
    """Describe the first of several images; one that is too long is pointed out until mended."""
    fields = visitor.dialog.get_by_role("textbox")
    await fields.first.fill(words)
    await fields.last.fill("A shed. " * 200)
    await visitor.dialog.get_by_role("button", name="Save").click()
    await expect(fields.last).to_be_focused()
    await expect(fields.last).to_have_attribute("aria-invalid", "true")
    await expect(fields.first).not_to_have_attribute("aria-invalid", "true")
    await fields.last.fill("")
    await expect(fields.last).not_to_have_attribute("aria-invalid", "true")
    await visitor.dialog.get_by_role("button", name="Save").click()


@pytest.mark.thorough
async def test_a_description_is_mended_and_a_deleted_message_takes_its_files_along(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Its author does so from the menu; editing keeps the files; a file that is gone says so."""
    browsers.allow("404")
    alice, bob = await visit("alice", server, room), await visit("bob", server, room)
    await alice.say("Only words")
    await attach(alice, image(), image("shed.png"), payload("report.pdf", b"%PDF-1.4\n"))
    await expect(chips(alice).last).to_contain_text("PDF")
    await cannot_be_emptied(alice, "Only words")
    await alice.say("Mine")
    row = bob.rows.last
    await expect(images(bob).first).to_have_accessible_name("Open image: garden.png")
    await images(bob).last.focus()
    await go_to_last(alice)
    await alice.page.keyboard.press("m")
    await alice.page.get_by_role("menuitem", name="Describe image").click()
    await describe_first(alice, "A hedge")
    await expect(images(bob).first).to_have_accessible_name("Open image: A hedge")
    # Who is on another stays there.
    await expect(images(bob).last).to_be_focused()
    await go_to_last(alice)
    await alice.page.keyboard.press("e")
    await expect(alice.box).to_have_value("Mine")
    await alice.box.fill("Mine, in other words")
    await alice.box.press("Enter")
    await expect(row).to_contain_text("in other words")
    await expect(cards(bob)).to_have_count(1)
    # Beside files there need not be words.
    await expect(alice.rows.last).to_contain_text("in other words")
    await go_to_last(alice)
    await alice.page.keyboard.press("e")
    await expect(alice.box).to_have_value("Mine, in other words")
    await alice.box.fill("")
    await alice.box.press("Enter")
    await expect(row).not_to_contain_text("in other words")
    await expect(cards(bob)).to_have_count(1)
    # Others have no such item.
    await go_to_last(bob)
    await bob.page.keyboard.press("m")
    await expect(bob.page.get_by_role("menuitem", name="Copy link")).to_be_visible()
    await expect(bob.page.get_by_role("menuitem", name="Describe image")).to_have_count(0)
    await bob.page.keyboard.press("Escape")
    await bob.page.route("**/api/chat/files/*", lambda route: route.fulfill(status=404, body="{}"))
    await cards(bob).click()
    await expect(bob.log.get_by_text("This file is no longer there.")).to_be_visible()
    await go_to_last(alice)
    await alice.page.keyboard.press("Delete")
    await alice.dialog.get_by_role("button", name=re.compile("^Delete")).click()
    await expect(bob.log.get_by_text("This message was deleted.")).to_be_visible()
    await expect(images(bob)).to_have_count(0)


@pytest.mark.thorough
async def test_images_of_a_private_room_are_seen_by_its_members(
    server: Server, member: Visit, stranger: Visit, browsers: Browsers
) -> None:
    """They come by the cookie of the login; whoever is no member gets nothing."""
    browsers.allow("404|401")
    ada, zoe = (register(server, name) for name in ("ada", "zoe"))
    place = make_room(ada, name="greenhouse")
    checked(put(place, ada, zoe))
    pages = [await member(name, server, place.room) for name in ("ada", "zoe")]
    await attach(pages[0], image())
    await expect(chips(pages[0])).to_contain_text("PNG")
    await pages[0].say("For us")
    await is_seen(images(pages[1]))
    address = await images(pages[1]).get_attribute("href")
    eve = await stranger("eve", server)
    answer = await eve.page.request.get(f"{server.url}{address}")
    assert answer.status in {401, 404}


@pytest.mark.thorough
async def test_files_in_a_thread_stay_with_its_box(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """They are not those of the room's box, and go with the reply."""
    await bob.post(room, "Which one?")
    alice = await visit("alice", server, room)
    await go_to_last(alice)
    await alice.page.keyboard.press("t")
    thread = alice.page.get_by_role("complementary", name="Thread")
    box = thread.get_by_role("textbox")
    await expect(box).to_be_focused()
    async with choosing(alice.page, image("this.png")):
        await alice.page.keyboard.press("Control+Shift+U")
    held = {"name": "a.txt", "type": "text/plain", "bytes": [65], "kind": "dragover"}
    assert await thread.get_by_role("log").evaluate(DROP, held)
    await expect(alice.page.get_by_text("Drop to reply in this thread")).to_be_visible()
    await expect(thread.get_by_role("list", name="Attached files")).to_contain_text("this.png")
    await expect(alice.page.locator("main.pane .tray-file")).to_have_count(0)
    await box.press("Enter")
    await expect(thread.get_by_role("link", name="Open image: this.png")).to_be_visible()
    await expect(images(alice).first).to_be_visible()


@pytest.mark.thorough
async def test_files_can_be_used_by_everybody(
    server: Server, room: Room, visit: Visit, browsers: Browsers
) -> None:
    """Axe finds nothing, in both themes, wide and on a phone; nothing sticks out."""
    browsers.allow("ERR_FAILED|Failed to load resource")
    alice = await visit("alice", server, room)
    long = "a-name-without-an-end-" * 8 + ".pdf"
    await attach(alice, *(image(f"{n}.png") for n in range(3)), payload(long, b"%PDF-1.4\n"))
    await expect(chips(alice).last).to_contain_text("PDF")
    await alice.say("Three and a long one")
    await expect(images(alice)).to_have_count(3)
    await alice.page.route(UPLOADS, lambda route: route.abort())
    await attach(alice, image())
    await alice.say("On its way")
    await expect(alice.pending).to_have_count(1)
    await attach(alice, image(), payload("film.mov", bytes(LIMIT + 1), "video/quicktime"))
    await expect(chips(alice)).to_have_count(2)
    found: list[str] = []

    async def look(state: str) -> None:
        for width in (1280, 375):
            await alice.page.set_viewport_size({"width": width, "height": 800})
            # What is larger than the window is gone over in it.
            out = [node for node in await overflowing(alice.page) if "viewer-image" not in node]
            found.extend(f"{state}, {width}: {node}" for node in out)
            faults = await violations_in_both_themes(alice.page)
            found.extend(f"{state}, {width}, {line}" for line in faults)

    await look("chips and rows")
    await images(alice).first.click()
    await expect(alice.dialog).to_be_visible()
    await look("viewer")
    await alice.page.keyboard.press("z")
    await look("viewer, full size")
    await alice.page.keyboard.press("Escape")
    await chips(alice).first.get_by_role("button", name="Describe").click()
    await look("description")
    assert found == [], "\n".join(found)
