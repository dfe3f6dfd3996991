"""What the tests of faults share: seeded chance, probed servers, crowds and filled databases."""

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parlour.database import ChatDatabase, get_db, init_db
from parlour.models import Person
from parlour.settings import Settings
from parlour.storing import MessageDraft
from tests.faults.watch import Record, Watch, apart
from tests.support import probe
from tests.support.crowd import Crowd
from tests.support.people import checked, http_client
from tests.support.server import Server
from tests.support.talkers import talkers

# Messages stored in one statement while a database is filled.
PORTION = 1_000


@pytest.fixture
def chance() -> random.Random:
    """Return the test's chance, whose seed is printed; TEST_SEED repeats a run."""
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"TEST_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    return random.Random(seed)


class ProbedServer(Server):
    """A server that knows how long its event loop stood still."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, program=[sys.executable, probe.__file__], is_measured=False)
        self._reports = 0

    def launch(self) -> Any:
        """Start it; its probe begins to count anew."""
        self._reports = 0
        return super().launch()

    def stalls(self) -> dict[str, float]:
        """Return what the probe has measured since it was last asked, in milliseconds."""
        self._reports += 1
        self.process.signal(signal.SIGUSR1)
        line = self.process.wait_for_line(rf"^probe {self._reports}: (.*)")
        return dict(json.loads(line[1]))


@pytest.fixture
def probed_server(tmp_path: Path) -> Iterator[ProbedServer]:
    """Yield a probed server, not started; its log is checked at the end."""
    server = ProbedServer(tmp_path / "probed")
    yield server
    if server.running:
        server.stop()
    assert not server.faults(), "\n".join(["faults in the server's log:", *server.log])


@contextmanager
def watched(server: ProbedServer, **pace: int) -> Iterator[Watch]:
    """Have people talk in a room of a server, which runs for the length of a block."""
    with server:
        # Closed before anything is counted.
        with http_client(server) as http:
            room_id = checked(http.post("/api/chat/rooms", json={"name": "Square"}))["id"]
        with (
            talkers(server, room_id, **pace) as people,
            apart(server.process.pid, people.process.pid),
        ):
            yield Watch(server, room_id, people)


@pytest.fixture(scope="module")
def _watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with watched(ProbedServer(tmp_path_factory.mktemp("watched"))) as watch:
        yield watch


@pytest.fixture
def watch(_watch: Watch, record_property: Record) -> Watch:
    """Return the module's watch over fifty people who talk in a room."""
    _watch.record = record_property
    return _watch


@pytest.fixture
def crowd() -> Iterator[Callable[..., Crowd]]:
    """Yield a maker of crowds: `crowd(server, room_id, size)`, not started."""
    crowds: list[Crowd] = []

    def make(server: Server, room_id: int, size: int) -> Crowd:
        crowds.append(Crowd(server, room_id, size))
        return crowds[-1]

    yield make
    for each in crowds:
        each.stop()


def filled_room(server: Server, name: str, count: int, content: str) -> int:
    """Return the id of a room with `count` messages, made while the server does not run."""
    database = init_db(Settings(data_dir=server.data_dir))
    draft_of = Person.by_name("archivist")
    try:
        with get_db(database) as connection:
            room_id = ChatDatabase.create_room(connection, name).id
        for begin in range(0, count, PORTION):
            drafts = [
                MessageDraft(room_id, draft_of, f"{number} {content}")
                for number in range(begin, min(count, begin + PORTION))
            ]
            with get_db(database) as connection:
                ChatDatabase.create_messages(connection, drafts)
    finally:
        database.release()
    return room_id
