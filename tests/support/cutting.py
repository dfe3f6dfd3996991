"""A way to a PostgreSQL server that is cut at a commit, before it or behind, or falls silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

# `beyond`: from the commit on nothing gets through, for anybody, until `go_on`; `unknown`: the same
# from its answer on. `held`: a commit of what the journal tells waits until then, and is not cut;
# `waits`: so does whoever is about to ask for the lock of all who write.
When = Literal["before", "behind", "beyond", "unknown", "held", "waits"]


class Cutting:
    """It passes on what is said, until `cut` is set; `done` says that it was cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.cut: When | None = None
        # Only a commit of who has said this before it, in the same transaction, is cut.
        self.behind = b""
        self.done = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self._released = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def run(self) -> None:
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    client.close()
                    continue
                for ends in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def fall_silent(self) -> None:
        """Pass nothing on, and let nobody know."""
        self._open.clear()

    def go_on(self) -> None:
        """Pass on again, beginning with what was said meanwhile."""
        self._open.set()
        self._released.set()

    def close(self) -> None:
        """Take no more."""
        self.go_on()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _pass_on(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        told = said = False
        with suppress(OSError):
            while data := one.recv(65_536):
                self._open.wait()
                told = told or b"INSERT INTO journal" in data
                said = said or self.behind in data
                is_commit = b"COMMIT\0" in data
                if asks and (
                    (self.cut == "held" and is_commit and told)
                    or (self.cut == "waits" and b"pg_advisory_xact_lock" in data)
                ):
                    self.cut = None
                    self._released.clear()
                    self.done.set()
                    self._released.wait()
                elif asks and is_commit and said and self.cut not in (None, "held", "waits"):
                    self._cut(one, other, data)
                    break
                told, said = told and not is_commit, said and not is_commit
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cut(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        when, self.cut = self.cut, None
        if when in ("beyond", "unknown"):
            self.fall_silent()
        if when == "unknown":
            server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                while server.recv(65_536):
                    pass
        self.done.set()
        # From here on nothing comes back, whatever the server says.
        client.shutdown(socket.SHUT_RDWR)
        if when == "behind":
            server.sendall(data)
            # The end of what is said, so that it is read before the connection ends.
            server.shutdown(socket.SHUT_WR)
        if when in ("behind", "beyond"):
            # Its end of the connection stays as it is.
            with suppress(OSError):
                while server.recv(65_536):
                    pass


@contextmanager
def cutting(port: int) -> Iterator[Cutting]:
    """Yield a way to the server on a port."""
    way = Cutting(port)
    threading.Thread(target=way.run, daemon=True).start()
    try:
        yield way
    finally:
        way.close()
