"""Accounts as administrators see and change them."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.accounts import PASSWORD, Account, log_in, register, stranger, try_login
from tests.support.administration import (
    ADMIN,
    ban_from_server,
    change_user,
    first_administrator,
    noted,
)
from tests.support.answers import assert_refused
from tests.support.inside import inside
from tests.support.people import Room, checked
from tests.support.places import Place, make_room, name_of, new_account, roles_of
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


def test_accounts_are_listed_by_name_page_by_page(
    new_server: Callable[..., Server],
) -> None:
    """With what one has to know of them, and nothing that is theirs alone."""
    server = new_server().start()
    chief = first_administrator(server, "zoe")
    for name in ("cora", "anna", "bert"):
        register(server, name)
    log_in(server, "anna")
    with inside(server) as database:
        database.execute(
            "DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE username = 'bert')"
        )
    listed = checked(chief.call("GET", f"{ADMIN}/users"))
    assert [each["username"] for each in listed] == ["anna", "bert", "cora", "zoe"]
    anna, bert, _, zoe = listed
    assert set(anna) == {
        "id", "username", "display_name", "role", "created_at", "disabled_at", "sessions",
        "last_seen_at",
    }  # fmt: skip
    assert (anna["sessions"], anna["role"], anna["disabled_at"]) == (2, "member", None)
    assert (bert["sessions"], bert["last_seen_at"]) == (0, None)
    assert zoe["role"] == "administrator"
    page = checked(chief.call("GET", f"{ADMIN}/users", params={"after": "ANNA", "limit": 2}))
    assert [each["username"] for each in page] == ["bert", "cora"]
    found = checked(chief.call("GET", f"{ADMIN}/users", params={"query": "ER"}))
    assert [each["username"] for each in found] == ["bert"]


async def test_a_disabled_account_is_out_at_once(
    server: Server, chief: Account, room: Room
) -> None:
    """Until it is enabled again; its password stays."""
    account = new_account(server, "gone")
    place = make_room(account, "public")
    client = await account.connect(room)
    await client.until("user_list")
    told = checked(change_user(chief, name_of(account), disabled=True))
    assert told["disabled_at"] is not None
    assert told["sessions"] == 0
    assert "disabled" in (await client.until("error", code="not_signed_in", seconds=2))["message"]
    assert await client.closed() == 4501
    assert account.status() == 401
    assert_refused(account.renewed(), "not_signed_in")
    with stranger(server) as http:
        assert_refused(try_login(http, name_of(account), PASSWORD), "wrong_credentials")
        assert http.get(f"/api/users/{name_of(account)}").status_code == 404
    again = checked(change_user(chief, name_of(account), disabled=False))
    assert again["disabled_at"] is None
    again_in = Place(place.room, log_in(server, name_of(account)))
    assert roles_of(again_in) == {name_of(account): "owner"}
    assert noted(chief, name_of(account)) == [
        (name_of(chief), "user.disable"),
        (name_of(chief), "user.enable"),
    ]


def test_the_last_administrator_stays(new_server: Callable[..., Server]) -> None:
    """Neither lowered nor disabled; one who is disabled does not count as another."""
    server = new_server().start()
    chief = first_administrator(server)
    name = name_of(chief)
    second = new_account(server, "second")
    for changes in ({"role": "member"}, {"disabled": True}, {"role": "member", "disabled": True}):
        assert_refused(change_user(chief, name, **changes), "not_allowed")
    checked(change_user(chief, name_of(second), role="administrator"))
    checked(change_user(chief, name_of(second), disabled=True))
    assert_refused(change_user(chief, name, role="member"), "not_allowed")
    checked(change_user(chief, name_of(second), disabled=False))
    checked(change_user(chief, name, role="member"))
    assert chief.call("GET", f"{ADMIN}/users").status_code == 404
    second = log_in(server, name_of(second))
    assert [each[1] for each in noted(second, name_of(second))] == [
        "user.role", "user.disable", "user.enable",
    ]  # fmt: skip
    assert noted(second, name) == [(name, "user.role")]


async def test_of_two_who_lower_each_other_at_once_one_stays(
    new_server: Callable[..., Server],
) -> None:
    """Whoever comes second is none any more."""
    server = new_server().start()
    first, second = first_administrator(server), new_account(server, "second")
    checked(change_user(first, name_of(second), role="administrator"))
    async with first.ahttp() as one, second.ahttp() as other:
        answers = await asyncio.gather(
            *(
                http.patch(f"{ADMIN}/users/{name_of(whom)}", json={"role": "member"})
                for http, whom in ((one, second), (other, first))
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 404]


@pytest.mark.parametrize("end", ["disable", "ban", "lower"])
def test_invitations_end_with_the_power_of_whoever_made_them(
    server: Server, chief: Account, end: str
) -> None:
    """Those to rooms, too, when it is the whole account that may come in no more."""
    other, friend = new_account(server, "other"), new_account(server, "friend")
    name = name_of(other)
    checked(change_user(chief, name, role="administrator"))
    checked(other.call("POST", f"{ADMIN}/invites", json={}))
    place = make_room(other)
    token = checked(other.call("POST", f"{place.path}/invites", json={}))["token"]
    kept = checked(chief.call("POST", f"{ADMIN}/invites", json={}))
    if end == "disable":
        checked(change_user(chief, name, disabled=True))
    else:
        checked(change_user(chief, name, role="member"))
    if end == "ban":
        checked(ban_from_server(chief, name))
    left = {each["created_by"] for each in checked(chief.call("GET", f"{ADMIN}/invites"))}
    assert left == {name_of(chief)}
    accepted = friend.call("POST", "/api/chat/invites/accept", json={"token": token})
    if end == "lower":
        assert checked(accepted)["id"] == place.id
    else:
        assert_refused(accepted, "invite_invalid")
    assert chief.call("DELETE", f"{ADMIN}/invites/{kept['id']}").status_code == 204


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"role": "owner"}, "invalid", "role"),
        ({"disabled": "yes"}, "invalid", "disabled"),
        ({"password": "other"}, "invalid", "password"),
    ],
)
def test_a_wrong_change_is_refused(
    server: Server, chief: Account, changes: dict[str, object], code: str, field: str
) -> None:
    """And changes nothing."""
    account = new_account(server, "same")
    assert_refused(change_user(chief, name_of(account), **changes), code, field)
    assert account.status() == 200
    assert_refused(change_user(chief, "nobody-here", disabled=True), "not_found")


def test_to_change_nothing_is_written_nowhere(server: Server, chief: Account) -> None:
    """The same role, or none at all."""
    account = new_account(server, "same")
    for changes in ({}, {"role": "member"}, {"disabled": False}):
        checked(change_user(chief, name_of(account), **changes))
    assert noted(chief, name_of(account)) == []
    assert account.status() == 200
