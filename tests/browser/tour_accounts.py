"""The part of the walk that people with an account can go."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from playwright.async_api import expect

from tests.browser.accounts import field, log_in, open_room_settings, open_settings, press
from tests.browser.stops import LONG_WORD, WIDE, Stop
from tests.browser.tour_messages import kept, rich
from tests.browser.visitor import Visitor
from tests.support.accounts import PASSWORD, Account, register
from tests.support.accounts import log_in as sign_in
from tests.support.people import Person, checked
from tests.support.places import Place, make_room, put, say
from tests.support.server import Server


def profile(server: Server) -> Account:
    """Make the account that walks, whose owner has told all that there is to tell."""
    ada = register(server, "ada", display_name=LONG_WORD[:50])
    told = {"about": LONG_WORD * 2, "status_text": "At the engine", "time_zone": "Asia/Tokyo"}
    assert ada.call("PATCH", "/api/users/me", json=told).is_success
    return ada


async def account(ada: Visitor) -> AsyncIterator[Stop]:
    """From the first screen, by people's cards and the settings, to the end of the session."""
    page = ada.page
    elsewhere = profile(ada.server)
    await page.get_by_role("button", name="Back to rooms").click()
    await expect(ada.rooms_heading).to_be_visible()
    await ada.sign_out()
    await log_in(ada)
    await ada.open_room("book club")
    await Person("jonas", ada.server).post(2, "Who is that?")
    await ada.say("Me.")
    await expect(ada.stored).to_have_count(2)
    for author, words in (("ada", "At the engine"), ("jonas", "anybody may have chosen")):
        await ada.log.get_by_role("button", name=author, exact=True).click()
        await expect(ada.dialog.get_by_text(words)).to_be_visible()
        yield Stop(f"card of {author}", page)
        await page.keyboard.press("Escape")
    for tab in ("Profile", "Password", "Sessions", "Notifications"):
        await open_settings(ada, tab)
        await expect(ada.dialog.get_by_role("tabpanel", name=tab)).to_be_visible()
        if tab == "Sessions":
            await expect(ada.dialog.get_by_role("listitem")).to_have_count(2)
            await press(ada, "Sign out everywhere")
        yield Stop(f"account settings, {tab}", page)
        await page.keyboard.press("Escape")
    elsewhere.call("DELETE", "/api/auth/sessions")
    await expect(page.get_by_role("heading", name="signed out")).to_be_visible()
    await press(ada, "Sign in")
    yield Stop("session ended", page)
    await field(ada, "Password").fill(PASSWORD)
    await press(ada, "Sign in")
    await expect(ada.dialog).to_have_count(0)


async def places(ada: Visitor) -> AsyncIterator[Stop]:
    """Rooms of all kinds: the lists, the messages, the settings, the invitation."""
    page, server = ada.page, ada.server
    own = sign_in(server, "ada")
    long = LONG_WORD[:50]
    other = register(server, "zoë" + long[:40], display_name=LONG_WORD[:50])
    other.call("PATCH", "/api/users/me", json={"status_text": long, "time_zone": "Asia/Tokyo"})
    place = make_room(own, name=LONG_WORD, topic=LONG_WORD * 2)
    checked(put(place, own, other, "moderator"))
    for words in ("to be deleted", LONG_WORD * 3):
        message = checked(say(place, other, words))
        if words == "to be deleted":
            other.call("DELETE", f"/api/chat/messages/{message['id']}")
        else:
            changed = {"content": f"{words} anew"}
            other.call("PATCH", f"/api/chat/messages/{message['id']}", json=changed)
    direct = checked(
        own.call("POST", "/api/chat/direct", json={"usernames": [other.user["username"]]})
    )
    token = checked(other.call("POST", f"{place.path}/invites", json={}))["token"]
    for part in (_people(ada), _messages(ada, place, other), _settings(ada)):
        async for stop in part:
            yield stop
    await page.goto(f"{server.url}/#/r/{direct['id']}")
    await expect(ada.log.get_by_text("Beginning of your conversation")).to_be_visible()
    yield Stop("direct conversation", page)
    own.call("PATCH", place.path, json={"archived": True})
    await page.goto(f"{server.url}/#/r/{place.id}")
    await expect(ada.box).to_be_hidden()
    yield Stop("archived room", page)
    await page.evaluate("(token) => { location.hash = `#/join/${token}`; }", token)
    await expect(ada.dialog.get_by_role("button", name="Join")).to_be_visible()
    yield Stop("invited to a room", page)


async def _people(ada: Visitor) -> AsyncIterator[Stop]:
    page = ada.page
    await page.goto(f"{ada.server.url}/#/")
    await expect(ada.rooms_heading).to_be_visible()
    await expect(page.get_by_role("heading", name="Direct messages")).to_be_visible()
    yield Stop("rooms of all kinds", page)
    await press(ada, "New message")
    await ada.dialog.get_by_role("combobox").press_sequentially("zo")
    await expect(page.get_by_role("option")).to_have_count(1)
    yield Stop("new message, people found", page)
    await page.keyboard.press("Enter")
    await expect(ada.dialog.get_by_role("list", name="Chosen people")).to_be_visible()
    yield Stop("new message, somebody chosen", page)
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Find people").click()
    await expect(page.get_by_role("list", name="People").get_by_role("listitem")).to_have_count(2)
    yield Stop("people", page)
    await page.get_by_role("searchbox").fill("nobody at all")
    await expect(page.get_by_text("Nobody matches")).to_be_visible()
    yield Stop("nobody found", page)


async def _messages(ada: Visitor, place: Place, other: Account) -> AsyncIterator[Stop]:
    page, server = ada.page, ada.server
    await page.goto(f"{server.url}/#/r/{place.id}")
    await expect(ada.log.get_by_text("(edited)")).to_be_visible()
    await ada.rows.last.hover()
    await ada.rows.last.get_by_role("button", name="Message actions").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    yield Stop("message menu", page)
    await page.get_by_role("menuitem", name="Report").click()
    yield Stop("reporting a message", page)
    await page.keyboard.press("Escape")
    async for stop in _reactions(ada, place):
        yield stop
    await ada.say("mine")
    await expect(ada.stored).to_have_count(3)
    await ada.box.press("ArrowUp")
    await expect(page.get_by_text("Editing your message")).to_be_visible()
    yield Stop("editing a message", page)
    await ada.box.press("Escape")
    for part in (rich(ada, place, other), kept(ada, place)):
        async for stop in part:
            yield stop


async def _reactions(ada: Visitor, place: Place) -> AsyncIterator[Stop]:
    page = ada.page
    message = (await ada.told())[-1]
    for emoji in "👍🎉🚀👀🔥😂😍🤔🙏💯👏":
        checked(
            place.owner.call("PUT", f"/api/chat/messages/{message['id']}/reactions/{quote(emoji)}")
        )
    await expect(ada.log.locator(".pill[data-emoji]")).to_have_count(11)
    await ada.log.locator(".pill").first.hover()
    await expect(page.get_by_role("tooltip")).to_be_visible()
    yield Stop("who reacted, pointed at", page)
    await ada.log.locator(".pill").first.click(button="right")
    await expect(ada.dialog.get_by_role("listitem")).to_have_count(1)
    yield Stop("who reacted", page)
    await page.keyboard.press("Escape")
    await press(ada, "Emoji")
    await expect(page.get_by_role("gridcell").first).to_be_visible()
    # Beside its button on a large screen; what it is on a small one was decided when it opened.
    yield Stop("emoji picker", page, (1024, 1280, 1920))
    await page.keyboard.press("Escape")
    await page.set_viewport_size({"width": 375, "height": 812})
    await press(ada, "Emoji")
    await expect(page.get_by_role("gridcell").first).to_be_visible()
    yield Stop("emoji sheet", page, (320, 375))
    await page.keyboard.press("Escape")
    await page.set_viewport_size(WIDE)


async def _settings(ada: Visitor) -> AsyncIterator[Stop]:
    page = ada.page
    for tab in ("About", "Members", "Invite links", "Leave and delete"):
        await open_room_settings(ada, tab)
        if tab == "Members":
            await expect(ada.dialog.get_by_role("listitem")).to_have_count(2)
        if tab == "Invite links":
            await press(ada, "Make a link")
            await expect(ada.dialog.get_by_role("listitem")).to_have_count(2)
        yield Stop(f"room settings, {tab}", page)
        await page.keyboard.press("Escape")
