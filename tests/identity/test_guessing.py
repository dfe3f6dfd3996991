"""Guessing passwords: it costs time, through restarts, and never locks the owner out."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from httpx2 import Client, Response
from sqlalchemy import text

from parlour import attempts
from parlour.attempts import FREE_TRIES
from parlour.database import get_db
from parlour.errors import Refusal
from tests.support.accounts import (
    PASSWORD,
    log_in,
    new_address,
    register,
    stranger,
    try_login,
)
from tests.support.answers import assert_refused
from tests.support.files import until
from tests.support.inside import inside
from tests.support.local import open_database
from tests.support.people import async_http_client, checked
from tests.support.server import Server


def later(server: Server, seconds: int, *, key: str = "") -> None:
    """Let everything that was counted under keys that begin so be so much longer ago."""
    moved = "strftime('%Y-%m-%dT%H:%M:%f', {0}, ?) || '000Z'"
    with inside(server) as database:
        database.execute(
            f"UPDATE login_failures SET since = {moved.format('since')},"
            f" blocked_until = {moved.format('blocked_until')} WHERE key LIKE ?",
            [f"-{seconds} seconds", f"-{seconds} seconds", f"{key}%"],
        )


def assert_limited(answer: Response) -> float:
    """Assert that an answer says when to come back; return in how many seconds."""
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited"), answer.text
    wait = answer.json()["retry_after_ms"]
    assert 0 < wait <= 1000 * int(answer.headers["retry-after"])
    return float(wait) / 1000


def guess(client: Client, name: str, times: int) -> None:
    """Guess wrong so many times, each of which is looked at."""
    for _ in range(times):
        assert_refused(try_login(client, name), "wrong_credentials")


def guess_on(server: Server, client: Client, name: str, times: int) -> None:
    """Guess wrong so many times more, each after its wait."""
    for _ in range(times):
        later(server, 900, key="pair")
        guess(client, name, 1)


@pytest.mark.sqlite
def test_past_five_wrong_tries_each_makes_the_next_one_wait_twice_as_long(server: Server) -> None:
    """From a second to fifteen minutes; the right password has to wait as well."""
    register(server, "anton")
    waits = []
    with stranger(server) as client:
        guess(client, "anton", 5)
        for _ in range(13):
            waits.append(assert_limited(try_login(client, "anton", PASSWORD)))
            guess_on(server, client, "anton", 1)
    for wait, longest in zip(waits, [*(2**n for n in range(10)), 900, 900, 900], strict=True):
        assert longest - 1 <= wait <= longest, waits


@pytest.mark.sqlite
def test_a_limited_try_is_not_looked_at_and_costs_nothing(server: Server) -> None:
    """The wait is over when it was said to be, however often one asks meanwhile."""
    register(server, "berti")
    with stranger(server) as client:
        guess(client, "berti", 5)
        guess_on(server, client, "berti", 3)
        first = assert_limited(try_login(client, "berti", PASSWORD))
        for _ in range(5):
            assert assert_limited(try_login(client, "berti", PASSWORD)) <= first
        later(server, 8, key="pair")
        checked(try_login(client, "berti", PASSWORD))
        # The right one forgives those before it.
        guess(client, "berti", 5)


def test_wrong_tries_are_for_one_account_and_one_address(server: Server) -> None:
    """Neither the owner elsewhere nor a neighbour at the same address waits."""
    register(server, "cleo")
    register(server, "dora")
    with stranger(server) as client:
        guess(client, "cleo", 5)
        assert_limited(try_login(client, "cleo", PASSWORD))
        # The same account under another spelling of its name.
        assert_limited(try_login(client, "CLEO", PASSWORD))
        checked(try_login(client, "dora", PASSWORD))
    assert log_in(server, "cleo").status() == 200


def test_a_name_that_nobody_has_is_limited_in_the_same_way(server: Server) -> None:
    """Or waiting would tell who exists."""
    with stranger(server) as client:
        guess(client, "nobody-at-all", 5)
        assert_limited(try_login(client, "nobody-at-all"))


@pytest.mark.real_hashes
async def test_guesses_that_come_at_once_are_no_free_ones(own_server: Server) -> None:
    """Of thirty from one address five are looked at."""
    register(own_server, "emma")
    async with async_http_client(own_server) as client:
        client.headers.update(new_address())
        guesses = [
            client.post("/api/auth/login", json={"username": "emma", "password": f"guess {n}"})
            for n in range(30)
        ]
        statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert sorted(statuses) == [401] * 5 + [429] * 25


@pytest.mark.thorough
@pytest.mark.sqlite
async def test_what_counts_no_longer_is_taken_away(own_server: Server) -> None:
    """Tries after a day, the addresses where one was signed in after a month."""
    register(own_server, "gisa")
    with stranger(own_server) as client:
        guess(client, "gisa", 1)
    path = own_server.data_dir / "chat.db"

    def kinds() -> set[str]:
        with closing(sqlite3.connect(path, timeout=10)) as database:
            rows = database.execute("SELECT key FROM login_failures").fetchall()
        return {key.partition("|")[0] for (key,) in rows}

    def is_left(expected: set[str]) -> bool:
        return kinds() == expected

    everything = {"pair", "address", "account", "account-made", "register", "known"}
    assert kinds() == everything
    for days, left in ((0.9, everything), (1.2, {"known"}), (29, set())):
        await own_server.astop()
        later(own_server, int(days * 86_400))
        with inside(own_server) as database:
            # It was long ago that it was tidied, too.
            database.execute("UPDATE jobs SET due_at = 0 WHERE kind = 'tidy_logins'")
        await asyncio.to_thread(own_server.start)
        register(own_server, f"later{len(left)}")
        expected = left | {"account-made", "register", "known"}
        await asyncio.to_thread(until, partial(is_left, expected))
        with closing(sqlite3.connect(path, timeout=10)) as database, database:
            database.execute("DELETE FROM login_failures WHERE key LIKE '%later%'")
            if left != everything:
                database.execute("DELETE FROM login_failures WHERE key NOT LIKE 'known%'")


@pytest.mark.thorough
@pytest.mark.sqlite
async def test_what_was_counted_survives_a_restart(own_server: Server) -> None:
    """A crash forgives nothing either."""
    register(own_server, "fritz")
    with stranger(own_server) as client:
        guess(client, "fritz", 5)
        guess_on(own_server, client, "fritz", 7)
    with stranger(own_server) as other:
        other.headers.update(client.headers)
        own_server.kill()
        await asyncio.to_thread(own_server.start)
        assert assert_limited(try_login(other, "fritz", PASSWORD)) > 60


@pytest.mark.thorough
@pytest.mark.sqlite
def test_one_address_has_fifty_wrong_tries_an_hour(server: Server) -> None:
    """Over all names; those that were right do not count."""
    register(server, "gero")
    with stranger(server) as client:
        for number in range(50):
            guess(client, f"some-name-{number}", 1)
            if number % 10 == 0:
                checked(try_login(client, "gero", PASSWORD))
        assert 3_000 < assert_limited(try_login(client, "gero", PASSWORD)) <= 3_600
        later(server, 3_600, key=f"address|{client.headers['X-Forwarded-For']}")
        checked(try_login(client, "gero", PASSWORD))


@pytest.mark.thorough
def test_an_ipv6_network_is_one_address(server: Server) -> None:
    """One line has 2^64 of them; an IPv4 address in their form is itself."""
    register(server, "hugo")
    with stranger(server) as client:
        for number in range(5):
            client.headers["X-Forwarded-For"] = f"2001:db8:1:2::{number:x}"
            guess(client, "hugo", 1)
        client.headers["X-Forwarded-For"] = "2001:db8:1:2:ffff::1"
        assert_limited(try_login(client, "hugo", PASSWORD))
        client.headers["X-Forwarded-For"] = "2001:db8:1:3::1"
        checked(try_login(client, "hugo", PASSWORD))
        client.headers["X-Forwarded-For"] = "::ffff:192.0.2.1"
        guess(client, "hugo", 5)
        client.headers["X-Forwarded-For"] = "192.0.2.1"
        assert_limited(try_login(client, "hugo", PASSWORD))


def test_whoever_guesses_from_everywhere_does_not_lock_the_owner_out(server: Server) -> None:
    """After a hundred, strangers wait; where the owner was signed in before, they do not."""
    owner = register(server, "isolde")
    for _ in range(25):
        with stranger(server) as attacker:
            guess(attacker, "isolde", 4)
    with stranger(server) as attacker:
        assert 3_000 < assert_limited(try_login(attacker, "isolde", PASSWORD)) <= 3_600
    with stranger(server, **owner.address) as at_work:
        # This login was made by register() elsewhere, so this address is a stranger's.
        assert_limited(try_login(at_work, "isolde", PASSWORD))
    known = known_address(server, "isolde")
    with stranger(server, **known) as at_home:
        checked(try_login(at_home, "isolde", PASSWORD))
        guess(at_home, "isolde", 1)
    # Also when nothing is left of the address but its session.
    with inside(server) as database:
        database.execute("DELETE FROM login_failures WHERE key LIKE 'known|%'")
    with stranger(server, **known) as at_home:
        checked(try_login(at_home, "isolde", PASSWORD))


def test_a_new_password_forgets_where_one_was_signed_in(server: Server) -> None:
    """Whoever knew the old one may be there; the address that it was changed from stays known."""
    account = register(server, "karin")
    before, other = known_address(server, "karin"), register(server, "karina")
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    checked(account.call("POST", "/api/auth/password", json=change))
    assert known_to(server, "karin") == {account.address["X-Forwarded-For"]}
    assert before["X-Forwarded-For"] != account.address["X-Forwarded-For"]
    # Another's whose name begins alike are not touched.
    assert len(known_to(server, other.user["username"])) == 1


def known_to(server: Server, username: str) -> set[str]:
    """Return the addresses that are known to an account."""
    with inside(server) as database:
        keys = database.execute(
            "SELECT key FROM login_failures WHERE key LIKE ?", [f"known|{username}|%"]
        ).fetchall()
    return {key.rpartition("|")[2] for (key,) in keys}


@pytest.mark.thorough
@pytest.mark.real_hashes
@pytest.mark.one_node("two have room for all who come")
async def test_who_finds_the_door_too_crowded_has_not_tried(own_server: Server) -> None:
    """However many come at once: a try that is not looked at is not counted as a wrong one."""
    # As many as one account may be tried are not enough where the database is slow to count them.
    names = ("lars", "mats", "nils")
    for name in names:
        register(own_server, name)
    wrong = [{"username": name, "password": "a wrong but long one"} for name in names]
    async with async_http_client(own_server) as client:
        # Each from an address of its own, so that only the account is counted.
        tries = [
            client.post("/api/auth/login", json=each, headers=new_address()) for each in wrong * 100
        ]
        statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert set(statuses) <= {401, 429, 503}
    assert statuses.count(503) > 0
    looked_at = statuses.count(401)
    with inside(own_server) as database:
        [(counted,)] = database.execute(
            "SELECT sum(count) FROM login_failures WHERE key LIKE 'account|%'"
        ).fetchall()
        pairs = database.execute(
            "SELECT count(*) FROM login_failures WHERE key LIKE 'pair|%'"
        ).fetchone()
    assert (counted, pairs) == (looked_at, (looked_at,))


@pytest.mark.thorough
def test_a_try_that_was_not_looked_at_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither its count nor the wait that it began; those that were looked at stay counted."""
    who = ("alice", "192.0.2.1")
    with open_database(tmp_path) as database, get_db(database) as connection:
        for _ in range(FREE_TRIES):
            attempts.begin_login(connection, *who, None)
        with pytest.raises(Refusal, match="Wait 1 seconds"):
            attempts.begin_login(connection, *who, None)
        attempts.take_back(connection, *who)
        attempts.begin_login(connection, *who, None)
        with pytest.raises(Refusal, match="Wait 1 seconds"):
            attempts.begin_login(connection, *who, None)
        for _ in range(FREE_TRIES):
            attempts.take_back(connection, *who)
        attempts.count_registration(connection, "192.0.2.1")
        attempts.take_registration_back(connection, "192.0.2.1")
        assert connection.scalar(text("SELECT count(*) FROM login_failures")) == 0


def known_address(server: Server, username: str) -> dict[str, str]:
    """Return the address from which an account was registered."""
    with inside(server) as database:
        [(address,)] = database.execute(
            "SELECT address FROM sessions JOIN users ON users.id = user_id WHERE username = ?",
            [username],
        ).fetchall()
    return {"X-Forwarded-For": address}


def test_a_password_is_not_guessed_through_a_login_that_was_left_open(server: Server) -> None:
    """Changing it counts like signing in."""
    account = register(server, "jutta")
    change = {"current_password": "not it", "new_password": "another long one"}
    answers = [account.call("POST", "/api/auth/password", json=change) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    change["current_password"] = PASSWORD
    assert_limited(account.call("POST", "/api/auth/password", json=change))
