"""Which exports were made here: by a signature that only this server can write.

The name of a history is told to everybody who reads; so an archive that bears it may have been
written by anybody. The signature is over the hashes of all its files, their names with them.
"""

import hmac
from typing import Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour.store.backends import Backend
from parlour.store.meta import EPOCH, SEAL_OF_EXPORTS, ensure_seal, read_values

_FOR: Final = b"parlour-export\n"
# Hexadecimal digits, and the end of the line.
SIZE: Final = 65


class Signed(NamedTuple):
    """A signature as it stands in an archive, and the hash that it is to be of."""

    text: bytes
    digest: bytes


def sign(seal: str, digest: bytes) -> bytes:
    """The signature of an archive with this hash."""
    made = hmac.new(bytes.fromhex(seal), _FOR + digest, "sha256").hexdigest()
    return made.encode() + b"\n"


def seal_of(backend: Backend) -> str | None:
    """The secret, made now where there is none; None where that cannot be written."""
    engine = backend.open_writer()
    try:
        with engine.begin() as connection:
            return ensure_seal(connection)
    except DBAPIError:
        return None
    finally:
        engine.dispose()


class Origin(NamedTuple):
    """Where an archive is from."""

    # Under which name what it brings is known here.
    history: str
    # It was made by this server, as it is now: ids are ours.
    is_ours: bool
    # It says so, and nobody can know.
    claims: bool

    @property
    def lines(self) -> list[str]:
        """What is to be said of it."""
        if not self.claims:
            return []
        words = "It says that it was made by this server, and bears no signature of it: it is taken"
        return [f"{words} for one of elsewhere."]


def origin_of(connection: Connection, history: str, signed: Signed | None) -> Origin:
    """Whether an archive was made here."""
    known = read_values(connection, [EPOCH, SEAL_OF_EXPORTS])
    if known.get(EPOCH) != history:
        return Origin(history, is_ours=False, claims=False)
    seal = known.get(SEAL_OF_EXPORTS)
    if signed and seal and hmac.compare_digest(sign(seal, signed.digest), signed.text):
        return Origin(history, is_ours=True, claims=False)
    # What it brings is not to be taken for what a true one has brought.
    return Origin(f"{history}-unsigned", is_ours=False, claims=True)
