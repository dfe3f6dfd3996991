"""Nodes whose clocks differ by some seconds, as those of machines do now and then, are one chat."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.accounts import account_of, log_in, register
from tests.support.clock import wrong_clock
from tests.support.faults import CannotRunError
from tests.support.places import make_room, say
from tests.support.postgres import postgres
from tests.support.server import NewServer
from tests.support.valkey import valkey

pytestmark = pytest.mark.one_node

AHEAD = 5


@pytest.mark.thorough
def test_a_login_is_good_at_a_node_whose_clock_is_behind(
    new_server: NewServer, tmp_path: Path
) -> None:
    """From the first moment on, and renewed at either; the other way round, too."""
    try:
        ahead = wrong_clock(tmp_path, AHEAD)
    except CannotRunError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    env = {"PARLOUR_DATABASE_URL": postgres().new_database(), "PARLOUR_REDIS_URL": valkey().url}
    # One that comes from a program that runs already would have its clock.
    one = new_server(env={**env, **ahead}, is_anew=True).start()
    other = new_server(env=env).start()
    register(one, "vera")
    for first, second in ((one, other), (other, one)):
        login = log_in(first, "vera")
        there = replace(login, server=second)
        assert there.status() == 200
        assert say(make_room(there), there, "hello").is_success
        renewed = account_of(second, there.renewed())
        assert (renewed.status(), replace(renewed, server=first).status()) == (200, 200)
