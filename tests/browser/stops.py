"""What a walk through the page stops at, and what its parts share."""

from dataclasses import dataclass

from playwright.async_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass
class Stop:
    """One state of the page; `widths` are those at which it exists, all if there are none."""

    name: str
    page: Page
    widths: tuple[int, ...] = ()
