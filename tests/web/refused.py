"""Requests that together meet every refusal of each route, those of locks and full disks aside."""

from collections.abc import Callable
from typing import Any

from httpx2 import Client, Response

from tests.support.accounts import PASSWORD

ROOMS, ROOM = "/api/chat/rooms", "/api/chat/rooms/{room_id}"
MESSAGES = f"{ROOM}/messages"
SEARCH = "/api/chat/search"
AUTH, USERS = "/api/auth", "/api/users"
Ask = Callable[[Client, str], Response]


def post(
    path: str, body: Any = None, *, content: bytes | None = None, kind: str = "application/json",
    **query: str,
) -> Ask:  # fmt: skip
    """Return a way to post a body to a path of a room, or to the list of rooms."""

    def ask(http: Client, room_id: str) -> Response:
        where = path.format(room_id=room_id)
        if content is not None:
            return http.post(where, params=query, content=content, headers={"content-type": kind})
        return http.post(where, params=query, json=body)

    return ask


def get(path: str, method: str = "GET", body: Any = None, **query: str) -> Ask:
    """Return a way to ask for a path."""

    def ask(http: Client, room_id: str) -> Response:
        return http.request(method, path.format(room_id=room_id), params=query, json=body)

    return ask


def ended(path: str, method: str = "GET", body: Any = None) -> Ask:
    """Return a way to ask for a path with a login that is worth nothing."""

    def ask(http: Client, room_id: str) -> Response:
        headers = {"Authorization": "Bearer what.it.was"}
        return http.request(method, path.format(room_id=room_id), json=body, headers=headers)

    return ask


def abroad(path: str, method: str = "POST") -> Ask:
    """Return a way to ask for a path as a page of another site does."""

    def ask(http: Client, room_id: str) -> Response:
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.org"}
        return http.request(method, path.format(room_id=room_id), headers=headers)

    return ask


def misshapen(path: str, method: str = "POST") -> list[Ask]:
    """Return what no route takes that has a body: by another site, or not to be read."""

    def send(content: bytes, kind: str = "application/json") -> Ask:
        def ask(http: Client, room_id: str) -> Response:
            headers = {"content-type": kind}
            return http.request(method, path, content=content, headers=headers)

        return ask

    return [
        abroad(path, method), send(b"[]"), send(b"{"), send(b"{}", "text/plain"), send(LONG)
    ]  # fmt: skip


HI = {"content": "hi"}
LONG = b" " * 10_000
REFUSED: dict[tuple[str, str], list[Ask]] = {
    ("GET", ROOMS): [ended(ROOMS)],
    ("POST", ROOMS): [
        post(ROOMS, {}),
        post(ROOMS, {"name": ""}),
        post(ROOMS, {"name": "x" * 101}),
        post(ROOMS, {"name": "a\u202eb"}),
        post(ROOMS, {"name": "taken"}),
        post(ROOMS, content=b"{"),
        post(ROOMS, content=b"{}", kind="text/plain"),
        post(ROOMS, content=LONG),
        ended(ROOMS, "POST", {"name": "new"}),
        abroad(ROOMS),
    ],
    ("GET", ROOM): [get(f"{ROOMS}/999999"), get(f"{ROOMS}/abc"), ended(ROOM)],
    ("DELETE", ROOM): [
        get(f"{ROOMS}/999999", "DELETE"),
        get(f"{ROOMS}/abc", "DELETE"),
        get(ROOM, "DELETE", username=""),
        get(ROOM, "DELETE", username="x" * 51),
        get(ROOM, "DELETE", username="a\u200bb"),
        get(ROOM, "DELETE", username="somebody"),
        get(ROOM, "DELETE", username="admin"),
        ended(ROOM, "DELETE"),
        abroad(ROOM, "DELETE"),
    ],
    ("GET", MESSAGES): [
        get(f"{ROOMS}/999999/messages"),
        get(MESSAGES, limit="0"),
        get(MESSAGES, nonsense="1"),
        lambda http, room_id: http.get(f"{MESSAGES.format(room_id=room_id)}?ids=1" + "&ids=1" * 50),
        ended(MESSAGES),
    ],
    ("GET", SEARCH): [
        get(SEARCH),
        get(SEARCH, q="x", room_id="999999"),
        get(SEARCH, q="x" * 301),
        get(SEARCH, q=" "),
        ended(SEARCH),
    ],
    ("POST", MESSAGES): [
        post(f"{ROOMS}/999999/messages", HI, username="alice"),
        post(MESSAGES, {**HI, "reply_to": 987654321}, username="alice"),
        post(MESSAGES, HI),
        post(MESSAGES, HI, username=""),
        post(MESSAGES, HI, username="x" * 51),
        post(MESSAGES, HI, username="a\u200bb"),
        post(MESSAGES, {"content": ""}, username="alice"),
        post(MESSAGES, {"content": "x" * 101}, username="alice"),
        post(MESSAGES, content=b"{", username="alice"),
        post(MESSAGES, content=b"{}", kind="text/plain", username="alice"),
        post(MESSAGES, content=LONG, username="alice"),
        post(MESSAGES, HI, username="somebody"),
        post(MESSAGES, HI, username="admin"),
        ended(MESSAGES, "POST", HI),
        abroad(MESSAGES),
    ],
    ("POST", f"{AUTH}/guest"): [
        *misshapen(f"{AUTH}/guest"),
        *(
            post(f"{AUTH}/guest", {"username": name})
            for name in ("", "x" * 51, "a\u200bb", "somebody", "admin")
        ),
        ended(f"{AUTH}/guest", "POST", {"username": "alice"}),
    ],
    ("POST", f"{AUTH}/register"): [
        *misshapen(f"{AUTH}/register"),
        *(
            post(f"{AUTH}/register", {"username": name, "password": PASSWORD})
            for name in ("", "x" * 51, "a\u200bb", "somebody", "admin")
        ),
        post(f"{AUTH}/register", {"username": "fine", "password": "weak"}),
    ],
    ("POST", f"{AUTH}/setup"): [
        *misshapen(f"{AUTH}/setup"),
        *(
            post(f"{AUTH}/setup", {"token": "", "username": name, "password": PASSWORD})
            for name in ("fine", "", "x" * 51, "a\u200bb", "admin")
        ),
        post(f"{AUTH}/setup", {"token": "", "username": "fine", "password": "weak"}),
    ],
    ("POST", f"{AUTH}/login"): [
        *misshapen(f"{AUTH}/login"),
        post(f"{AUTH}/login", {"username": "somebody", "password": "x" * 2000}),
        post(f"{AUTH}/login", {"username": "somebody", "password": "wrong"}),
    ],
    ("POST", f"{AUTH}/refresh"): [
        *misshapen(f"{AUTH}/refresh"),
        post(f"{AUTH}/refresh", {"refresh_token": "x" * 3000}),
        post(f"{AUTH}/refresh", {}),
    ],
    ("POST", f"{AUTH}/logout"): [ended(f"{AUTH}/logout", "POST"), abroad(f"{AUTH}/logout")],
    ("POST", f"{AUTH}/password"): [ended(f"{AUTH}/password", "POST")],
    ("GET", f"{AUTH}/sessions"): [ended(f"{AUTH}/sessions")],
    ("DELETE", f"{AUTH}/sessions"): [
        ended(f"{AUTH}/sessions", "DELETE"),
        abroad(f"{AUTH}/sessions", "DELETE"),
    ],
    ("DELETE", f"{AUTH}/sessions/{{session_id}}"): [
        ended(f"{AUTH}/sessions/x", "DELETE"),
        abroad(f"{AUTH}/sessions/x", "DELETE"),
    ],
    ("POST", f"{AUTH}/ticket"): [ended(f"{AUTH}/ticket", "POST"), abroad(f"{AUTH}/ticket")],
    ("GET", f"{USERS}/me"): [ended(f"{USERS}/me")],
    ("PATCH", f"{USERS}/me"): [ended(f"{USERS}/me", "PATCH", {})],
    ("GET", f"{USERS}/{{username}}"): [
        ended(f"{USERS}/somebody"),
        get(f"{USERS}/nobody-here"),
        get(f"{USERS}/a b"),
        get(f"{USERS}/{'x' * 101}"),
    ],
    ("GET", "/healthz"): [],
    ("GET", "/.well-known/jwks.json"): [],
    ("GET", "/readyz"): [],
    ("GET", "/metrics"): [],
}
# What it takes other settings, many tries or the printed link to meet: see `tests/identity/` and
# `tests/features/test_metrics.py`.
ELSEWHERE: dict[tuple[str, str], set[str]] = {
    ("POST", f"{AUTH}/guest"): {"guests_off"},
    ("POST", f"{AUTH}/register"): {
        "registration_closed",
        "invite_needed",
        "invite_invalid",
        "rate_limited",
    },
    ("POST", f"{AUTH}/setup"): {"name_taken"},
    ("POST", f"{AUTH}/login"): {"rate_limited"},
    ("POST", f"{AUTH}/password"): {"rate_limited"},
    ("GET", "/metrics"): {"not_signed_in"},
}
# What only somebody meets who is signed in.
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {
    ("POST", f"{AUTH}/password"): [
        *misshapen(f"{AUTH}/password"),
        *(
            post(f"{AUTH}/password", {"current_password": "wrong", "new_password": password})
            for password in (PASSWORD, "weak", "x" * 2000)
        ),
    ],
    ("DELETE", f"{AUTH}/sessions/{{session_id}}"): [
        get(f"{AUTH}/sessions/x", "DELETE"),
        get(f"{AUTH}/sessions/{'x' * 65}", "DELETE"),
    ],
    ("PATCH", f"{USERS}/me"): [
        *misshapen(f"{USERS}/me", "PATCH"),
        *(
            get(f"{USERS}/me", "PATCH", {"display_name": name})
            for name in ("", "x" * 51, "a\u200bb")
        ),
    ],
}
