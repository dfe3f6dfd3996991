"""What is kept, in a browser: the rows that have it, the panel of pins, what is said of them."""

from playwright.async_api import Locator

from tests.browser.visitor import Visitor

# What a live region says from now on, each time.
LISTEN = """(node) => {
  window.said = [];
  new MutationObserver((changes) => {
    for (const {addedNodes} of changes)
      for (const {textContent} of addedNodes) window.said.push(textContent);
  }).observe(node, {childList: true});
}"""
PHONE = {
    "viewport": {"width": 375, "height": 812},
    "has_touch": True,
    "is_mobile": True,
    "reduced_motion": "reduce",
}


def row(visitor: Visitor, text: str) -> Locator:
    """Return the row of the log that has a text."""
    return visitor.page.locator("main [role=log] article").filter(has_text=text)


async def choose(visitor: Visitor, text: str, item: str) -> None:
    """Choose from the menu of a message."""
    await row(visitor, text).hover()
    await row(visitor, text).get_by_role("button", name="Message actions").click()
    await visitor.page.get_by_role("menuitem", name=item, exact=True).click()


def pins(visitor: Visitor) -> Locator:
    """Return the panel of what is pinned."""
    return visitor.page.get_by_role("complementary", name="Pinned messages")


def counter(visitor: Visitor) -> Locator:
    """Return the button in the room's head that counts its pins."""
    return visitor.page.locator(".header-pins")
