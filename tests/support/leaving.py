"""People who leave for good, and what is followed up of it."""

from tests.support.accounts import PASSWORD, Account
from tests.support.files import until
from tests.support.inside import inside
from tests.support.server import Server


def settled(server: Server) -> None:
    """Wait until all that was left behind was followed up."""

    def done() -> bool:
        with inside(server) as database:
            asked = "SELECT count(*) FROM jobs WHERE kind = 'depart'"
            return not database.execute(asked).fetchone()[0]

    until(done)


def leave(server: Server, who: Account, mode: str) -> None:
    """Leave for good, and wait until all of it is followed up."""
    body = {"password": PASSWORD, "mode": mode}
    assert who.call("POST", "/api/users/me/removal", json=body).status_code == 204
    settled(server)
