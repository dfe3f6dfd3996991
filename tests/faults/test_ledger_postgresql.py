"""The ledger holds with PostgreSQL beneath, whatever happens to it.

The longer form is `make ledger ARGS="--database postgresql"`.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import POSTGRESQL_FAULTS, Load, run_on_postgresql, summary
from tests.support.faults import CannotRunError
from tests.support.postgres import Postgres

# What has nothing to do with the database is in the tests of the ledger on SQLite.
SHORT = [fault for fault in POSTGRESQL_FAULTS if fault not in ("none", "cuts", "deaf")]
LOAD = Load(
    seconds=2, rate=200, rooms=2, writers=4, readers=8,
    kills=2, locked=2, rounds=2, still=1, hurried=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """Yield a server that keeps what it has committed, whatever becomes of it."""
    server = Postgres("fsync=on")
    yield server
    server.end()


# `make test-cluster` runs them with each change; in a brief run the ledger is on SQLite.
@pytest.mark.thorough
@pytest.mark.parametrize("fault", SHORT)
async def test_nothing_is_lost_or_doubled_and_all_see_one_order(
    fault: str, tmp_path: Path, chance: random.Random, own_postgres: Postgres
) -> None:
    """While PostgreSQL restarts, hangs, ends connections or has no room, or Parlour is killed."""
    try:
        storms = await run_on_postgresql(fault, LOAD, tmp_path, chance, own_postgres)
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{fault} cannot be tested here: {reason}")
    print(summary(storms))  # noqa: T201 - pytest shows it when the test fails
    assert sum(storm.scene.ledger.acknowledged for storm in storms) >= 20
