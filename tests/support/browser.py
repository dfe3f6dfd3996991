"""Real browsers: one Chromium per worker, a context per person, and no error unnoticed."""

import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebError,
    async_playwright,
)

from tests.support.timing import scaled

ROOT = Path(__file__).parents[2]

# Chromium looks for nothing outside this machine.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


def find_chromium() -> str:
    """Return the path of a Chromium, or fail the test with the line that says what to install."""
    script = ["sh", str(ROOT / "scripts" / "chromium.sh")]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip(), pytrace=False)
    return found.stdout.strip()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run one Chromium for the length of a block."""
    path = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=FLAGS, timeout=scaled(30_000)
        )
        yield browser
        await browser.close()


def artefacts() -> Path:
    """Return the folder that takes traces and pictures of failed tests."""
    default = Path(tempfile.gettempdir()) / "parlour-test-results"
    folder = Path(os.environ.get("TEST_RESULTS", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Browsers:
    """The browsers of one test: each `open` is another person at another machine.

    Errors on a page's console, exceptions nobody caught and violations of the Content Security
    Policy are collected in `problems`; `allow` names those that a test brings about.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.contexts: list[BrowserContext] = []
        self._problems: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    async def open(self, url: str, **options: Any) -> Page:
        """Return a page at `url` in a context of its own; `options` are `Browser.new_context`'s.

        Nothing moves on it unless a test asks for it by `reduced_motion`: every step would wait for
        the end of the movement.
        """
        options.setdefault("reduced_motion", "reduce")
        context = await self._browser.new_context(**options)
        self.contexts.append(context)
        context.set_default_timeout(scaled(10_000))
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        await context.add_init_script(REPORT_VIOLATIONS)
        await context.tracing.start(snapshots=True)
        page = await context.new_page()
        await page.goto(url)
        return page

    def allow(self, pattern: str) -> None:
        """Expect problems in which `pattern` is found."""
        self._allowed.append(re.compile(pattern))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            address = message.location.get("url", "")
            self._problems.append(f"console {message.type}: {message.text} ({address})")

    def _on_error(self, error: WebError) -> None:
        self._problems.append(f"uncaught: {error.error}")

    @property
    def problems(self) -> list[str]:
        """What went wrong on the pages and was not allowed."""
        return [
            problem
            for problem in self._problems
            if not any(known.search(problem) for known in self._allowed)
        ]

    async def close(self, *, keep: str | None) -> None:
        """Close every context; `keep` is the name under which trace and picture are kept."""
        for number, context in enumerate(self.contexts, 1):
            if keep is None:
                await context.tracing.stop()
            else:
                await self._keep(context, artefacts() / f"{keep}-{number}")
            await context.close()

    async def _keep(self, context: BrowserContext, place: Path) -> None:
        for page in context.pages[:1]:
            await page.screenshot(path=f"{place}.png")
        await context.tracing.stop(path=f"{place}.zip")
        print(f"Kept {place}.png and its trace {place}.zip")  # noqa: T201 - pytest shows it
