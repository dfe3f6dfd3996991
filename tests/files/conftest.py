"""What the tests of files share: two people of the module's server."""

import pytest

from tests.support.accounts import Account, register
from tests.support.server import Server


@pytest.fixture(scope="module")
def ann(server: Server) -> Account:
    """Return who sends files."""
    return register(server, "ann")


@pytest.fixture(scope="module")
def ben(server: Server) -> Account:
    """Return who gets them."""
    return register(server, "ben")
