"""Parlour's parts inside the test's own process, for units that need no door."""

import asyncio
import atexit
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from sqlalchemy import delete

from parlour.context import Context
from parlour.database import Database, get_db, init_db
from parlour.errors import Refusal
from parlour.logins import Known
from parlour.models import Person
from parlour.oversight import Policy
from parlour.receiving import Receiving
from parlour.registry import Registry
from parlour.settings import Settings
from parlour.storage import open_storage
from parlour.store.tables import meta
from parlour.storing import MessageDraft
from parlour.support.keys import new_key
from parlour.support.tokens import Tokens
from tests.support.databases import ON_SQLITE, database_url
from tests.support.timing import scaled

T = TypeVar("T")


def local_settings(folder: Path, **fields: Any) -> Settings:
    """Return settings for data in `folder` that no environment and no `.env` file reaches."""
    defaults: dict[str, Any] = {name: each.default for name, each in Settings.model_fields.items()}
    place = {"data_dir": folder / "data", "database_url": database_url(folder)}
    return Settings(**{**defaults, **place, **fields})


@cache
def _migrated() -> Path:
    """Return a new database as the migrations leave it, before it is anybody's."""
    folder = Path(mkdtemp(prefix="parlour-migrated-"))
    atexit.register(shutil.rmtree, folder)
    settings = local_settings(folder)
    database = init_db(settings)
    with get_db(database) as connection:
        connection.execute(delete(meta).where(meta.c.name.in_(("epoch", "installed"))))
    database.release()
    return settings.database_path


def _init_db(folder: Path) -> Database:
    """Open the database of `folder`; a new one on SQLite is a copy of one that was migrated.

    Fifteen times quicker than by all migrations, which each test of a server goes through.
    """
    settings = local_settings(folder)
    if ON_SQLITE and not settings.data_dir.exists():
        settings.data_dir.mkdir(mode=0o700, parents=True)
        shutil.copy(_migrated(), settings.database_path)
    return init_db(settings)


@contextmanager
def open_database(folder: Path) -> Iterator[Database]:
    """Yield the database of `folder`, whose writer is not started."""
    database = _init_db(folder)
    try:
        yield database
    finally:
        database.release()


@asynccontextmanager
async def started_database(folder: Path) -> AsyncIterator[Database]:
    """Yield the database of `folder` with its writer, which answers in the running loop."""
    database = _init_db(folder)
    database.start()
    try:
        yield database
    finally:
        await database.close()


def local_context(folder: Path, database: Database) -> Context:
    """Return the parts of a server that nobody has an account at."""
    registry = Registry(Known([], [], administered=False))
    settings = local_settings(folder)
    receiving = Receiving(settings, open_storage(settings))
    policy = Policy.of(settings)
    return Context(settings, database, Tokens([new_key()]), registry, policy, receiving)


def draft(
    room_id: int,
    content: str = "hi",
    *,
    username: str = "alice",
    client_id: str | None = None,
    reply_to: int | None = None,
    forward: int | None = None,
) -> MessageDraft:
    """Return a message on its way to the writer."""
    return MessageDraft(
        room_id, Person.by_name(username), content, client_id, reply_to, forward=forward
    )


async def at_last(act: Callable[[], Awaitable[T]]) -> T:
    """Try until it is not refused any more."""
    deadline = time.monotonic() + scaled(8)
    while True:
        try:
            return await act()
        except Refusal:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
