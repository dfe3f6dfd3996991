"""The API's description: complete, with examples, and true: what routes refuse is what it says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Client

from parlour.errors import ERROR_CODES
from parlour.models import Message, Room
from tests.support.accounts import Account, register
from tests.support.people import Room as RoomDict
from tests.support.people import checked
from tests.support.server import Server
from tests.web import (
    refused,
    refused_files,
    refused_leaving,
    refused_oversight,
    refused_places,
    refused_scheduled,
)
from tests.web.refused import MESSAGES, ROOMS
from tests.web.refused_places import STATEFUL

SERVER_ENV = {"PARLOUR_MAX_MESSAGE_LENGTH": "100"}
# Where a route can give these, it takes a lock or a full disk, a fault or a flood, to see it.
RARE = {"busy", "storage_full", "rate_limited"}
Operation = dict[str, Any]
REFUSED = (
    (refused.REFUSED | refused_places.REFUSED | refused_oversight.REFUSED | refused_files.REFUSED)
    | refused_scheduled.REFUSED
    | refused_leaving.REFUSED
)
ELSEWHERE = refused.ELSEWHERE | refused_places.ELSEWHERE | refused_oversight.ELSEWHERE
ELSEWHERE |= refused_files.ELSEWHERE | refused_scheduled.ELSEWHERE | refused_leaving.ELSEWHERE
SIGNED_IN = refused.SIGNED_IN | refused_places.SIGNED_IN | refused_oversight.SIGNED_IN
SIGNED_IN |= refused_files.SIGNED_IN | refused_scheduled.SIGNED_IN | refused_leaving.SIGNED_IN
RUNNING = refused_oversight.RUNNING | refused_leaving.RUNNING


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return somebody who is signed in."""
    return register(server, "somebody")


@pytest.fixture
def description(http: Client) -> dict[str, Any]:
    """Return what the server says of itself."""
    return dict(checked(http.get("/openapi.json")))


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Yield each route: its method, its path and what is said of it."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_of_the_api_is_described(description: dict[str, Any]) -> None:
    """And no other: pages and files are not the API."""
    assert {(method, path) for method, path, _ in operations(description)} == set(REFUSED)


def test_every_route_says_what_it_does_and_what_its_parameters_are(
    description: dict[str, Any],
) -> None:
    """In words, not only in names."""
    for method, path, operation in operations(description):
        assert operation["summary"], (method, path)
        assert operation["description"].endswith("."), (method, path)
        assert operation["tags"], (method, path)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (method, path, parameter["name"])


def test_every_refusal_is_described_by_its_code_and_shape(description: dict[str, Any]) -> None:
    """Each under its status, with an example of it."""
    for method, path, operation in operations(description):
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            content = answer["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}, (method, path)
            assert content["examples"], (method, path, status)
            for code, example in content["examples"].items():
                assert ERROR_CODES[code].status == int(status)
                assert example["value"]["code"] == code
                assert example["value"]["detail"]


def test_every_success_is_described_with_an_example(description: dict[str, Any]) -> None:
    """In its schema, so that `/docs` shows it."""
    shapes = description["components"]["schemas"]
    for name, shape in (("Room", Room), ("Message", Message)):
        [example] = shapes[name]["examples"]
        # FastAPI leaves out what is null.
        assert set(shapes[name]["required"]) <= set(example) <= set(shape.model_fields)
        shape.model_validate_json(json.dumps(example))
    for name in ("RoomCreate", "MessageCreate"):
        assert all(
            "examples" in field for field in shapes[name]["properties"].values()
        ), name  # fmt: skip
    for method, path, operation in operations(description):
        successes = {int(status) for status in operation["responses"]} & set(range(200, 300))
        assert successes, (method, path)
        for status in successes - {204}:
            [content] = operation["responses"][str(status)]["content"].values()
            assert "schema" in content


def test_a_posted_message_may_be_new_or_known(description: dict[str, Any]) -> None:
    """201, or 200 for a repeated `client_id`, both with the message."""
    answers = description["paths"][MESSAGES]["post"]["responses"]
    assert {"200", "201"} <= set(answers)


@pytest.mark.parametrize("route", REFUSED, ids=" ".join)
def test_a_route_refuses_by_the_codes_that_are_described_and_no_others(
    http: Client,
    account: Account,
    chief: Account,
    room: RoomDict,
    description: dict[str, Any],
    route: tuple[str, str],
) -> None:
    """Each described code is met, and each that is met is described."""
    http.post(ROOMS, json={"name": "taken"})
    met = set()
    for ask in REFUSED[route]:
        met.add(ask(http, str(room["id"])).json()["code"])
    with account.http() as known:
        for ask in SIGNED_IN.get(route, []):
            met.add(ask(known, str(room["id"])).json()["code"])
    with chief.http() as runs:
        for ask in RUNNING.get(route, []):
            met.add(ask(runs, str(room["id"])).json()["code"])
    method, path = route
    answers = description["paths"][path][method.lower()]["responses"]
    described = {
        code
        for status, answer in answers.items()
        if int(status) >= 400
        for code in answer["content"]["application/json"]["examples"]
    }
    assert met == described - RARE - STATEFUL - ELSEWHERE.get(route, set())


def test_the_page_of_the_documentation_needs_nothing_from_elsewhere(http: Client) -> None:
    """Its scripts and styles are this server's; they are there."""
    page = http.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    addresses = [part.split('"')[0] for part in page.text.split("/assets/")[1:]]
    assert len(addresses) >= 3
    assert "<script>" not in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    for address in addresses:
        assert http.get(f"/assets/{address}").status_code == 200
    [script] = [address for address in addresses if address.endswith("docs.js")]
    assert "/openapi.json" in http.get(f"/assets/{script}").text
