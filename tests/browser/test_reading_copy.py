"""The reading copy of an export, as a browser opens it from a disk."""

import tarfile
from pathlib import Path

import pytest

from tests.support.browser import ENGINE, Browsers
from tests.support.exports import exported
from tests.support.places import make_room, new_account
from tests.support.server import Server

pytestmark = pytest.mark.one_node(reason="it is about a file")


async def test_a_reading_copy_is_looked_through_by_keys_and_without_a_server(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """On a phone, too: what is found is gone to, and nothing of it runs but the one script."""
    ann = new_account(server, "ann")
    room = make_room(ann, "public", name="<b>Café</b>")
    path = f"/api/chat/rooms/{room.id}/messages"
    for number in range(210):
        text = "<img src=x onerror=alert(1)> naïve" if number == 205 else f"number {number}"
        assert ann.call("POST", path, json={"content": text}).is_success
    archive = exported(server, tmp_path / "kept", "--room", str(room.id))
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    address = (tmp_path / "index.html").as_uri()
    phone = {"width": 375, "height": 700}
    page = await browsers.open(address, viewport=phone, color_scheme="dark")
    await page.keyboard.press("/")
    await page.keyboard.type("NAIVE onerror")
    await page.get_by_text("1 message found.").wait_for()
    await page.locator("#results a").click()
    await page.wait_for_url("**/read/*-2.html#m*")
    said = page.locator("article:target")
    assert "<img src=x onerror=alert(1)> naïve" in await said.inner_text()
    assert await page.locator("article").count() == 10
    # A bar beside it takes its part of them, where it is not over the page.
    whole = "document.documentElement"
    assert await page.evaluate(f"{whole}.scrollWidth === {whole}.clientWidth")
    # Firefox's remote control has no say in which colours a file is shown.
    dark = "rgb(22, 23, 26)" if ENGINE == "chromium" else "rgb(255, 255, 255)"
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    await page.keyboard.press("p")
    await page.wait_for_url("**/read/*-1.html")
    assert await page.locator("article").count() == 200
    assert await page.locator("h1").inner_text() == "#<b>Café</b>"
