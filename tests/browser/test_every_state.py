"""Every state of the page: axe finds nothing, nothing sticks out, nothing moves."""

from collections.abc import Callable

import pytest

from tests.browser.everybody import hold_for_everybody
from tests.browser.tour import tour
from tests.support.browser import Browsers
from tests.support.people import Person
from tests.support.server import Server


@pytest.mark.thorough
@pytest.mark.timeout(400)
async def test_every_state_can_be_used_by_everybody_at_every_size(
    own_server: Server, browsers: Browsers, person: Callable[[str, Server], Person]
) -> None:
    """WCAG 2.0 to 2.2 A and AA and the best practices; and nothing moves for who wants none."""
    browsers.allow("401")
    await hold_for_everybody(tour(own_server, person, browsers.open), at_least=31)
