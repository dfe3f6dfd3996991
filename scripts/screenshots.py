"""Take the README's screenshots: a real server, a conversation, and the page as people see it."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.accounts import PASSWORD, Account, register
from tests.support.browser import Browsers, chromium
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Client

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZES = {1280: 800, 375: 812}
THEMES = ("light", "dark")

ROOMS = ["general", "design", "garden", "book club"]
TALK = [
    ("maya", "Morning! Who is in for the garden on Saturday?"),
    ("maya", "The forecast says sun from ten."),
    ("jonas", "Me. I bring the big spade and rolls from the market."),
    ("alice", "Count me in 🌱 Shall I ask the neighbours for their wheelbarrow?"),
    ("maya", "Please do. The plan of the beds is here: https://example.org/garden/plan"),
    ("priya", "I can only come after lunch. Leave me the tomatoes?"),
    ("jonas", "They are yours.\nThe seedlings stand behind the shed, second shelf."),
    ("priya", "Perfect, thank you both"),
    ("alice", "Wheelbarrow is ours from nine. See you there!"),
]


async def converse(server: Server) -> tuple[Room, list[Client]]:
    """Fill the rooms; return the one that is shown and the connections of who is online in it.

    All but priya, who is a guest, have an account.
    """
    async with async_http_client(server) as http:
        rooms = [checked(await http.post("/api/chat/rooms", json={"name": name})) for name in ROOMS]
    guest = Person("priya", server)
    accounts = {name: register(server, name) for name in ("maya", "jonas", "alice")}
    for name, content in TALK:
        if name in accounts:
            path = f"/api/chat/rooms/{rooms[0]['id']}/messages"
            checked(accounts[name].call("POST", path, json={"content": content}))
        else:
            await guest.post(rooms[0], content)
    present: list[tuple[Person | Account, list[Room]]] = [
        (accounts["maya"], rooms[:1]),
        (accounts["jonas"], rooms[:2]),
        (guest, rooms[:3]),
    ]
    return rooms[0], [await who.connect(room) for who, places in present for room in places]


async def enter(page: Page, room: Room) -> None:
    """Come in as alice and wait until the last message of `room` is on the screen."""
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("textbox", name="Username").fill("alice")
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("link", name=room["name"]).first.click()
    await expect(page.get_by_text(TALK[-1][1])).to_be_visible()
    # Everybody is there when alice is, and the list of rooms has counted her.
    await expect(page.locator("[data-view=people] li")).to_have_count(4)
    await expect(page.locator("nav a", has_text=room["name"])).to_contain_text("4")


async def shoot(server: Server, room: Room) -> None:
    """Save one picture for each width and theme."""
    async with chromium() as browser:
        browsers = Browsers(browser)
        for width, height in SIZES.items():
            for theme in THEMES:
                page = await browsers.open(
                    server.url,
                    viewport={"width": width, "height": height},
                    color_scheme=theme,
                    reduced_motion="reduce",
                    device_scale_factor=1 if width > 1000 else 2,
                )
                await enter(page, room)
                # Nothing lies under the pointer.
                await page.mouse.move(0, 0)
                place = IMAGES / f"chat-{width}-{theme}.png"
                await page.screenshot(path=place, animations="disabled", caret="hide")
                print(place)
        await browsers.close(keep=None)
        if browsers.problems:
            raise SystemExit("\n".join(["on the pages:", *browsers.problems]))


async def main() -> None:
    """Start a server of its own, so that no real conversation is shown."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        room, connections = await converse(server)
        await shoot(server, room)
        for connection in connections:
            connection.abort()
            await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
