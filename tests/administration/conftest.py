"""The first administrator of a module's server."""

import pytest

from tests.support.accounts import Account
from tests.support.administration import first_administrator
from tests.support.server import Server


@pytest.fixture(scope="module")
def chief(server: Server) -> Account:
    """Return the first administrator of the module's server."""
    return first_administrator(server)
