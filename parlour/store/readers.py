"""The connections by which one process reads, and the threads that wait for them."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from parlour.store.backends import Backend, expected_error

T = TypeVar("T")

logger = logging.getLogger(__name__)

READERS: Final = 4
# How often what is looked through is told to end.
INTERRUPT_SECONDS: Final = 0.05


class Readers:
    """As many as READERS, each with a thread of its own; who wants more waits for one."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.engine = backend.open_readers(READERS)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        # The driver's connections that somebody reads by just now.
        self._used: set[Any] = set()
        # Those who read or want to.
        self._count = 0
        # By which the whole database is looked through, while it is.
        self._checking: Any = None
        self._is_closing = threading.Event()
        event.listen(self.engine, "checkout", lambda used, *_: self._used.add(used))
        event.listen(self.engine, "checkin", lambda used, *_: self._used.discard(used))

    @property
    def load(self) -> tuple[int, int]:
        """How many reads have begun, and how many wait."""
        reading = min(self._count, READERS)
        return reading, self._count - reading

    async def read(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run `operation(connection, ...)`, which sees one moment of the database."""

        def run() -> T:
            with self.engine.begin() as connection:
                return operation(connection, *args, **kwargs)

        self._count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except DBAPIError as error:
            raise expected_error(error) from error
        finally:
            self._count -= 1

    def check(self, connection: Connection) -> bool:
        """Look at all of the database, to be read with `read`: False when closing ended it."""
        self._checking = connection.connection.dbapi_connection
        try:
            return not self._is_closing.is_set() and self._backend.check(connection)
        except DBAPIError:
            if self._is_closing.is_set():
                return False
            raise
        finally:
            self._checking = None

    async def close(self, seconds: float) -> None:
        """Let those who read finish, or end what takes longer; at once what nobody waits for."""
        self._is_closing.set()
        ended = asyncio.create_task(asyncio.to_thread(self._threads.shutdown))
        end = time.monotonic() + seconds
        while not ended.done() and time.monotonic() < end:
            # More than once: between two of its statements it is not to be interrupted.
            if (checking := self._checking) is not None:
                self._backend.interrupt(checking)
            await asyncio.wait([ended], timeout=INTERRUPT_SECONDS)
        if not ended.done():
            logger.warning("gave up what was still being read")
            self._threads.shutdown(wait=False, cancel_futures=True)
            for connection in list(self._used):
                self._backend.interrupt(connection)
        await ended
