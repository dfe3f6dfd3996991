"""Who may come in: decided while the server runs, but for what is fixed where it was started."""

import asyncio
import html
import json
import re
from collections.abc import Callable
from typing import Any

from httpx2 import Response

from tests.support.accounts import PASSWORD, Account, new_address
from tests.support.administration import ADMIN, first_administrator, noted
from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import Person, checked, http_client
from tests.support.places import name_of
from tests.support.server import Server

NewServer = Callable[..., Server]


def decide(chief: Account, **changes: str) -> Response:
    """Ask to decide who may come in."""
    return chief.call("PATCH", f"{ADMIN}/policy", json=changes)


def page_config(server: Server) -> dict[str, Any]:
    """Return what the page is told."""
    with http_client(server) as http:
        page = http.get("/", headers={"Accept-Encoding": "br"}).text
    found = re.search(r'<meta name="parlour-config" content="([^"]*)"', page)
    assert found is not None
    return dict(json.loads(html.unescape(found[1])))


def register(server: Server, username: str, **fields: Any) -> Response:
    """Ask for an account."""
    with http_client(server) as http:
        body = {"username": username, "password": PASSWORD, **fields}
        return http.post("/api/auth/register", json=body, headers=new_address())


async def test_registration_is_decided_and_stays_decided(new_server: NewServer) -> None:
    """At once, for the page too, and over a restart."""
    server = new_server().start()
    chief = first_administrator(server)
    assert checked(chief.call("GET", f"{ADMIN}/policy")) == {
        "registration": "open", "guests": "on", "retention_days": 0, "fixed": [],
    }  # fmt: skip
    assert page_config(server)["registration"] == "open"
    told = checked(decide(chief, registration="closed"))
    assert told["registration"] == "closed"
    for restarted in (False, True):
        assert page_config(server)["registration"] == "closed"
        assert_refused(register(server, "late"), "registration_closed")
        if not restarted:
            await server.arestart()
    checked(decide(chief, registration="invite"))
    assert_refused(register(server, "late"), "invite_needed")
    assert noted(chief, "registration") == [(name_of(chief), "policy.change")] * 2


async def test_without_guests_those_who_are_here_are_sent_away(
    new_server: NewServer, person: Callable[[str, Server], Person]
) -> None:
    """Who has an account stays."""
    server = new_server().start()
    chief = first_administrator(server)
    room = checked(chief.call("POST", "/api/chat/rooms", json={"name": "hall"}))
    guest, own = await person("gast", server).enter(room["id"]), await chief.connect(room)
    await own.until("user_list")
    checked(decide(chief, guests="off"))
    await guest.until("error", code="guests_off", seconds=2)
    assert await guest.closed() == 4503
    await own.until("leave", username="gast")
    with http_client(server) as http:
        assert_refused(http.get("/api/chat/rooms"), "not_signed_in")
    assert page_config(server)["guests"] is False
    checked(decide(chief, guests="on"))
    await person("gast", server).enter(room["id"])
    await own.close()


async def test_what_is_set_where_the_server_starts_is_fixed(new_server: NewServer) -> None:
    """By flag or environment; it also wins over what was decided before."""
    server = new_server().start()
    chief = first_administrator(server)
    checked(decide(chief, registration="closed", guests="off"))
    await server.astop()
    server.env["PARLOUR_REGISTRATION"] = "invite"
    server.flags = ["--guests", "on"]
    await asyncio.to_thread(server.start)
    told = checked(chief.call("GET", f"{ADMIN}/policy"))
    assert told == {
        "registration": "invite", "guests": "on", "retention_days": 0,
        "fixed": ["guests", "registration"],
    }  # fmt: skip
    assert page_config(server)["guests"] is True
    assert_refused(decide(chief, registration="open"), "not_allowed", "registration")
    assert checked(decide(chief, registration="invite")) == told
    assert_refused(register(server, "late"), "invite_needed")


def test_a_wrong_policy_is_refused(new_server: NewServer) -> None:
    """And nothing of it is done."""
    chief = first_administrator(new_server().start())
    for body, field in (({"guests": True}, "guests"), ({"registration": "half"}, "registration")):
        answer = chief.call("PATCH", f"{ADMIN}/policy", json={"guests": "off", **body})
        assert_refused(answer, "invalid", field)
    assert checked(chief.call("GET", f"{ADMIN}/policy"))["guests"] == "on"


def test_an_administrator_invites(new_server: NewServer) -> None:
    """The token is told once; the list says how often it may still be used; taken back is over."""
    server = new_server(env={"PARLOUR_REGISTRATION": "invite"}).start()
    chief = first_administrator(server)
    made = checked(chief.call("POST", f"{ADMIN}/invites", json={"uses": 2, "days": 3}))
    token = made.pop("token")
    assert (made["created_by"], made["uses_left"]) == (name_of(chief), 2)
    assert checked(chief.call("GET", f"{ADMIN}/invites")) == [made]
    assert register(server, "anna", invite=token).status_code == 201
    [left] = checked(chief.call("GET", f"{ADMIN}/invites"))
    assert left["uses_left"] == 1
    assert_deleted(chief.call("DELETE", f"{ADMIN}/invites/{made['id']}"))
    assert_refused(register(server, "bert", invite=token), "invite_invalid")
    assert_refused(chief.call("DELETE", f"{ADMIN}/invites/{made['id']}"), "not_found")
    assert checked(chief.call("GET", f"{ADMIN}/invites")) == []
    for wrong in ({"uses": 0}, {"days": 31}):
        answer = chief.call("POST", f"{ADMIN}/invites", json=wrong)
        assert_refused(answer, "invalid", next(iter(wrong)))
