"""What a server keeps: its database, its keys, and what nodes hear of one another by."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlour import audit
from parlour.database import DatabaseUnusable
from parlour.doctor.finding import Finding, Findings, Given, fault, ok, size_of, warning
from parlour.doctor.folder import is_half_restored
from parlour.doctor.reach import OutOfReach, barrier, lacking, may_be_written, reading
from parlour.migrations import current_revision, revisions
from parlour.settings import Settings
from parlour.store.audit import all_entries
from parlour.store.backends import Backend, File, backend_of
from parlour.store.marks import forgotten, holds_chat, unseen
from parlour.store.meta import KEYS, MOVED, RESTORING, read_values
from parlour.support import sqlite
from parlour.support.keys import KeysUnusable, parse_keys
from parlour.support.tokens import random_id

_LARGE_LOG: Final = 1_000_000_000
# Seconds for a way to the database and back, and by how many clocks may differ.
_SLOW_TRIP: Final = 0.01
_CLOCKS: Final = 5.0
_RESTORE: Final = "keep it, and restore a backup (docs/operations.md, Restore)"
_OLDEST_REDIS: Final = (6, 2)


def database(given: Given) -> Findings:
    """Whether it is there, sound, and of a schema that this program knows."""
    settings = given.settings
    if not settings.database_url and barrier(settings.data_dir) is not None:
        # It was said of the data directory.
        return
    try:
        backend = backend_of(settings)
    except DatabaseUnusable as error:
        yield fault("Database", str(error), "do what it says")
        return
    if not backend.shared and is_half_restored(settings):
        # It is said of the restore.
        return
    if not backend.is_there():
        words = f"{backend} is not there"
        yield _lost(settings, words) or ok("Database", f"{words} yet; the first start makes it.")
        return
    try:
        with reading(backend) as connection:
            yield from _look(given, backend, connection)
    except DBAPIError as error:
        yield _unread(settings, backend, error)
    except (DatabaseUnusable, ImportError) as error:
        yield fault("Database", str(error), "do what it says")
    except OutOfReach:
        # It was said of the data directory.
        return


def _unread(settings: Settings, backend: Backend, error: DBAPIError) -> Finding:
    seen = f"{backend} cannot be read: {backend.fault(error)}"
    if backend.shared:
        mend = "see that it runs, and that PARLOUR_DATABASE_URL is right"
        return fault("Database", seen, mend)
    meaning = sqlite.meaning_of(error)
    if meaning != "damaged" and not may_be_written(settings.data_dir):
        words = f"{backend} cannot be looked at: for that SQLite has to write beside it."
        return warning("Database", words, "let it be written again, and ask once more")
    if meaning == "locked":
        return fault("Database", seen, f"end the other program that has it open: fuser {backend}")
    if meaning in ("disk", "readonly"):
        mend = f"see the disk (dmesg), and its rights (ls -l {backend}*); if it is lost: {_RESTORE}"
        return fault("Database", seen, mend)
    return fault("Database", seen, _RESTORE)


def has_remains(settings: Settings) -> bool:
    """Whether a server has left something that had its database there; at first it has not."""
    return not settings.database_url and bool(_remains(settings))


def _remains(settings: Settings) -> list[str]:
    log = settings.data_dir / "chat.db-wal"
    # As a server looks at it: an empty one has nothing.
    found = [log.name] if log.exists() and log.stat().st_size else []
    if settings.keys_path.exists():
        found.append(settings.keys_path.name)
    if any((settings.data_dir / "files").glob("*/*/*")):
        found.append("files that people have sent")
    return found


def _lost(settings: Settings, seen: str) -> Finding | None:
    """A database that is not there, and was; None where there was none yet."""
    found = _remains(settings)
    if not found:
        return None
    # A server refuses to throw a log away.
    then = "no server starts" if "chat.db-wal" in found else "a start would begin an empty chat"
    return fault(
        "Database",
        f"{seen}, but {_and(found)} in {settings.data_dir.absolute()}: {then}.",
        "before a start put the database back as it was, with its chat.db-wal where there is one,"
        " or restore a backup (docs/operations.md, Restore)",
    )


def _and(names: list[str]) -> str:
    """Names one after the other, and that they are there."""
    *others, last = names
    shown = f"{', '.join(others)} and {last}" if others else last
    return f"{shown} {'are' if others or last.startswith('files') else 'is'}"


def _look(given: Given, backend: Backend, connection: Connection) -> Findings:
    # As at a start: whether it can be used at all, and on SQLite whether it is damaged.
    backend.check(connection)
    if words := _forgotten(given.settings, backend, connection):
        yield fault("Database", words, "do what it says: no server starts")
        return
    schema, known = current_revision(connection), revisions()
    if schema is None:
        words = f"{backend} is empty"
        lost = None if backend.shared else _lost(given.settings, words)
        yield lost or ok("Database", f"{words}; the first start prepares it.")
        return
    if schema not in known:
        yield fault(
            "Database",
            f"{backend} has schema {schema}; this program knows up to {known[-1]}.",
            "install the version that wrote it, or a later one",
        )
        return
    marks = read_values(connection, [MOVED, RESTORING])
    if place := marks.get(MOVED):
        words = f"{backend} was moved to {place}."
        yield fault("Database", words, "set PARLOUR_DATABASE_URL to that place")
        return
    if RESTORING in marks:
        words = f"A restore into {backend} has not come to its end: no server starts on it."
        mend = "where none goes on, do it again: parlour restore ARCHIVE"
        yield fault("Database", words, mend)
        return
    behind = "" if schema == known[-1] else f"; the next start brings it to {known[-1]}"
    yield ok("Database", f"{backend} is sound, of schema {schema}{behind}.")
    yield from _of_postgresql(connection) if backend.shared else _of_sqlite(given.settings)
    if given.deep:
        yield from _read_through(backend, connection)


def _forgotten(settings: Settings, backend: Backend, connection: Connection) -> str | None:
    """What a start says of a chat that the settings pass by, for a database that is empty."""
    here = File(settings.database_path)
    if not backend.shared or barrier(settings.data_dir) is not None or not here.is_there():
        return None
    if holds_chat(connection):
        return None
    try:
        with reading(here) as found:
            return forgotten(found, here, backend)
    except DBAPIError as error:
        return unseen(error, here, backend)
    except OutOfReach:
        # It was said of the data directory.
        return None


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
    if barrier(settings.data_dir) is not None or is_half_restored(settings):
        # It was said of the data directory, or is said of the restore.
        return
    if not path.exists():
        there = settings.database_path.exists() and not settings.database_url
        if there and settings.data_dir.is_dir():
            words = f"{path} is not there: a new one is made, and everybody has to sign in again."
            yield warning("Keys", words, "put it back from a backup, if there is one")
        else:
            yield ok("Keys", "There are none yet; the first start makes one.")
        return
    if lacking(path) == "read":
        # It was said of the data directory.
        return
    try:
        found = parse_keys(path.read_bytes(), str(path))
    except KeysUnusable as error:
        yield fault("Keys", str(error), "do what it says")
        return
    except OSError as error:
        mend = "see the disk (dmesg); if it is lost, put it back from a backup"
        yield fault("Keys", f"{path} cannot be read: {error.strerror}.", mend)
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
    except (DBAPIError, DatabaseUnusable, ImportError, OutOfReach):
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
