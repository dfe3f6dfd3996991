"""Passwords: which are good enough, and their hashes, made in a bounded pool of threads.

Source: OWASP Password Storage Cheat Sheet (Argon2id with 19 MiB, 2 passes, 1 lane).
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic_core import PydanticCustomError

T = TypeVar("T")

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 128
# Checked before anything is hashed: a character is at most four bytes, so that what is longer
# was never anybody's password.
MAX_BYTES: Final = 1024
THREADS: Final = 2
# Passwords that wait for a thread, each for about 30 ms; past it new ones are refused.
MAX_WAITING: Final = 64


class PoolFull(Exception):
    """So many passwords wait to be hashed that one more is refused."""


def clean_password(value: str) -> str:
    """`value` in NFC, the form that is hashed. Raises PydanticCustomError for what is none."""
    try:
        password = unicodedata.normalize("NFC", value)
        length = len(password.encode())
    except UnicodeEncodeError:
        words = "It has half a character (a lone surrogate)"
        raise PydanticCustomError("invalid", words) from None
    if length > MAX_BYTES:
        raise PydanticCustomError(
            "too_long", "A password has at most {limit} characters", {"limit": MAX_LENGTH}
        )
    return password


def check_password(password: str, username: str) -> None:
    """Raises PydanticCustomError `password_weak` or `too_long` for what may not be a new one."""
    if len(password) < MIN_LENGTH:
        raise PydanticCustomError(
            "password_weak", "A password has at least {least} characters", {"least": MIN_LENGTH}
        )
    if len(password) > MAX_LENGTH:
        raise PydanticCustomError(
            "too_long", "A password has at most {limit} characters", {"limit": MAX_LENGTH}
        )
    folded = password.casefold()
    if folded == username.casefold():
        raise PydanticCustomError("password_weak", "The password cannot be the username")
    if folded in common_passwords():
        raise PydanticCustomError(
            "password_weak", "This password is one of the most common; choose another"
        )


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The most common passwords that are long enough, in lower case."""
    # Imported when it is first needed: it brings large lists of which this is one.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH)


class Passwords:
    """Hashes and verifies, off the event loop and never more at once than there are threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._waiting = 0
        # What is verified for a name that nobody has, so that it takes as long as for others.
        self._nobody: str | None = None

    @property
    def full(self) -> bool:
        """Whether so many wait that one more is refused."""
        return self._waiting >= THREADS + MAX_WAITING

    async def hash(self, password: str) -> str:
        """The hash of a new password. Raises PoolFull."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether `password` is the one of `hashed`; for None, False after the same time.

        Raises PoolFull.
        """
        return await self._run(lambda: self._verify(hashed, password))

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def hash_now(self, password: str) -> str:
        """The hash of a new password, for programs that have nothing else to do."""
        return self._hasher.hash(password)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, hashed: str | None, password: str) -> bool:
        if hashed is None:
            if self._nobody is None:
                self._nobody = self._hasher.hash("nobody's password")
            hashed, password = self._nobody, password + "\x00"
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self.full:
            raise PoolFull
        self._waiting += 1
        # The place is given back when the work is done, not when whoever asked has gone away.
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, _future: object) -> None:
        self._waiting -= 1
