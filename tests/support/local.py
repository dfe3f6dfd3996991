"""Parlour's parts inside the test's own process, for units that need no door."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from parlour.context import Context
from parlour.database import Database, init_db
from parlour.logins import Known
from parlour.models import MessageDraft, Person
from parlour.oversight import Policy
from parlour.registry import Registry
from parlour.settings import Settings
from parlour.support.keys import new_key
from parlour.support.tokens import Tokens


def local_settings(folder: Path, **fields: Any) -> Settings:
    """Return settings for data in `folder` that no environment and no `.env` file reaches."""
    defaults: dict[str, Any] = {name: each.default for name, each in Settings.model_fields.items()}
    return Settings(**{**defaults, "data_dir": folder / "data", **fields})


@contextmanager
def open_database(folder: Path) -> Iterator[Database]:
    """Yield the database of `folder`, whose writer is not started."""
    database = init_db(local_settings(folder))
    try:
        yield database
    finally:
        database.release()


@asynccontextmanager
async def started_database(folder: Path) -> AsyncIterator[Database]:
    """Yield the database of `folder` with its writer, which answers in the running loop."""
    database = init_db(local_settings(folder))
    database.start()
    try:
        yield database
    finally:
        await database.close()


def local_context(folder: Path, database: Database) -> Context:
    """Return the parts of a server that nobody has an account at."""
    registry = Registry(Known([], [], administered=False))
    settings = local_settings(folder)
    return Context(settings, database, Tokens([new_key()]), registry, Policy.of(settings))


def draft(
    room_id: int,
    content: str = "hi",
    *,
    username: str = "alice",
    client_id: str | None = None,
    reply_to: int | None = None,
) -> MessageDraft:
    """Return a message on its way to the writer."""
    return MessageDraft(room_id, Person.by_name(username), content, client_id, reply_to)
