"""Parts of a file, as HTTP asks for them (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from urllib.parse import quote

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()+-]")


class Unsatisfiable(Exception):
    """There is nothing of the file where it was asked for."""


def asked_range(headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last of what is asked for; None: all of it.

    Of several parts at once all is given, as is where the file is another one (`If-Range`).
    Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or found.groups() == ("", ""):
        return None
    if "if-range" in headers and headers["if-range"].strip() != etag:
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < begin:
            return None  # RFC 9110: it is no range
    if begin >= end:
        raise Unsatisfiable
    return begin, end


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether whoever asks has the very file (`If-None-Match`)."""
    told = headers.get("if-none-match", "")
    return any(each.strip().removeprefix("W/") in (etag, "*") for each in told.split(","))


def disposition(name: str, *, inline: bool) -> str:
    """Whether to show a file or to keep it, and as what (RFC 6266)."""
    how = "inline" if inline else "attachment"
    plain = _PLAIN.sub("_", name)
    if plain == name:
        return f'{how}; filename="{name}"'
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
