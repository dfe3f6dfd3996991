"""The file of keys: made at first start for its owner only, read by every later one.

It holds a list of `{id, created_at, ed25519, secret}`, oldest first. The newest signs, all verify.
A key is dropped once it has been out of use for longer than anything that it signed lives, so
nobody is logged out by a new one.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from parlour.support.whole import write_whole

# A day more than what a login lives without being renewed.
KEPT_UNUSED: Final = timedelta(days=31)


class KeysUnusable(Exception):
    """The file is not what was written; the text is the one line to show."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What it takes to know what was signed; everybody may see it."""

    id: str
    public: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Key(PublicKey):
    """One key pair and one secret; neither may be shown or logged."""

    created_at: datetime
    private: Ed25519PrivateKey
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id!r})"


def new_key() -> Key:
    """A key that nobody had before."""
    private = Ed25519PrivateKey.generate()
    created_at = datetime.now(UTC)
    return Key(
        secrets.token_hex(8), private.public_key(), created_at, private, secrets.token_bytes(32)
    )


def load_keys(path: Path) -> list[Key]:
    """The keys of a data directory, whose first one is made where there is none.

    Raises KeysUnusable or OSError.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        keys = [new_key()]
        write_whole(path, dump_keys(keys).encode())
        return keys
    return parse_keys(text, f"{path}")


def parse_keys(text: bytes, place: str) -> list[Key]:
    """The keys that `dump_keys` wrote. Raises KeysUnusable for whatever else is in that place."""
    try:
        keys = [_read(fields) for fields in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError):
        keys = []
    if not keys:
        raise KeysUnusable(
            f"{place} is no file of keys. Put it back from a backup, or remove it: then a new one"
            " is made and everybody has to sign in again."
        )
    return keys


def dump_keys(keys: Sequence[Key]) -> str:
    """The keys as text, for their owner only."""
    return json.dumps([_write(key) for key in keys], indent=1)


def rotate_keys(path: Path) -> list[Key]:
    """Add a key, which signs from now on, and drop those that nothing needs any more."""
    kept = with_new_key(load_keys(path))
    write_whole(path, dump_keys(kept).encode())
    return kept


def with_new_key(keys: Sequence[Key]) -> list[Key]:
    """The same keys and a new one, without those that nothing needs any more."""
    keys = [*keys, new_key()]
    now = keys[-1].created_at
    # Each key but the newest was in use until the next one was made.
    kept = [key for key, successor in pairwise(keys) if now - successor.created_at <= KEPT_UNUSED]
    return [*kept, keys[-1]]


def _write(key: Key) -> dict[str, str]:
    return {
        "id": key.id,
        "created_at": key.created_at.isoformat(),
        "ed25519": base64.b64encode(key.private.private_bytes_raw()).decode(),
        "secret": base64.b64encode(key.secret).decode(),
    }


def _read(fields: dict[str, str]) -> Key:
    private = Ed25519PrivateKey.from_private_bytes(
        base64.b64decode(fields["ed25519"], validate=True)
    )
    created_at = datetime.fromisoformat(fields["created_at"])
    secret = base64.b64decode(fields["secret"], validate=True)
    if created_at.tzinfo is None or len(secret) < 32 or not str(fields["id"]).isalnum():
        raise ValueError
    return Key(fields["id"], private.public_key(), created_at, private, secret)


def key_set(keys: Sequence[PublicKey]) -> dict[str, list[dict[str, str]]]:
    """The public keys as others read them: a JSON Web Key Set (RFC 7517 and 8037)."""
    return {"keys": [_public(key) for key in keys]}


def read_key_set(text: str) -> list[PublicKey]:
    """The public keys of a set that `key_set` made."""
    return [
        PublicKey(each["kid"], Ed25519PublicKey.from_public_bytes(_unpadded(each["x"])))
        for each in json.loads(text)["keys"]
    ]


def _public(key: PublicKey) -> dict[str, str]:
    raw = base64.urlsafe_b64encode(key.public.public_bytes_raw()).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id, "x": raw}


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
