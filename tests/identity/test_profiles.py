"""Profiles: what one says of oneself, and what others see of it."""

from typing import Any

import pytest

from tests.support.accounts import Account, register, stranger
from tests.support.answers import assert_refused
from tests.support.people import checked
from tests.support.server import Server


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return somebody who says something of herself."""
    return register(server, "Ludmila")


def test_one_changes_ones_profile_and_others_see_it(server: Server, account: Account) -> None:
    """What is left out stays; null takes away."""
    whole = {
        "display_name": "Mila",
        "about": "Gardener.\nAlso bees.",
        "time_zone": "Europe/Kyiv",
        "status_text": "on holiday",
        "hue": 359,
    }
    changed = checked(account.call("PATCH", "/api/users/me", json=whole))
    assert changed == account.user | whole
    assert checked(account.call("GET", "/api/users/me")) == changed
    with stranger(server) as guest:
        seen = checked(guest.get("/api/users/LUDMILA"))
    assert seen == {
        name: changed[name] for name in changed if name not in {"id", "role", "read_receipts"}
    }
    less = {"time_zone": None, "hue": None, "about": "", "status_text": "  "}
    changed = checked(account.call("PATCH", "/api/users/me", json=less))
    assert changed == account.user | {"display_name": "Mila"}
    assert checked(account.call("PATCH", "/api/users/me", json={})) == changed


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("display_name", "", "empty"),
        ("display_name", "x" * 51, "too_long"),
        ("display_name", "a\u202eb", "name_invalid"),
        ("display_name", None, "invalid"),
        ("about", "x" * 501, "too_long"),
        ("about", "a\x00b", "invalid"),
        ("time_zone", "Mars/Olympus", "invalid"),
        ("time_zone", "../../etc/passwd", "invalid"),
        ("time_zone", "", "invalid"),
        ("status_text", "x" * 101, "too_long"),
        ("status_text", "two\nlines", "name_invalid"),
        ("hue", 360, "invalid"),
        ("hue", -1, "invalid"),
        ("hue", 1.5, "invalid"),
        ("hue", "1", "invalid"),
        ("role", "administrator", "invalid"),
        ("username", "other", "invalid"),
        ("id", 1, "invalid"),
        ("password_hash", "x", "invalid"),
    ],
)
def test_a_wrong_profile_is_refused_and_changes_nothing(
    account: Account, field: str, value: Any, code: str
) -> None:
    """Least of all one's role."""
    before = checked(account.call("GET", "/api/users/me"))
    answer = account.call("PATCH", "/api/users/me", json={"status_text": "new", field: value})
    assert_refused(answer, code, field)
    assert checked(account.call("GET", "/api/users/me")) == before


def test_of_nobody_there_is_no_profile(server: Server) -> None:
    """Neither of a guest nor of what is no name."""
    with stranger(server) as guest:
        checked(guest.post("/api/auth/guest", json={"username": "passing-by"}))
        for name in ("passing-by", "no one", "..", "%00", "\U0001f600"):
            assert_refused(guest.get(f"/api/users/{name}"), "not_found")
        assert_refused(guest.get("/api/users/me"), "not_signed_in")
