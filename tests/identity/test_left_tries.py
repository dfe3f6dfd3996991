"""What is counted against guessing goes with whoever leaves: their name, and where they were."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from parlour import attempts, logins, removing
from parlour.database import get_db
from parlour.errors import Refusal
from parlour.leaving import Mode
from parlour.models import Person
from parlour.store.tables import login_failures
from tests.support.accounts import stranger, try_login
from tests.support.brief import thorough_but
from tests.support.inside import inside
from tests.support.leaving import leave
from tests.support.local import open_database
from tests.support.places import new_account
from tests.support.server import Server


@pytest.mark.parametrize("mode", thorough_but(["anonymise"], ["anonymise", "remove"]))
def test_who_leaves_is_known_at_no_address_any_more(tmp_path: Path, mode: Mode) -> None:
    """Nor is any try to come in as them; of others whose names begin or look so all of it stays."""
    at, to_come = "203.0.113.7", "203.0.113.8"
    # Each is what a pattern, or a beginning, made of the name would find, too.
    others = ("zac_i.as", "zacxias", "zac_iasx", "zac_ia", "zac_ias|203", "zac%", "%", "_")
    with open_database(tmp_path) as database, get_db(database) as connection:
        account = logins.NewAccount("zac_ias", "Zacharias", "a hash")
        gone = logins.create_account(connection, account)
        for name in ("zac_ias", *others):
            attempts.know(connection, name, at)
            attempts.begin_login(connection, name, to_come, None)
        before = set(connection.scalars(select(login_failures.c.key)))
        by = Person.by_account(gone.username, gone.id)
        removing.remove(connection, by, gone.id, mode)
        after = set(connection.scalars(select(login_failures.c.key)))
    own = {f"known|zac_ias|{at}", f"pair|zac_ias|{to_come}", "account|zac_ias"}
    assert before - after == own
    # What counts for the address alone names nobody.
    assert f"address|{to_come}" in after


def test_who_leaves_while_their_password_is_looked_at_is_known_nowhere(tmp_path: Path) -> None:
    """By another device of theirs; the one that was asked for it is told that it was wrong."""
    who = ("rosa", "203.0.113.7")
    with open_database(tmp_path) as database, get_db(database) as connection:
        gone = logins.create_account(connection, logins.NewAccount("rosa", "Rosa", "a hash"))
        account = logins.begin_login(connection, *who)
        assert account is not None
        logins.end_check(connection, account, who[1])
        logins.begin_login(connection, *who)
        removing.remove(connection, Person.by_account(gone.username, gone.id), gone.id, "anonymise")
        with pytest.raises(Refusal, match="wrong"):
            logins.end_check(connection, account, who[1])
        keys = set(connection.scalars(select(login_failures.c.key)))
    assert keys == {f"address|{who[1]}"}


def test_tries_while_somebody_leaves_are_nothing_to_who_has_their_name_next(server: Server) -> None:
    """A device that still has the old password may try on until all is followed up."""
    left = {"user_id": 999_998, "username": "quentin-to-be", "mode": "anonymise"}
    with inside(server) as database:
        database.execute(
            "INSERT INTO jobs (kind, key, payload, due_at, tries) VALUES ('depart', 'q', ?, ?, 0)",
            (json.dumps(left), 2**52),
        )
    with stranger(server) as device:
        assert try_login(device, "quentin-to-be").status_code == 401

    def counted() -> int:
        asked = "SELECT count(*) FROM login_failures WHERE key LIKE '%|quentin-to-be%'"
        with inside(server) as database:
            return int(database.execute(asked).fetchone()[0])

    assert counted() == 2
    with inside(server) as database:
        database.execute("UPDATE jobs SET due_at = 0 WHERE kind = 'depart' AND key = 'q'")
    leave(server, new_account(server, "rita"), "anonymise")
    assert counted() == 0
