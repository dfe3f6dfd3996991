"""Cookies that somebody else has put into a browser, or that a later login replaces."""

from typing import Any

import pytest

from tests.support import websocket
from tests.support.accounts import (
    PASSWORD,
    Account,
    browser_at,
    cookies_of,
    log_in,
    register,
    stranger,
)
from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import Room, checked
from tests.support.server import Server


def cookies(*pairs: tuple[str, str]) -> dict[str, str]:
    """Return the header of a browser that has these cookies, in this order."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in pairs)}


def both(account: Account) -> tuple[tuple[str, str], ...]:
    """Return the cookies of a login."""
    return ("parlour", account.access), ("parlour-refresh", account.refresh)


@pytest.mark.parametrize("own_first", [True, False])
@pytest.mark.parametrize("twice", ["parlour", "parlour-refresh"])
async def test_a_cookie_that_stands_twice_is_nobodys(
    server: Server, room: Room, twice: str, own_first: bool
) -> None:
    """Whichever comes first: nothing tells which of the two a neighbouring host has put there."""
    name = f"anna{twice[7:]}{own_first}".lower()
    own, tossed = register(server, name), register(server, f"{name}2")
    more = next(pair for pair in both(tossed) if pair[0] == twice)
    given = cookies(*both(own), more) if own_first else cookies(more, *both(own))
    with stranger(server, **given) as client:
        for method, path, body in (
            ("GET", "/api/users/me", None),
            ("POST", f"/api/chat/rooms/{room['id']}/messages", {"content": "whose?"}),
            ("POST", "/api/auth/guest", {"username": "zoe"}),
        ):
            assert_refused(client.request(method, path, json=body), "not_signed_in")
        renewed = client.post("/api/auth/refresh")
    assert renewed.status_code == (401 if twice == "parlour-refresh" else 200)
    here = await websocket.connect(server, room["id"], None, headers=given)
    await here.expect("error", code="not_signed_in")
    assert await here.closed() == 4501
    # Nobody is signed out by that.
    assert (own.status(), tossed.status()) == (200, 200)


@pytest.mark.parametrize("beside", ["another's", "garbage"])
async def test_an_access_cookie_counts_only_beside_its_own_refresh_cookie(
    server: Server, room: Room, beside: str
) -> None:
    """A browser loses its own after a while; one that is put in its place signs nobody in."""
    number = len(beside)
    own, tossed = register(server, f"dora{number}"), register(server, f"dora{number}b")
    refresh = own.refresh if beside == "another's" else own.refresh[:-1] + "!"
    given = cookies(("parlour", tossed.access), ("parlour-refresh", refresh))
    with stranger(server, **given) as client:
        said = client.post(f"/api/chat/rooms/{room['id']}/messages", json={"content": "whose?"})
    assert_refused(said, "not_signed_in")
    here = await websocket.connect(server, room["id"], None, headers=given)
    await here.expect("error", code="not_signed_in")
    assert await here.closed() == 4501
    with stranger(server, **cookies(*both(own))) as client:
        assert checked(client.get("/api/users/me"))["username"] == f"dora{number}"
    assert (own.status(), tossed.status()) == (200, 200)


def test_signing_out_ends_whatever_login_the_browser_shows(server: Server) -> None:
    """Also where a cookie stands twice, so that none of them is left behind."""
    own, tossed = register(server, "berta"), register(server, "berta2")
    with stranger(server, **cookies(*both(own), *both(tossed))) as client:
        answer = client.post("/api/auth/logout")
    assert_deleted(answer)
    assert {name: each["max-age"] for name, each in cookies_of(answer).items()} == {
        "parlour": "0", "parlour-refresh": "0",
    }  # fmt: skip
    assert (own.status(), tossed.status()) == (401, 401)


def test_a_guests_cookie_that_stands_twice_is_no_guests(server: Server) -> None:
    """Neither of the two is kept; the browser gets one of its own."""
    given = []
    with stranger(server) as client:
        for _ in range(2):
            answer = client.post("/api/auth/guest", json={"username": "cora"})
            client.cookies.clear()
            given.append(("parlour-guest", cookies_of(answer)["parlour-guest"]["value"]))
    with stranger(server, **cookies(*given)) as client:
        answer = client.post("/api/auth/guest", json={"username": "cora"})
    value = cookies_of(answer)["parlour-guest"]["value"]
    assert value not in dict(given).values()
    assert len({value.partition(".")[0], *(each.partition(".")[0] for _, each in given)}) == 3


@pytest.mark.parametrize("way", ["login", "register"])
async def test_signing_in_ends_the_login_that_the_browser_had(
    server: Server, room: Room, way: str
) -> None:
    """Nobody could end it any more: its cookies are gone. Its connections are closed."""
    before = register(server, f"dora-{way}")
    elsewhere = log_in(server, f"dora-{way}")
    here = await before.connect(room)
    await here.until("user_list")
    name = f"dora-{way}" if way == "login" else "emil"
    with browser_at(server, **cookies(("parlour-refresh", before.refresh))) as browser:
        body: dict[str, Any] = {"username": name, "password": PASSWORD}
        checked(browser.post(f"/api/auth/{way}", json=body))
    assert await here.closed(seconds=2) == 4501
    assert (before.status(), elsewhere.status()) == (401, 200)
    assert_refused(before.renewed(), "not_signed_in")
    listed = checked(elsewhere.call("GET", "/api/auth/sessions"))
    assert len(listed) == (2 if way == "login" else 1)


def test_a_program_that_signs_in_keeps_the_login_it_had(server: Server) -> None:
    """What a bearer is of is not replaced by another token."""
    before = register(server, "frieda")
    with before.http() as client:
        checked(client.post("/api/auth/login", json={"username": "frieda", "password": PASSWORD}))
    assert before.status() == 200


def test_a_wrong_try_to_sign_in_ends_nothing(server: Server) -> None:
    """The login that the browser has goes on."""
    before = register(server, "gerd")
    with browser_at(server, **cookies(*both(before))) as browser:
        wrong = {"username": "gerd", "password": "not the password"}
        assert_refused(browser.post("/api/auth/login", json=wrong), "wrong_credentials")
    assert before.status() == 200
