"""Finds names that stand twice in a JSON object: readers differ in which of the two they take.

Source: RFC 8259, section 4.
"""

import json
from typing import Any


class _Repeated(Exception):
    """Carries the name out of the decoder."""


def _colons(fields: dict[str, Any]) -> int:
    """The colons of an object without escapes, or -1 when it is not flat."""
    count = len(fields)
    for name, value in fields.items():
        count += name.count(":")
        if isinstance(value, str):
            count += value.count(":")
        elif isinstance(value, dict | list):
            return -1
    return count


def _check(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)


_decoder = json.JSONDecoder(object_pairs_hook=_check)


def repeated_name(text: str, value: Any = None) -> str | None:
    """The first name that an object in `text` has twice, or None. Raises ValueError: no JSON.

    `value` is what another reader has made of `text`. Where it is an object of plain values that
    accounts for every colon of the text, no name of it can have been there twice, and the text
    need not be read once more.
    """
    # There are at least as many colons as there are names, however often one stands there.
    if isinstance(value, dict) and text.count(":") == len(value):
        return None
    if isinstance(value, dict) and "\\" not in text and text.count(":") == _colons(value):
        return None
    try:
        _decoder.decode(text)
    except _Repeated as found:
        return str(found)
    return None
