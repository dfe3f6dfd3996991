"""Real browsers: one per worker, a context per person, and no error unnoticed."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    WebError,
    async_playwright,
)

from tests.support.firefox import PREFERENCES, steerable
from tests.support.timing import scaled

ROOT = Path(__file__).parents[2]

# A trace has a picture of the page's tree for each step, which takes a third of the tests' time.
TRACED = os.environ.get("TEST_TRACE") == "1"

# Chromium looks for nothing outside this machine.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
# Whose engine the tests run on: Chromium's, Firefox's (`firefox`) or Safari's (`webkit`).
ENGINE = os.environ.get("TEST_BROWSER", "chromium")
# A page of a test is gone before what compilers do for it pays.
SHORT_LIVED = "--js-flags=--no-opt --no-maglev"

# What Playwright's own way of filling local storage does, without a page more for each context.
KEEP = "kept => { for (const { name, value } of kept) localStorage.setItem(name, value); }"
# The same for who comes to a page of that origin first, without a page before it.
BRING = "{{ const [origin, kept] = {given}; if (origin === location.origin) ({keep})(kept); }}"

# What Firefox says, and Chromium's words for it, in which tests allow it.
CLOSED = "WebSocket connection to it failed, closed before the connection was established"
SAME = {
    "establish a connection to the server at ws": CLOSED,
    "was interrupted while the page was loading": CLOSED,
}

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


async def _take_cookies(page: Page, state: StorageState) -> None:
    if cookies := state.get("cookies", []):
        await page.context.add_cookies(cast("Any", cookies))


def find_browser(kind: str = "chromium") -> str:
    """Return the path of a browser, or fail the test with the line that says what to install."""
    script = ["sh", str(ROOT / "scripts" / "browser.sh"), kind]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip(), pytrace=False)
    return found.stdout.strip()


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """Run one Chromium for the length of a block; `flags` are further ones."""
    path = find_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=[*FLAGS, *flags], timeout=scaled(30_000)
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def firefox() -> AsyncIterator[Browser]:
    """Run one Firefox for the length of a block."""
    with tempfile.TemporaryDirectory() as folder:
        program = steerable(find_browser("firefox"), Path(folder))
        async with async_playwright() as playwright:
            browser = await playwright.firefox.launch(
                channel="moz-firefox",
                executable_path=program,
                firefox_user_prefs=PREFERENCES,
                timeout=scaled(30_000),
            )
            yield browser
            await browser.close()


class Firefoxes:
    """One for each of the persons of a test; started once, and again where it has crashed."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._running: list[Browser] = []

    async def browser(self, number: int) -> Browser:
        """Return the one for the person of this number, from 0 on."""
        while len(self._running) <= number:
            self._running.append(await self._stack.enter_async_context(firefox()))
        if not self._running[number].is_connected():
            self._running[number] = await self._stack.enter_async_context(firefox())
        return self._running[number]


def artefacts() -> Path:
    """Return the folder that takes traces and pictures of failed tests."""
    default = Path(tempfile.gettempdir()) / "parlour-test-results"
    folder = Path(os.environ.get("TEST_RESULTS", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Browsers:
    """The browsers of one test: each `open` is another person at another machine.

    Of Chromium's all are one, where each context has the focus. Firefox has it in one window only.

    Errors on a page's console, exceptions nobody caught and violations of the Content Security
    Policy are collected in `problems`; `allow` names those that a test brings about.
    """

    def __init__(self, browser: Browser, firefoxes: Firefoxes | None = None) -> None:
        self._browser, self._firefoxes = browser, firefoxes
        self.contexts: list[BrowserContext] = []
        self._problems: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    async def open(
        self, url: str, *, storage_state: StorageState | None = None, **options: Any
    ) -> Page:
        """Return a page at `url` in a context of its own; `options` are `Browser.new_context`'s.

        Nothing moves on it unless a test asks for it by `reduced_motion`: every step would wait for
        the end of the movement. One at `about:blank` has loaded nothing of the page yet, and may
        stand at a plain answer of the server whose storage it was given.
        """
        options.setdefault("reduced_motion", "reduce")
        browser, number = self._browser, len(self.contexts)
        if self._firefoxes is not None:
            browser = await self._firefoxes.browser(number)
        context = await browser.new_context(**options)
        self.contexts.append(context)
        context.set_default_timeout(scaled(10_000))
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        await context.add_init_script(REPORT_VIOLATIONS)
        if TRACED:
            await context.tracing.start(snapshots=True)
        page = await context.new_page()
        if self._firefoxes is not None:
            # Of the windows of one that came before it has the focus.
            await page.bring_to_front()
        if storage_state is not None:
            await self._keep_in(page, storage_state)
        if url != "about:blank":
            await page.goto(url)
        return page

    async def come(self, page: Page, url: str, state: StorageState) -> None:
        """Go to `url`, with what the browser has kept as `state` from an earlier visit there."""
        await _take_cookies(page, state)
        async with AsyncExitStack() as scripts:
            for origin in state.get("origins", []):
                given = json.dumps([origin["origin"], origin["localStorage"]])
                script = await page.add_init_script(BRING.format(given=given, keep=KEEP))
                # What the page changes later is as it left it when it is loaded again.
                await scripts.enter_async_context(script)
            await page.goto(url)

    async def _keep_in(self, page: Page, state: StorageState) -> None:
        await _take_cookies(page, state)
        for origin in state.get("origins", []):
            await page.goto(f"{origin['origin']}/healthz")
            await page.evaluate(KEEP, origin["localStorage"])

    def allow(self, pattern: str) -> None:
        """Expect problems in which `pattern` is found."""
        self._allowed.append(re.compile(pattern))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            address = message.location.get("url", "")
            self._note(f"console {message.type}: {message.text} ({address})")

    def _on_error(self, error: WebError) -> None:
        self._note(f"uncaught: {error.error}")

    def _note(self, problem: str) -> None:
        if ENGINE == "firefox" and "/favicon.ico" in problem:
            # It asks for one beside whatever is opened, also beside an answer that is no page.
            return
        same = [meant for words, meant in SAME.items() if words in problem]
        self._problems.append(" ".join([problem, *same]))

    @property
    def problems(self) -> list[str]:
        """What went wrong on the pages and was not allowed."""
        return [
            problem
            for problem in self._problems
            if not any(known.search(problem) for known in self._allowed)
        ]

    async def close(self, *, keep: str | None) -> None:
        """Close every context; `keep` is the name under which picture and trace are kept."""
        async with AsyncExitStack() as stack:
            for number, context in enumerate(self.contexts, 1):
                # Whatever the others say to it: who stays asks a server that is gone, for ever.
                stack.push_async_callback(self._close, context)
                if keep is not None:
                    await self._keep(context, artefacts() / f"{keep}-{number}")

    @staticmethod
    async def _close(context: BrowserContext) -> None:
        try:
            for page in context.pages:
                # What a test lays under it may be at work still, and its faults are nobody's.
                await page.unroute_all(behavior="ignoreErrors")
        finally:
            await context.close()

    async def _keep(self, context: BrowserContext, place: Path) -> None:
        for page in context.pages[:1]:
            await page.screenshot(path=f"{place}.png")
        kept = f"Kept {place}.png; with TEST_TRACE=1 there is a trace, too"
        if TRACED:
            await context.tracing.stop(path=f"{place}.zip")
            kept = f"Kept {place}.png and its trace {place}.zip"
        print(kept)  # noqa: T201 - pytest shows it
