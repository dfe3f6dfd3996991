"""The cookies of a browser: their names, how they are set, and how they are taken away.

Source: RFC 6265bis, section 4.1.3 (the prefix `__Host-`).
"""

from dataclasses import dataclass
from typing import Final

YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: its name over https and over plain http, and how long it is kept.

    All go to every path: the prefix `__Host-`, by which no neighbouring host can set one, asks for
    it, and over plain http two of one name on two paths would be two cookies.
    """

    secure_name: str
    plain_name: str
    max_age: int

    def name(self, *, secure: bool) -> str:
        """Its name. Browsers let nobody but the host itself set one with a prefix."""
        return self.secure_name if secure else self.plain_name

    def set(self, value: str, *, secure: bool) -> str:
        """The value of a `Set-Cookie` header."""
        return self._header(value, self.max_age, secure=secure)

    def drop(self, *, secure: bool) -> str:
        """The same to take the cookie away."""
        return self._header("", 0, secure=secure)

    def _header(self, value: str, max_age: int, *, secure: bool) -> str:
        # No value that is given out has a character that would have to be quoted.
        name = self.name(secure=secure)
        flags = "HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
        return f"{name}={value}; Max-Age={max_age}; Path=/; {flags}"


def cookies(access_seconds: int, refresh_seconds: int) -> tuple[Cookie, Cookie, Cookie]:
    """The cookies of an access token, a refresh token and a guest."""
    return (
        Cookie("__Host-parlour", "parlour", access_seconds),
        Cookie("__Host-parlour-refresh", "parlour-refresh", refresh_seconds),
        Cookie("__Host-parlour-guest", "parlour-guest", YEAR),
    )
