"""The ledger holds whatever happens: the short form of `make ledger`, which goes on for longer."""

import os
import random
from pathlib import Path

import pytest

from tests.ledger import FAULTS, Load, run, summary
from tests.support.brief import thorough_but
from tests.support.faults import CannotRunError

# Kills have a test of their own, with more rounds: test_crash.py.
SHORT = [fault for fault in FAULTS if fault != "kills"]
LOAD = Load(seconds=2, rate=0, rooms=2, writers=4, readers=8, locked=2)


@pytest.mark.parametrize("fault", thorough_but(SHORT[-1:], SHORT))
async def test_nothing_is_lost_or_doubled_and_all_see_one_order(
    fault: str, tmp_path: Path, chance: random.Random
) -> None:
    """At full speed, with the readers and the fault that the name says."""
    try:
        storms = await run(fault, LOAD, tmp_path, chance)
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{fault} cannot be tested here: {reason}")
    print(summary(storms))  # noqa: T201 - pytest shows it when the test fails
    assert sum(storm.scene.ledger.acknowledged for storm in storms) > 50
