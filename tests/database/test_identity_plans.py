"""The queries of accounts and sessions use the indexes that stand beside them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from parlour import attempts, logins
from parlour.logins import NewAccount
from parlour.people import Device, Login
from parlour.store import sessions, users
from parlour.support.tokens import Refresh, random_id
from tests.database.plans import plans

# In the words of SQLite.
pytestmark = pytest.mark.sqlite

DEVICE = Device("192.0.2.1", "test")


@pytest.fixture
def login(connection: Connection) -> Login:
    """Return the login of an account beside others."""
    opened = [
        logins.register(connection, NewAccount(name, name, "hash"), DEVICE, "key")
        for name in ("alice", "bob", "eve")
    ]
    return opened[-1].login


def test_no_query_of_a_login_looks_at_every_row(connection: Connection, login: Login) -> None:
    """Each finds what it needs by an index or a primary key."""
    now = datetime.now(UTC)

    def run() -> None:
        logins.begin_login(connection, "eve", "192.0.2.1")
        account = users.get_account(connection, login.user_id)
        assert account is not None
        opened = logins.end_login(connection, account, DEVICE, "key", "new hash")
        logins.renew(connection, Refresh(opened.login.session_id, 1), DEVICE, "key")
        sessions.address_is_live(connection, login.user_id, "192.0.2.1", now)
        logins.list_sessions(connection, login)
        logins.find_user(connection, "EVE")
        logins.get_user(connection, login.user_id)
        logins.change_profile(connection, login.user_id, {"about": "x"})
        logins.end_session(connection, login.user_id, login.session_id)
        logins.end_all(connection, login.user_id)
        logins.disable_account(connection, "alice")
        logins.enable_account(connection, "alice")
        logins.reset_password(connection, "bob", "hash")
        attempts.count_registration(connection, "192.0.2.1")
        logins.tidy(connection)

    found = plans(connection, run)
    assert len(found) > 12
    for sql, plan in found.items():
        scans = [line for line in plan if line.startswith("SCAN")]
        assert not scans, (sql, plan)


def test_a_session_id_is_random() -> None:
    """And fits its column."""
    ids = {random_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(each) for each in ids} == {22}
