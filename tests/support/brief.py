"""What a brief run leaves out of the values that a test is played with."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def thorough_but(kept: Collection[Any], values: Iterable[Any]) -> list[Any]:
    """Return `values` for `parametrize`; a brief run has none but those that are `kept`."""
    return [value if value in kept else _thorough(value) for value in values]


def _thorough(value: Any) -> Any:
    # A tuple has a value for each parameter.
    each = value if isinstance(value, tuple) else (value,)
    return pytest.param(*each, marks=pytest.mark.thorough)
