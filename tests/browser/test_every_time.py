"""The same as in `test_every_state`, of messages to be sent later.

In a file of its own, so that all are walked through at once.
"""

import pytest

from tests.browser.everybody import hold_for_everybody
from tests.browser.tour_later import tour_of_later
from tests.support.browser import Browsers
from tests.support.server import Server

pytestmark = pytest.mark.thorough


@pytest.mark.timeout(400)
async def test_every_state_of_what_is_scheduled_can_be_used_by_everybody_at_every_size(
    own_server: Server, browsers: Browsers
) -> None:
    """The times, the dialogs, the line over the message box, the list and what was not sent."""
    await hold_for_everybody(tour_of_later(own_server, browsers.open), at_least=8)
