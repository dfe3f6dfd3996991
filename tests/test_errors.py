"""Refusals: one table of codes, each with its status, meaning and end of a connection."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from parlour.errors import ERROR_CODES, Refusal

# Below 4500 a client comes back and resumes; from there on it does not.
CLOSE_CODES = {1008, 1009, 1011, 1013, 4500, 4501, 4503, 4504}


class Shape(BaseModel):
    """Something to be wrong about."""

    number: int = Field(ge=1)
    text: str = Field("", max_length=3)
    inner: dict[str, int] = {}


def first_refusal(fields: Any) -> Refusal:
    """Return the refusal for what is wrong with `fields` as a Shape."""
    with pytest.raises(ValidationError) as wrong:
        Shape.model_validate(fields)
    return Refusal.from_validation(wrong.value.errors())


def test_every_code_has_a_status_that_refuses_and_a_meaning() -> None:
    """One sentence of it."""
    for code, entry in ERROR_CODES.items():
        assert code == code.lower()
        assert 400 <= entry.status < 600
        assert entry.meaning[0].isupper()
        assert entry.meaning.endswith(".")
        assert entry.close in CLOSE_CODES | {None}


def test_codes_of_http_mean_what_http_means_by_them() -> None:
    """Programs that know only the status still do the right thing."""
    statuses = {code: entry.status for code, entry in ERROR_CODES.items()}
    expected = {
        "bad_request": 400,
        "timeout": 408,
        "url_too_long": 414,
        "headers_too_large": 431,
        "not_found": 404,
        "not_allowed": 403,
        "method_not_allowed": 405,
        "room_exists": 409,
        "name_taken": 409,
        "not_signed_in": 401,
        "wrong_credentials": 401,
        "guests_off": 403,
        "registration_closed": 403,
        "invite_needed": 403,
        "invite_invalid": 403,
        "cross_site": 403,
        "banned": 403,
        "muted": 403,
        "archived": 409,
        "edit_window_over": 409,
        "slow_mode": 429,
        "rate_limited": 429,
        "upgrade_required": 426,
        "too_large": 413,
        "quota_full": 409,
        "range_invalid": 416,
        "unsupported_type": 415,
        "flooding": 429,
        "too_many_connections": 429,
        "internal": 500,
        "busy": 503,
        "storage_full": 507,
    }
    assert {code: statuses[code] for code in expected} == expected
    assert {status for code, status in statuses.items() if code not in expected} == {422}


def test_a_refusal_knows_its_status_and_its_close_code() -> None:
    """One that has none of its own ends a connection as a matter of policy."""
    refusal = Refusal("not_found", "There is none.", field="room_id")
    assert isinstance(refusal, HTTPException)
    assert (refusal.status_code, refusal.close_code) == (404, 4504)
    assert (refusal.code, refusal.detail, refusal.field) == (
        "not_found",
        "There is none.",
        "room_id",
    )
    assert Refusal("not_allowed", "No.").close_code == 1008


def test_a_code_that_is_not_in_the_table_cannot_be_used() -> None:
    """A client could not know it."""
    with pytest.raises(KeyError):
        Refusal("surprise", "?")


@pytest.mark.parametrize(
    ("fields", "code", "field", "words"),
    [
        ({}, "invalid", "number", "number: It is required."),
        ({"number": 0}, "invalid", "number", "greater than or equal to 1."),
        ({"number": 1, "text": "long"}, "too_long", "text", "at most 3 characters."),
        ({"number": 1, "inner": {"a": "x"}}, "invalid", "inner.a", "inner.a: "),
        ("nothing", "invalid", None, "valid dictionary"),
    ],
)
def test_the_first_error_becomes_a_refusal_that_names_its_field(
    fields: Any, code: str, field: str | None, words: str
) -> None:
    """In one sentence that begins with the field."""
    refusal = first_refusal(fields)
    assert (refusal.code, refusal.field) == (code, field)
    assert words in refusal.detail
    assert refusal.detail.endswith(".")
    assert "\n" not in refusal.detail


@pytest.mark.parametrize("place", ["body", "query", "path", "header"])
def test_where_a_field_came_from_is_not_part_of_its_name(place: str) -> None:
    """A client knows the field, not FastAPI's word for its place."""
    error = {"type": "missing", "loc": (place, "username"), "msg": "Field required", "input": None}
    refusal = Refusal.from_validation([error])
    assert refusal.field == "username"
    assert refusal.detail == "username: It is required."


def test_a_missing_body_is_told_as_that() -> None:
    """There is no field to name."""
    error = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}
    refusal = Refusal.from_validation([error])
    assert (refusal.code, refusal.field) == ("invalid", None)
    assert refusal.detail == "A JSON body is required."


def test_a_body_that_is_no_json_has_no_field() -> None:
    """FastAPI would name the place in the text."""
    error = {"type": "json_invalid", "loc": ("body", 7), "msg": "JSON decode error", "input": {}}
    refusal = Refusal.from_validation([error])
    assert (refusal.code, refusal.field) == ("bad_json", None)


def test_a_field_given_twice_is_told_in_short() -> None:
    """Its name is the client's own text."""
    refusal = Refusal.repeated("x" * 500)
    assert refusal.code == "invalid"
    assert refusal.field == "x" * 64
    assert refusal.detail == f"{'x' * 64}: It is given twice."
