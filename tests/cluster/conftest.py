"""Two nodes on one database and one Valkey, each asked by itself."""

from collections.abc import Iterator

import pytest

from tests.support.accounts import PASSWORD, Account, account_of, browser_at
from tests.support.nodes import Apart, nodes_of
from tests.support.places import new_account
from tests.support.server import Server
from tests.support.valkey import Valkey


@pytest.fixture(scope="module")
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Apart]]:
    """Yield two nodes that run; a module's `SERVER_ENV` holds further settings."""
    env = getattr(request.module, "SERVER_ENV", {})
    with nodes_of(Server)(tmp_path_factory.mktemp("nodes"), env=env) as running:
        yield running.apart()


@pytest.fixture
def one(both: list[Apart]) -> Server:
    """Return the node where things are done."""
    return both[0]


@pytest.fixture
def other(both: list[Apart]) -> Server:
    """Return the node where they are told."""
    return both[1]


@pytest.fixture
def ann(one: Server) -> Account:
    """Return somebody at the first node."""
    return new_account(one, "ann")


@pytest.fixture
def bob(other: Server) -> Account:
    """Return somebody at the second."""
    return new_account(other, "bob")


@pytest.fixture
def broker() -> Iterator[Valkey]:
    """Yield a Valkey that the test may end."""
    running = Valkey()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def root(both: list[Apart]) -> Account:
    """Return who runs the server, by the link that the other node printed."""
    link = both[1].process.wait_for_line(r"/#/setup/(\S+)$")[1]
    wanted = {"token": link, "username": "root-of-all", "password": PASSWORD}
    with browser_at(both[0]) as browser:
        browser.headers.pop("Sec-Fetch-Site")
        return account_of(both[0], browser.post("/api/auth/setup", json=wanted))
