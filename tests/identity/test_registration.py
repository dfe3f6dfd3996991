"""Making accounts: names that can be told apart, passwords, and one winner where many come."""

import asyncio
from collections.abc import Iterator

import pytest
from httpx2 import Client

from tests.support.accounts import (
    PASSWORD,
    browser_at,
    cookies_of,
    log_in,
    new_address,
    register,
    stranger,
    try_login,
)
from tests.support.answers import assert_refused
from tests.support.people import async_http_client, checked
from tests.support.server import Server

pytestmark = pytest.mark.real_hashes


@pytest.fixture
def somebody(server: Server) -> Iterator[Client]:
    """Yield somebody who has not been here."""
    with stranger(server) as client:
        yield client


def test_who_registers_is_signed_in(server: Server) -> None:
    """With the account as its owner sees it, tokens, and cookies that no script can read."""
    with stranger(server) as client:
        answer = client.post(
            "/api/auth/register",
            json={"username": "Ada", "password": PASSWORD, "display_name": "Ada L."},
        )
    assert answer.status_code == 201
    told = answer.json()
    assert told["user"] | {"id": 0, "created_at": ""} == {
        "id": 0, "username": "ada", "display_name": "Ada L.", "guest": False, "role": "member",
        "about": "", "time_zone": None, "status_text": "", "hue": None, "created_at": "",
        "read_receipts": True,
        "avatar": None,
    }  # fmt: skip
    assert (told["token_type"], told["expires_in"]) == ("bearer", 900)
    assert cookies_of(answer) == {
        "parlour": {
            "value": told["access_token"], "max-age": "900", "path": "/", "httponly": True,
            "samesite": "Strict",
        },
        "parlour-refresh": {
            "value": told["refresh_token"], "max-age": "2592000", "path": "/", "httponly": True,
            "samesite": "Strict",
        },
    }  # fmt: skip


def test_over_https_the_cookies_are_bound_to_the_host_and_to_https(server: Server) -> None:
    """A page of a neighbouring host cannot set or get them."""
    with stranger(server, **{"X-Forwarded-Proto": "https"}) as client:
        wanted = {"username": "secure", "password": PASSWORD}
        cookies = cookies_of(client.post("/api/auth/register", json=wanted))
    assert set(cookies) == {"__Host-parlour", "__Host-parlour-refresh"}
    for cookie in cookies.values():
        # What browsers ask of the prefix.
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert "domain" not in cookie
        assert cookie["httponly"]


def test_the_servers_own_page_gets_cookies_and_no_tokens(server: Server) -> None:
    """So no script can lose what it never had; the page is signed in all the same."""
    with browser_at(server) as browser:
        wanted = {"username": "by-page", "password": PASSWORD}
        answer = browser.post("/api/auth/register", json=wanted)
        assert set(checked(answer)) == {"expires_in", "user"}
        assert checked(browser.get("/api/users/me")) == answer.json()["user"]


@pytest.mark.parametrize(
    "name", ["LILIAN", "\uff4c\uff49lian", "1i1ian", "lili\u0430n", "l\u0456lian"]
)
def test_a_name_that_looks_like_one_that_is_there_cannot_be_registered(
    server: Server, somebody: Client, name: str
) -> None:
    """Case, fullwidth, digits that pass for letters, and letters of other scripts."""
    with stranger(server) as first:
        wanted = {"username": "lilian", "password": PASSWORD}
        assert first.post("/api/auth/register", json=wanted).status_code in (201, 409)
    answer = somebody.post("/api/auth/register", json={"username": name, "password": PASSWORD})
    assert_refused(answer, "name_taken", "username")


@pytest.mark.parametrize(
    "name", ["admin", "ADMIN", "\u0430dmin", "\uff41dmin", "r00t", "Parlour", "everyone", "me"]
)
def test_nobody_can_be_called_what_stands_for_something_else(somebody: Client, name: str) -> None:
    """Nor by look-alikes of it, as an account or as a guest."""
    wanted = {"username": name, "password": PASSWORD}
    answer = somebody.post("/api/auth/register", json=wanted)
    assert_refused(answer, "name_reserved", "username")
    answer = somebody.post("/api/auth/guest", json={"username": name})
    assert_refused(answer, "name_reserved", "username")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "empty"),
        ("x", "name_invalid"),
        ("two words", "name_invalid"),
        ("a/b", "name_invalid"),
        (".hidden", "name_invalid"),
        ("dash-", "name_invalid"),
        ("smile😀", "name_invalid"),
        ("a\u202eb", "name_invalid"),
        ("x" * 51, "too_long"),
        ("a\x00b", "invalid"),
    ],
)
def test_a_name_that_no_account_can_have_is_refused(somebody: Client, name: str, code: str) -> None:
    """With words that say what a username has."""
    answer = somebody.post("/api/auth/register", json={"username": name, "password": PASSWORD})
    assert_refused(answer, code, "username")


@pytest.mark.parametrize("name", ["müller", "bob.b-c_d", "иван", "محمد", "李小龍", "bob2"])
def test_names_of_all_scripts_can_be_registered(server: Server, name: str) -> None:
    """And signed in with, in any case."""
    assert register(server, name).user["username"] == name
    assert log_in(server, name.upper()).user["username"] == name


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_weak"),
        ("seven77", "password_weak"),
        ("password", "password_weak"),
        ("PassWord1", "password_weak"),
        ("iloveyou2", "password_weak"),
        ("Paulinchen", "password_weak"),
        ("x" * 129, "too_long"),
        ("\U0001f600" * 400, "too_long"),
    ],
)
def test_a_weak_password_is_refused(somebody: Client, password: str, code: str) -> None:
    """Short, common in any case, the username, or longer than anybody's."""
    wanted = {"username": "paulinchen", "password": password}
    assert_refused(somebody.post("/api/auth/register", json=wanted), code, "password")


def test_a_password_is_the_same_in_every_normal_form(server: Server) -> None:
    """An accent typed as one character or as two."""
    register(server, "accent", password="caf\u00e9 caf\u00e9")
    assert log_in(server, "accent", "cafe\u0301 cafe\u0301").status() == 200


async def test_of_fifty_who_register_one_name_at_once_one_gets_it(server: Server) -> None:
    """The others are told that it is taken: no fault, no second account."""

    async def one(number: int) -> int:
        # From an address each, because one may not make many accounts.
        async with async_http_client(server) as client:
            client.headers.update(new_address())
            name = "wanted" if number % 2 else "WANTED"
            wanted = {"username": name, "password": f"{PASSWORD} {number}"}
            answer = await client.post("/api/auth/register", json=wanted)
            if answer.status_code != 201:
                assert_refused(answer, "name_taken", "username")
            return answer.status_code

    statuses = await asyncio.gather(*(one(number) for number in range(50)))
    assert sorted(statuses) == [201] + [409] * 49


def test_ten_accounts_an_hour_can_be_made_from_one_address(server: Server) -> None:
    """The eleventh is told when to come back; others go on."""
    with stranger(server) as client:
        for number in range(10):
            wanted = {"username": f"many{number}", "password": PASSWORD}
            checked(client.post("/api/auth/register", json=wanted))
        one_more = {"username": "many10", "password": PASSWORD}
        answer = client.post("/api/auth/register", json=one_more)
        assert answer.status_code == 429
        assert answer.json()["code"] == "rate_limited"
        assert 3_500_000 < answer.json()["retry_after_ms"] <= 3_600_000
        assert 3_500 < int(answer.headers["retry-after"]) <= 3_600
        assert try_login(client, "many10", PASSWORD).status_code == 401
    register(server, "many10")


def test_asking_which_names_are_taken_is_limited(server: Server) -> None:
    """Sixty an hour from one address."""
    register(server, "probed")
    with stranger(server) as client:
        wanted = {"username": "probed", "password": PASSWORD}
        statuses = [client.post("/api/auth/register", json=wanted).status_code for _ in range(61)]
    assert statuses == [409] * 60 + [429]
