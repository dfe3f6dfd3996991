"""Measure what the page costs its browser: a flood after a gap, a steady stream, Markdown."""

import asyncio
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import CDPSession, Page, expect

from parlour.pages import frontend_folder
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

# Messages a second, as nodes that are put into the page: the same texts as plain text, and as
# Markdown; then one that is made to cost as much as it may.
READ = """async ([plain, mixed, worst]) => {
  const [{ richText }, { createMarkdown }, marked] = await Promise.all([
    import('/js/dom.js'), import('/js/views/markdown.js'), import('/vendor/marked/marked.esm.js'),
  ]);
  const { nodes } = createMarkdown(marked);
  const body = document.body.appendChild(document.createElement('div'));
  const measure = (texts, show) => {
    const rates = [];
    for (let round = 0; round < 7; round += 1) {
      const start = performance.now();
      for (const text of texts) body.replaceChildren(show(text, {}) ?? text);
      rates.push(texts.length / (performance.now() - start) * 1000);
    }
    return rates.sort((one, other) => one - other)[3];
  };
  return [measure(mixed, richText), measure(plain, nodes), measure(mixed, nodes),
    1000 / measure([worst], nodes)];
}"""
PLAIN = "Has anybody looked at that already? I think it was fine yesterday, but I am not sure."
MIXED = (
    PLAIN,
    "Some **strong** and _soft_ words with `code`, see https://example.org/a_b and [this](https://example.org).",
    "> I think it was fine\n\nIt *was* fine, until ~~yesterday~~ Monday.",
    "Three things:\n- one\n- **two**\n  - and a half\n\n1. first\n2. second",
    "```python\nfor each in all_of_them:\n    print(each)\n```",
    "name | value\n-----|------\na | 1\nb | `2`",
)
WORST = "*a_" * 333


async def reading(page: Page) -> None:
    """Read messages as Markdown, from the modules as they lie in their folder."""
    handler = partial(Quiet, directory=str(frontend_folder()))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        await page.goto(f"http://127.0.0.1:{server.server_port}/docs.js")
        texts = [[PLAIN] * 2000, [MIXED[number % len(MIXED)] for number in range(2000)], WORST]
        text, plain, mixed, worst = await page.evaluate(READ, texts)
        server.shutdown()
    print(
        f"Messages a second as nodes: {text:.0f} as plain text, {plain:.0f} plain ones read as"
        f" Markdown, {mixed:.0f} mixed ones; the worst of 1000 characters {worst:.1f} ms"
    )


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


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
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await page.goto(address(server, room))
        await expect(page.locator("[data-view=people] li")).to_have_count(2)
        await flood(page, session, writer)
        await stream(page, session, writer)
        await reading(page)
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
