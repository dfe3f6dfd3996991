"""The unit of patience: every timeout of the tests is given for a quick machine and scaled."""

import os
from typing import Final

# A long run takes the numbers of the promises themselves.
LONG: Final = os.environ.get("TEST_LONG") == "1"
# A brief one leaves out the tests that show in more ways what others show in one.
BRIEF: Final = os.environ.get("TEST_BRIEF") == "1"
# A promise about time is held with so much slack, because a slow or busy machine is not at fault.
SLACK: Final = 5
# Within which all is well again once a fault is over.
HEALED_SECONDS: Final = 10
TIME_SCALE = float(os.environ.get("TEST_TIME_SCALE", "1"))


def scaled(seconds: float) -> float:
    """Return `seconds` times `TEST_TIME_SCALE`, which slow machines set above 1."""
    return seconds * TIME_SCALE
