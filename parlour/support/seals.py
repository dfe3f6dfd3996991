"""What passes through something that is not believed: sealed, so that what was put there is seen.

Who may only read and write there learns what is said, and can make nobody believe anything.
"""

import hashlib
import hmac
from typing import Final

_LENGTH: Final = 32


class Broken(Exception):
    """This was not sealed here."""


class Seal:
    """Seals with a secret that those who are believed share."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = hmac.digest(secret, purpose.encode(), hashlib.sha256)

    def close(self, words: bytes) -> bytes:
        """The words, sealed."""
        return hmac.digest(self._key, words, hashlib.sha256) + words

    def open(self, sealed: bytes) -> bytes:
        """The words. Raises Broken."""
        mark, words = sealed[:_LENGTH], sealed[_LENGTH:]
        if not hmac.compare_digest(mark, hmac.digest(self._key, words, hashlib.sha256)):
            raise Broken
        return words

    def name(self, words: str) -> str:
        """A name that says nothing of the words, and is the same wherever the secret is."""
        return hmac.new(self._key, words.encode(), hashlib.sha256).hexdigest()

    def sign(self, *words: str) -> str:
        """What shows that these words belong together."""
        return self.name("\n".join(words))

    def holds(self, signature: str, *words: str) -> bool:
        """Whether it was `sign` that made this of these."""
        return hmac.compare_digest(signature.encode(), self.sign(*words).encode())
