"""`parlour doctor` and HTTPS: what the server is told of it, and who can read its key."""

import shutil
from pathlib import Path

import pytest

from tests.support.brief import thorough_but
from tests.support.doctor import Said, Seen, seen, seen_at
from tests.support.server import NewServer, Server
from tests.support.tls import write_pair
from tests.support.tls_front import tls_front

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]


def scheme(told: Seen) -> Said:
    """The one thing that is said of it."""
    [found] = [each for each in told.said if each.what == "Scheme"]
    return found


@pytest.mark.parametrize("guests", thorough_but(["on"], ["on", "off"]))
def test_whether_the_server_knows_of_https_is_seen(
    new_server: NewServer, tmp_path: Path, guests: str
) -> None:
    """By the cookies of guests, or by those that it takes away where no guests may come in."""
    server: Server = new_server(env={"PARLOUR_GUESTS": guests}).start()
    with tls_front(server, tmp_path / "front") as front:
        server.env |= front.env
        told = seen(server, "--url", front.url)
        assert scheme(told) == Said(
            "ok", "Scheme", "The server knows that it is spoken to by HTTPS."
        )
        assert told.of("FAULT") == []
        front.says_scheme = False
        found = seen(server, "--url", front.url).only_fault()
        assert found.what == "Scheme"
        assert found.mend.startswith("let the proxy set X-Forwarded-Proto")
        front.keeps_cookies = False
        unseen = scheme(seen(server, "--url", front.url))
        assert (unseen.kind, "cannot be seen: no cookie" in unseen.seen) == ("warning", True)
        assert "cookies are called __Host-parlour" in unseen.mend
        assert "X-Forwarded-Proto" in unseen.mend


@pytest.mark.parametrize(
    ("mode", "is_open"),
    thorough_but(
        [(0o640, False), (0o604, True)],
        [(0o600, False), (0o640, False), (0o604, True), (0o602, True)],
    ),
)
def test_a_key_that_others_can_read_is_told(tmp_path: Path, mode: int, is_open: bool) -> None:
    """Its group may read it, as that of keys does on many systems."""
    write_pair(tmp_path / "pair")
    key = tmp_path / "pair" / "server.key"
    key.chmod(mode)
    env = {
        "PARLOUR_TLS_CERTIFICATE": str(tmp_path / "pair" / "server.crt"),
        "PARLOUR_TLS_KEY": str(key),
    }
    told = seen_at(tmp_path / "home", env=env)
    warning = Said(
        "warning",
        "Certificate",
        f"Others on this machine can read or change the key {key}.",
        f"chmod o= {key}, and then have a new one certified",
    )
    assert (warning in told.said) == is_open
    assert told.status == 0
    shutil.rmtree(tmp_path / "pair")
    assert seen_at(tmp_path / "home", env=env).only_fault().what == "Certificate"
