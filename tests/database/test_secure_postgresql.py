"""Who asks a PostgreSQL for its certificate is not content with any, and finds the right one."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from parlour.support.postgresql import open_writer
from tests.support.postgres import postgres
from tests.support.secure_postgres import SecureDoor
from tests.support.tls import write_pair

UNKNOWN = "certificate verify failed"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[SecureDoor]:
    """Yield a PostgreSQL that is known by server.crt."""
    write_pair(tmp_path)
    with closing(SecureDoor(postgres(), tmp_path)) as opened:
        yield opened


def ask(url: str) -> None:
    """Have the database say something. Raises OperationalError where it is not believed."""
    engine = open_writer(url)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
    finally:
        engine.dispose()


def test_the_authorities_of_the_system_are_those_that_python_knows(
    door: SecureDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Psycopg's own OpenSSL would look where there are none, and take no server at all."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    url = door.url("postgres", sslmode="verify-full", sslrootcert="system")
    with pytest.raises(OperationalError, match=UNKNOWN):
        ask(url)
    known = ssl.get_default_verify_paths()._replace(cafile=str(tmp_path / "server.crt"))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: known)
    ask(url)
    # Whom it is not made for is not believed either, whatever the address asks for.
    other = url.replace("localhost", "host.example").replace("?", "?hostaddr=127.0.0.1&")
    with pytest.raises(OperationalError, match=r'does not match host name "host\.example"'):
        ask(other.replace("verify-full", "require"))


def test_an_authority_that_is_named_is_the_one(door: SecureDoor, tmp_path: Path) -> None:
    """And no other one."""
    write_pair(tmp_path / "other")
    ask(door.url("postgres", sslmode="verify-full", sslrootcert=f"{tmp_path}/server.crt"))
    with pytest.raises(OperationalError, match=UNKNOWN):
        ask(door.url("postgres", sslmode="verify-full", sslrootcert=f"{tmp_path}/other/server.crt"))
