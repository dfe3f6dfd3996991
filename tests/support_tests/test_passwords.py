"""Passwords: their hashes, the pool that makes them, and the same time for a name nobody has."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters

from parlour.support.passwords import (
    MAX_WAITING,
    THREADS,
    Passwords,
    PoolFull,
    common_passwords,
)


async def test_a_hash_is_argon2id_with_the_costs_that_are_promised() -> None:
    """19 MiB, two passes, one lane; another salt each time."""
    passwords = Passwords()
    hashed = await passwords.hash("correct horse")
    costs = extract_parameters(hashed)
    assert (costs.type.name, costs.memory_cost, costs.time_cost, costs.parallelism) == (
        "ID", 19_456, 2, 1,
    )  # fmt: skip
    assert hashed != await passwords.hash("correct horse")
    assert not passwords.outdated(hashed)
    assert await passwords.verify(hashed, "correct horse")
    assert not await passwords.verify(hashed, "correct horsE")
    passwords.close()


async def test_nobodys_password_is_always_wrong_also_when_it_is_guessed() -> None:
    """What is verified in its place cannot be given."""
    passwords = Passwords()
    for guess in ("nobody's password", "nobody's password\x00", ""):
        assert not await passwords.verify(None, guess)
    assert not await passwords.verify("no hash", "x")
    passwords.close()


async def test_a_hash_of_other_costs_is_outdated_and_still_right() -> None:
    """So that it can be made anew when its owner signs in."""
    passwords = Passwords()
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("correct horse")
    assert await passwords.verify(old, "correct horse")
    assert passwords.outdated(old)
    passwords.close()


async def test_so_many_wait_and_no_more() -> None:
    """One more is refused at once; those who wait are served, also when they went away."""
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(THREADS + MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(PoolFull):
        await passwords.hash("x")
    waiting[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(PoolFull):
        await passwords.hash("x")
    hashes = await asyncio.gather(*waiting[1:])
    assert len(set(hashes)) == len(hashes)
    assert not passwords.full
    passwords.close()


def test_the_list_of_common_passwords_is_long_and_in_lower_case() -> None:
    """All of them are long enough to be chosen."""
    words = common_passwords()
    assert len(words) > 5_000
    assert {"password1", "iloveyou1", "football"} <= words
    assert all(word == word.lower() and len(word) >= 8 for word in words)
