"""People with an account at a browser: how they come in, and what they have there."""

import json
import re
import time

from playwright.async_api import Locator, StorageState, expect

from tests.browser.visitor import Visitor, signed_in
from tests.support import accounts
from tests.support.accounts import PASSWORD
from tests.support.server import Server


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


def logged_in(server: Server, username: str) -> StorageState:
    """Return a browser's storage as the first screen leaves it when an account comes in by it."""
    login = accounts.log_in(server, username)
    kept = {
        "account": json.dumps(login.user),
        "lastKind": "account",
        "owner": str(login.user["id"]),
        # For less than the quarter of an hour that it is good for.
        "until": str(int((time.time() + 600) * 1000)),
    }
    cookies = {"parlour": login.access, "parlour-refresh": login.refresh}
    return signed_in(server, username, cookies, **kept)


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


async def log_out(visitor: Visitor) -> None:
    """Leave by one's own menu; the first screen asks for the account's password."""
    await visitor.page.get_by_role("button", name="Your menu").click()
    await press(visitor, "Sign out")
    await asked_for_the_password(visitor)


async def asked_for_the_password(visitor: Visitor) -> None:
    """Expect the first screen to offer the account that was used last, and no password."""
    await expect(visitor.page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    await expect(field(visitor, "Username")).to_have_value(visitor.name)
    await expect(field(visitor, "Password")).to_have_value("")
    await expect(field(visitor, "Password")).to_be_focused()


async def log_in_again(visitor: Visitor) -> None:
    """Come in by the first screen where one had been before."""
    await fill_in(visitor, username=visitor.name, password=PASSWORD)
    await press(visitor, "Sign in")


async def open_room_settings(visitor: Visitor, tab: str) -> None:
    """Open what there is to know and to change about the room, by its menu."""
    await visitor.page.get_by_role("button", name="Room menu").click()
    await visitor.page.get_by_role("menuitem", name="Room settings").click()
    await visitor.dialog.get_by_role("tab", name=tab).click()
    await expect(visitor.dialog.get_by_role("tabpanel", name=tab)).to_be_visible()


async def choose_people(visitor: Visitor, *names: str) -> None:
    """Choose people by a field that takes them, with keys alone."""
    box = visitor.dialog.get_by_role("combobox", name=re.compile("^(To|Add people)"))
    for name in names:
        await box.press_sequentially(name)
        option = visitor.page.get_by_role("option").filter(has_text=f"@{name}")
        await expect(option).to_have_attribute("aria-selected", "true")
        await box.press("Enter")
        await expect(visitor.dialog.get_by_role("list", name="Chosen people")).to_contain_text(name)
