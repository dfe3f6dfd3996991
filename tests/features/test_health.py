"""Whether the server lives and whether it can work, as a service manager asks it."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx2 import Client
from sqlalchemy import text

from parlour.context import Context
from parlour.errors import Refusal
from parlour.features import health
from parlour.features.health import LEAST_FREE, readyz
from parlour.support import volume
from parlour.support.counts import COUNTS
from parlour.support.volume import Space, Volume
from tests.support import faults
from tests.support.answers import assert_refused
from tests.support.databases import NODES
from tests.support.local import local_context, started_database
from tests.support.people import checked, http_client
from tests.support.server import Server


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    """Yield the parts of a server without its doors, whose process has seen no fault."""
    COUNTS.database_faults.clear()
    async with started_database(tmp_path) as database:
        yield local_context(tmp_path, database)


def test_a_server_that_answers_lives(http: Client) -> None:
    """And one that can use its database and its disk is ready."""
    answer = http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    ready = http.get("/readyz")
    broker = "none" if NODES < 2 else "ok"
    well = {"status": "ok", "database": "ok", "disk": "ok", "broker": broker}
    assert (ready.status_code, ready.json()) == (200, well)


@pytest.fixture
def small() -> Iterator[Path]:
    """Yield a disk that can be filled."""
    with faults.or_skipped(), faults.small_disk("64m") as disk:
        yield disk


@pytest.mark.one_node("nodes keep nothing on the disk")
def test_a_server_whose_disk_is_full_is_not_ready(small: Path) -> None:
    """`storage_full` while messages still fit; ready again as soon as there is room."""
    ballast = small / "ballast"
    with Server(small, is_measured=False) as server, http_client(server) as http:
        assert http.get("/readyz").is_success
        free = os.statvfs(small)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - LEAST_FREE // 2)
        assert_refused(http.get("/readyz"), "storage_full")
        # It lives, and what fits is still taken.
        assert http.get("/healthz").is_success
        checked(http.post("/api/chat/rooms", json={"name": "Hall"}))
        ballast.unlink()
        assert http.get("/readyz").is_success


async def test_a_disk_that_can_only_be_read_is_told(small: Path, context: Context) -> None:
    """As a disk is after a fault of its own, under which systems go on reading it."""
    context.volume = Volume(small)
    assert (await readyz(context)).disk == "ok"
    faults.run("mount", "-o", "remount,ro", str(small))
    with pytest.raises(Refusal) as refused:
        await readyz(context)
    assert (refused.value.code, refused.value.detail.endswith("only be read.")) == (
        "storage_full", True,
    )  # fmt: skip
    faults.run("mount", "-o", "remount,rw", str(small))
    assert (await readyz(context)).disk == "ok"


async def test_a_data_directory_that_is_gone_is_told(context: Context, tmp_path: Path) -> None:
    """With what the system says of it."""
    context.volume = Volume(tmp_path / "unmounted")
    with pytest.raises(Refusal, match="No such file or directory") as refused:
        await readyz(context)
    assert refused.value.code == "storage_full"


async def test_a_disk_that_does_not_answer_holds_one_thread_and_nobody(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 `busy` for each who asks, while a single look at it goes on."""
    asked, answer = [], threading.Event()

    def hang(_folder: Path) -> Space:
        asked.append(1)
        answer.wait()
        return Space(1, 1, read_only=False)

    monkeypatch.setattr(volume, "space_of", hang)
    monkeypatch.setattr(volume, "PATIENCE_SECONDS", 0.01)
    context.volume = Volume(tmp_path)
    try:
        for _ in range(3):
            with pytest.raises(Refusal) as refused:
                await readyz(context)
            assert refused.value.code == "busy"
        assert len(asked) == 1
    finally:
        answer.set()


async def test_a_database_that_says_nothing_is_not_waited_for(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 `busy`, sooner than those who look give up."""
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.01)
    answer = threading.Event()
    held = asyncio.create_task(context.database.write(lambda _: answer.wait()))
    try:
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await readyz(context)
        assert refused.value.code == "busy"
    finally:
        answer.set()
        await held


@pytest.mark.sqlite
async def test_a_server_whose_database_is_locked_is_not_ready(
    context: Context, tmp_path: Path
) -> None:
    """503 `busy` once the wait for the lock has ended; ready again as soon as it is free."""
    assert (await readyz(context)).status == "ok"
    shorter = text("PRAGMA busy_timeout = 1")
    await context.database.write(lambda connection: connection.execute(shorter))
    with closing(sqlite3.connect(tmp_path / "data" / "chat.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refusal) as refused:
            await readyz(context)
        other.execute("ROLLBACK")
    assert (refused.value.code, refused.value.status_code) == ("busy", 503)
    assert (await readyz(context)).status == "ok"


@pytest.mark.sqlite
async def test_a_server_whose_database_was_moved_is_not_ready(
    context: Context, tmp_path: Path
) -> None:
    """503 `busy` as soon as it is seen, and ready with the first look after it is back."""
    assert (await readyz(context)).status == "ok"
    path = tmp_path / "data" / "chat.db"
    path.rename(tmp_path / "aside.db")
    await context.database.renew()
    with pytest.raises(Refusal, match="database was moved or replaced") as refused:
        await readyz(context)
    assert (refused.value.code, refused.value.status_code) == ("busy", 503)
    (tmp_path / "aside.db").rename(path)
    assert (await readyz(context)).status == "ok"


async def test_a_server_that_is_going_away_takes_no_work(context: Context) -> None:
    """Its balancer sends people elsewhere."""
    assert (await readyz(context)).status == "ok"
    context.closing = True
    with pytest.raises(Refusal) as refused:
        await readyz(context)
    assert refused.value.code == "busy"
