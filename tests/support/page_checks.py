"""What every page has to pass: axe's rules, and nothing that sticks out of the window."""

from pathlib import Path
from typing import Any, cast

from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

# Neither axe nor a comparison of scrollWidth sees a page that is cut off by `overflow: hidden`.
FIND_OVERFLOWING = """() => {
  const edge = document.documentElement.clientWidth;
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.checkVisibility() && !element.closest("pre, svg"))
    .filter((element) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && (right > edge + 0.5 || left < -0.5);
    })
    .map((element) => element.outerHTML.slice(0, 120));
}"""


async def axe_violations(page: Page, **options: Any) -> list[str]:
    """Return one line for each rule of axe that the page breaks, with the elements that do.

    `options` are further options of `axe.run`, such as `rules`.
    """
    if not await page.evaluate("'axe' in window"):
        # Evaluated, not added as a script: the page's Content Security Policy refuses those.
        await page.evaluate(AXE.read_text("utf-8"))
    result = await page.evaluate(
        "(options) => axe.run(document, options)",
        {"runOnly": RULES, "resultTypes": ["violations"], **options},
    )
    return [
        f"{found['id']}: {found['help']}: " + "; ".join(node["html"] for node in found["nodes"])
        for found in result["violations"]
    ]


async def violations_in_both_themes(page: Page) -> list[str]:
    """Return the same of the page in the dark and in the light, in which it is left."""
    # Of another theme other colours are all that can be wrong.
    await page.emulate_media(color_scheme="dark")
    found = [f"dark: {line}" for line in await axe_violations(page, runOnly=COLOURS)]
    await page.emulate_media(color_scheme="light")
    return found + [f"light: {line}" for line in await axe_violations(page)]


async def overflowing(page: Page) -> list[str]:
    """Return the beginnings of all visible elements that reach beyond the window's sides.

    What lies in a `pre` or an `svg` may; so may what only a screen reader meets (1 pixel).
    """
    return cast("list[str]", await page.evaluate(FIND_OVERFLOWING))
