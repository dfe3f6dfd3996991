"""Log lines for people on standard error, and the guard that keeps what is secret out of them."""

import logging
import secrets
import sys
import time
from typing import Final

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


def log_fault(logger: logging.Logger, error: Exception) -> str:
    """Log an unexpected error once, with its cause; returns the id that finds it in the log."""
    log_id = secrets.token_hex(4)
    logger.error("internal error %s", log_id, exc_info=error)
    return log_id


def hide_queries() -> None:
    """Keep query strings and logins out of Uvicorn's logs, however the server was started."""
    for name in _WITH_PATHS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _NoSecrets) for known in logger.filters):
            logger.addFilter(_NoSecrets())


def set_up(level: str) -> None:
    """Log to standard error from `level` (debug, info, warning, error) on."""
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name, lowest in _NEVER_BELOW.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLogger().level))
    logging.getLogger("uvicorn.error").addFilter(_NoFaultsOfClients())
