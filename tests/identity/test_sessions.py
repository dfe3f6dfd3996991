"""One's logins: where they are, and ending them."""

from parlour.logins import MAX_SESSIONS
from tests.support.accounts import PASSWORD, log_in, register, stranger, try_login
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.server import Server


def test_one_sees_where_one_is_signed_in(server: Server) -> None:
    """The login renewed last first, the one that asks marked; nobody else's."""
    register(server, "others")
    first = register(server, "anja")
    with stranger(server, **{"User-Agent": "Spy" + "x" * 300}) as client:
        client.headers["X-Forwarded-For"] = "2001:db8::7"
        checked(try_login(client, "anja", PASSWORD))
    told = checked(first.call("GET", "/api/auth/sessions"))
    assert [each["current"] for each in told] == [False, True]
    assert told[0]["address"] == "2001:db8::/64"
    assert told[0]["user_agent"] == "Spy" + "x" * 197
    assert told[1]["id"] == first.refresh.partition(".")[0]
    assert all(each["created_at"] == each["last_seen_at"] for each in told)
    checked(first.renewed())
    renewed = checked(first.call("GET", "/api/auth/sessions"))
    assert [each["current"] for each in renewed] == [True, False]
    assert renewed[0]["last_seen_at"] > told[1]["last_seen_at"]
    assert renewed[0]["created_at"] == told[1]["created_at"]


def test_one_ends_one_of_ones_logins(server: Server) -> None:
    """And the own one, which is signing out."""
    here, there = register(server, "bella"), log_in(server, "bella")
    path = "/api/auth/sessions/" + there.refresh.partition(".")[0]
    assert_deleted(here.call("DELETE", path))
    assert (here.status(), there.status()) == (200, 401)
    assert_refused(here.call("DELETE", path), "not_found")
    own = "/api/auth/sessions/" + here.refresh.partition(".")[0]
    assert_deleted(here.call("DELETE", own))
    assert here.status() == 401


def test_nobody_ends_the_login_of_somebody_else(server: Server) -> None:
    """It is answered like one that is not there, and lives on."""
    victim, eve = register(server, "carol"), register(server, "evil-eve")
    path = "/api/auth/sessions/" + victim.refresh.partition(".")[0]
    real = eve.call("DELETE", path)
    made_up = eve.call("DELETE", "/api/auth/sessions/AAAAAAAAAAAAAAAAAAAAAA")
    assert_refused(real, "not_found")
    assert (real.status_code, real.text) == (made_up.status_code, made_up.text)
    assert victim.status() == 200


def test_one_signs_out_everywhere(server: Server) -> None:
    """Here, too; nothing renews any of them."""
    here, there, other = register(server, "dana"), log_in(server, "dana"), register(server, "dirk")
    assert_deleted(here.call("DELETE", "/api/auth/sessions"))
    assert (here.status(), there.status(), other.status()) == (401, 401, 200)
    for each in (here, there):
        assert_refused(each.renewed(), "not_signed_in")


async def test_a_login_ends_when_it_was_not_renewed_for_long(own_server: Server) -> None:
    """By itself: its tokens are worth nothing, and its row is taken away."""
    account = register(own_server, "erna")
    await own_server.astop()
    with inside(own_server) as database:
        database.execute("UPDATE sessions SET expires_at = created_at")
    await own_server.arestart()
    assert account.status() == 401
    assert_refused(account.renewed(), "not_signed_in")
    assert log_in(own_server, "erna").status() == 200


def test_one_account_has_a_bounded_number_of_logins(server: Server) -> None:
    """One more ends the one that was renewed longest ago, with all that belongs to it."""
    oldest = register(server, "fanny")
    second = log_in(server, "fanny")
    rest = MAX_SESSIONS - 2
    with inside(server) as database:
        # The account as it is after so many logins, of which nobody has the tokens.
        database.executemany(
            "INSERT INTO sessions SELECT ?, user_id, generation, rotated_at, key_id, created_at,"
            " last_seen_at, expires_at, address, user_agent FROM sessions WHERE id = ?",
            [(f"{n:022}", second.refresh.partition(".")[0]) for n in range(rest)],
        )
    newest = log_in(server, "fanny")
    assert (oldest.status(), second.status(), newest.status()) == (401, 200, 200)
    assert len(checked(newest.call("GET", "/api/auth/sessions"))) == MAX_SESSIONS
