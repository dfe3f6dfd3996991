"""Fixtures of the backups' tests: a server on which people have lived, and its archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import made
from tests.support.files import until
from tests.support.lived import FOUND, Lived, found
from tests.support.server import Server


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Yield a server that runs, on which people have done everything that leaves something."""
    there = Lived(Server(tmp_path_factory.mktemp("lived"), is_measured=True))
    until(lambda: found(there.bob) == FOUND)
    yield there
    there.server.stop()


@pytest.fixture(scope="session")
def archive(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of it."""
    return made(lived.server, tmp_path_factory.mktemp("archives") / "kept")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder for archives, which is not there yet."""
    return tmp_path / "backups"
