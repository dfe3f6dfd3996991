"""The unit of patience: every timeout of the tests is given for a quick machine and scaled."""

import os

TIME_SCALE = float(os.environ.get("TEST_TIME_SCALE", "1"))


def scaled(seconds: float) -> float:
    """Return `seconds` times `TEST_TIME_SCALE`, which slow machines set above 1."""
    return seconds * TIME_SCALE
