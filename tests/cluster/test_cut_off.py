"""A node whose way to Redis alone falls silent: others tell what it commits all the same."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.accounts import log_in, register
from tests.support.cutting import Cutting, cutting
from tests.support.files import until
from tests.support.postgres import postgres
from tests.support.server import NewServer
from tests.support.timing import scaled
from tests.support.valkey import valkey

pytestmark = pytest.mark.one_node

# Half a second, and what it takes to ask.
MOMENT = 1.0


@pytest.fixture
def way() -> Iterator[Cutting]:
    """Yield a way to Redis that can fall silent."""
    with cutting(valkey().port) as opened:
        yield opened


@pytest.mark.thorough
def test_what_others_do_not_hear_of_holds_there_a_moment_later(
    new_server: NewServer, way: Cutting
) -> None:
    """Before anybody can know that Redis is not there for one of them."""
    env = {"PARLOUR_DATABASE_URL": postgres().new_database()}
    one = new_server(env={**env, "PARLOUR_REDIS_URL": f"redis://127.0.0.1:{way.port}"}).start()
    other = new_server(env={**env, "PARLOUR_REDIS_URL": valkey().url}).start()
    register(one, "vera")
    logins = [log_in(one, "vera") for _ in range(3)]
    way.fall_silent()
    for login in logins:
        there = replace(login, server=other)
        assert there.status() == 200
        assert login.call("POST", "/api/auth/logout").status_code == 204
        begun = time.monotonic()
        until(lambda there=there: there.status() == 401)  # type: ignore[misc]
        assert time.monotonic() - begun < scaled(MOMENT)
