"""The opening handshake of WebSocket, from the server's side.

Source: RFC 6455, sections 1.3 and 4.2. What the headers `Upgrade` and `Connection` say has been
seen to before.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Sixteen bytes in base64.
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")


class BadHandshake(Exception):
    """No WebSocket comes of the request; the text is the code of the refusal."""


def accept_key(method: str, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The value of `Sec-WebSocket-Accept` for a request; its header names are in lower case.

    Raises BadHandshake with `method_not_allowed`, `upgrade_required` or `bad_request`.
    """
    if method != "GET":
        raise BadHandshake("method_not_allowed")
    keys, versions = [], []
    for name, value in headers:
        if name == b"sec-websocket-key":
            keys.append(value.strip())
        elif name == b"sec-websocket-version":
            versions.append(value.strip())
    if versions != [b"13"]:
        raise BadHandshake("upgrade_required")
    if version != "1.1" or len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise BadHandshake("bad_request")
    # It proves that the server has read the key, and protects nothing.
    digest = hashlib.sha1(keys[0] + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest)
