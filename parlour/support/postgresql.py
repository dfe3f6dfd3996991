"""Opening a PostgreSQL database: one engine that writes, one that reads; what its errors mean.

It works through a pgbouncer that pools by transactions: nothing is set for longer than one, and
nothing is prepared.
"""

import contextlib
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import psycopg

    from parlour.support.silence import Heard

logger = logging.getLogger(__name__)

# Who writes waits so long for others who do, and a statement of theirs takes so long at most.
LOCK_TIMEOUT_MS: Final = 5_000
STATEMENT_TIMEOUT_MS: Final = 10_000
# A writer that says nothing for so long, because its machine hangs or is gone, is put out, before
# those who wait for it give up.
IDLE_TIMEOUT_MS: Final = 4_000
CONNECT_SECONDS: Final = 5
# A server that has not kept its own limits by then hangs, or cannot be reached: it is given up. So
# is one, sooner, that does not say on a connection that was idle that it is there.
SILENT_SECONDS: Final = 12.0
IDLE_SECONDS: Final = 3.0
# What reads everything gets so long for each portion.
LONG_SECONDS: Final = 600
# Where one did not answer at all, nobody else tries to connect for so long.
AWAY_SECONDS: Final = 1.0
# Whether a commit took place whose acknowledgement was lost is asked for so long, so often.
UNKNOWN_SECONDS: Final = 15.0
UNKNOWN_PAUSE: Final = 0.2
# Where systems have the certificates of those whom they trust, if Python does not know.
AUTHORITIES: Final = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
)  # fmt: skip
# The oldest with all that is used here and that is still looked after.
OLDEST: Final = 140_000
# By which a server knows who is connected, and what is at work for long is called instead.
NAME: Final = "parlour"
PATIENT_NAME: Final = "parlour (long)"
# The lock of all who write to a database of Parlour: "parlour" in ASCII.
WRITE_LOCK: Final = int.from_bytes(b"parlour")

# In one statement, because each is a way to the server and back. Each holds for the transaction.
_BEGIN_WRITING: Final = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true),"
    f" set_config('statement_timeout', '{STATEMENT_TIMEOUT_MS}', true),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE_TIMEOUT_MS}', true),"
    f" pg_advisory_xact_lock({WRITE_LOCK})"
)

# Who reads waits for nobody, but for those who change the tables, which is nothing of Parlour's.
_BEGIN_READING: Final = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true),"
    f" set_config('statement_timeout', '{STATEMENT_TIMEOUT_MS}', true)"
)

# Who holds that lock and has said nothing for longer than it may. PostgreSQL ends such a one by
# itself, but not where a Flush was what it said last, as psycopg does behind several rows at once,
# nor among those. It then waits for whoever is gone as long as TCP lets it, and all for the lock.
_PUT_OUT: Final = f"""
    SELECT pg_terminate_backend(held.pid)
    FROM pg_locks AS held
    JOIN pg_stat_activity AS who ON who.pid = held.pid
    JOIN pg_database AS here ON here.oid = held.database AND here.datname = current_database()
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
    AND held.classid = {WRITE_LOCK >> 32} AND held.objid = {WRITE_LOCK & 0xFFFFFFFF}
    AND who.application_name = '{NAME}'
    AND (
        who.state IN ('idle in transaction', 'idle in transaction (aborted)')
        OR who.wait_event = 'ClientRead' AND left(who.query, 5) <> 'COPY '
    )
    AND clock_timestamp() - who.state_change > interval '{IDLE_TIMEOUT_MS} milliseconds'
"""  # noqa: S608 - numbers and a name of our own

Meaning = Literal["full", "locked", "lost"]

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_FULL: Final = frozenset({"53100", "53200"})
_LOCKED: Final = frozenset({"55P03", "57014", "40001", "40P01"})
# It ended the connection, is starting or stopping, has no place for one, or is a copy that only
# reads since another took over.
_LOST: Final = frozenset(
    {"25P03", "57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25006", "25P04"}
)


class Unable(Exception):
    """This server cannot be used; the text is the one line to show."""


class NotTaken(Exception):
    """It does not take rows as they are; the text says why in one line."""


class NoDriver(Exception):
    """The package that speaks with PostgreSQL is not there."""


def shown(url: str) -> str:
    """The address without what only its owner may know."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")
    user = place[0].partition(":")[0]
    return f"{parts.scheme}://{f'{user}@' if user else ''}{place[2]}{parts.path}"


def open_writer(url: str) -> Engine:
    """An engine whose transactions come one after the other, whoever else writes.

    What is read in one is still so when it is written; see docs/decisions/0027. Raises NoDriver.
    """
    engine = _open(url, connections=1, more=1, read_only=False)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        try:
            connection.exec_driver_sql(_BEGIN_WRITING)
        except DBAPIError as error:
            if meaning_of(error) != "locked" or not _put_out(connection):
                raise
            connection.exec_driver_sql(_BEGIN_WRITING)

    return engine


def _put_out(connection: Connection) -> bool:
    """End the transaction of whoever holds the lock and is silent; whether there was one."""
    driven = _driven(connection)
    driven.rollback()
    try:
        found = connection.exec_driver_sql(_PUT_OUT).all()
    except DBAPIError:
        # It belongs to somebody else, who may.
        return False
    driven.rollback()
    if found:
        logger.warning("a writer that had fallen silent in a transaction was put out")
    return bool(found)


def ask(
    engine: Engine, question: Callable[[Connection], bool], meanwhile: Callable[[], None]
) -> bool:
    """Ask what became of a transaction of the writer whose commit nobody acknowledged.

    It waits until the server is there again; `meanwhile` is called each time that it was not.
    Raises DBAPIError where it is not for very long.
    """
    deadline = time.monotonic() + UNKNOWN_SECONDS
    while True:
        try:
            # It begins with the lock of all who write: so the other one has ended by then.
            with engine.begin() as connection:
                return question(connection)
        except DBAPIError as error:
            if meaning_of(error) is None or time.monotonic() > deadline:
                raise
            meanwhile()
        time.sleep(UNKNOWN_PAUSE)


def open_readers(url: str, connections: int) -> Engine:
    """An engine that only reads; each transaction sees one moment and never waits for a writer."""
    engine = _open(url, connections=connections, more=0, read_only=True)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(_BEGIN_READING)

    return engine


def open_beside(url: str, connections: int) -> Engine:
    """An engine for what needs no order: it writes without the lock of all who write."""
    engine = _open(url, connections=connections, more=0, read_only=False)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(_BEGIN_READING)

    return engine


def interrupt(connection: "psycopg.Connection[Any]") -> None:
    """End what another thread does with it, at once, whether or not the server answers."""
    if connection.closed:
        return
    with (
        contextlib.suppress(OSError),
        socket.socket(fileno=os.dup(connection.fileno())) as way,
    ):
        way.shutdown(socket.SHUT_RDWR)


def let_take_its_time(connection: Connection) -> None:
    """Let what is done in this transaction take as long as it does: a migration."""
    connection.exec_driver_sql(
        "SELECT set_config('statement_timeout', '0', true),"
        " set_config('idle_in_transaction_session_timeout', '0', true),"
        f" set_config('application_name', '{PATIENT_NAME}', true)"
    )
    _driven(connection).patience = None


def let_read_long(connection: Connection) -> None:
    """Let what is read in this transaction take long, but not for ever: a copy of everything."""
    long = LONG_SECONDS * 1000
    connection.exec_driver_sql(
        f"SELECT set_config('statement_timeout', '{long}', true),"
        f" set_config('idle_in_transaction_session_timeout', '{long}', true)"
    )
    _driven(connection).patience = LONG_SECONDS + SILENT_SECONDS


def take_in(connection: Connection, place: str, rows: Iterable[Sequence[Any]]) -> None:
    """Bring rows into a place, such as `rooms (id, name)`, many times as quick as by INSERT.

    Raises NotTaken.
    """
    import psycopg  # noqa: PLC0415 - as in `_open`

    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {place} FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)
    except psycopg.Error as error:
        raise NotTaken(one_line(error)) from error


def check_able(connection: Connection) -> None:
    """Raises Unable when this server or database is not one to keep texts in."""
    version, name, encoding = connection.exec_driver_sql(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
        " current_setting('server_encoding')"
    ).one()
    if version < OLDEST:
        raise Unable(f"It is PostgreSQL {name}; Parlour needs {OLDEST // 10_000} or newer.")
    if encoding != "UTF8":
        raise Unable(
            f"It keeps texts as {encoding}. Make one that has them all:"
            " createdb --encoding=UTF8 --template=template0 NAME"
        )


def meaning_of(error: DBAPIError) -> Meaning | None:
    """What is behind an error that is nobody's fault here; None for any other.

    What is `lost` while it is committed may be stored or not.
    """
    if not type(error.orig).__module__.startswith("psycopg"):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state in _FULL:
        return "full"
    if state in _LOCKED:
        return "locked"
    if state in _LOST or (state or "").startswith("08") or error.connection_invalidated:
        return "lost"
    # Whoever cannot be reached has no code.
    return "lost" if state is None and _is_unreachable(error) else None


def one_line(error: BaseException | None) -> str:
    """What the server or the driver says, without what it says of the statement or advises."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def _driven(connection: Connection) -> "Heard":
    driven: Heard = connection.connection.driver_connection  # type: ignore[assignment]
    return driven


def _is_unreachable(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")


def _trusted(asked: Mapping[str, Any]) -> dict[str, str]:
    """What is to be said beside an address that asks for `sslrootcert=system`.

    The OpenSSL of psycopg's wheels looks where the machine had them that built it, and would find
    no certificate here.
    """
    if asked.get("sslrootcert", os.environ.get("PGSSLROOTCERT")) != "system":
        return {}
    known = (ssl.get_default_verify_paths().cafile, *AUTHORITIES)
    file = next((each for each in known if each and Path(each).is_file()), None)
    # A name that is not the certificate's is no more taken than by `system`.
    return {} if file is None else {"sslrootcert": file, "sslmode": "verify-full"}


def _open(url: str, *, connections: int, more: int, read_only: bool) -> Engine:
    try:
        import psycopg  # noqa: PLC0415 - an extra that most servers do without

        from parlour.support.silence import Heard  # noqa: PLC0415 - the same
    except ImportError:
        raise NoDriver from None
    away_until = 0.0

    def connect() -> Heard:
        nonlocal away_until
        if time.monotonic() < away_until:
            raise psycopg.OperationalError("it did not answer a moment ago")
        try:
            return dial()
        except psycopg.errors.ConnectionTimeout:
            # Whoever waits behind would wait as long, each for the one before.
            away_until = time.monotonic() + AWAY_SECONDS
            raise

    def dial() -> Heard:
        trusted = _trusted(psycopg.conninfo.conninfo_to_dict(url))
        opened = Heard.connect(
            psycopg.conninfo.make_conninfo(url, **trusted),
            # Behind a pgbouncer the next statement may come to another connection.
            prepare_threshold=None,
            application_name=NAME,
            client_encoding="UTF8",
            connect_timeout=CONNECT_SECONDS,
            # A server that is gone without a word is given up after about so long, too.
            keepalives_idle=CONNECT_SECONDS,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
        )
        level = psycopg.IsolationLevel
        opened.isolation_level = level.REPEATABLE_READ if read_only else level.READ_COMMITTED
        opened.read_only = read_only
        opened.patience = SILENT_SECONDS
        return opened

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=connections,
        max_overflow=more,
        # After a restart of the server the first who comes does not pay for it.
        pool_pre_ping=True,
        # What goes into a statement, messages and hashes of passwords, is in no error and no log.
        hide_parameters=True,
    )

    @event.listens_for(engine, "checkout")
    def be_patient(opened: Heard, *_: object) -> None:
        opened.patience = SILENT_SECONDS

    @event.listens_for(engine, "checkin")
    def be_impatient(opened: Heard | None, *_: object) -> None:
        if opened is not None:
            opened.patience = IDLE_SECONDS

    @event.listens_for(engine, "handle_error")
    def note_lost(context: ExceptionContext) -> None:
        # One that ended among several statements does not know it yet, and cannot be rolled back.
        error = context.sqlalchemy_exception
        if isinstance(error, DBAPIError) and meaning_of(error) == "lost":
            context.is_disconnect = True

    event.listen(engine, "handle_error", _keep_rows_back)
    return engine


def _keep_rows_back(context: ExceptionContext) -> None:
    """Below what is wrong PostgreSQL says in which row, with all that stands in it."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (error.args[0].partition("\n")[0], *error.args[1:])
