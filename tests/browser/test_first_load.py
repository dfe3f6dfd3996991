"""What a first visit costs: bytes over the wire, requests, and all of it from here."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.reading import fill
from tests.browser.visitor import Visitor, address, signed_in
from tests.support.brief import thorough_but
from tests.support.browser import Browsers
from tests.support.people import Person, Room, async_http_client
from tests.support.server import Server
from tests.support.timing import scaled

BYTES_AT_MOST = 60_000
REQUESTS_AT_MOST = 16
# What waits for two seconds waits for ever.
NO_IDLE_TIME = """{ const { setTimeout: wait } = window;
window.setTimeout = (run, ms, ...given) => ms === 2000 ? 0 : wait(run, ms, ...given); }"""


@dataclass
class Traffic:
    """Every request of a page, with the bytes its answer took, headers and all."""

    urls: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    async def watch(self, page: Page) -> None:
        """Listen to what the browser itself says of its network."""
        session = await page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._on_request)
        session.on("Network.loadingFinished", self._on_finish)
        await session.send("Network.enable")

    def _on_request(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _on_finish(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        """The bytes of all answers."""
        return sum(self.sizes.values())

    def __str__(self) -> str:
        """Every request on a line."""
        lines = [f"{self.sizes.get(key, 0):6} {url}" for key, url in self.urls.items()]
        return "\n".join([f"{self.total} bytes in {len(lines)} requests", *lines])


async def compressed(server: Server) -> None:
    """Wait until the server has compressed its files, which it does after it has started."""
    async with async_http_client(server) as http, asyncio.timeout(scaled(30)):
        page = (await http.get("/")).text
        paths = set(re.findall(r'"(/assets/[^"]+\.(?:js|css))"', page))
        assert paths
        while paths:
            for path in sorted(paths):
                # The smallest files stay as they are.
                answer = await http.get(path, headers={"Accept-Encoding": "br"})
                if "Content-Encoding" in answer.headers or len(answer.content) < 512:
                    paths.remove(path)


@pytest.mark.chromium("Chromium's own protocol")
@pytest.mark.parametrize("screen", thorough_but(["chat"], ["login", "rooms", "chat"]))
async def test_a_first_visit_is_small_and_stays_at_home(
    server: Server, room: Room, browsers: Browsers, bob: Person, screen: str
) -> None:
    """At most 60 kB in 16 requests, each screen by itself, nothing from anywhere else."""
    await compressed(server)
    await fill(bob, room, 50)
    state = None if screen == "login" else signed_in(server, "alice")
    page = await browsers.open("about:blank", storage_state=state)
    traffic = Traffic()
    await traffic.watch(page)
    await page.goto(address(server, room if screen == "chat" else None), wait_until="networkidle")
    alice = Visitor(page, "alice", server)
    shown = {"login": alice.name_field, "rooms": alice.rooms_heading, "chat": alice.rows.last}
    await expect(shown[screen]).to_be_visible()
    hosts = {urlsplit(url).netloc for url in traffic.urls.values()}
    assert hosts == {urlsplit(server.url).netloc}
    assert traffic.total <= BYTES_AT_MOST, str(traffic)
    # What administrators alone look at is loaded when they do.
    assert not [url for url in traffic.urls.values() if "/status." in url], str(traffic)
    assert len(traffic.urls) <= REQUESTS_AT_MOST, str(traffic)


@pytest.mark.parametrize("sign", thorough_but(["a key"], ["a move", "a key"]))
async def test_what_may_be_wanted_later_comes_with_the_first_sign_of_somebody(
    server: Server, room: Room, browsers: Browsers, sign: str
) -> None:
    """Before it would come by itself, after two seconds that never pass here."""
    page = await browsers.open("about:blank", storage_state=signed_in(server, "carla"))
    await page.add_init_script(NO_IDLE_TIME)
    await page.goto(address(server, room))
    carla = Visitor(page, "carla", server)
    await expect(carla.presence("carla")).to_be_attached()
    await expect(carla.log).not_to_have_attribute("aria-busy", "true")
    signs = page.locator("#i-pin")
    await expect(signs).to_have_count(0)
    async with asyncio.timeout(scaled(10)):
        while not await signs.count():
            await (page.mouse.move(100, 100) if sign == "a move" else page.keyboard.press("Shift"))
