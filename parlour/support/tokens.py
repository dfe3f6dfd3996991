"""What is given to clients and believed when it comes back: access, refresh and guest tokens.

Sources: RFC 8725 (JWT best practices: one algorithm, all claims required, keys looked up only
among known ones) and RFC 8037 (EdDSA).
"""

import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.exceptions import InvalidSignature

from parlour.support.keys import Key, PublicKey

ACCESS_SECONDS: Final = 15 * 60
# So far the clock of who signed a token may be ahead of that of who reads it.
SKEW_SECONDS: Final = 30
ALGORITHM: Final = "EdDSA"
NAME: Final = "parlour"
_CLAIMS: Final = ("iss", "aud", "sub", "exp", "iat", "nbf", "sid", "jti")
# Guests whose cookies are remembered, about 250 bytes each.
MOST_GUESTS: Final = 10_000
# Longer than any that was given out, and short enough to look at.
_JWT: Final = re.compile(r"[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{86}")
_SUBJECT: Final = re.compile(r"[1-9][0-9]{0,15}")
_REFRESH: Final = re.compile(r"([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{43})")
_SETUP: Final = 22
_GUEST: Final = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9a-z]{1,32})\.([A-Za-z0-9_-]{86})")


@dataclass(frozen=True, slots=True)
class Access:
    """Whom an access token is for, and the session that it is bound to."""

    user_id: int
    session_id: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """The session that a refresh token renews, and which of its tokens it is."""

    session_id: str
    generation: int


def random_id() -> str:
    """128 random bits as 22 characters of an address."""
    return secrets.token_urlsafe(16)


class Tokens:
    """Makes tokens with the newest key and reads those of all.

    With public keys alone it reads access tokens and guests' cookies; of refresh tokens, which are
    for whoever signs people in, it knows no more than what they say.
    """

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = {key.id: key for key in keys}
        self._signing = [key for key in keys if isinstance(key, Key)]
        # Cookies that were looked at: each comes with every request of its guest.
        self._guests: dict[str, str] = {}

    @property
    def public(self) -> list[PublicKey]:
        """The keys that everybody may have."""
        return list(self._keys.values())

    @property
    def _newest(self) -> Key:
        if not self._signing:
            raise RuntimeError("this server signs nothing")
        return self._signing[-1]

    @property
    def signs(self) -> bool:
        """Whether it has a key to sign with."""
        return bool(self._signing)

    @property
    def key_id(self) -> str:
        """The id of the key that new tokens are made with."""
        return self._newest.id

    # Access: a JWT

    def access(self, user_id: int, session_id: str) -> str:
        """A new access token."""
        now = int(time.time())
        claims = {
            "iss": NAME,
            "aud": NAME,
            "sub": str(user_id),
            "exp": now + ACCESS_SECONDS,
            "iat": now,
            "nbf": now,
            "sid": session_id,
            "jti": random_id(),
        }
        headers = {"kid": self._newest.id}
        return jwt.encode(claims, self._newest.private, algorithm=ALGORITHM, headers=headers)

    def read_access(self, token: str) -> Access | None:
        """What a token says that was signed here and has not ended; None for any other."""
        if not _JWT.fullmatch(token) or not _canonical(token.rpartition(".")[2]):
            return None
        try:
            header = jwt.get_unverified_header(token)
            # Nothing that a header names is fetched or followed: it names one of these keys.
            key = self._keys.get(header.get("kid", ""))
            if key is None or set(header) != {"alg", "kid", "typ"}:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=[ALGORITHM],
                audience=NAME,
                issuer=NAME,
                leeway=SKEW_SECONDS,
                options={"require": list(_CLAIMS), "strict_aud": True},
            )
        except (jwt.PyJWTError, TypeError):
            return None
        subject, session_id = claims["sub"], claims["sid"]
        if not isinstance(session_id, str) or not _SUBJECT.fullmatch(subject):
            return None
        if int(claims["exp"]) <= time.time():
            # Its end is not put off.
            return None
        return Access(int(subject), session_id)

    # Refresh: nothing of it is stored, and the successor of each can be made again

    def refresh(self, key_id: str, session_id: str, generation: int) -> str:
        """The token of one generation of a session."""
        known = self._keys.get(key_id)
        key = known if isinstance(known, Key) else self._newest
        return f"{session_id}.{generation}.{_mac(key, 'refresh', session_id, str(generation))}"

    def read_refresh(self, token: str) -> Refresh | None:
        """What a refresh token says that was made here; None for any other.

        Without the secrets nothing tells: it is believed, and must open nothing.
        """
        found = _REFRESH.fullmatch(token)
        if found is None:
            return None
        session_id, generation, mac = found.groups()
        # Which key it was made with is not written on it: the session may have a newer one by now.
        right = [
            hmac.compare_digest(mac, _mac(key, "refresh", session_id, generation))
            for key in self._signing
        ]
        believed = any(right) or not self._signing
        return Refresh(session_id, int(generation)) if believed else None

    # The first administrator

    def setup(self, epoch: str) -> str:
        """What makes the first administrator of a database, the same for all who have the keys."""
        return _mac(self._newest, "setup", epoch)[:_SETUP]

    # Guests

    def guest(self, guest_id: str) -> str:
        """The cookie of a guest."""
        signature = self._newest.private.sign(_guest_words(guest_id))
        return f"{guest_id}.{self._newest.id}.{_unpadded(signature)}"

    def read_guest(self, cookie: str) -> str | None:
        """The guest whose cookie it is; None when it was not made here."""
        if (known := self._guests.get(cookie)) is not None:
            return known
        found = _GUEST.fullmatch(cookie)
        key = self._keys.get(found[2]) if found else None
        if found is None or key is None:
            return None
        if not _canonical(found[3]):
            return None
        try:
            key.public.verify(urlsafe_b64decode(found[3] + "=="), _guest_words(found[1]))
        except InvalidSignature:
            return None
        if len(self._guests) >= MOST_GUESTS:
            self._guests.clear()
        self._guests[cookie] = found[1]
        return found[1]


def _mac(key: Key, *parts: str) -> str:
    digest = hmac.new(key.secret, "|".join(parts).encode(), hashlib.sha256).digest()
    return _unpadded(digest)


def _guest_words(guest_id: str) -> bytes:
    # Nothing else that is signed with the same keys begins so: a JWT begins with "ey".
    return f"guest|{guest_id}".encode()


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _canonical(text: str) -> bool:
    """Whether it is the one spelling of its bytes: base64 leaves some bits of its end unused."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return _unpadded(raw) == text
