"""Ids of requests, and what the log says of them."""

import json
import re
from typing import Any

import pytest
from httpx2 import Client

from tests.support.accounts import register
from tests.support.answers import assert_refused
from tests.support.files import until
from tests.support.people import Person, Room, http_client
from tests.support.server import NewServer, Server

pytestmark = pytest.mark.one_node("of two, each logs what it answers")

OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def told(server: Server) -> list[dict[str, Any]]:
    """Return the events of the log of a server that logs for programs."""
    return [json.loads(line) for line in server.log if line.startswith("{")]


def of_requests(server: Server) -> list[dict[str, Any]]:
    """Return those of requests and connections."""
    return [event for event in told(server) if event["logger"] == "parlour.requests"]


def test_a_refusal_says_by_which_id_the_log_names_it(http: Client) -> None:
    """Each has one of its own; what was answered well says none that nobody asked for."""
    refused = [http.get("/api/chat/rooms/987654321") for _ in range(2)]
    for answer in refused:
        assert_refused(answer, "not_found")
    first, second = (answer.headers["X-Request-ID"] for answer in refused)
    assert first != second
    assert OWN.fullmatch(first)
    assert "X-Request-ID" not in http.get("/api/chat/rooms").headers


@pytest.mark.parametrize("given", ["0123456789abcdef", "a.proxy-s_OWN", "x" * 64])
def test_a_request_keeps_the_id_that_it_brings(http: Client, given: str) -> None:
    """Whether it is refused or not."""
    for path in ("/api/chat/rooms", "/api/chat/rooms/987654321", "/healthz"):
        answer = http.get(path, headers={"X-Request-ID": given})
        assert answer.headers.get_list("X-Request-ID") == [given]


@pytest.mark.parametrize("given", ["short", "x" * 65, "with a space", "line\tbreak", "né-0123456"])
def test_what_could_forge_a_line_is_no_id(http: Client, given: str) -> None:
    """It is given another one."""
    headers = [(b"X-Request-ID", given.encode("latin-1"))]
    assert "X-Request-ID" not in http.get("/api/chat/rooms", headers=headers).headers
    answer = http.get("/api/chat/rooms/987654321", headers=headers)
    assert OWN.fullmatch(answer.headers["X-Request-ID"])


async def test_requests_and_connections_are_logged_where_that_is_asked_for(
    new_server: NewServer, new_room: Any, person: Any
) -> None:
    """By their routes, so that neither names nor queries stand in it."""
    env = {"PARLOUR_LOG_FORMAT": "json", "PARLOUR_LOG_REQUESTS": "on"}
    server = new_server(env=env).start()
    room: Room = new_room(server)
    register(server, "ada")
    with http_client(server) as client:
        client.get("/api/users/ada/avatar?size=32&token=secret")
        client.get(f"/api/chat/rooms/{room['id']}/messages?limit=7&before=7654321")
        client.get("/nowhere/ada?token=secret", headers={"X-Request-ID": "0123456789"})
    alice: Person = person("alice", server)
    connection = await alice.enter(room)
    await connection.close()
    until(lambda: any("connection" in event for event in of_requests(server)))
    events = of_requests(server)
    seen = [(event.get("method"), event.get("route"), event.get("status")) for event in events]
    assert ("POST", "/api/chat/rooms", 201) in seen
    assert ("POST", "/api/auth/register", 201) in seen
    assert ("GET", "/api/users/{username}/avatar", 404) in seen
    assert ("GET", "/api/chat/rooms/{room_id}/messages", 200) in seen
    [lost] = [event for event in events if event.get("status") == 404 and not event["route"]]
    assert lost["request"] == "0123456789"
    for event in events:
        assert TIME.fullmatch(event["time"])
        assert event["level"] == "info"
        assert event["address"]
        assert event.get("ms", 1) > 0
    [ended] = [event for event in events if "connection" in event]
    assert ended["seconds"] > 0
    whole = "\n".join(server.log)
    for secret in ("secret", "size=32", "limit=7", "7654321", "ada", "alice"):
        assert secret not in whole, secret


def test_no_more_of_what_a_proxy_says_is_logged_than_an_address_has(new_server: NewServer) -> None:
    """Clients may have written it, where one is trusted that hands it on."""
    server = new_server(env={"PARLOUR_LOG_FORMAT": "json", "PARLOUR_LOG_REQUESTS": "on"}).start()
    with http_client(server) as client:
        client.get("/api/chat/rooms", headers={"X-Forwarded-For": "x" * 5_000})
    until(lambda: any(event["address"] == "x" * 64 for event in of_requests(server)))
    assert "x" * 65 not in "\n".join(server.log)


def test_by_itself_nothing_is_logged_of_requests(new_server: NewServer) -> None:
    """Whoever asks cannot fill a disk."""
    server = new_server(env={"PARLOUR_LOG_FORMAT": "json"}).start()
    with http_client(server) as client:
        for path in ("/api/chat/rooms", "/nowhere", "/"):
            client.get(path)
    server.stop()
    assert told(server) == []


def test_without_a_terminal_the_log_is_for_programs(new_server: NewServer) -> None:
    """Each line of standard error is JSON."""
    env = {"PARLOUR_LOG_FORMAT": "auto", "PARLOUR_LOG_LEVEL": "debug", "PARLOUR_LOG_REQUESTS": "on"}
    server = new_server(env=env).start()
    with http_client(server) as client:
        client.get("/api/chat/rooms")
    server.stop()
    output = ("Parlour is", "Data:", "First adm")
    said = [line for line in server.log if not line.startswith(output)]
    assert said
    assert [json.loads(line)["level"] for line in said]
