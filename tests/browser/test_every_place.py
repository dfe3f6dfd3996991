"""The same as in `test_every_state`, of the rooms that people with an account have.

In a file of its own, so that both are walked through at once.
"""

import pytest

from tests.browser.everybody import hold_for_everybody
from tests.browser.tour import tour_of_places
from tests.support.browser import Browsers
from tests.support.server import Server


@pytest.mark.thorough
@pytest.mark.timeout(400)
async def test_every_place_can_be_used_by_everybody_at_every_size(
    own_server: Server, browsers: Browsers
) -> None:
    """Lists, messages with all that they can have, settings, invitations."""
    await hold_for_everybody(tour_of_places(own_server, browsers.open), at_least=31)
