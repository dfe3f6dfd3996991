"""The people of a server, found by a part of their names, page by page."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from parlour.database import get_db
from parlour.store import directory
from parlour.store.users import create_user
from tests.support.accounts import Account, register
from tests.support.administration import change_user, first_administrator
from tests.support.answers import assert_refused
from tests.support.local import open_database
from tests.support.people import checked, http_client
from tests.support.server import Server

PEOPLE = {"anna": "Anna Ärmel", "bert": "Bert 100%", "cora": "Зоя Юла", "dora_x": "Dora"}
USERS = "/api/users"


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return one of several people; one whose account is disabled is among them."""
    chief = first_administrator(server, "zoe")
    accounts = [register(server, name, display_name=shown) for name, shown in PEOPLE.items()]
    register(server, "erna")
    checked(change_user(chief, "erna", disabled=True))
    return accounts[0]


def found(account: Account, **query: object) -> list[str]:
    """Return the usernames that a search finds."""
    return [each["username"] for each in checked(account.call("GET", USERS, params=query))]


def test_without_a_query_everybody_is_listed_by_name(account: Account) -> None:
    """As their profile says, without what is not for others."""
    listed = checked(account.call("GET", USERS))
    assert [each["username"] for each in listed] == [*PEOPLE, "zoe"]
    assert listed[0] == checked(account.call("GET", f"{USERS}/anna"))
    assert not {"id", "role", "disabled_at"} & set(listed[0])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("NN", ["anna"]),
        ("ärm", ["anna"]),
        ("ÄRMEL", ["anna"]),
        ("зоя", ["cora"]),
        ("100%", ["bert"]),
        ("%", ["bert"]),
        ("_", ["dora_x"]),
        ("or", ["cora", "dora_x"]),
        ("erna", []),
        ("' OR 1=1 --", []),
    ],
)
def test_people_are_found_by_a_part_of_their_names(
    account: Account, query: str, names: list[str]
) -> None:
    """In any case, in any script; signs of patterns are signs like others."""
    assert found(account, query=query) == names


def test_pages_go_on_after_a_name(account: Account) -> None:
    """Whether there is somebody of that name or not."""
    assert found(account, limit=2) == ["anna", "bert"]
    assert found(account, limit=2, after="BERT") == ["cora", "dora_x"]
    assert found(account, after="bz") == ["cora", "dora_x", "zoe"]
    assert found(account, after="zoe") == []
    assert found(account, query="o", after="cora") == ["dora_x", "zoe"]


def test_profiles_of_names_are_for_everybody_who_may_come_in(
    server: Server, account: Account
) -> None:
    """Guests too; unknown and disabled ones are left out. To search one signs in."""
    names = ["ZOE", "anna", "nobody-here", "erna"]
    with http_client(server) as http:
        told = checked(http.get(USERS, params={"names": names}))
        assert [each["username"] for each in told] == ["anna", "zoe"]
        assert_refused(http.get(USERS), "not_signed_in")
        assert_refused(http.get(USERS, params={"query": "anna"}), "not_signed_in")
    assert told == checked(account.call("GET", USERS, params={"names": names}))


def test_where_guests_are_off_they_get_no_profiles(new_server: Callable[..., Server]) -> None:
    """One signs in for everything there."""
    with http_client(new_server(env={"PARLOUR_GUESTS": "off"}).start()) as http:
        assert_refused(http.get(USERS, params={"names": ["anna"]}), "not_signed_in")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"limit": "0"}, "invalid", "limit"),
        ({"limit": "201"}, "invalid", "limit"),
        ({"query": "x" * 101}, "too_long", "query"),
        ({"after": "x" * 101}, "too_long", "after"),
        ({"after": ["x", "y"]}, "invalid", "after"),
        ({"names": ["x"] * 101}, "too_long", "names"),
    ],
)
def test_a_wrong_search_is_refused(
    account: Account, query: dict[str, object], code: str, field: str
) -> None:
    """With the parameter at fault."""
    assert_refused(account.call("GET", USERS, params=query), code, field)


@pytest.mark.sqlite
def test_a_page_is_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    """Nothing is sorted, and names are looked up: however many people there are."""
    statements: list[str] = []
    with open_database(tmp_path) as database, get_db(database) as connection:
        create_user(connection, "anna", "Anna", "", "member")
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(statements.append)
        directory.people(connection, "a", "a", 50)
        directory.people_named(connection, ["anna", "bert"])
        raw.set_trace_callback(None)
        plans = []
        with closing(raw.cursor()) as cursor:
            for statement in statements:
                rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                plans.append(" ".join(row[3] for row in rows))
    assert len(plans) == 2
    for plan in plans:
        assert "uq_users_name_key" in plan or "sqlite_autoindex_users" in plan, plan
        assert "TEMP B-TREE" not in plan, plan
