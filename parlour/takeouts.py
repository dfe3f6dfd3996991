"""What people take along: an archive of their own data, made by a job, for them alone, for a while.

It is made by `parlour export --person` in a process of its own, lies in the storage under a random
key, and is known by a row of what the server keeps about itself.
"""

import asyncio
import logging
import secrets
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from sqlalchemy import Connection

from parlour import backing
from parlour.context import Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.jobs import Later, Task, job
from parlour.leaving import KEPT_SECONDS, OwnExport
from parlour.store import files as file_rows
from parlour.store import users
from parlour.store.meta import TAKEOUT, delete_value, read_values, write_value

logger = logging.getLogger(__name__)

# One at a time on a node; others look again so much later.
_AGAIN: Final = 3.0
# After one that was made, another one is made only so much later.
_NOT_AGAIN: Final = timedelta(minutes=10)
# Bytes of a process' output that are noted at most.
_busy = asyncio.Lock()


class Kept(BaseModel):
    """Where an account's archive stands: `key` where it lies, once it does."""

    asked_at: datetime
    ready_at: datetime | None = None
    failed: bool = False
    key: str = ""
    size: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """Until when it is there."""
        return self.ready_at and self.ready_at + timedelta(seconds=KEPT_SECONDS)

    def told(self) -> OwnExport:
        """As its owner is told of it."""
        if self.ready_at is not None:
            return OwnExport(
                state="ready", asked_at=self.asked_at, ready_at=self.ready_at,
                expires_at=self.expires_at, size=self.size,
            )  # fmt: skip
        return OwnExport(state="failed" if self.failed else "waiting", asked_at=self.asked_at)


@effect("takeout", OwnExport)
def tell_due(context: Context, _told: OwnExport) -> None:
    """There is something to be done."""
    context.due.set()
    context.receiving.stir.set()


def find(connection: Connection, user_id: int) -> Kept | None:
    """Where an account's archive stands."""
    name = f"{TAKEOUT}{user_id}"
    found = read_values(connection, [name]).get(name)
    return None if found is None else Kept.model_validate_json(found)


def state_of(connection: Connection, user_id: int) -> OwnExport:
    """The same as its owner is told."""
    kept = find(connection, user_id)
    return OwnExport(state="none") if kept is None else kept.told()


def ask(connection: Connection, user_id: int) -> OwnExport:
    """Have one made, unless one is being made, or was just now. The former one goes."""
    kept = find(connection, user_id)
    now = datetime.now(UTC)
    if kept is not None and not kept.failed:
        made = kept.ready_at
        if made is None or now - made < _NOT_AGAIN:
            return kept.told()
    forget(connection, user_id)
    fresh = Kept(asked_at=now)
    _keep(connection, user_id, fresh)
    take_out.put(connection, user_id, key=str(user_id))
    return fresh.told()


def forget(connection: Connection, user_id: int) -> None:
    """Let there be none, and none be made."""
    kept = find(connection, user_id)
    take_out.take_back(connection, str(user_id))
    expire.take_back(connection, str(user_id))
    if kept is not None:
        if kept.key:
            file_rows.throw_away(connection, [kept.key])
        delete_value(connection, f"{TAKEOUT}{user_id}")


def _keep(connection: Connection, user_id: int, kept: Kept) -> None:
    write_value(connection, f"{TAKEOUT}{user_id}", kept.model_dump_json())


@job("take_out", int, long=True)
async def take_out(context: Context, task: Task[int]) -> None:
    """Make the archive of an account."""
    if _busy.locked():
        raise Later(_AGAIN)
    async with _busy:
        await _make(context, task)


async def _make(context: Context, task: Task[int]) -> None:
    user_id, database = task.payload, context.database
    account = await database.read(users.get_account, user_id)
    if account is None:
        return
    with tempfile.TemporaryDirectory(dir=context.settings.uploads_path) as folder:
        place = Path(folder) / "made"
        status, _, errors = await backing.run(
            context.settings, "export", "--person", account.user.username, "--to", str(place)
        )
        if status:
            now = await database.read(users.get_account, user_id)
            if now is None or not now.password_hash:
                # They have left meanwhile, and take nothing along.
                return
            raise RuntimeError(errors[-1] if errors else f"it ended with status {status}")
        [archive] = place.iterdir()
        size = archive.stat().st_size
        key = secrets.token_hex(16)
        await database.write(file_rows.expect, [key])
        try:
            await context.receiving.storage.put(key, archive)
            await task.end(_ready, user_id, key, size, then=tell_due.after(context))
        except BaseException:
            try:
                await database.write(file_rows.discard, [key])
            except Refusal:
                logger.warning("what was made for account %d is taken away later", user_id)
            context.receiving.stir.set()
            raise


def _ready(connection: Connection, user_id: int, key: str, size: int) -> OwnExport | None:
    kept = find(connection, user_id)
    if kept is None or not file_rows.claim(connection, [key]):
        raise Refusal("busy", "Another server was started on these data meanwhile.")
    done = kept.model_copy(update={"ready_at": datetime.now(UTC), "key": key, "size": size})
    _keep(connection, user_id, done)
    expire.put(connection, user_id, at=done.expires_at, key=str(user_id))
    return done.told()


@take_out.when_lost
async def _failed(context: Context, task: Task[int]) -> None:
    await task.end(_give_up, task.payload, then=tell_due.after(context))


def _give_up(connection: Connection, user_id: int) -> OwnExport | None:
    kept = find(connection, user_id)
    if kept is None:
        return None
    failed = kept.model_copy(update={"failed": True})
    _keep(connection, user_id, failed)
    return failed.told()


@job("takeout_ends", int)
async def expire(context: Context, task: Task[int]) -> None:
    """Its time is over."""
    await task.end(_expire, task.payload)
    context.receiving.stir.set()


def _expire(connection: Connection, user_id: int) -> None:
    forget(connection, user_id)
