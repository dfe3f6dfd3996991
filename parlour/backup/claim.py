"""Who makes a backup says so in the database: one at a time, and nothing is deleted meanwhile.

Where it cannot be said, as on a full disk, a backup is made all the same: then it is needed most.
It is said by threads that do not give way as the rest of the program does: everybody who writes
waits for them.
"""

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from parlour.backup.contents import BackupError
from parlour.backup.places import Busy
from parlour.migrations import current_revision, revisions
from parlour.store import backups
from parlour.store.backends import Backend
from parlour.store.backups import RENEW_SECONDS, Made


class NotYet(BackupError):
    """The last one is not old enough."""


class Claim:
    """Ours, while it is renewed; `warnings` says what could not be done."""

    def __init__(self, backend: Backend) -> None:
        self.warnings: list[str] = []
        # When it was begun, by the database's clock.
        self.at = 0
        self._backend = backend
        self._run = secrets.token_hex(8)
        self._host = socket.gethostname()
        self._ended = threading.Event()
        # Begun with the first that it does, before this program gives way.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="claim")

    @contextlib.contextmanager
    def held(self, if_older: int) -> Iterator[None]:
        """Hold it. Raises Busy, or NotYet where the last is not so many seconds old."""
        engine = self._backend.open_writer()
        try:
            if not self._thread.submit(self._begin, engine, if_older).result():
                yield
                return
            thread = threading.Thread(target=self._renew, args=[engine], daemon=True)
            thread.start()
            try:
                yield
            finally:
                self._ended.set()
                thread.join()
                with contextlib.suppress(DBAPIError):
                    self._thread.submit(self._end, engine, None).result()
        finally:
            engine.dispose()

    def _begin(self, engine: Engine, if_older: int) -> bool:
        try:
            with engine.begin() as connection:
                if current_revision(connection) != revisions()[-1]:
                    # Of another version, which knows nothing of this.
                    return False
                before = backups.state(connection)
                made = before.made
                if if_older and made and 0 <= before.now - made.at < if_older * 1000:
                    raise NotYet("The last backup is not as old as that yet.")
                if before.host is None:
                    self.at = backups.begin(connection, self._run, self._host).now
        except DBAPIError as error:
            reason = self._backend.fault(error)
            self.warnings.append(
                f"It could not be noted that a backup is made ({reason.rstrip('.')}): files that"
                " are deleted meanwhile may be missing in it."
            )
            return False
        if before.host is not None:
            raise Busy(f"Another backup is being made (on {before.host}).")
        return True

    def _renew(self, engine: Engine) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            # Where it cannot be renewed for a while it ends by itself.
            with contextlib.suppress(DBAPIError), engine.begin() as connection:
                if not backups.renew(connection, self._run, self._host):
                    return

    def note(self, made: Made) -> None:
        """Say what was made."""
        engine = self._backend.open_writer()
        try:
            self._thread.submit(self._end, engine, made).result()
        except DBAPIError as error:
            self.warnings.append(f"It could not be noted: {self._backend.fault(error)}")
        finally:
            engine.dispose()

    def _end(self, engine: Engine, made: Made | None) -> None:
        with engine.begin() as connection:
            if current_revision(connection) == revisions()[-1]:
                backups.end(connection, self._run, made)
