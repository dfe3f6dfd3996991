"""docs/protocol.md tells every path with its parameters and answers as the program has them."""

import re
from typing import Any

import pytest

from parlour import gateway, pages
from parlour.fields import MAX_PAGE
from parlour.main import create_app
from parlour.settings import Settings
from tests.docs.markdown import ROOT, Page, Row, Text, names, words
from tests.docs.shapes import type_words
from tests.support.described import app, described

PAGE = Page(ROOT / "docs" / "protocol.md")
API: dict[str, Any] = described()
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in API["paths"].items()
    for method, operation in methods.items()
}


def endpoint(name: str) -> Text:
    """The section of one endpoint."""
    return PAGE.section(f"`{name}`", within="Endpoints")


def rows_of(section: Text, column: str) -> list[Row]:
    """The rows of the section's table with this column, none if it has no such table."""
    return next((rows for rows in section.tables if rows and column in rows[0]), [])


def test_every_endpoint_has_a_section_and_every_section_an_endpoint() -> None:
    """The list of the API is the page's."""
    titles = [title for title, _ in PAGE.subsections("Endpoints") if title != "Pages"]
    assert sorted(names(title)[0] for title in titles) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_endpoint_is_told_with_all_its_parameters(name: str) -> None:
    """Where they stand, their types and their defaults."""
    real = {}
    for parameter in OPERATIONS[name].get("parameters", []):
        schema = parameter["schema"]
        default = "required" if parameter["required"] else str(schema.get("default", "none"))
        kind = type_words(schema).removesuffix(" or null")
        real[parameter["name"]] = (parameter["in"], kind, default)
    told = {
        names(row["parameter"])[0]: (row["in"], row["type"], row["default"])
        for row in rows_of(endpoint(name), "parameter")
    }
    assert told == real


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_endpoint_is_told_with_all_its_answers(name: str) -> None:
    """Each status with its shape, and each refusal with all its codes."""
    real = {}
    for status, answer in OPERATIONS[name]["responses"].items():
        content = answer.get("content", {}).get("application/json")
        codes = content.get("examples", {}) if content and int(status) >= 400 else {}
        real[int(status)] = (type_words(content["schema"]) if content else "none", set(codes))
    told = {
        int(row["status"]): (
            words(row["body"]),
            set(names(row["when"])) if int(row["status"]) >= 400 else set(),
        )
        for row in rows_of(endpoint(name), "status")
    }
    assert told == real


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_body_of_an_endpoint_is_told(name: str) -> None:
    """A section links to the shape of its body, and to none when it takes none."""
    body = OPERATIONS[name].get("requestBody")
    told = re.findall(r"Body: \[(\w+)\]", " ".join(endpoint(name).prose))
    content = body["content"].get("application/json") if body else None
    real = [type_words(content["schema"]).removesuffix(" or null")] if content else []
    assert told == real
    # What is no JSON is told as well.
    is_raw = body is not None and content is None
    assert ("Body: the bytes" in " ".join(endpoint(name).prose)) is is_raw


def test_the_bounds_of_a_page_are_told() -> None:
    """The words of `limit` are those of the program."""
    rows = endpoint("GET /api/chat/rooms/{room_id}/messages").table("parameter")
    [limit] = [row for row in rows if row["parameter"] == "`limit`"]
    assert limit["meaning"].endswith(f"1 to {MAX_PAGE}")


def test_every_page_is_told_and_every_page_told_is_there() -> None:
    """What is not of the API: the chat page, its files, and the API's documentation."""
    real = {str(getattr(route, "path", "")) for route in pages.router.routes}
    real = {re.sub(r":path\}", "}", path) for path in real} | {str(app().openapi_url)}
    rows = PAGE.section("Pages", within="Endpoints").table("path")
    assert {names(row["path"])[0] for row in rows} == real


def test_every_door_is_told_and_every_door_told_is_there() -> None:
    """The paths of the WebSocket."""
    rows = PAGE.section("Doors").table("door")
    real = {str(getattr(route, "path", "")) for route in gateway.router.routes}
    assert {names(row["door"])[0] for row in rows} == real


@pytest.mark.parametrize("header", ["Parlour-Version", "Parlour-Epoch"])
def test_the_headers_that_are_told_can_be_read_by_pages_of_other_origins(header: str) -> None:
    """The page says so, and the CORS middleware has to expose them."""
    allowed = create_app(Settings(allowed_origins=("https://chat.example.org",), _env_file=None))
    exposed = [
        str(middleware.kwargs["expose_headers"])
        for middleware in allowed.user_middleware
        if "expose_headers" in middleware.kwargs
    ]
    assert len(exposed) == 1
    assert repr(header) in exposed[0]
    assert f"`{header}`" in PAGE.path.read_text("utf-8")
