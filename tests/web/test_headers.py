"""Headers: the security ones on every kind of answer, and what each answer says of itself."""

import http.client
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Client, Response

from parlour.web import CONTENT_SECURITY_POLICY
from tests.support.people import Room, checked
from tests.support.server import Server

SECURITY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
PAGE = SECURITY | {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
JSON = {"content-type": "application/json"}
Ask = Callable[[Client], Response]

# Every kind of answer that the server gives; that of a fault is among the tests of faults.
ANSWERS: dict[str, tuple[int, Ask]] = {
    "the page": (200, lambda http: http.get("/")),
    "the page's head": (200, lambda http: http.head("/")),
    "the page unchanged": (304, lambda http: http.get("/", headers={"if-none-match": "*"})),
    "an asset": (200, lambda http: http.get(asset_of(http))),
    "an asset unchanged": (
        304,
        lambda http: http.get(asset_of(http), headers={"if-none-match": "*"}),
    ),
    "no asset": (404, lambda http: http.get("/assets/x/app.js")),
    "the documentation": (200, lambda http: http.get("/docs")),
    "the description": (200, lambda http: http.get("/openapi.json")),
    "a list": (200, lambda http: http.get("/api/chat/rooms")),
    "a thing made": (201, lambda http: make(http, "headers")),
    "a thing deleted": (204, lambda http: http.delete(f"/api/chat/rooms/{made(http)}")),
    "history": (200, lambda http: http.get(f"/api/chat/rooms/{made(http)}/messages")),
    "life": (200, lambda http: http.get("/healthz")),
    "no path": (404, lambda http: http.get("/nowhere")),
    "no room": (404, lambda http: http.get("/api/chat/rooms/999999")),
    "no method": (405, lambda http: http.put("/api/chat/rooms")),
    "no method of a page": (405, lambda http: http.post("/")),
    "no method at all": (405, lambda http: http.request("PROPFIND", "/api/chat/rooms")),
    "a wrong id": (422, lambda http: http.get("/api/chat/rooms/abc")),
    "a wrong body": (422, lambda http: http.post("/api/chat/rooms", json={})),
    "no JSON": (422, lambda http: http.post("/api/chat/rooms", content=b"{", headers=JSON)),
    "a wrong type": (415, lambda http: http.post("/api/chat/rooms", content=b"{}")),
    "too much": (
        413,
        lambda http: http.post("/api/chat/rooms", content=b" " * 9000, headers=JSON),
    ),
    "a name taken": (409, lambda http: [make(http, "taken"), make(http, "taken")][1]),
}


def make(http: Client, name: str) -> Response:
    """Ask for a room."""
    return http.post("/api/chat/rooms", json={"name": name})


def made(http: Client) -> int:
    """Return the id of a new room, whose name no other has."""
    name = f"room after {len(http.get('/api/chat/rooms').json())} {id(http)}"
    return int(checked(make(http, name))["id"])


def asset_of(http: Client) -> str:
    """Return the address of one of the page's files."""
    found = re.search(r'"(/assets/[^"]+/styles\.css)"', http.get("/").text)
    assert found
    return found[1]


@pytest.mark.parametrize(("status", "ask"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_has_the_security_headers(http: Client, status: int, ask: Ask) -> None:
    """Each once; pages have more of them than what is none, also when they are unchanged."""
    answer = ask(http)
    assert answer.status_code == status, answer.text
    is_page = status in {200, 304} and answer.url.path in {"/", "/docs"}
    for name, value in (PAGE if is_page else SECURITY).items():
        given = answer.headers.get_list(name)
        if name == "content-security-policy" and answer.url.path == "/docs":
            assert len(given) == 1
        else:
            assert given == [value], name
    assert len(answer.headers.get_list("cache-control")) == 1
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    """No page of another may frame it, and no string becomes HTML."""
    policy = dict(
        directive.strip().partition(" ")[::2] for directive in CONTENT_SECURITY_POLICY.split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_documentations_policy_differs_only_by_what_it_needs(http: Client) -> None:
    """Icons from `data:` and HTML from strings; nothing inline and nothing from elsewhere."""
    policy = http.get("/docs").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "object-src 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/api/chat/rooms", "/healthz", "/openapi.json", "/nowhere", "/api/chat/rooms/999999"]
)
def test_what_the_program_says_is_not_kept(http: Client, path: str) -> None:
    """Neither answers nor refusals; pages and assets say otherwise themselves."""
    assert http.get(path).headers["cache-control"] == "no-store"


ALLOWED = {
    "/api/chat/rooms": {"GET", "POST"},
    "/api/chat/rooms/{room}": {"GET", "PATCH", "DELETE"},
    "/api/chat/rooms/{room}/members": {"GET"},
    "/api/chat/rooms/{room}/members/x": {"PUT", "DELETE"},
    "/api/chat/rooms/{room}/messages": {"GET", "POST"},
    "/healthz": {"GET"},
    "/readyz": {"GET"},
    "/metrics": {"GET"},
    "/": {"GET", "HEAD"},
    "/docs": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"},
    "/assets/x/app.js": {"GET", "HEAD"},
}


@pytest.mark.parametrize(("path", "methods"), ALLOWED.items(), ids=ALLOWED)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "HEAD", "GET", "OPTIONS"])
def test_a_wrong_method_is_answered_with_those_that_are_right(
    http: Client, room: Room, path: str, methods: set[str], method: str
) -> None:
    """405 with all of them in `Allow`; a right one is never answered so."""
    answer = http.request(method, path.format(room=room["id"]))
    if method in methods:
        assert answer.status_code != 405
        return
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == methods
    if method != "HEAD":
        assert answer.json()["code"] == "method_not_allowed"


def test_a_head_is_the_answer_without_its_body(http: Client) -> None:
    """For the page, its files, and the documentation."""
    for path in ("/", "/docs", "/openapi.json", asset_of(http)):
        whole, head = http.get(path), http.head(path)
        assert head.content == b""
        assert head.status_code == whole.status_code == 200
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == whole.headers.get(name), name


@pytest.mark.parametrize(
    "path", ["/api/chat/rooms/", "/healthz/", "/docs/", "/api", "/assets/", "/assets"]
)
def test_a_path_is_a_path_to_the_last_slash(http: Client, path: str) -> None:
    """There are no redirects, which programs follow or not as they please."""
    assert http.get(path, follow_redirects=False).status_code == 404


def test_without_allowed_origins_no_other_page_is_let_in(http: Client) -> None:
    """No header lets it read an answer, and no preflight is granted."""
    other = {"origin": "https://chat.example.org"}
    for answer in (
        http.get("/api/chat/rooms", headers=other),
        http.options("/api/chat/rooms", headers={**other, "access-control-request-method": "POST"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.status_code == 405


def test_a_client_that_goes_away_in_the_middle_of_its_body_is_no_fault(
    server: Server, http: Client
) -> None:
    """Nothing is made of what came, nothing is logged, and the server goes on."""
    before = checked(http.get("/api/chat/rooms"))
    seen = len(server.log)
    for beginning in (
        b'Content-Length: 50\r\n\r\n{"name',
        b'Transfer-Encoding: chunked\r\n\r\n6\r\n{"name\r\n',
    ):
        connection = http_connection(server)
        connection.send(
            b"POST /api/chat/rooms HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            + beginning
        )
        connection.close()
    for _ in range(20):
        assert checked(http.get("/api/chat/rooms")) == before
    assert server.log[seen:] == []


def http_connection(server: Server) -> Any:
    """Return a connection over which a test writes what it likes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.connect()
    return connection
