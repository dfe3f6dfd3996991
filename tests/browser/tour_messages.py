"""The part of the walk that looks at what messages can have, and where they are kept."""

from collections.abc import AsyncIterator

from playwright.async_api import expect

from tests.browser.accounts import press
from tests.browser.stops import LONG_WORD, Stop
from tests.browser.visitor import Visitor
from tests.support.accounts import Account
from tests.support.people import checked
from tests.support.pictures import picture
from tests.support.places import Place, name_of


def bring(by: Account, place: Place, content: str, **files: bytes) -> int:
    """Let somebody say something with files, named by their keys; the message's id."""
    ids = [
        checked(
            by.call(
                "POST", "/api/chat/files", params={"room_id": place.id, "name": name}, content=data
            )
        )["id"]
        for name, data in files.items()
    ]
    wanted = {"content": content, "files": ids}
    return int(checked(by.call("POST", f"{place.path}/messages", json=wanted))["id"])


# What stands below a message's words, in its order.
BELOW = """(article) => [...article.children].map(({ classList }) => classList[0])
  .filter((name) => /^(row-body|row-forward|files|row-marks|reactions|row-stub)$/.test(name))"""


async def rich(ada: Visitor, place: Place, other: Account) -> AsyncIterator[Stop]:
    """One message with all that it can have; then what is told about it."""
    page, own = ada.page, place.owner
    files = {"garden.png": picture(900, 600), f"{LONG_WORD}.pdf": b"%PDF-1.4\n"}
    first = bring(own, place, "What it looks like", **files)
    path = f"/api/chat/messages/{first}"
    for verb, by in (("pin", other), ("save", own), ("reactions/\N{THUMBS UP SIGN}", other)):
        assert by.call("PUT", f"{path}/{verb}").is_success
    reply = {"content": f"Lovely, @{name_of(own)}! {LONG_WORD}", "reply_to": first}
    answer = checked(other.call("POST", f"{place.path}/messages", json=reply))
    checked(own.call("POST", f"{place.path}/messages", json={"forward": first, "content": "Look"}))
    last = bring(own, place, "", **{"only.png": picture(300, 900), "two.png": picture(300, 900)})
    checked(other.call("PUT", f"{place.path}/read", json={"message_id": last}))
    row = ada.log.locator(f"[data-message-id='{first}']")
    await expect(row.locator(".row-stub")).to_be_visible()
    await expect(row.locator(".row-mark")).to_have_count(2)
    await expect(row.locator(".pill[data-emoji]")).to_have_count(1)
    await expect(ada.log.locator(f"[data-message-id='{answer['id']}']")).to_have_attribute(
        "data-mention", ""
    )
    await expect(ada.log.get_by_role("link", name="Forwarded from")).to_be_visible()
    await expect(page.locator(".row-receipts")).to_be_visible()
    below = ["row-body", "files", "row-marks", "reactions", "row-stub"]
    assert await row.locator("article").evaluate(BELOW) == below
    yield Stop("messages with all that they can have", page)
    await page.locator(".row-receipts").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    yield Stop("who has read it", page)
    await page.keyboard.press("Escape")
    await row.locator(".row-stub").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("link", name="Open image: garden.png")).to_be_visible()
    # Made at once, and not as it came: the order is the same.
    began = thread.locator(f"[data-message-id='{first}'] article")
    await expect(began.locator(".row-mark")).to_have_count(2)
    await expect(began.locator(".reactions")).to_be_visible()
    assert await began.evaluate(BELOW) == below[:-1]
    yield Stop("thread", page)
    await press(ada, "Close thread")
    await ada.log.locator(f"[data-message-id='{answer['id']}'] article").focus()
    await page.keyboard.press("m")
    await page.get_by_role("menuitem", name="Why was I (not) notified?").click()
    await expect(ada.dialog).to_contain_text("You were")
    yield Stop("why one was notified", page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Room menu").click()
    await page.get_by_role("menuitem", name="Notifications\N{HORIZONTAL ELLIPSIS}").click()
    await expect(page.get_by_role("menuitemradio")).to_have_count(4)
    yield Stop("how much one wants to hear", page)
    await page.get_by_role("menuitemradio", name="All messages", exact=True).click()
    await expect(ada.notices.locator(".toast")).to_be_visible()
    yield Stop("a notice over the conversation", page)
    await page.keyboard.press("Escape")
    await expect(ada.notices.locator(".toast")).to_have_count(0)


async def kept(ada: Visitor, place: Place) -> AsyncIterator[Stop]:
    """What is pinned, saved and passed on, beside the message that `rich` has left."""
    page = ada.page
    message = (await ada.told())[1]
    path = f"/api/chat/messages/{message['id']}"
    # Words without end, by somebody with a long name.
    checked(place.owner.call("PUT", f"{path}/pin"))
    assert place.owner.call("PUT", f"{path}/save").is_success
    passed = {"forward": message["id"], "content": "Look"}
    checked(place.owner.call("POST", f"{place.path}/messages", json=passed))
    await expect(ada.log.locator(".row-mark")).to_have_count(4)
    await expect(ada.log.get_by_role("link", name="Forwarded from")).to_have_count(2)
    yield Stop("pinned, saved and passed on", page)
    await page.locator(".header-pins").click()
    await expect(page.get_by_role("complementary", name="Pinned messages")).to_be_visible()
    yield Stop("what is pinned", page)
    await page.keyboard.press("Escape")
    await ada.rows.last.focus()
    await page.keyboard.press("f")
    await expect(page.get_by_role("option").first).to_be_visible()
    yield Stop("where to forward to", page)
    await page.keyboard.press("Enter")
    await expect(ada.dialog.get_by_role("textbox")).to_be_focused()
    yield Stop("forwarding", page)
    await page.keyboard.press("Escape")
    await page.goto(f"{ada.server.url}/#/saved")
    saved = page.locator(".saved-item")
    await expect(saved).to_have_count(2)
    yield Stop("what is saved", page)
    for left in (1, 0):
        await saved.first.get_by_role("button", name="Remove").click()
        await expect(saved).to_have_count(left)
    await expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    yield Stop("nothing saved", page)
    await page.goto(f"{ada.server.url}/#/r/{place.id}")
    await expect(ada.log.get_by_text("Look").last).to_be_visible()
