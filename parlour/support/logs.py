"""Log lines on standard error, for people or programs, and what keeps secrets out of them.

Each event is one line: as JSON, with a traceback as one of its values, or on a terminal as text.
"""

import itertools
import logging
import secrets
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

# Uvicorn logs at "info" what it does, and websockets at "debug" every frame with its content.
_NEVER_BELOW: Final = {
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "alembic": logging.WARNING,
}
_WITH_PATHS: Final = ("uvicorn.error", "uvicorn.access")
# Headers that carry a login; at "debug", websockets logs each header by name and value.
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "set-cookie"})


# A time in which one and the same thing is said so often at most.
WARNING_SECONDS: Final = 60.0

# What a line is about: the request that is answered, and the connection that is listened to.
REQUEST: Final[ContextVar[str | None]] = ContextVar("request", default=None)
# The ids of the trace and span that a line is about, where there are traces.
_traces: Callable[[], tuple[str, str] | None] | None = None
# No other process has it, so that lines of several of them can be told apart.
_PROCESS: Final = secrets.token_hex(4)
_NUMBERS: Final = itertools.count(1)
# What is known of an event, and what it is called on a terminal.
_ABOUT: Final = {"request": "request", "connection": "connection", "trace_id": "trace"}
_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def new_id() -> str:
    """An id for a request or a connection, which no other has. It may be guessed."""
    return f"{_PROCESS}-{next(_NUMBERS):x}"


class Seldom:
    """Says whether something is logged that clients can bring about as often as they like."""

    def __init__(self, most: int = 1) -> None:
        """At `most` so often in WARNING_SECONDS."""
        self._most = most
        self._said = 0
        self._since = -WARNING_SECONDS

    def due(self) -> bool:
        """Whether it is said this time."""
        now = time.monotonic()
        if now - self._since >= WARNING_SECONDS:
            self._since, self._said = now, 0
        self._said += 1
        return self._said <= self._most


class _NoSecrets(logging.Filter):
    """Cuts the query off every logged path, which may carry a ticket, and hides logins."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            if record.args and str(record.args[0]).lower() in _SECRET_HEADERS:
                record.args = (record.args[0], *("(hidden)" for _ in record.args[1:]))
            record.args = tuple(
                argument.partition("?")[0] if isinstance(argument, str) else argument
                for argument in record.args
            )
        return True


class CutShort(Exception):
    """What was being given is there no longer: the connection ends, which is no fault."""


class _NoFaultsOfClients(logging.Filter):
    """Leaves out what Uvicorn logs as an error, with a traceback, though a client did wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], CutShort):
            return False
        return record.msg != "Invalid UTF-8 sequence received from client."


def log_fault(logger: logging.Logger, error: Exception, **about: str) -> str:
    """Log an unexpected error once, with its cause; returns the id that finds it in the log."""
    log_id = secrets.token_hex(4)
    logger.error("internal error %s", log_id, exc_info=error, extra=about)
    return log_id


def carry_traces(ids: Callable[[], tuple[str, str] | None]) -> None:
    """Have each line say which trace and span it is about: `ids` tells, None where it is none."""
    global _traces  # noqa: PLW0603 - the log is the process'
    _traces = ids


def hide_queries() -> None:
    """Keep query strings and logins out of Uvicorn's logs, however the server was started."""
    for name in _WITH_PATHS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _NoSecrets) for known in logger.filters):
            logger.addFilter(_NoSecrets())


def set_up(level: str, form: str = "text") -> None:
    """Log to standard error from `level` (debug, info, warning, error) on.

    `form` is `text`, `json`, or `auto`: text on a terminal, and JSON wherever a program may read.
    """
    if form == "auto":
        form = "text" if sys.stderr.isatty() else "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json_lines() if form == "json" else _TextLines(_TEXT))
    handler.addFilter(_about_request)
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name, lowest in _NEVER_BELOW.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLogger().level))
    logging.getLogger("uvicorn.error").addFilter(_NoFaultsOfClients())


def _about_request(record: logging.LogRecord) -> bool:
    """Say which request it is about, where it is one."""
    request = REQUEST.get()
    if request is not None:
        record.request = request
    traced = None if _traces is None else _traces()
    if traced is not None:
        # As OpenTelemetry calls them in logs of any form.
        record.trace_id, record.span_id = traced
    return True


class _TextLines(logging.Formatter):
    """For people: what else is known of an event stands behind it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging has it
        line = super().formatMessage(record)
        known = ((name, getattr(record, name, None)) for name in _ABOUT)
        about = ", ".join(f"{_ABOUT[name]} {value}" for name, value in known if value is not None)
        # Whatever is in it, it is one line.
        line = line.replace("\r", "\\r").replace("\n", "\\n")
        return f"{line} ({about})" if about else line


def _json_lines() -> logging.Formatter:
    # Most servers that log on a terminal need none of it.
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415

    class JSONLines(JsonFormatter):
        def formatTime(  # noqa: N802 - as logging has it
            self, record: logging.LogRecord, datefmt: str | None = None
        ) -> str:
            """RFC 3339, as all times of Parlour."""
            whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            return f"{whole}.{int(record.msecs):03}Z"

        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            log_data["level"] = str(log_data["level"]).lower()
            return super().process_log_record(log_data)

    names = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "error"}
    return JSONLines("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=names)
