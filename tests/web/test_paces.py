"""What one may do in a while over HTTP, and that nobody gets more of it by another address."""

import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from httpx2 import Client, HTTPTransport, Response

from parlour.costs import BUDGETS, ROUTES, Size
from tests.support.accounts import Account, new_address, register
from tests.support.people import Room, checked, http_client
from tests.support.places import make_room
from tests.support.plain import Plain
from tests.support.server import USUAL, Server

SERVER_ENV = USUAL
READY = "/readyz"
ROOMS = "/api/chat/rooms"
Ask = Callable[[Client, Room], Response]


def size_of(route: str) -> Size:
    """How much of a route one person may; or an address, where nobody knows the person."""
    cost = ROUTES[route]
    budget = BUDGETS[cost.budget]
    size = budget.person or budget.address
    return Size(size.at_once // cost.drops, size.per_second / cost.drops)


def too_soon(answer: Response) -> float:
    """Assert that an answer is a refusal that says when to come back; how many seconds."""
    assert answer.status_code == 429, answer.text
    told = answer.json()
    assert told["code"] == "rate_limited"
    wait = float(told["retry_after_ms"]) / 1000
    assert wait > 0
    # Whole seconds, and never fewer than it takes.
    assert answer.headers["retry-after"].isdigit()
    assert wait <= int(answer.headers["retry-after"]) < wait + 1
    return wait


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return somebody who asks for a lot."""
    return register(server, "gretel")


@pytest.fixture(scope="module")
def place(account: Account) -> Room:
    """Return a room of theirs."""
    return make_room(account, "public").room


@pytest.mark.parametrize(
    ("route", "ask"),
    [
        (
            "POST /api/chat/rooms/{room_id}/messages",
            lambda http, room: http.post(f"{ROOMS}/{room['id']}/messages", json={"content": "x"}),
        ),
        (
            "GET /api/chat/search",
            lambda http, room: http.get("/api/chat/search", params={"q": "x"}),
        ),
        ("PUT /api/chat/read", lambda http, room: http.put("/api/chat/read", json={"rooms": []})),
        ("GET /api/chat/saved/ids", lambda http, room: http.get("/api/chat/saved/ids")),
        (
            "POST /api/chat/rooms/{room_id}/invites",
            lambda http, room: http.post(f"{ROOMS}/{room['id']}/invites", json={}),
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_who_asks_too_much_at_once_is_told_when_to_come_back(
    server: Server, account: Account, place: Room, route: str, ask: Ask
) -> None:
    """From wherever they do; somebody else at the same address is answered."""
    size = size_of(route)
    with account.http() as http:
        answered = 0
        while (answer := ask(http, place)).status_code != 429:
            answered += 1
            http.headers.update(new_address())
            assert answered < size.at_once * 3
    assert answered >= size.at_once
    assert too_soon(answer) <= 1 / size.per_second
    with http_client(server) as other:
        other.headers.update(account.address)
        assert checked(other.get(ROOMS))


@pytest.fixture
def doors(new_server: Callable[..., Server]) -> Callable[[str], Server]:
    """Return a maker of servers that trust those at an address to say for whom they ask."""

    def make(trusted: str) -> Server:
        # It is Uvicorn's, and so none of Parlour's settings.
        return new_server(env={**USUAL, "FORWARDED_ALLOW_IPS": trusted}, is_anew=True).start()

    return make


def ready_as(http: Client, address: str) -> int:
    """Ask whether the server is ready, as if on behalf of an address."""
    return http.get(READY, headers={"X-Forwarded-For": address}).status_code


def test_nobody_gets_another_address_by_saying_so(doors: Callable[[str], Server]) -> None:
    """Of whoever is not trusted the header is not believed, whatever it says, however often."""
    server = doors("192.0.2.1")
    most = BUDGETS["probe"].address.at_once
    with http_client(server) as http:
        statuses = [ready_as(http, f"198.51.100.{number % 250}") for number in range(most * 3)]
        assert statuses.count(429) > most / 2
        spoofed = {
            "X-Forwarded-For": "203.0.113.9, 127.0.0.1", "Forwarded": "for=203.0.113.9",
            "X-Real-IP": "203.0.113.9",
        }  # fmt: skip
        answers = (http.get(READY, headers=spoofed) for _ in range(most))
        too_soon(next(each for each in answers if each.status_code == 429))
    # All visitors are one address then, which nobody would guess from what they are told.
    server.process.wait_for_line("too many requests come from 127.0.0.1: .*FORWARDED_ALLOW_IPS")


def test_what_a_trusted_proxy_says_is_the_address(server: Server) -> None:
    """Each visitor has a pace of their own; of IPv6 a network, of which one line has all."""
    most = BUDGETS["probe"].address.at_once
    with http_client(server) as http:
        for number in range(most * 2):
            assert ready_as(http, f"2001:db8:{number:x}::1") == 200
        statuses = [ready_as(http, f"2001:db8:ffff:1::{number:x}") for number in range(most * 2)]
        assert statuses[: most - 1] == [200] * (most - 1)
        assert 429 in statuses
        assert ready_as(http, "2001:db8:ffff:2::1") == 200
        # The same in its other form is the same.
        both = ["192.0.2.77", "::ffff:192.0.2.77"]
        assert any(ready_as(http, both[number % 2]) == 429 for number in range(most * 2))


@pytest.mark.thorough
@pytest.mark.one_node("of two, each counts its own")
def test_what_a_trusted_proxy_says_that_is_no_address_is_one_address_for_all(
    doors: Callable[[str], Server],
) -> None:
    """Nobody has more by it; who is named by an address is none of them. The log says so once."""
    server = doors("127.0.0.1")
    most = BUDGETS["probe"].address.at_once
    with http_client(server) as http:
        # RFC 7239, section 6; nginx of a socket of its own; what a client made up.
        said = ["unknown", "unix:", "_hidden", "192.0.2.300", "x" * 300]
        statuses = [ready_as(http, said[number % len(said)]) for number in range(most * 3)]
        assert statuses[: most - 1] == [200] * (most - 1)
        assert statuses.count(429) > most / 2
        assert ready_as(http, "192.0.2.1") == 200
    server.stop()
    [line] = [line for line in server.log if "which is no address" in line]
    assert "somebody comes from 'unknown'" in line


@pytest.mark.one_node("of two, each counts its own")
def test_behind_a_socket_of_the_file_system_nobody_has_an_address_and_nobody_shares_one(
    tmp_path: Path,
) -> None:
    """Under another server; whoever is named by a proxy that is trusted there has theirs."""
    # The path of a socket is short.
    with TemporaryDirectory(prefix="parlour-") as folder:
        socket = f"{folder}/socket"
        env = {**USUAL, "FORWARDED_ALLOW_IPS": "*"}
        server = Plain(tmp_path, env=env, flags=["--uds", socket])
        server.launch().wait_for_line("Application startup complete")
        server.process.wait_for_line("Uvicorn running on unix socket")
        most = BUDGETS["probe"].address.at_once
        with Client(transport=HTTPTransport(uds=socket), base_url="http://localhost") as http:
            assert {http.get(READY).status_code for _ in range(most * 3)} == {200}
            assert any(ready_as(http, "192.0.2.1") == 429 for _ in range(most * 3))
            assert any(ready_as(http, "unix:") == 429 for _ in range(most * 3))
            assert ready_as(http, "192.0.2.2") == http.get(READY).status_code == 200
        assert server.stop() in (0, -signal.SIGTERM)
        assert not server.faults()


@pytest.mark.thorough
def test_administrators_are_told_that_they_are_too_fast_and_others_what_they_always_are(
    server: Server, account: Account
) -> None:
    """The paths are there for nobody else, however often they are asked for."""
    with account.http() as http:
        told = {http.get("/api/admin/users").status_code for _ in range(50)}
    assert told == {404}
