"""Passwords: which are good enough, and their hashes, made in a bounded pool of threads.

Source: OWASP Password Storage Cheat Sheet (Argon2id with 19 MiB, 2 passes, 1 lane).
"""

import asyncio
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, TypeVar

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


class Place:
    """The right to let passwords be hashed and verified, one after the other."""

    def __init__(self, pool: ThreadPoolExecutor, hasher: PasswordHasher, nobody: "_Nobody") -> None:
        self._pool = pool
        self._hasher = hasher
        self._nobody = nobody
        # What a thread works at, also when whoever asked for it has gone away.
        self.work: asyncio.Future[Any] | None = None

    async def hash(self, password: str) -> str:
        """The hash of a new password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether `password` is the one of `hashed`; for None, False after the same time."""
        return await self._run(lambda: self._verify(hashed, password))

    def _verify(self, hashed: str | None, password: str) -> bool:
        if hashed is None:
            hashed, password = self._nobody.hash(self._hasher), password + "\x00"
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        self.work = future
        return await asyncio.shield(future)


class _Nobody:
    """What is verified for a name that nobody has, so that it takes as long as for others."""

    def __init__(self) -> None:
        self._hash: str | None = None

    def hash(self, hasher: PasswordHasher) -> str:
        if self._hash is None:
            self._hash = hasher.hash("nobody's password")
        return self._hash


class Passwords:
    """Hashes and verifies, off the event loop and never more at once than there are threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._taken = 0
        self._nobody = _Nobody()

    @property
    def full(self) -> bool:
        """Whether there is no place for one more."""
        return self._taken >= THREADS + MAX_WAITING

    @property
    def waiting(self) -> int:
        """How many are being hashed, or wait for it."""
        return self._taken

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A place among those who wait. Raises PoolFull.

        It is given back when the work is done, not when whoever asked has gone
        away.
        """
        if self.full:
            raise PoolFull
        self._taken += 1
        place = Place(self._pool, self._hasher, self._nobody)
        try:
            yield place
        finally:
            if place.work is None or place.work.done():
                self._give_back()
            else:
                place.work.add_done_callback(self._give_back)

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def hash_now(self, password: str) -> str:
        """The hash of a new password, for programs that have nothing else to do."""
        return self._hasher.hash(password)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _give_back(self, _future: object = None) -> None:
        self._taken -= 1
