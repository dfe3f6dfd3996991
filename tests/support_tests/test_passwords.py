"""Passwords: their hashes, the pool that makes them, and the same time for a name nobody has."""

import asyncio
import threading
from contextlib import ExitStack

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
    hashed = await hashed_in(passwords, "correct horse")
    costs = extract_parameters(hashed)
    assert (costs.type.name, costs.memory_cost, costs.time_cost, costs.parallelism) == (
        "ID", 19_456, 2, 1,
    )  # fmt: skip
    assert hashed != await hashed_in(passwords, "correct horse")
    assert not passwords.outdated(hashed)
    assert await verified_in(passwords, hashed, "correct horse")
    assert not await verified_in(passwords, hashed, "correct horsE")
    passwords.close()


async def test_nobodys_password_is_always_wrong_also_when_it_is_guessed() -> None:
    """What is verified in its place cannot be given."""
    passwords = Passwords()
    for guess in ("nobody's password", "nobody's password\x00", ""):
        assert not await verified_in(passwords, None, guess)
    assert not await verified_in(passwords, "no hash", "x")
    passwords.close()


async def test_a_hash_of_other_costs_is_outdated_and_still_right() -> None:
    """So that it can be made anew when its owner signs in."""
    passwords = Passwords()
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("correct horse")
    assert await verified_in(passwords, old, "correct horse")
    assert passwords.outdated(old)
    passwords.close()


async def test_so_many_wait_and_no_more() -> None:
    """One more is refused at once; those who wait are served, also when they went away."""
    passwords = Passwords()
    # However long the machine takes, none of them is done before the test says so.
    go_on = threading.Event()
    for _ in range(THREADS):
        passwords._pool.submit(go_on.wait)
    waiting = [asyncio.create_task(hashed_in(passwords, "x")) for _ in range(THREADS + MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(PoolFull):
        await hashed_in(passwords, "x")
    waiting[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(PoolFull):
        await hashed_in(passwords, "x")
    go_on.set()
    hashes = await asyncio.gather(*waiting[1:])
    assert len(set(hashes)) == len(hashes)
    with ExitStack() as places:
        for _ in range(THREADS + MAX_WAITING):
            places.enter_context(passwords.place())
    passwords.close()


async def test_a_place_that_was_taken_is_kept_while_others_are_refused() -> None:
    """For all that is done in it, one after the other; unused or used, it is given back."""
    passwords = Passwords()
    with ExitStack() as others:
        with passwords.place() as place:
            for _ in range(THREADS + MAX_WAITING - 1):
                others.enter_context(passwords.place())
            with pytest.raises(PoolFull), passwords.place():
                pass
            hashed = await place.hash("correct horse")
            assert await place.verify(hashed, "correct horse")
        with passwords.place():
            pass
    passwords.close()


async def hashed_in(passwords: Passwords, password: str) -> str:
    """Hash a password in a place of its own."""
    with passwords.place() as place:
        return await place.hash(password)


async def verified_in(passwords: Passwords, hashed: str | None, password: str) -> bool:
    """Verify one likewise."""
    with passwords.place() as place:
        return await place.verify(hashed, password)


def test_the_list_of_common_passwords_is_long_and_in_lower_case() -> None:
    """All of them are long enough to be chosen."""
    words = common_passwords()
    assert len(words) > 5_000
    assert {"password1", "iloveyou1", "football"} <= words
    assert all(word == word.lower() and len(word) >= 8 for word in words)
