"""What a server keeps: its database, its keys, its files, and what nodes hear of one another by."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour import audit
from parlour.database import DatabaseUnusable
from parlour.doctor.finding import Findings, Given, fault, ok, size_of, warning
from parlour.migrations import current_revision, revisions
from parlour.settings import Settings, SettingsError
from parlour.storage import Missing, Storage, Unavailable, open_storage
from parlour.store.audit import all_entries
from parlour.store.backends import Backend, backend_of
from parlour.store.meta import KEYS, MOVED, read_values
from parlour.support.keys import KeysUnusable, parse_keys
from parlour.support.tokens import random_id

_LARGE_LOG: Final = 1_000_000_000
# Seconds for a way to the database and back, and by how many clocks may differ.
_SLOW_TRIP: Final = 0.01
_CLOCKS: Final = 5.0
_RESTORE: Final = "keep it, and restore a backup (docs/operations.md, Restore)"
_OLDEST_REDIS: Final = (6, 2)


@contextmanager
def reading(backend: Backend) -> Iterator[Connection]:
    """To read it, also beside a server. Raises as SQLAlchemy does, or DatabaseUnusable."""
    engine = backend.open_readers(1)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def database(given: Given) -> Findings:
    """Whether it is there, sound, and of a schema that this program knows."""
    try:
        backend = backend_of(given.settings)
    except DatabaseUnusable as error:
        yield fault("Database", str(error), "do what it says")
        return
    if not backend.is_there():
        yield ok("Database", f"{backend} is not there yet; the first start makes it.")
        return
    try:
        with reading(backend) as connection:
            yield from _look(given, backend, connection)
    except DBAPIError as error:
        shared = "see that it runs, and that PARLOUR_DATABASE_URL is right"
        mend = shared if backend.shared else _RESTORE
        yield fault("Database", f"{backend} cannot be read: {backend.fault(error)}", mend)
    except (DatabaseUnusable, ImportError) as error:
        yield fault("Database", str(error), "do what it says")


def _look(given: Given, backend: Backend, connection: Connection) -> Findings:
    # As at a start: whether it can be used at all, and on SQLite whether it is damaged.
    backend.check(connection)
    schema, known = current_revision(connection), revisions()
    if schema is None:
        yield ok("Database", f"{backend} is empty; the first start prepares it.")
        return
    if schema not in known:
        yield fault(
            "Database",
            f"{backend} has schema {schema}; this program knows up to {known[-1]}.",
            "install the version that wrote it, or a later one",
        )
        return
    if place := read_values(connection, [MOVED]).get(MOVED):
        words = f"{backend} was moved to {place}."
        yield fault("Database", words, "set PARLOUR_DATABASE_URL to that place")
        return
    behind = "" if schema == known[-1] else f"; the next start brings it to {known[-1]}"
    yield ok("Database", f"{backend} is sound, of schema {schema}{behind}.")
    yield from _of_postgresql(connection) if backend.shared else _of_sqlite(given.settings)
    if given.deep:
        yield from _read_through(backend, connection)


def _of_sqlite(settings: Settings) -> Findings:
    path = settings.database_path
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > _LARGE_LOG:
        yield warning(
            "Database",
            f"{log.name} has {size_of(size)}: something has read from the database for very long.",
            "end other programs that have it open (fuser), or restart the server",
        )
    else:
        whole = size_of(path.stat().st_size)
        yield ok("Database", f"{path.name} has {whole}, its log {size_of(size)}.")


def _of_postgresql(connection: Connection) -> Findings:
    name, standby, fsync, committing, theirs = connection.exec_driver_sql(
        "SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('fsync'),"
        " current_setting('synchronous_commit'), clock_timestamp()"
    ).one()
    if standby:
        words = "It is a standby, which takes nothing."
        yield fault("PostgreSQL", words, "name the primary, or add target_session_attrs=read-write")
    if fsync == "off":
        words = "fsync is off: a power cut may lose the database."
        yield fault("PostgreSQL", words, "fsync = on in postgresql.conf")
    if committing == "off":
        words = "synchronous_commit is off: a crash may lose what was acknowledged."
        yield fault("PostgreSQL", words, "synchronous_commit = on in postgresql.conf")
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > _CLOCKS:
        words = f"Its clock and that of this machine differ by {apart:.0f} s."
        yield warning("PostgreSQL", words, "let both be set from the network")
    trips = []
    for _ in range(5):
        begun = time.perf_counter()
        connection.exec_driver_sql("SELECT 1").scalar()
        trips.append(time.perf_counter() - begun)
    trip = sorted(trips)[2]
    seen = f"Version {name}; a way there and back takes {1000 * trip:.1f} ms"
    if trip > _SLOW_TRIP:
        mend = "bring them nearer to one another: each message takes several"
        yield warning("PostgreSQL", f"{seen}.", mend)
    else:
        yield ok("PostgreSQL", f"{seen}.")


def _read_through(backend: Backend, connection: Connection) -> Findings:
    if not backend.shared:
        found = list(connection.exec_driver_sql("PRAGMA integrity_check(3)").scalars())
        if found != ["ok"]:
            words = " ".join(" ".join(found).split())
            yield fault("Every page", f"The database is damaged: {words}", _RESTORE)
            return
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            words = f"Rows of {lost[0]} point to rows of {lost[2]} that are not there."
            yield fault("Every page", words, _RESTORE)
            return
        yield ok("Every page", "Nothing is damaged.")
    try:
        head = audit.verify(all_entries(connection), None)
    except audit.Broken as broken:
        words = f"Entries were changed or taken away: {broken}"
        yield fault("Audit log", words, "see who could write to the database")
        return
    entries = "1 entry" if head.count == 1 else f"{head.count} entries"
    yield ok("Audit log", f"{entries}, none changed.")


def keys(given: Given) -> Findings:
    """Whether logins can be signed."""
    settings = given.settings
    if settings.redis_url:
        yield from _shared_keys(settings)
        return
    path = settings.keys_path
    if not path.exists():
        there = settings.database_path.exists() and not settings.database_url
        if there and settings.data_dir.is_dir():
            words = f"{path} is not there: a new one is made, and everybody has to sign in again."
            yield warning("Keys", words, "put it back from a backup, if there is one")
        else:
            yield ok("Keys", "There are none yet; the first start makes one.")
        return
    try:
        found = parse_keys(path.read_bytes(), str(path))
    except (KeysUnusable, OSError) as error:
        yield fault("Keys", str(error), "do what it says")
        return
    ahead = max(key.created_at for key in found) - datetime.now(UTC)
    if ahead > timedelta(minutes=5):
        words = f"The newest was made {ahead} from now: the clock was ahead, or is behind."
        yield warning("Keys", words, "set the clock")
    else:
        yield ok("Keys", f"{len(found)} in {path.name}.")


def _shared_keys(settings: Settings) -> Findings:
    try:
        with reading(backend_of(settings)) as connection:
            if current_revision(connection) is None:
                return
            text = read_values(connection, [KEYS]).get(KEYS)
    except (DBAPIError, DatabaseUnusable, ImportError):
        # It was said of the database.
        return
    if text is None:
        yield ok("Keys", "There are none yet; the first node brings its own.")
        return
    try:
        found = parse_keys(text.encode(), "What the database has as keys")
    except KeysUnusable as error:
        yield fault("Keys", str(error), "do what it says")
        return
    yield ok("Keys", f"{len(found)} in the database, for all nodes.")


def files(given: Given) -> Findings:
    """Whether a file can be kept and given back."""
    settings = given.settings
    if not settings.s3_bucket:
        # On the disk, or in the database, which have been looked at.
        return
    place = f"The bucket {settings.s3_bucket}"
    try:
        seconds = asyncio.run(_keep_one(open_storage(settings)))
    except SettingsError as error:
        yield fault("Files", str(error), "do what it says")
    except (Unavailable, Missing, OSError) as error:
        mend = "see PARLOUR_S3_BUCKET, _ENDPOINT and _REGION, AWS_ACCESS_KEY_ID and its secret, and"
        mend += " that they allow to put, get and delete"
        yield fault("Files", f"{place} does not keep a file: {str(error) or 'it is gone'}.", mend)
    else:
        yield ok("Files", f"{place} took a file and gave it back in {1000 * seconds:.0f} ms.")


async def _keep_one(storage: Storage) -> float:
    key, text = random_id().encode().hex()[:32], b"parlour doctor"
    begun = time.perf_counter()
    try:
        await storage.begin()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "probe"
            path.write_bytes(text)
            await storage.put(key, path)
        try:
            portions = await storage.open(key, 0, len(text))
            try:
                given = b"".join([portion async for portion in portions])
            finally:
                await portions.aclose()
        finally:
            await storage.delete(key)
        if given != text:
            raise Unavailable("what it gave back was something else")
    finally:
        await storage.close()
    return time.perf_counter() - begun


def redis(given: Given) -> Findings:
    """Whether nodes hear of one another."""
    url = given.settings.redis_url
    if not url:
        return
    # Who has one node needs none of it.
    from redis import Redis  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415

    client = Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
    try:
        begun = time.perf_counter()
        client.ping()
        trip = time.perf_counter() - begun
        told: dict[str, object] = client.info("server")
        client.publish(f"parlour-doctor-{random_id()}", "")
    except RedisError as error:
        words = f"It does not answer ({type(error).__name__}): nodes hear of one another later."
        yield fault("Redis", words, "see that it runs, and that PARLOUR_REDIS_URL is right")
        return
    finally:
        client.close()
    name = str(told.get("valkey_version") or told.get("redis_version"))
    version = tuple(int(part) for part in name.split(".")[:2] if part.isdigit())
    if version < _OLDEST_REDIS:
        yield fault("Redis", f"It is version {name}.", "take 6.2 or newer")
    else:
        kind = "Valkey" if "valkey_version" in told else "Redis"
        yield ok("Redis", f"{kind} {name} answers after {1000 * trip:.1f} ms.")
