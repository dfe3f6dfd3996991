"""A pgbouncer before a PostgreSQL server: each transaction may come to another connection."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.support.ports import free_port
from tests.support.timing import scaled

# The program, where everybody is to go through one.
PGBOUNCER: Final = os.environ.get("TEST_PGBOUNCER", "")

_SETTINGS: Final = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {home}/users.txt
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
server_idle_timeout = 2
server_login_retry = 1
query_wait_timeout = 4
logfile = {home}/pgbouncer.log
"""


class Bouncer:
    """One for the server on a port; it ends with `end`."""

    def __init__(self, server: int, home: Path, identity: Mapping[str, Any]) -> None:
        """`home` is the server's folder; `identity` is as whom it runs, which is not root."""
        self.port = free_port()
        settings = home / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(server=server, port=self.port, home=home))
        users = home / "users.txt"
        users.write_text('"parlour" ""\n')
        for file in (settings, users):
            # What was made by root is read by nobody else where a test has been strict.
            file.chmod(0o644)
        self._process = subprocess.Popen([PGBOUNCER, "--quiet", settings], cwd="/tmp", **identity)
        deadline = time.monotonic() + scaled(30)
        while True:
            try:
                psycopg.connect(
                    f"postgresql://parlour@127.0.0.1:{self.port}/postgres", prepare_threshold=None
                ).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    words = f"pgbouncer: {self._process.poll()}"
                    raise AssertionError(words) from error
                time.sleep(0.02)
            else:
                return

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
