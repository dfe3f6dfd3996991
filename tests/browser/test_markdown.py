"""Messages as Markdown: the same for everybody, and nothing but what it is allowed to be."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations, overflowing
from tests.support.people import Person, Room
from tests.support.server import Server

MESSAGE = """# Plan
Some **strong** and _soft_ words, ~~gone~~, `code`, [a link](https://example.org/a).
> quoted

- one
  - inner
1. first
2. second
- [x] done
- [ ] open

```js
const answer = "42"; // the answer
```

| name | value |
|:-----|------:|
| a    | 1     |

---
end"""

# What an element of a message may be, and which attributes it may have.
ALLOWED = """(bodies) => {
  const allowed = {
    A: 'href target rel title tabindex', BLOCKQUOTE: 'class dir', CODE: 'class dir data-language',
    BUTTON: 'type class tabindex aria-live', DEL: '', EM: '', H3: 'class dir', HR: 'class',
    DIV: 'class dir tabindex role aria-label data-language', LI: 'class value', P: 'dir',
    INPUT: 'type disabled checked aria-label', OL: 'class dir start', UL: 'class dir',
    PRE: 'class tabindex role aria-label', SPAN: 'class', STRONG: '', TABLE: 'dir', TBODY: '',
    TD: 'class', TH: 'class scope', THEAD: '', TR: '', TIME: 'class datetime',
  };
  return bodies.flatMap((body) => [...body.querySelectorAll('*')]).filter((node) => {
    const names = allowed[node.tagName]?.split(' ');
    return !names || [...node.attributes].some(({ name }) => !names.includes(name))
      || (node.tagName === 'A' && !/^(https?|mailto):/.test(node.href));
  }).map((node) => node.outerHTML);
}"""

# Whatever of these were run would call `ran`.
HOSTILE = [
    "<script>ran()</script> **a**",
    "**<img src=x onerror=ran()>**",
    "[<img src=x onerror=ran()>](https://example.org)",
    '![<svg onload=ran()>](https://example.org/"onerror=ran())',
    '![a](https://example.org "title\\" onmouseover=ran() x=\\"")',
    "[a](javascript:ran())",
    "[a](JaVaScRiPt&colon;ran())",
    "[a](java\tscript:ran())",
    "[a]( javascript:ran())",
    "[a](<javascript:ran()>)",
    "[a](\x01javascript:ran())",
    "[a](data:text/html,<script>ran()</script>)",
    "[a](vbscript:ran())",
    "[a](https://example.org/%22%3E%3Cscript%3Eran()%3C/script%3E)",
    "[a](//evil.example) [b](/\\evil.example) [c](?x) [d](#/r/1)",
    "<javascript:ran()> <data:text/html,x>",
    '[a]: javascript:ran() "x"\n[a] [a][] [b][a]',
    "```html onmouseover=ran()\n<script>ran()</script>\n```",
    '```"><script>ran()</script>\nx\n```',
    "```xml\n<script>ran()</script>\n<!-- --><img src=x onerror=ran()>\n```",
    "`<script>ran()</script>`",
    "> <iframe srcdoc='<script>parent.ran()</script>'>\n- <style>*{x:y}</style>",
    "|<script>ran()</script>|b|\n|--|--|\n|<img src=x onerror=ran()>|[x](javascript:ran())|",
    "# <base href=//evil.example>\n<meta http-equiv=refresh content=0>",
    '- [ ] <input autofocus onfocus=ran()>\n- [x] "><script>ran()</script>',
    "**__proto__** [constructor](https://example.org) ```__proto__\nx\n```",
    "```constructor\nx\n```",
    "```__proto__\nx\n```",
    "<details open ontoggle=ran()>**a**</details>",
    "[\u202egro.elpmaxe](https://evil.example) *a*",
    "&lt;script&gt;ran()&lt;/script&gt; **&#60;b&#62;**",
    "<a href='javascript:ran()'>*a*</a>",
    "[a](https://example.org)<b>[b](javascript:ran())</b>",
    "*" * 400 + "a" + "*" * 400,
    "> " * 400 + "a",
    "- " * 400 + "a",
    "[" * 400 + "a" + "](https://example.org)" * 20,
]


# Resolves when the element has been scrolled sideways.
SCROLLED = """(box) => new Promise((resolve) => {
  const look = () => box.scrollLeft > 0 && resolve(true);
  box.addEventListener('scroll', look);
  look();
})"""


async def heights(page: Page) -> list[float]:
    """Return how high each row is."""
    rows = page.locator("[role=log] .row")
    return list(await rows.evaluate_all("(all) => all.map((row) => row.offsetHeight)"))


async def painted(page: Page) -> None:
    """Wait until the code that is on view has its colours."""
    await expect(page.locator(".md-block .md-keyword").first).to_be_attached()


async def test_two_people_read_the_same_live_stored_and_after_a_reload(
    server: Server, room: Room, visit: Visit
) -> None:
    """One writes, the other reads; what waits to be stored looks as it will; nothing jumps."""
    alice, bob = await visit("alice", server, room), await visit("bob", server, room)
    # More than the window has room for, whoever is told of meanwhile.
    await alice.box.fill("**warm** up" + "\n\nand up" * 12)
    await alice.box.press("Enter")
    await expect(bob.log.locator("strong")).to_have_text("warm")
    await alice.box.fill(MESSAGE)
    await alice.box.press("Enter")
    for reader in (alice, bob, alice):
        await expect(reader.stored).to_have_count(2)
        body = reader.rows.last.locator(".row-body")
        await expect(body.get_by_role("heading", name="Plan")).to_be_visible()
        await expect(body.locator("strong")).to_have_text("strong")
        await expect(body.locator("em")).to_have_text("soft")
        await expect(body.locator("del")).to_have_text("gone")
        await expect(body.locator(".md-code")).to_have_text("code")
        await expect(body.get_by_role("link")).to_have_attribute("href", "https://example.org/a")
        await expect(body.locator("blockquote")).to_have_text("quoted")
        await expect(body.locator("ul ul li")).to_have_text("inner")
        await expect(body.locator("ol li")).to_have_text(["first", "second"])
        await expect(body.get_by_role("checkbox", name="Done")).to_be_checked()
        await expect(body.get_by_role("checkbox", name="To do")).to_be_disabled()
        await expect(body.get_by_role("cell", name="1")).to_have_class("md-right")
        await expect(body.locator("hr")).to_have_count(1)
        before = await heights(reader.page)
        await painted(reader.page)
        await expect(body.locator(".md-string")).to_have_text('"42"')
        assert await heights(reader.page) == before
        assert all(height == int(height) for height in before)
        await reader.page.reload()
    await expect(bob.stored).to_have_count(2)
    assert await bob.page.evaluate("document.querySelector('.log').scrollTop") > 0


async def test_nothing_hostile_becomes_more_than_words(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """In a real browser with the page's policy: no element, attribute or address but those known.

    The fixture fails the test for every violation of the policy and every error.
    """
    script = "window.hits = []; window.ran = (...all) => window.hits.push(all);"
    for text in HOSTILE:
        await bob.post(room, text)
    alice = await visit("alice", server, room, script=script)
    for _ in range(2):
        await expect(alice.stored).to_have_count(len(HOSTILE))
        await expect(alice.log.locator(".row-body strong").first).to_be_attached()
        for block in await alice.log.locator(".md-block").all():
            await block.scroll_into_view_if_needed()
        await expect(alice.log.locator("[data-language=xml] .md-keyword").first).to_be_attached()
        assert await alice.rows.locator(".row-body").evaluate_all(ALLOWED) == []
        assert await alice.page.evaluate("window.hits") == []
        await alice.page.reload()


@pytest.mark.thorough
async def test_a_room_without_markdown_asks_for_nothing_that_shows_it(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Not before everything else is done; a room with some waits for it, and shows it at once."""
    await fill(bob, room, 20)
    asked: list[str] = []
    alice = await visit("alice", server)
    alice.page.on("request", lambda request: asked.append(request.url))
    await alice.page.goto("about:blank")
    asked.clear()
    await alice.page.goto(f"{server.url}/#/r/{room['id']}")
    await expect(alice.stored).to_have_count(20)
    assert [url for url in asked if re.search(r"vendor|markdown", url)] == []
    await bob.post(room, "*soft*")
    await expect(alice.log.locator("em")).to_have_text("soft")
    assert len([url for url in asked if re.search(r"vendor|markdown", url)]) == 3
    # The first that is drawn of the log has it already.
    await alice.page.add_init_script(
        "new MutationObserver((changes) => { for (const { addedNodes } of changes)"
        " for (const node of addedNodes) if (node.querySelector?.('.row'))"
        " (window.first ??= document.querySelectorAll('.row em').length); })"
        ".observe(document, { childList: true, subtree: true });"
    )
    await alice.page.reload()
    await expect(alice.stored).to_have_count(21)
    assert await alice.page.evaluate("window.first") == 1


@pytest.mark.thorough
async def test_where_it_cannot_be_had_a_message_is_what_was_written(
    server: Server, room: Room, visit: Visit, bob: Person, browsers: Browsers
) -> None:
    """It is tried again with the next message that needs it, and then the others follow."""
    browsers.allow("marked")
    await bob.post(room, "**one**")
    alice = await visit("alice", server)
    failing = True

    async def answer(route: Route) -> None:
        await (route.abort() if failing else route.continue_())

    await alice.page.route("**/vendor/marked/**", answer)
    await alice.page.goto("about:blank")
    await alice.page.goto(f"{server.url}/#/r/{room['id']}")
    await expect(alice.rows.last).to_contain_text("**one**")
    failing = False
    await bob.post(room, "**two**")
    await expect(alice.log.locator("strong")).to_have_text(["one", "two"])


@pytest.mark.thorough
async def test_wide_code_and_tables_scroll_by_themselves(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """On a phone, by finger and by keys; the page stays as wide as the window; axe is content."""
    wide = "x = " + " + ".join(f"value_{number}" for number in range(40))
    cells = " | ".join(f"column {number}" for number in range(12))
    await bob.post(room, f"```py\n{wide}\n```")
    await bob.post(room, f"{cells}\n{'|'.join(['--'] * 12)}\n{cells}")
    await bob.post(room, "```py\nx\n```")
    phone = {"width": 375, "height": 700}
    alice = await visit("alice", server, room, viewport=phone)
    boxes = alice.log.locator(".md-scroll")
    await expect(boxes).to_have_count(3)
    wider = "(all) => all.map((box) => box.scrollWidth > box.clientWidth)"
    assert await boxes.evaluate_all(wider) == [True, True, False]
    await alice.page.evaluate(
        "document.querySelector('[role=log] [tabindex=\"0\"]').focus({ preventScroll: true })"
    )
    tabs = "(all) => all.map((box) => box.tabIndex)"
    assert await boxes.evaluate_all(tabs) == [-1, -1, -1]
    await alice.page.keyboard.press("ArrowUp")
    assert await boxes.evaluate_all(tabs) == [-1, 0, -1]
    box = boxes.nth(1)
    await box.focus()
    await alice.page.keyboard.press("ArrowRight")
    assert await box.evaluate(SCROLLED)
    inside = "(all) => all.every((node) => node.getBoundingClientRect().right <= innerWidth)"
    assert await alice.log.locator(".md-block, .md-table, .row").evaluate_all(inside)
    assert [html for html in await overflowing(alice.page) if not html.startswith("<t")] == []
    # What axe misses is there for the row that has been gone to by the arrow keys, as seen above.
    known = {"scrollable-region-focusable": {"enabled": False}}
    assert await axe_violations(alice.page, rules=known) == []


@pytest.mark.chromium("leave for the clipboard")
@pytest.mark.thorough
async def test_code_is_copied_by_its_button(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """To the letter, and the button says that it was."""
    await bob.post(room, "```sh\n  echo *a*  <b>\n\n\techo\n\n```")
    alice = await visit("alice", server, room, permissions=["clipboard-read", "clipboard-write"])
    await alice.log.get_by_role("button", name="Copy code").click()
    await expect(alice.log.get_by_role("button", name="Copied")).to_be_visible()
    copied = await alice.page.evaluate("navigator.clipboard.readText()")
    assert copied == "  echo *a*  <b>\n\n\techo"


@pytest.mark.thorough
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_colour_can_be_read_in_both_themes(
    server: Server, room: Room, visit: Visit, bob: Person, theme: str
) -> None:
    """Of code in all its parts, quotations, tables, links and their places."""
    await bob.post(room, MESSAGE)
    code = "class A:\n  def f(self):\n    return 1 # no"
    await bob.post(room, f"```diff\n- old\n+ new\n```\n```py\n{code}\n```")
    await bob.post(room, "[example.org](https://evil.example) `code` > no\n> yes, `code`")
    alice = await visit("alice", server, room, color_scheme=theme)
    for name in ("keyword", "string", "number", "title", "comment", "gone"):
        await expect(alice.log.locator(f".md-{name}").first).to_be_attached()
    assert await axe_violations(alice.page) == []


@pytest.mark.thorough
async def test_words_without_signs_are_spoken(
    server: Server, room: Room, visit: Visit, bob: Person
) -> None:
    """Once Markdown can be read, the announcement leaves its signs out."""
    alice = await visit("alice", server, room)
    await bob.post(room, "**first**")
    await expect(alice.log.locator("strong")).to_have_text("first")
    await bob.post(room, "- **second** [one](https://example.org)\n- `two`")
    spoken = alice.page.locator("#live-polite p", has_text="bob, guest: second one two")
    await expect(spoken).to_be_attached()
