"""Finds names that stand twice in a JSON object: readers differ in which of the two they take.

Source: RFC 8259, section 4.
"""

import json
from typing import Any


class _Repeated(Exception):
    """Carries the name out of the decoder."""


def _check(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)


_decoder = json.JSONDecoder(object_pairs_hook=_check)


def repeated_name(text: str) -> str | None:
    """The first name that an object in `text` has twice, or None. Raises ValueError: no JSON."""
    try:
        _decoder.decode(text)
    except _Repeated as found:
        return str(found)
    return None
