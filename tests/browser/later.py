"""Messages to be sent later, in a browser: the menu beside the send button, the line, the page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor
from tests.support.accounts import Account
from tests.support.people import checked
from tests.support.places import Place

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def ahead(**time: float) -> str:
    """Return a time to come: `ahead(hours=2)`."""
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def schedule(by: Account, place: Place, content: str, send_at: str, **more: Any) -> dict[str, Any]:
    """Let somebody schedule a message over HTTP; as the server has it."""
    wanted = {"content": content, "client_id": uuid4().hex, "send_at": send_at, **more}
    return dict(checked(by.call("POST", f"{place.path}/scheduled", json=wanted)))


def waiting(account: Account) -> list[dict[str, Any]]:
    """Return what an account has scheduled, as the server has it."""
    return list(checked(account.call("GET", "/api/chat/scheduled")))


def button(visitor: Visitor) -> Locator:
    """Return the button beside the room's send button."""
    return visitor.page.locator("main.pane").get_by_role("button", name="Send later")


def menu(visitor: Visitor) -> Locator:
    """Return the menu of times."""
    return visitor.page.get_by_role("menu", name="Send later")


def line(visitor: Visitor) -> Locator:
    """Return the line over the message box that says what is to be sent."""
    return visitor.page.locator("main.pane .later-line")


def items(visitor: Visitor) -> Locator:
    """Return the messages on the page of those that wait."""
    return visitor.page.locator("#scheduled .saved-item")


async def open_menu(visitor: Visitor, text: str) -> None:
    """Write something, and ask for the times at which it may be sent."""
    await visitor.box.fill(text)
    await button(visitor).click()
    await expect(menu(visitor)).to_be_visible()


async def choose(visitor: Visitor, choice: str) -> None:
    """Choose one of the times."""
    await menu(visitor).get_by_role("menuitem", name=choice).click()


async def open_list(visitor: Visitor) -> None:
    """Go to the page of what waits."""
    await visitor.page.goto(f"{visitor.server.url}/#/scheduled")
    heading = visitor.page.get_by_role("heading", name="Scheduled messages", level=1)
    await expect(heading).to_be_focused()
