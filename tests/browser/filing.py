"""Files in a browser: chosen, dropped, seen."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import CDPSession, FilePayload, Locator, Page, expect

from tests.browser.visitor import SETTLE, Visitor
from tests.support.browser import ENGINE
from tests.support.pictures import picture

LIMIT = 3_000_000
SETTINGS = {"PARLOUR_GUEST_FILES": "on", "PARLOUR_MAX_FILE_SIZE": str(LIMIT)}
UPLOADS = re.compile(r"/api/chat/files\?")
DROP = """(node, {name, type, bytes, kind}) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, {type}));
  const options = {bubbles: true, cancelable: true};
  const event = kind === 'paste'
    ? new ClipboardEvent(kind, {...options, clipboardData: data})
    : new DragEvent(kind, {...options, dataTransfer: data});
  // What scripts give to a paste Firefox leaves out.
  if (event.clipboardData?.items.length === 0)
    Object.defineProperty(event, 'clipboardData', {value: data});
  node.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def payload(name: str, data: bytes = b"words\n", kind: str = "text/plain") -> FilePayload:
    """Return a file as one chooses it."""
    return {"name": name, "mimeType": kind, "buffer": data}


def image(name: str = "garden.png", width: int = 900, height: int = 600) -> FilePayload:
    """Return an image as one chooses it."""
    return payload(name, picture(width, height), "image/png")


# In place of the system's dialog, whose opening Firefox does not tell.
HOLD_DIALOG = "() => { HTMLInputElement.prototype.click = function () { window.asks = this; }; }"


@asynccontextmanager
async def choosing(page: Page, *files: FilePayload) -> AsyncIterator[None]:
    """Choose these files in the dialog that what is done within opens."""
    if ENGINE == "firefox":
        await page.evaluate(HOLD_DIALOG)
        yield
        asks = await page.wait_for_function("window.asks")
        chooser = asks.as_element()
        assert chooser is not None
        if files:
            await chooser.set_input_files(list(files))
        await page.evaluate("delete HTMLInputElement.prototype.click; delete window.asks")
        return
    async with page.expect_file_chooser() as asked:
        # The driver listens by now, also where a key is quicker than it.
        await page.evaluate(SETTLE)
        yield
    chosen = await asked.value
    if files:
        await chosen.set_files(list(files))


async def attach(visitor: Visitor, *files: FilePayload) -> None:
    """Choose files with the button."""
    async with choosing(visitor.page, *files):
        await visitor.page.locator("main").get_by_role("button", name="Attach files").click()


def chips(visitor: Visitor) -> Locator:
    """Return the files that wait in the message box."""
    return visitor.page.get_by_role("list", name="Attached files").get_by_role("listitem")


def images(visitor: Visitor) -> Locator:
    """Return the images of messages that the server has."""
    return visitor.log.get_by_role("link", name=re.compile("^Open image"))


def cards(visitor: Visitor) -> Locator:
    """Return the other files of messages that the server has."""
    return visitor.log.get_by_role("link", name=re.compile("^Download"))


async def go_to_last(visitor: Visitor) -> None:
    """Put the focus on the last message, whose tools are there then."""
    await visitor.rows.last.focus()
    await expect(visitor.rows.last.get_by_role("button", name="Message actions")).to_be_attached()


async def is_seen(shown: Locator) -> None:
    """Expect an image to be there, and not only its place."""
    await expect(shown.locator("img")).to_have_js_property("complete", value=True)
    assert await shown.locator("img").evaluate("image => image.naturalWidth") > 0


async def slow_line(page: Page, rate: int = 100_000) -> CDPSession:
    """Let so many bytes a second leave the page."""
    session = await page.context.new_cdp_session(page)
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": rate})
    return session
