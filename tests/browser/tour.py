"""A walk through every state of the page, so that each can be looked at in every form."""

from collections.abc import AsyncIterator, Awaitable, Callable

from playwright.async_api import Page, expect

from tests.browser.accounts import field, logged_in, press
from tests.browser.stops import LONG_WORD, WIDE, Stop
from tests.browser.tour_accounts import account, places, profile
from tests.browser.visitor import Visitor
from tests.browser.wire import Wire
from tests.support.people import Person, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Client

NAMES = ["general", "book club", "شاي", "🌱", LONG_WORD, *(f"room {n}" for n in range(1, 8))]
TALK = [
    ("maya", "Morning! Who is in for the garden on Saturday?"),
    ("maya", "The forecast says sun from ten."),
    ("jonas", "Me.\nI bring the big spade.\n\n  And rolls."),
    ("maya", "🌱🌱"),
    (LONG_WORD[:50], LONG_WORD * 8),
    ("jonas", "https://example.org/" + "a/very/long/path/" * 20 + " and (https://example.org)"),
    ("مايا", "صباح الخير! https://example.org/؟"),
    ("maya", " ".join(["many words"] * 80)),
]


async def furnish(server: Server) -> int:
    """Make rooms, some with people in them, and a conversation; return the id of its room."""
    async with async_http_client(server) as http:
        rooms = [checked(await http.post("/api/chat/rooms", json={"name": name})) for name in NAMES]
    for name, text in TALK * 3:
        await Person(name, server).post(rooms[0], text)
    return int(rooms[0]["id"])


async def tour(
    server: Server,
    person: Callable[[str, Server], Person],
    open_page: Callable[..., Awaitable[Page]],
) -> AsyncIterator[Stop]:
    """Go from the first screen to the end of a session; the page is in each state while it is out.

    `server` is new and empty. `open_page(url, **options)` opens a browser.
    """
    page = await open_page("about:blank", viewport=WIDE, reduced_motion="reduce")
    wire = Wire()
    await wire.lay(page)
    await page.clock.install()
    await page.goto(server.url)
    alice = Visitor(page, "alice", server)
    async for stop in _first_screen(alice):
        yield stop
    async for stop in _rooms(alice, server):
        yield stop
    async for stop in _chat(alice, person, wire):
        yield stop
    async for stop in account(Visitor(page, "ada", server)):
        yield stop


async def tour_of_places(
    server: Server, open_page: Callable[..., Awaitable[Page]]
) -> AsyncIterator[Stop]:
    """Go through the rooms that people with an account have, in the same way."""
    await furnish(server)
    profile(server)
    page = await open_page(
        "about:blank",
        viewport=WIDE,
        reduced_motion="reduce",
        storage_state=logged_in(server, "ada"),
    )
    await page.clock.install()
    async for stop in places(Visitor(page, "ada", server)):
        yield stop


async def _first_screen(alice: Visitor) -> AsyncIterator[Stop]:
    await expect(alice.name_field).to_be_focused()
    yield Stop("login", alice.page)
    await alice.sign_in("")
    await expect(alice.name_field).to_have_attribute("aria-invalid", "true")
    yield Stop("login refused", alice.page)
    await press(alice, "Sign in")
    await expect(field(alice, "Username")).to_be_focused()
    await press(alice, "Sign in")
    await expect(alice.page.get_by_text("Enter a username.")).to_be_visible()
    yield Stop("signing in, refused", alice.page)
    await press(alice, "Create an account")
    await expect(field(alice, "Display name")).to_be_visible()
    await press(alice, "Create account")
    await expect(alice.page.get_by_text("Enter a password.")).to_be_visible()
    yield Stop("making an account, refused", alice.page)
    await press(alice, "Come in as a guest instead")
    await alice.sign_in("alice")
    await expect(alice.rooms_heading).to_be_visible()


async def _rooms(alice: Visitor, server: Server) -> AsyncIterator[Stop]:
    page = alice.page
    await expect(page.get_by_text("No rooms yet.")).to_be_visible()
    yield Stop("no rooms", page)
    await furnish(server)
    await expect(alice.card(NAMES[-1])).to_be_visible()
    yield Stop("rooms", page)
    search = page.get_by_role("searchbox")
    await search.fill("nowhere")
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    yield Stop("no room matches", page)
    await search.fill("")
    await page.get_by_role("button", name="New room").click()
    await page.get_by_role("button", name="Create room").click()
    await expect(alice.dialog.get_by_role("alert")).to_have_text("Enter a name.")
    yield Stop("dialog for a new room, refused", page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=f"Delete {LONG_WORD}").click()
    await expect(alice.dialog).to_be_visible()
    yield Stop("dialog for deleting", page)
    await alice.dialog.get_by_role("button", name="Delete room").click()
    await expect(alice.notices.get_by_text(f"#{LONG_WORD} was deleted.")).to_be_visible()
    await page.get_by_role("button", name="Your menu").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    yield Stop("own menu and a notice", page)
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(alice.dialog).to_be_visible()
    yield Stop("the list of keys", page)
    await page.keyboard.press("Escape")
    # The notice has gone, or goes, by itself.
    await page.clock.fast_forward(7000)
    await expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)


async def _chat(
    alice: Visitor, person: Callable[[str, Server], Person], wire: Wire
) -> AsyncIterator[Stop]:
    page, server = alice.page, alice.server
    await alice.open_room("room 1")
    await expect(alice.log.get_by_text("This is the start of #room 1.")).to_be_visible()
    yield Stop("empty room", page)
    await alice.open_room("general")
    await expect(alice.stored).to_have_count(3 * len(TALK))
    jonas = await person("jonas", server).enter(1)
    await expect(alice.log.get_by_text("jonas guest joined")).to_be_visible()
    await alice.say("This one is refused:", "\u2060")
    await expect(alice.failed).to_have_count(1)
    await alice.box.fill("x" * 995)
    await jonas.send("typing")
    await expect(page.get_by_text("jonas guest is typing")).to_be_visible()
    yield Stop("conversation", page)
    # The window has just grown, and who was at the end stays there.
    await alice.frames()
    await page.evaluate("document.querySelector('[role=log]').scrollTop = 0")
    await alice.frames()
    await jonas.send("message", content="And another thing.")
    await expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    yield Stop("conversation, further up", page)
    await page.get_by_role("button", name="Room menu").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    yield Stop("room menu", page)
    await page.keyboard.press("Escape")
    async for stop in _asides(alice, jonas):
        yield stop
    async for stop in _search(page):
        yield stop
    await page.set_viewport_size({"width": 900, "height": 800})
    await page.get_by_role("button", name="Show people").click()
    await expect(alice.people.first).to_be_visible()
    yield Stop("people beside the conversation", page, (320, 375, 768, 1024))
    await page.keyboard.press("Escape")
    await page.set_viewport_size(WIDE)
    await wire.cut()
    await alice.box.fill("")
    await alice.say("Are you there?")
    await page.clock.fast_forward(5000)
    await expect(page.get_by_role("button", name="Try now")).to_be_visible()
    yield Stop("reconnecting", page)
    wire.state = "up"
    # By itself: whoever looked at the banner for long may come too late to press its button.
    await page.clock.fast_forward(32_000)
    await expect(page.get_by_text("Caught up.")).to_be_visible()
    yield Stop("caught up", page)
    async with async_http_client(server) as http:
        await http.delete("/api/chat/rooms/1", params={"username": LONG_WORD[:50]})
    await expect(page.get_by_role("heading", name="This room is gone")).to_be_visible()
    yield Stop("room deleted", page)


async def _asides(alice: Visitor, jonas: Client) -> AsyncIterator[Stop]:
    page = alice.page
    told = await jonas.until("message", message={"content": "And another thing."})
    await jonas.send("edit", message_id=told["message"]["id"], content=f"And {LONG_WORD}.")
    await page.get_by_role("button", name="(edited), show history").click()
    await expect(alice.dialog.get_by_role("listitem")).to_have_count(2)
    yield Stop("what a message said before", page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("o")
    await expect(page.get_by_role("option").first).to_be_visible()
    yield Stop("quick switcher", page)
    await page.keyboard.press("Escape")


async def _search(page: Page) -> AsyncIterator[Stop]:
    await page.keyboard.press("Control+Shift+F")
    await expect(page.get_by_text("Look for what was said")).to_be_visible()
    yield Stop("search", page)
    await page.get_by_role("combobox", name="Search messages").fill("wir")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("paragraph").get_by_text("Nothing matches")).to_be_visible()
    await page.get_by_role("combobox", name="Search messages").fill("an")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("list", name="Results")).to_be_visible()
    yield Stop("search, found", page)
    await page.get_by_role("combobox", name="Search messages").fill("from:")
    await expect(page.get_by_role("option").first).to_be_visible()
    yield Stop("search, suggestions", page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("search")).to_have_count(0)
