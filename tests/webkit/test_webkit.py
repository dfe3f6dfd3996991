"""What people do all day, in Safari's engine: it is seen where it is, and does what it says."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support.page_checks import FIND_OVERFLOWING
from tests.support.people import NewRoom, Room, checked, http_client
from tests.support.server import Server
from tests.support.webkit import Window, Windows

pytestmark = pytest.mark.webkit

BOX = "textarea.composer-field"
LOG = "[role=log]"
STORED = "[role=log] [data-message-id]"
MENU = "[role=menu]"


def come_in(windows: Windows, server: Server, name: str, **size: int) -> Window:
    """Come by the first screen, as a guest."""
    window = windows.open(server.url, **size)
    window.click("input")
    window.type(name)
    window.click("button", "Come in")
    window.sees("h1", "Rooms")
    return window


def enter(window: Window, server: Server, room: Room) -> None:
    """Open a room by its address."""
    window.run("location.hash = arguments[0]", f"#/r/{room['id']}")
    window.sees("#chat h1", room["name"])
    window.sees(BOX)


def say(window: Window, text: str) -> None:
    """Write a message and send it."""
    window.click(BOX)
    window.type(text)
    window.type(Keys.ENTER)
    window.sees(STORED, text)


def post(server: Server, room: Room, name: str, text: str) -> None:
    """Have somebody else say something."""
    with http_client(server) as http:
        path = f"/api/chat/rooms/{room['id']}/messages"
        checked(http.post(path, params={"username": name}, json={"content": text}))


def fits(window: Window) -> None:
    """Nothing of it reaches beyond the window's sides."""
    window.until(lambda: not window.run(f"return ({FIND_OVERFLOWING})()"), "it fits the window")


def test_a_guest_makes_a_room_and_talks_with_another(server: Server, windows: Windows) -> None:
    """From the first screen on; each sees at once what the other says."""
    ada = come_in(windows, server, "ada")
    ada.click("button", "New room")
    ada.sees("dialog input")
    ada.type("webkit garden")
    ada.click("dialog button", "Create room")
    ada.sees("#chat h1", "webkit garden")
    say(ada, "hello from Safari")
    room_id = int(ada.run("return location.hash.match(/#\\/r\\/(\\d+)/)[1]"))
    post(server, {"id": room_id}, "bob", "hello **ada**")
    ada.sees(f"{STORED} strong", "ada")
    fits(ada)


def test_a_message_is_edited_and_reacted_to_by_what_is_seen(
    server: Server, room: Room, windows: Windows
) -> None:
    """Its menu and the picker of emoji stand where one can point at them."""
    ada = come_in(windows, server, "ada")
    enter(ada, server, room)
    say(ada, "I think so to")
    ada.point_at(STORED, "I think so to")
    ada.click("button[aria-label='Message actions']")
    ada.sees(MENU)
    ada.click(f"{MENU} [role=menuitem]", "Edit")
    ada.sees(".loan-label", "Editing your message")
    ada.type("o")
    ada.type(Keys.ENTER)
    ada.sees(STORED, "I think so too")
    ada.sees_no(MENU)
    ada.point_at(STORED, "I think so too")
    ada.click("button[aria-label='React']")
    ada.sees("[role=gridcell]")
    ada.type("tada")
    ada.sees("[role=gridcell]", "party popper")
    ada.type(Keys.ENTER)
    ada.sees(".pill[data-emoji]", "🎉")
    ada.sees_no("[role=gridcell]")


def test_the_quick_switcher_lists_rooms_and_goes_there(
    server: Server, room: Room, new_room: NewRoom, windows: Windows
) -> None:
    """By keys alone."""
    other = new_room(server)
    ada = come_in(windows, server, "ada")
    enter(ada, server, room)
    ada.press(Keys.CONTROL, "k")
    ada.sees("[role=combobox]")
    ada.type(other["name"])
    ada.sees("[role=option]", other["name"])
    ada.type(Keys.ENTER)
    ada.sees("#chat h1", other["name"])


def test_the_layout_follows_the_window_down_to_a_phone(
    server: Server, room: Room, windows: Windows
) -> None:
    """Also once a menu has been open; nothing sticks out, in the light and in the dark.

    A window of this browser is 450 pixels wide at least, where the page is as on a phone.
    """
    ada = come_in(windows, server, "ada")
    enter(ada, server, room)
    say(ada, "word " * 40 + "end")
    ada.click("button[aria-label='Room menu']")
    ada.sees(MENU)
    ada.type(Keys.ESCAPE)
    ada.sees_no(MENU)
    ada.sees(".sidebar")
    for theme in ("light", "dark"):
        ada.run("document.documentElement.dataset.theme = arguments[0]", theme)
        for width, height in ((1280, 800), (450, 812)):
            ada.resize(width, height)
            ada.sees(BOX)
            fits(ada)
    ada.sees_no(".sidebar")


def test_what_is_written_while_the_server_is_away_is_sent_once_it_is_back(
    own_server: Server, new_room: Callable[[Server], Room], windows: Windows
) -> None:
    """It waits in the log, and comes once."""
    room = new_room(own_server)
    ada = come_in(windows, own_server, "ada")
    enter(ada, own_server, room)
    say(ada, "before")
    own_server.kill()
    ada.click(BOX)
    ada.type("meanwhile")
    ada.type(Keys.ENTER)
    ada.sees(f"{LOG} [data-state=sending]", "meanwhile")
    own_server.start()
    ada.sees(STORED, "meanwhile")
    with http_client(own_server) as http:
        told = checked(http.get(f"/api/chat/rooms/{room['id']}/messages"))
    assert [message["content"] for message in told] == ["before", "meanwhile"]
