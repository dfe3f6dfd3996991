"""The opening handshake of WebSocket, from the server's side.

Source: RFC 6455, sections 1.3 and 4.2. All header names are in lower case.
"""

import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Sixteen bytes in base64.
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")


class BadHandshake(Exception):
    """No WebSocket comes of the request; the text is the code of the refusal."""


def asks_for_websocket(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether `upgrade` is in the lists of `Connection`, and `websocket` in those of `Upgrade`."""
    connection = upgrade = False
    for name, value in headers:
        if name == b"connection":
            connection = connection or _names(value, b"upgrade")
        elif name == b"upgrade":
            upgrade = upgrade or _names(value, b"websocket")
    return connection and upgrade


def _names(value: bytes, token: bytes) -> bool:
    value = value.lower()
    # As nearly always, it is the only one.
    return value == token or any(each.strip() == token for each in value.split(b","))


def accept_key(method: str, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The value of `Sec-WebSocket-Accept` for a request that asks for a WebSocket.

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
        elif name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ")):
            # Its body would be taken for frames.
            raise BadHandshake("bad_request")
    if versions != [b"13"]:
        raise BadHandshake("upgrade_required")
    if version != "1.1" or len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise BadHandshake("bad_request")
    # It proves that the server has read the key, and protects nothing.
    digest = hashlib.sha1(keys[0] + _GUID, usedforsecurity=False).digest()
    return binascii.b2a_base64(digest, newline=False)
