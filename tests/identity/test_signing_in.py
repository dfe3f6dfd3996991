"""Signing in and out: one answer for all that is wrong, a new password, ends that are ends."""

import asyncio
import sqlite3
import statistics
import time
from contextlib import closing

import pytest
from argon2 import PasswordHasher
from httpx2 import Client, Response

from parlour.settings import Settings
from parlour.support.names import MAX_ACCOUNT_USERNAME
from tests.support.accounts import (
    PASSWORD,
    account_of,
    browser_at,
    cookies_of,
    log_in,
    new_address,
    register,
    stranger,
    try_login,
)
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.server import Server

pytestmark = pytest.mark.real_hashes


def test_whoever_knows_the_password_is_let_in(server: Server) -> None:
    """Under the name in any case, as a login of its own."""
    first = register(server, "gina")
    second = log_in(server, "GINA")
    assert second.user == first.user
    assert second.access != first.access
    assert (first.status(), second.status()) == (200, 200)


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(server: Server) -> None:
    """Word for word: whoever asks does not learn who exists."""
    register(server, "henry")
    with stranger(server) as client:
        unknown, wrong = try_login(client, "nobody-here"), try_login(client, "henry")
        odd = try_login(client, "no name \U0001f600")
    assert_refused(wrong, "wrong_credentials")
    assert unknown.text == wrong.text == odd.text
    assert set(unknown.headers) == set(wrong.headers)


@pytest.mark.thorough
def test_a_wrong_name_takes_as_long_as_a_wrong_password(server: Server) -> None:
    """By the median of twenty each, taken in turns; a busy machine is given much slack."""
    register(server, "iris")
    times: dict[str, list[float]] = {"iris": [], "no-iris": []}
    with stranger(server) as client:
        for number in range(40):
            name = ("iris", "no-iris")[number % 2]
            begin = time.perf_counter()
            assert try_login_at(client, name).status_code == 401
            times[name].append(time.perf_counter() - begin)
    known, unknown = (statistics.median(values) for values in times.values())
    assert 0.5 < known / unknown < 2, (known, unknown)


def try_login_at(client: Client, name: str) -> Response:
    """Try once from an address of its own, so that nothing is limited."""
    client.headers.update(new_address())
    return try_login(client, name)


def test_a_login_gets_a_session_that_nobody_knew_before(server: Server) -> None:
    """Whatever cookies an attacker has put into the browser, the login does not take them over."""
    mallory = register(server, "mallory")
    register(server, "jack")
    with browser_at(server) as browser:
        browser.cookies.set("parlour", mallory.access, path="/")
        browser.cookies.set("parlour-refresh", mallory.refresh, path="/")
        answer = browser.post("/api/auth/login", json={"username": "jack", "password": PASSWORD})
        checked(answer)
        cookies = cookies_of(answer)
    token = cookies["parlour-refresh"]["value"]
    assert token.partition(".")[0] != mallory.refresh.partition(".")[0]
    # The attacker's own tokens do not lead to jack's account, nor to any more.
    assert mallory.status() == 401


def test_logging_out_ends_the_tokens_at_once(server: Server) -> None:
    """Of this login, by access and by refresh, and no other's."""
    account, elsewhere = register(server, "quinn"), log_in(server, "quinn")
    assert_deleted(account.call("POST", "/api/auth/logout"))
    assert account.status() == 401
    assert_refused(account.renewed(), "not_signed_in")
    assert elsewhere.status() == 200


def test_logging_out_takes_the_cookies_also_when_the_login_has_ended(server: Server) -> None:
    """Without a login there is nothing to end, and nothing to complain of."""
    account = register(server, "rosa")
    with browser_at(server) as browser:
        browser.cookies.set("parlour", "what.is.wrong", path="/")
        browser.cookies.set("parlour-refresh", account.refresh, path="/")
        answer = browser.post("/api/auth/logout")
        assert_deleted(answer)
        assert all(cookie["max-age"] == "0" for cookie in cookies_of(answer).values())
        assert_deleted(browser.post("/api/auth/logout"))
    assert account.status() == 401


def test_a_new_password_ends_all_logins_and_begins_one(server: Server) -> None:
    """A copy of a token is worth nothing, also one of who changed it; nor is the old password."""
    account, elsewhere = register(server, "sara"), log_in(server, "sara")
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    new = account_of(server, account.call("POST", "/api/auth/password", json=change))
    assert new.user == account.user
    for old in (account, elsewhere):
        assert old.status() == 401
        assert_refused(old.renewed(), "not_signed_in")
    assert new.status() == 200
    assert new.renewed().status_code == 200
    assert len(checked(new.call("GET", "/api/auth/sessions"))) == 1
    with stranger(server) as client:
        assert_refused(try_login(client, "sara", PASSWORD), "wrong_credentials")
    assert log_in(server, "sara", "another long one").status() == 200


def test_a_page_gets_the_login_of_its_new_password_as_cookies(server: Server) -> None:
    """As by signing in; what it had is not good any more."""
    with browser_at(server) as browser:
        wanted = {"username": "stina", "password": PASSWORD}
        before = cookies_of(browser.post("/api/auth/register", json=wanted))
        change = {"current_password": PASSWORD, "new_password": "another long one"}
        answer = browser.post("/api/auth/password", json=change)
        assert set(checked(answer)) == {"expires_in", "user"}
        after = cookies_of(answer)
        assert set(after) == set(before) == {"parlour", "parlour-refresh"}
        assert browser.get("/api/users/me").status_code == 200
        assert browser.post("/api/auth/refresh").status_code == 200
        browser.cookies.clear()
        browser.cookies.set("parlour", before["parlour"]["value"], path="/")
        assert_refused(browser.get("/api/users/me"), "not_signed_in")


async def test_a_name_that_is_longer_than_new_ones_may_be_now_still_signs_in(
    own_server: Server,
) -> None:
    """The setting is for who registers and for guests."""
    name = "a-rather-long-name"
    register(own_server, name)
    await own_server.astop()
    own_server.env["PARLOUR_MAX_USERNAME_LENGTH"] = "10"
    await asyncio.to_thread(own_server.start)
    account = log_in(own_server, name.upper())
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    new = account_of(own_server, account.call("POST", "/api/auth/password", json=change))
    assert new.user["username"] == name
    with stranger(own_server) as client:
        long = {"username": f"{name}2", "password": PASSWORD}
        assert_refused(client.post("/api/auth/register", json=long), "too_long", "username")
        guest = client.post("/api/auth/guest", json={"username": f"{name}2"})
        assert_refused(guest, "too_long", "username")


def test_no_name_can_be_longer_than_what_signs_in() -> None:
    """The most that the setting allows."""
    limits = Settings.model_fields["max_username_length"].metadata
    assert [limit.le for limit in limits if hasattr(limit, "le")] == [MAX_ACCOUNT_USERNAME]


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("not the password", "another long one", "wrong_credentials", "current_password"),
        (PASSWORD, "short", "password_weak", "new_password"),
        (PASSWORD, "tanja-tanja", "password_weak", "new_password"),
        (PASSWORD, "x" * 129, "too_long", "new_password"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    server: Server, current: str, new: str, code: str, field: str
) -> None:
    """Nothing changes, and nobody is signed out."""
    name = "tanja-tanja"
    with stranger(server) as client:
        client.post("/api/auth/register", json={"username": name, "password": PASSWORD})
    account, elsewhere = log_in(server, name), log_in(server, name)
    change = {"current_password": current, "new_password": new}
    assert_refused(account.call("POST", "/api/auth/password", json=change), code, field)
    assert (account.status(), elsewhere.status()) == (200, 200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/users/me"),
        ("PATCH", "/api/users/me"),
        ("POST", "/api/auth/password"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions/x"),
        ("POST", "/api/auth/ticket"),
    ],
)
def test_what_needs_a_login_is_refused_without_one(http: Client, method: str, path: str) -> None:
    """401 with the way to sign in, also for a guest with a cookie."""
    bodies = {
        "/api/auth/password": {"current_password": "", "new_password": ""},
        "/api/users/me": {"about": "x"},
    }
    body = bodies.get(path) if method != "GET" else None
    checked(http.post("/api/auth/guest", json={"username": "wanda"}))
    answer = http.request(method, path, json=body)
    assert_refused(answer, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.sqlite
async def test_a_hash_of_other_costs_is_made_anew_when_its_owner_signs_in(
    own_server: Server,
) -> None:
    """Without a word; the password stays what it is."""
    register(own_server, "xenia")
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await own_server.astop()
    path = own_server.data_dir / "chat.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE users SET password_hash = ?", [old])
    await own_server.arestart()
    with stranger(own_server) as client:
        assert_refused(try_login(client, "xenia"), "wrong_credentials")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT password_hash FROM users").fetchone() == (old,)
    for _ in range(2):
        assert log_in(own_server, "xenia").status() == 200
        with closing(sqlite3.connect(path)) as database:
            (hashed,) = database.execute("SELECT password_hash FROM users").fetchone()
        assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_account_that_is_disabled_can_do_nothing_more(own_server: Server) -> None:
    """Its tokens and its password are worth nothing from the next start on."""
    account = register(own_server, "yves")
    await own_server.astop()
    with inside(own_server) as database:
        database.execute("UPDATE users SET disabled_at = created_at")
    await own_server.arestart()
    assert account.status() == 401
    assert_refused(account.renewed(), "not_signed_in")
    with stranger(own_server) as client:
        assert_refused(try_login(client, "yves", PASSWORD), "wrong_credentials")
        assert_refused(client.get("/api/users/yves"), "not_found")


@pytest.mark.parametrize(
    ("name", "says", "gets"),
    [
        ("hedy", {"Sec-Fetch-Site": "same-origin"}, False),
        ("lamarr", {"Origin": "http://{host}"}, False),
        ("kiesler", {}, True),
    ],
    ids=["its own page", "its own page where browsers say less", "a program"],
)
def test_only_who_has_no_cookies_is_given_tokens(
    server: Server, name: str, says: dict[str, str], gets: bool
) -> None:
    """A page's scripts cannot lose what they never had."""
    register(server, name)
    with stranger(server) as client:
        host = f"{client.base_url.host}:{client.base_url.port}"
        headers = {header: value.format(host=host) for header, value in says.items()}
        body = {"username": name, "password": PASSWORD}
        answer = checked(client.post("/api/auth/login", json=body, headers=headers))
    assert ("access_token" in answer, "refresh_token" in answer) == (gets, gets)
    assert answer["user"]["username"] == name
