"""Measure what the page costs its browser: a flood after a gap, and a steady hundred a second."""

import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import CDPSession, Page, expect

from tests.browser.visitor import address, signed_in
from tests.support.browser import Browsers, chromium
from tests.support.people import Person, Room, async_http_client, checked
from tests.support.server import Server
from tests.support.websocket import Client

MISSED = 300
PER_SECOND = 100
SECONDS = 10
# Tasks of the main thread that are longer than 50 ms, as the browser itself tells.
LONG_TASKS = """window.longTasks = [];
new PerformanceObserver((list) => {
  window.longTasks.push(...list.getEntries().map(({ duration }) => duration));
}).observe({ type: 'longtask' });"""


async def busy(session: CDPSession) -> float:
    """Return the seconds that the page's main thread has worked so far."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


async def flood(page: Page, session: CDPSession, writer: Client) -> None:
    """Come back to a room in which hundreds of messages were missed."""
    await page.context.set_offline(True)
    await writer.until("leave", username="alice")
    for number in range(MISSED):
        await writer.send("message", content=f"missed {number} https://example.org and some words")
    await writer.until("message", version=MISSED)
    before = await busy(session)
    await page.context.set_offline(False)
    await expect(page.locator("[role=log] article")).to_have_count(MISSED)
    spent = await busy(session) - before
    print(
        f"{MISSED} missed messages on the screen after {spent * 1000:.0f} ms of the main thread:"
        f" {MISSED / spent:.0f} a second"
    )


async def stream(page: Page, session: CDPSession, writer: Client) -> None:
    """Receive a steady stream of messages at the end of the log."""
    await page.evaluate(LONG_TASKS)
    before, start = await busy(session), time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        await writer.send("message", content=f"number {number} of a stream of messages")
        await asyncio.sleep(max(0, start + (number + 1) / PER_SECOND - time.monotonic()))
    last = f"number {PER_SECOND * SECONDS - 1} of"
    await expect(page.locator("[role=log] article").last).to_contain_text(last)
    share = (await busy(session) - before) / (time.monotonic() - start)
    tasks = await page.evaluate("window.longTasks")
    rows = await page.locator("[role=log] article").count()
    print(
        f"{PER_SECOND} messages a second: main thread {share:.0%} busy, {len(tasks)} tasks above"
        f" 50 ms, the longest {max(tasks, default=0):.0f} ms; {rows} rows"
    )


async def measure(server: Server, room: Room) -> None:
    """Open a browser in the room and measure both."""
    writer = await Person("maya", server).enter(room)
    async with chromium() as browser:
        browsers = Browsers(browser)
        page = await browsers.open(
            "about:blank",
            viewport={"width": 1280, "height": 800},
            storage_state=signed_in(server, "alice"),
        )
        # The trace that tests keep for their failures would be measured too.
        await page.context.tracing.stop()
        await page.context.tracing.start()
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await page.goto(address(server, room))
        await expect(page.locator("[data-view=people] li")).to_have_count(2)
        await flood(page, session, writer)
        await stream(page, session, writer)
        await browsers.close(keep=None)
    await writer.close()


async def main() -> None:
    """Start a server of its own and print the figures."""
    with tempfile.TemporaryDirectory() as home, Server(Path(home) / "server") as server:
        async with async_http_client(server) as http:
            room = checked(await http.post("/api/chat/rooms", json={"name": "general"}))
        await measure(server, dict(room))


if __name__ == "__main__":
    asyncio.run(main())
