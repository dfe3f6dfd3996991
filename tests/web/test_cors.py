"""CORS: pages of allowed origins may use the API, no other page may."""

from collections.abc import Callable

import pytest
from httpx2 import Client

from tests.support.people import Room, checked, http_client
from tests.support.server import Server

THEIRS = "https://chat.example.org"
SERVER_ENV = {"PARLOUR_ALLOWED_ORIGINS": f"{THEIRS}/, http://intranet:81"}
ROOMS = "/api/chat/rooms"


@pytest.mark.parametrize("origin", [THEIRS, "http://intranet:81"])
def test_an_allowed_page_may_read_answers(http: Client, room: Room, origin: str) -> None:
    """Also refusals, and the headers that say where a room stands."""
    for path, status in ((f"{ROOMS}/{room['id']}/messages", 200), (f"{ROOMS}/999999", 404)):
        answer = http.get(path, headers={"origin": origin})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == origin
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert set(exposed) == {"Parlour-Version", "Parlour-Epoch"}
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_allowed_page_may_ask_before_it_sends(http: Client, method: str) -> None:
    """The preflight is granted for what the API has, and only for JSON's own header."""
    answer = http.options(
        ROOMS,
        headers={
            "origin": THEIRS,
            "access-control-request-method": method,
            "access-control-request-headers": "content-type",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == THEIRS
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert "content-security-policy" in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


def test_an_allowed_page_may_send(http: Client) -> None:
    """And read what became of it."""
    answer = http.post(ROOMS, json={"name": "from elsewhere"}, headers={"origin": THEIRS})
    assert checked(answer)["name"] == "from elsewhere"
    assert answer.headers["access-control-allow-origin"] == THEIRS


@pytest.mark.parametrize(
    "asked",
    [
        {"access-control-request-method": "TRACE"},
        {"access-control-request-method": "GET", "access-control-request-headers": "x-secret"},
    ],
)
def test_nothing_else_is_granted(http: Client, asked: dict[str, str]) -> None:
    """Neither other methods nor other headers."""
    assert http.options(ROOMS, headers={"origin": THEIRS, **asked}).status_code == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://chat.example.org.evil.example",
        "null",
    ],
)
def test_another_page_may_not(http: Client, origin: str) -> None:
    """Its preflight is refused, and no header lets it read an answer."""
    asked = {"origin": origin, "access-control-request-method": "DELETE"}
    preflight = http.options(ROOMS, headers=asked)
    assert preflight.status_code == 400
    for answer in (preflight, http.get(ROOMS, headers={"origin": origin})):
        assert "access-control-allow-origin" not in answer.headers
        assert "content-security-policy" in answer.headers


def test_a_star_lets_every_page_in(new_server: Callable[..., Server]) -> None:
    """Whoever runs the server asked for it."""
    with http_client(new_server(env={"PARLOUR_ALLOWED_ORIGINS": "*"}).start()) as http:
        answer = http.get(ROOMS, headers={"origin": "https://anywhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
