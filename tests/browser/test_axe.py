"""axe finds nothing: every state of the page, light and dark, wide and on a phone."""

from collections.abc import Callable

import pytest

from tests.browser.tour import tour
from tests.support.browser import Browsers
from tests.support.page_checks import axe_violations
from tests.support.people import Person
from tests.support.server import Server


@pytest.mark.timeout(400)
async def test_axe_has_nothing_to_say(
    own_server: Server, browsers: Browsers, person: Callable[[str, Server], Person]
) -> None:
    """WCAG 2.0 to 2.2 A and AA and the best practices, over two themes and two widths."""
    browsers.allow("401")
    found: list[str] = []
    stops = 0
    async for stop in tour(own_server, person, browsers.open):
        stops += 1
        for width in (1280, 375):
            if stop.widths and width not in stop.widths:
                continue
            await stop.page.set_viewport_size({"width": width, "height": 800})
            for theme in ("light", "dark"):
                await stop.page.emulate_media(color_scheme=theme)
                look = f"{stop.name}, {width}, {theme}"
                found += [f"{look}: {line}" for line in await axe_violations(stop.page)]
        await stop.page.set_viewport_size({"width": 1280, "height": 800})
    assert stops > 15
    assert found == [], "\n".join(found)
