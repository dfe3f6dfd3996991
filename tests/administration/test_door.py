"""For everybody who is no administrator there is nothing below `/api/admin/`, in any respect."""

from typing import Any

import pytest
from httpx2 import Client, Response

from tests.support.accounts import Account, log_in
from tests.support.administration import ADMIN, change_user
from tests.support.brief import thorough_but
from tests.support.described import described
from tests.support.people import checked, http_client
from tests.support.places import name_of, new_account
from tests.support.rawhttp import RawHTTP
from tests.support.server import Server

ROUTES = sorted(
    (method.upper(), path)
    for path, methods in described()["paths"].items()
    if path.startswith(ADMIN)
    for method in methods
)
UNKNOWN = f"{ADMIN}/what-nobody-has"
WAYS: list[dict[str, Any]] = [
    {},
    {"json": {}},
    {"content": b"{", "headers": {"Content-Type": "application/json"}},
    {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
    {"content": b" " * 20_000, "headers": {"Content-Type": "application/json"}},
    {"params": {"limit": "0", "before": "x"}},
]


def told(answer: Response) -> tuple[int, bytes, dict[str, str]]:
    """Return all that an answer says, but for when it was given and to which request."""
    own = ("date", "x-request-id")
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, answer.content, headers


@pytest.fixture(scope="module")
def somebody(server: Server) -> Account:
    """Return somebody who runs nothing."""
    return new_account(server, "somebody")


def test_there_are_routes() -> None:
    """Or the tests below would say nothing."""
    assert len(ROUTES) >= 15


@pytest.mark.parametrize("who", thorough_but(["somebody"], ["nobody", "somebody", "ended"]))
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=" ".join)
def test_a_route_answers_as_an_unknown_path_does(
    server: Server, chief: Account, somebody: Account, who: str, method: str, path: str
) -> None:
    """To nobody, to a member, to a login that has ended; whatever they send."""
    headers = {
        "nobody": {},
        "somebody": somebody.headers,
        "ended": {"Authorization": "Bearer what.it.was"},
    }[who]
    real = path.format(username=name_of(chief), ban_id=1, hold_id=1, room_id=1, invite_id=1)
    with http_client(server) as http:
        http.headers.update(headers)
        unknown = told(http.request(method, "/api/what-nobody-has"))
        assert unknown[0] == 404
        for way in WAYS:
            for where in (real, real.replace("/1", "/x"), UNKNOWN):
                assert told(http.request(method, where, **way)) == unknown, (where, way)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_wrong_method_does_not_tell_that_a_path_is_there(http: Client, method: str) -> None:
    """Elsewhere it is 405."""
    for path in ("users", "policy", "audit", "rooms/1", "rooms/1/owner"):
        answer = http.request(method, f"{ADMIN}/{path}")
        assert told(answer) == told(http.request(method, UNKNOWN))
        assert answer.status_code == 404


def test_a_role_holds_for_the_logins_that_are_there(server: Server, chief: Account) -> None:
    """From the moment it is given to the moment it is taken."""
    account = new_account(server, "rising")
    second = log_in(server, name_of(account))
    assert second.call("GET", f"{ADMIN}/users").status_code == 404
    checked(change_user(chief, name_of(account), role="administrator"))
    for login in (account, second):
        assert checked(login.call("GET", f"{ADMIN}/users"))
    checked(change_user(second, name_of(account), role="member"))
    for login in (account, second):
        assert login.call("GET", f"{ADMIN}/users").status_code == 404
        assert login.status() == 200


@pytest.mark.parametrize("ended", ["/api/auth/logout", "/api/auth/sessions"])
def test_who_signs_out_while_a_body_is_on_its_way_does_nothing_more(
    server: Server, chief: Account, ended: str
) -> None:
    """A request that was begun before is answered as one that was begun after."""
    late, friend = log_in(server, name_of(chief)), new_account(server, "friend")
    body = b'{"role": "administrator"}'
    head = "\r\n".join(
        [
            f"PATCH {ADMIN}/users/{name_of(friend)} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Authorization: {late.headers['Authorization']}",
            "Connection: close",
            "\r\n",
        ]
    ).encode()
    with RawHTTP(server) as held:
        held.send(head + body[:1])
        # The guard at the door has looked by then: what comes behind is read after it.
        assert late.status() == 200
        method = "POST" if ended.endswith("logout") else "DELETE"
        assert late.call(method, ended).is_success
        assert late.status() == 401
        held.send(body[1:])
        [answer] = held.until_end(seconds=10)
    assert answer.status == 404
    assert b"not_found" in answer.body
    assert checked(friend.call("GET", "/api/users/me"))["role"] == "member"
