"""Whether everybody can use a state of the page: axe, nothing sticks out, nothing moves."""

from collections.abc import AsyncIterator, Iterator

from playwright.async_api import Page

from tests.browser.stops import WIDE, Stop
from tests.support.browser import ENGINE
from tests.support.page_checks import overflowing, violations_in_both_themes

# From a small phone to a large screen, and one of 1280 x 800 zoomed to 200 %.
SIZES = [(320, 568), (375, 812), (768, 1024), (1024, 768), (1280, 800), (1920, 1080), (640, 400)]
# At which of these widths axe looks, in both themes.
LOOKS = (1280, 375)

# Animations that go on for ever, or for longer than a blink. What only appears after a while does
# not move.
MOVING = """() => document.getAnimations()
  .filter((animation) => animation.playState === 'running')
  .filter((animation) => animation.effect.getComputedTiming().activeDuration > 50)
  .map((animation) => `${animation.animationName ?? animation.transitionProperty}`)"""


def sizes(stop: Stop) -> Iterator[tuple[int, int]]:
    """Return the sizes of the window at which this state exists."""
    return (size for size in SIZES if not stop.widths or size[0] in stop.widths)


def can_axe_look(stop: Stop) -> bool:
    """Return whether axe can: a process of Firefox 153 ends with a fault where it looked there."""
    return ENGINE != "firefox" or not stop.name.startswith("search")


async def faults(page: Page, width: int, *, axe: bool = True) -> list[str]:
    """Return what is wrong with the page as it now is, in a window of this width."""
    found = [f"sticks out: {element}" for element in await overflowing(page)]
    if axe and width in LOOKS:
        found += await violations_in_both_themes(page)
    return found


async def hold_for_everybody(walk: AsyncIterator[Stop], *, at_least: int) -> None:
    """Assert that there is nothing wrong with any state of a walk, at any size."""
    found: list[str] = []
    stops = 0
    async for stop in walk:
        stops += 1
        for width, height in sizes(stop):
            await stop.page.set_viewport_size({"width": width, "height": height})
            wrong = await faults(stop.page, width, axe=can_axe_look(stop))
            found += [f"{stop.name}, {width}: {fault}" for fault in wrong]
        found += [f"{stop.name} moves: {name}" for name in await stop.page.evaluate(MOVING)]
        await stop.page.set_viewport_size(WIDE)
    assert stops >= at_least
    assert found == [], "\n".join(found)
