"""Whether the server lives and whether it can work, as a service manager asks it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx2 import Client
from sqlalchemy import text

from parlour.context import Context
from parlour.errors import Refusal
from parlour.features.health import readyz
from tests.support.local import local_context, started_database


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    """Yield the parts of a server without its doors."""
    async with started_database(tmp_path) as database:
        yield local_context(tmp_path, database)


def test_a_server_that_answers_lives(http: Client) -> None:
    """And one that can use its database is ready."""
    for path in ("/healthz", "/readyz"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


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


async def test_a_server_that_is_going_away_takes_no_work(context: Context) -> None:
    """Its balancer sends people elsewhere."""
    assert (await readyz(context)).status == "ok"
    context.closing = True
    with pytest.raises(Refusal) as refused:
        await readyz(context)
    assert refused.value.code == "busy"
