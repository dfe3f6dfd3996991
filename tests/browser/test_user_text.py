"""What people write is text and nothing else, wherever on the page it is shown."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import address
from tests.support.browser import Browsers
from tests.support.people import Person, Room
from tests.support.server import Server

# Whatever of the text below were run would call this.
TRAP = """window.ran = [];
for (const name of ['xss', 'alert', 'confirm', 'prompt', 'print']) {
  window[name] = (...given) => void window.ran.push([name, ...given]);
}"""

# Elements that the page never makes, handlers in attributes, and addresses that are no pages.
FIND_MARKUP = """() => {
  const foreign = 'script:not(head script), style, link:not(head link), meta:not(head meta), base,'
    + 'iframe, frame, object, embed, img, image, picture, video, audio, math, marquee, template,'
    + 'foreignObject, animate, set, details, portal, xmp, plaintext, b:not([class] *), u, font';
  const known = new Set(['http:', 'https:', 'mailto:']);
  const found = [...document.querySelectorAll(foreign)].map((node) => node.outerHTML);
  for (const node of document.querySelectorAll('*')) {
    for (const { name, value } of node.attributes) {
      if (name.startsWith('on') || name === 'srcdoc' || name === 'style' && value.includes('url')) {
        found.push(`${name}=${value}`);
      }
      if (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name)) {
        if (!known.has(new URL(value, location.href).protocol)) found.push(`${name}=${value}`);
      }
    }
  }
  return [...window.ran.map(String), ...found];
}"""

SHORT = [
    "<script>xss()</script>",
    "<img src=x onerror=xss()>",
    "<svg/onload=xss()>",
    "\"><svg onload='xss()'>",
    "'-xss()-'",
    "javascript:xss()",
    "{{constructor.constructor('xss()')()}}",
    "${xss()}",
    "&lt;b&gt;&#60;i&#62;",
    "</title></textarea><b onclick=xss()>",
    "__proto__",
    "constructor",
]

LONG = [
    *SHORT,
    '<iframe srcdoc="<script>parent.xss()</script>"></iframe>',
    '<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=xss()">',
    "<svg><animate onbegin=xss() attributeName=x dur=1s>",
    "<details open ontoggle=xss()>details</details>",
    '<a href="javascript:xss()">click</a>',
    '<noscript><p title="</noscript><img src=x onerror=xss()>">',
    "[click](javascript:xss())",
    "<style>@import 'data:,*{x:expression(xss())}'</style>",
    '<meta http-equiv=refresh content="0;url=javascript:xss()">',
    "<base href=//evil.example>",
    "<input autofocus onfocus=xss()>",
    '<!--<img src="--><img src=x onerror=xss()//">',
    "\u202e<b>right to left</b>",
    "line one\n<b>line two</b>\n\n   four",
]


def read(text: str) -> str:
    """Return what one reads where `text` is shown as Markdown: all of it but its signs."""
    return text.replace("__proto__", "proto")


# What is a link in a message, and with which address.
LINKS = {
    "see https://example.org/a?b=c&d=<e>.": ["https://example.org/a?b=c&d="],
    "(http://example.org/x_(y))": ["http://example.org/x_(y)"],
    "HTTPS://EXAMPLE.ORG": ["https://example.org/"],
    "mailto:ada@example.org, please": ["mailto:ada@example.org"],
    "two: http://a.example http://b.example": ["http://a.example/", "http://b.example/"],
    'https://example.org/"onmouseover=xss()': ["https://example.org/"],
    "javascript://https://example.org/%0Axss()": ["https://example.org/%0Axss()"],
}
NO_LINKS = [
    "javascript:xss()",
    "JaVaScRiPt:xss()",
    "java\tscript:xss()",
    "data:text/html,<script>xss()</script>",
    "data:text/html;base64,PHNjcmlwdD54c3MoKTwvc2NyaXB0Pg==",
    "vbscript:xss()",
    "file:///etc/passwd",
    "blob:null/1",
    "view-source:https",
    "http:",
    "https://",
    "mailto:",
    "xhttp://example.org",
]


async def nothing_ran(page: Page) -> None:
    """Expect that no text of people has become code, an element or an address."""
    assert await page.evaluate(FIND_MARKUP) == []


@pytest.fixture
def trapped(visit: Visit, browsers: Browsers) -> Visit:
    """Return `visit` with the trap in the page: whatever runs is remembered."""

    async def open_browser(*args: object, **options: object) -> object:
        visitor = await visit(*args, script=TRAP, **options)
        visitor.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        return visitor

    return open_browser  # type: ignore[return-value]


@pytest.mark.thorough
async def test_messages_are_text_live_and_from_the_history(
    server: Server, room: Room, trapped: Visit, bob: Person
) -> None:
    """Each stands in the log to the letter, and is announced to the letter."""
    alice = await trapped("alice", server, room)
    stored = [(await bob.post(room, text))["content"] for text in LONG]
    for _ in range(2):
        await expect(alice.stored).to_have_count(len(stored))
        texts = await alice.rows.evaluate_all(
            "(rows) => rows.map((row) => row.lastElementChild.textContent)"
        )
        assert texts == [read(text) for text in stored]
        await nothing_ran(alice.page)
        await alice.page.reload()
    await alice.say(*SHORT)
    await expect(alice.stored).to_have_count(len(LONG) + len(SHORT))
    await nothing_ran(alice.page)


@pytest.mark.thorough
async def test_names_of_people_are_text_everywhere(
    server: Server, room: Room, trapped: Visit, person: Callable[[str, Server], Person]
) -> None:
    """In the list of people, the join and leave lines, the typing line, beside their messages."""
    alice = await trapped("alice", server, room)
    for name in SHORT:
        evil = person(name, server)
        client = await evil.enter(room)
        await expect(alice.people.filter(has_text=name)).to_be_visible()
        await client.send("typing")
        await expect(alice.page.get_by_text(f"{name} guest is typing", exact=True)).to_be_visible()
        await client.send("message", content=f"by {name}")
        await expect(alice.row(f"by {read(name)}")).to_contain_text(name)
        await client.close()
        await expect(alice.people).to_have_count(1)
    await expect(alice.log.get_by_text("left")).to_have_count(len(SHORT))
    polite = alice.page.get_by_role("status").filter(has_text=f"{SHORT[-1]}, guest: by {SHORT[-1]}")
    await expect(polite).to_be_attached()
    await nothing_ran(alice.page)


@pytest.mark.thorough
async def test_ones_own_name_is_text(server: Server, stranger: Visit, room: Room) -> None:
    """On the first screen, in the sidebar, in the log."""
    name = "<img src=x onerror=xss()>"
    evil = await stranger(name, server)
    await evil.page.add_init_script(TRAP)
    await evil.page.goto(address(server, room))
    await evil.page.reload()
    await evil.sign_in()
    await expect(evil.page.get_by_role("button", name=f"{name} guest Connected")).to_be_visible()
    await evil.say("it is I")
    await expect(evil.row("it is I")).to_contain_text(name)
    await nothing_ran(evil.page)
    await evil.sign_out()
    await expect(evil.name_field).to_have_value(name)
    await nothing_ran(evil.page)


@pytest.mark.thorough
async def test_names_of_rooms_are_text_everywhere(
    server: Server, trapped: Visit, new_room: Callable[..., Room], browsers: Browsers
) -> None:
    """In the list, in the dialogs, in a notice, in the sidebar, in the title of the tab."""
    browsers.allow("409")
    alice = await trapped("alice", server)
    for name in ("<img src=x onerror=xss()>", "</title><script>xss()</script>", "__proto__"):
        room = new_room(server, name)
        await expect(alice.card(name)).to_be_visible()
        await alice.page.get_by_role("searchbox").fill(name + "?")
        await expect(alice.page.get_by_text(f"Nothing matches “{name}?”.")).to_be_visible()
        await alice.page.get_by_role("searchbox").fill("")
        await alice.page.get_by_role("button", name="New room").click()
        await alice.page.get_by_role("textbox", name="Room name").fill(name)
        await alice.page.get_by_role("button", name="Create room").click()
        await expect(alice.dialog).to_contain_text("There is already a room with that name.")
        await alice.page.keyboard.press("Escape")
        await alice.open_room(name)
        await expect(alice.page).to_have_title(f"#{name} · Parlour")
        await expect(alice.box).to_have_accessible_name(f"Message to {name}")
        await expect(alice.log.get_by_text(f"This is the start of #{name}.")).to_be_visible()
        await nothing_ran(alice.page)
        await alice.page.get_by_role("button", name="Room menu").click()
        await alice.page.get_by_role("menuitem", name="Delete room").click()
        await expect(alice.dialog).to_have_accessible_name(f"Delete #{name}?")
        await alice.dialog.get_by_role("button", name="Delete room").click()
        await expect(alice.notices.get_by_text(f"#{name} was deleted.", exact=True)).to_be_visible()
        await nothing_ran(alice.page)
        assert room["name"] == name


@pytest.mark.thorough
async def test_the_notice_of_a_deleted_room_is_text(
    server: Server, trapped: Visit, new_room: Callable[..., Room], visit: Visit
) -> None:
    """It names the room and whoever deleted it, both to the letter."""
    room = new_room(server, "<b onclick=xss()>bold</b>")
    name = "<svg/onload=xss()>"
    alice = await trapped("alice", server, room)
    evil = await visit(name, server, room)
    await evil.delete_room()
    words = f"#{room['name']} was deleted by {name}."
    await expect(alice.page.get_by_text(words, exact=True)).to_be_visible()
    await nothing_ran(alice.page)


@pytest.mark.thorough
async def test_addresses_of_pages_become_links_and_nothing_else_does(
    server: Server, room: Room, trapped: Visit, bob: Person
) -> None:
    """Only http, https and mailto; they open elsewhere and tell nothing of where one came from."""
    alice = await trapped("alice", server, room)
    for text in [*LINKS, *NO_LINKS]:
        await bob.post(room, text)
    await expect(alice.stored).to_have_count(len(LINKS) + len(NO_LINKS))
    found = await alice.rows.evaluate_all(
        "(rows) => rows.map((row) => [...row.querySelectorAll('a')].map((link) => link.href))"
    )
    assert found == [*LINKS.values(), *([] for _ in NO_LINKS)]
    links = alice.log.get_by_role("link")
    for link in await links.all():
        await expect(link).to_have_attribute("target", "_blank")
        await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await nothing_ran(alice.page)
