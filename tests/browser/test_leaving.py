"""One's own data in the settings: taken along, and leaving for good; or by an administrator."""

import tarfile

from playwright.async_api import expect

from tests.browser.accounts import open_settings, press
from tests.browser.conftest import Visit
from tests.support.accounts import PASSWORD, register
from tests.support.administration import first_administrator
from tests.support.browser import Browsers
from tests.support.page_checks import overflowing, violations_in_both_themes
from tests.support.places import make_room
from tests.support.server import NewServer


async def test_somebody_takes_their_data_along_leaves_and_others_see_it_at_once(
    new_server: NewServer, member: Visit, browsers: Browsers
) -> None:
    """The password is asked for; then an administrator removes the next one."""
    # A wrong password is told as 401, which the browser writes down.
    browsers.allow("401")
    server = new_server().start()
    chief = first_administrator(server, "ada")
    room = make_room(chief, "public", name="Hall").room
    for who in (register(server, "linus"), register(server, "bob")):
        path = f"/api/chat/rooms/{room['id']}/messages"
        assert who.call("POST", path, json={"content": f"by {who.user['username']}"}).is_success
    ann = await member("ada", server, room)
    await expect(ann.log.get_by_text("linus").first).to_be_visible()
    page = await member("linus", server, viewport={"width": 375, "height": 700})
    await open_settings(page, "Your data")
    panel = page.dialog.get_by_role("tabpanel")
    take = panel.locator("form").first
    await take.get_by_label("Your password").fill("certainly not this")
    await take.get_by_role("button", name="Make an archive").click()
    await expect(take.get_by_text("That is not your current password.")).to_be_visible()
    await take.get_by_label("Your password").fill(PASSWORD)
    await take.get_by_role("button", name="Make an archive").click()
    link = panel.get_by_role("link", name="Download")
    await expect(link).to_be_visible(timeout=60_000)
    assert await violations_in_both_themes(page.page) == []
    assert await overflowing(page.page) == []
    async with page.page.expect_download() as downloading:
        await link.click()
    download = await downloading.value
    assert download.suggested_filename.startswith("parlour-linus-")
    with tarfile.open(await download.path()) as tar:
        assert "index.html" in tar.getnames()
    leave = panel.locator("form").last
    await leave.get_by_label("Your password").fill(PASSWORD)
    await press(page, "Leave for good")
    sure = page.page.get_by_role("dialog", name="Leave for good?")
    await expect(sure.get_by_text("What you wrote stays for the others.")).to_be_visible()
    await sure.get_by_role("button", name="Leave for good").click()
    await expect(page.page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    # Nobody has to load anything again to see it.
    await expect(ann.log.get_by_text("Former member").first).to_be_visible()
    await expect(ann.log.get_by_text("by linus")).to_be_visible()
    await ann.page.get_by_role("button", name="Your menu").click()
    await ann.page.get_by_role("link", name="Administration").click()
    await ann.page.get_by_role("tab", name="People").click()
    line = ann.page.get_by_role("listitem").filter(has_text="@bob")
    await line.get_by_role("button", name="Actions for").press("Enter")
    await ann.page.get_by_role("menuitem", name="Remove account").click()
    await ann.page.get_by_label("What they wrote").select_option("remove")
    await press(ann, "Remove for good")
    await expect(ann.page.get_by_text("bob is removed.")).to_be_visible()
    await expect(line).to_have_count(0)
