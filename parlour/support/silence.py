"""A connection to PostgreSQL that is given up when the server says nothing for too long.

It needs psycopg, which most servers do without.
"""

import time
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen


class Heard(psycopg.Connection[Any]):
    """One that waits for each answer for `patience` seconds at most; None: as long as it takes.

    The server's own limits end what takes too long where it lives. One that hangs, or that cannot
    be reached while something between keeps the connection up, says nothing at all.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for what the server has to say. Raises OperationalError past the patience."""
        limit, begun = timeout or self.patience, time.monotonic()
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if limit is None or time.monotonic() - begun < limit:
                raise
            # What it says from now on would be taken for the answer to something else.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer for {limit:g} seconds") from None
