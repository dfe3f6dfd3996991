"""People with an account at a browser: how they come in, and what they have there."""

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor
from tests.support.people import async_http_client, checked
from tests.support.server import Server

PASSWORD = "two brown foxes"


async def register(server: Server, name: str, **fields: str) -> None:
    """Make an account called `name` over HTTP; nobody is signed in by that in a browser."""
    body = {"username": name, "password": PASSWORD, **fields}
    async with async_http_client(server) as http:
        checked(await http.post("/api/auth/register", json=body))


def field(visitor: Visitor, label: str) -> Locator:
    """Return the field with this label, of the first screen or of an open dialog."""
    return visitor.page.get_by_role("textbox", name=label)


async def press(visitor: Visitor, button: str) -> None:
    """Press the button with exactly this name."""
    await visitor.page.get_by_role("button", name=button, exact=True).click()


async def fill_in(visitor: Visitor, **values: str) -> None:
    """Fill in fields: `username`, `display_name`, `password`."""
    labels = {name: name.replace("_", " ").capitalize() for name in values}
    for name, value in values.items():
        await field(visitor, labels[name]).fill(value)


async def log_in(visitor: Visitor, password: str = PASSWORD) -> None:
    """Come in by the first screen with an account."""
    await press(visitor, "Sign in")
    await expect(field(visitor, "Username")).to_be_focused()
    await fill_in(visitor, username=visitor.name, password=password)
    await press(visitor, "Sign in")


async def open_settings(visitor: Visitor, tab: str = "Profile") -> None:
    """Open the settings of one's account by one's own menu, and go to a tab."""
    await visitor.page.get_by_role("button", name="Your menu").click()
    await press(visitor, "Account settings")
    await visitor.dialog.get_by_role("tab", name=tab).click()
