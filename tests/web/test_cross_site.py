"""What pages of other sites may not do: change anything in a visitor's name."""

import pytest
from httpx2 import Client

from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.server import Server

SERVER_ENV = {"PARLOUR_ALLOWED_ORIGINS": "https://chat.example.org"}
EVIL, FRIEND = "https://evil.example.org", "https://chat.example.org"


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return somebody who is signed in, in a browser that an evil page is open in, too."""
    return register(server, "visitor")


def own(http: Client) -> str:
    """Return the origin of the server's own page."""
    return str(http.base_url).rstrip("/")


@pytest.mark.parametrize(
    ("site", "origin", "passes"),
    [
        ("same-origin", "own", True),
        ("same-origin", None, True),
        ("none", None, True),
        ("cross-site", EVIL, False),
        ("cross-site", None, False),
        ("same-site", "http://127.0.0.1:1", False),
        ("same-site", None, False),
        ("cross-site", "null", False),
        # The browser knows better than the two names of which it sends both.
        ("cross-site", "own", False),
        ("something-new", None, False),
        ("cross-site", FRIEND, True),
        ("same-site", FRIEND, True),
        # Browsers that do not say where a request comes from still name the origin.
        (None, EVIL, False),
        (None, "null", False),
        (None, "own", True),
        (None, FRIEND, True),
        # Programs say nothing.
        (None, None, True),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_the_own_page_and_those_that_are_allowed_change_anything(
    http: Client, account: Account, method: str, site: str | None, origin: str | None, passes: bool
) -> None:
    """By what the browser says; the cookies of the visitor do not help."""
    given = {"Sec-Fetch-Site": site, "Origin": own(http) if origin == "own" else origin}
    headers = {name: value for name, value in given.items() if value is not None}
    headers["Cookie"] = f"parlour={account.access}"
    answer = http.request(method, "/api/users/me", json={"about": "x"}, headers=headers)
    if passes:
        assert answer.status_code == (200 if method == "PATCH" else 405), answer.text
    else:
        assert_refused(answer, "cross_site")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_is_not_asked_where_it_comes_from(http: Client, method: str) -> None:
    """A link from anywhere leads here; what the answer says, its page cannot read."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}
    answer = http.request(method, "/", headers=headers)
    assert answer.status_code in (200, 405)
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_an_allowed_origin_gets_tokens_because_it_gets_no_cookies(
    http: Client, account: Account
) -> None:
    """It sends them as a bearer, which the browser may ask about beforehand."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": FRIEND}
    answer = http.post(
        "/api/auth/refresh", json={"refresh_token": account.refresh}, headers=headers
    )
    assert answer.json()["token_type"] == "bearer"
    asked = http.options(
        "/api/users/me",
        headers={
            "Origin": FRIEND,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert asked.status_code == 200
    assert "PATCH" in asked.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in asked.headers
