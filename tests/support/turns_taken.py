"""Something before several nodes that hands each connection to one that takes it, by turns."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.support.server import Server


class Balancer(Server):
    """It knows nothing of HTTP; in the tests' eyes it is a server with another address."""

    def __init__(self, home: Path, nodes: Sequence[Server]) -> None:
        super().__init__(home)
        self._ports = [node.port for node in nodes]
        self._turn = count()
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=100)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Take connections for the length of a block."""
        threading.Thread(target=self._take, daemon=True).start()
        try:
            yield
        finally:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                node = self._node()
                if node is None:
                    client.close()
                    continue
                threading.Thread(target=_serve, args=(client, node), daemon=True).start()

    def _node(self) -> socket.socket | None:
        """A connection to the next node that takes one."""
        turn = next(self._turn)
        for place in range(len(self._ports)):
            port = self._ports[(turn + place) % len(self._ports)]
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port))
        return None


def _serve(client: socket.socket, node: socket.socket) -> None:
    """Pass on what both say, until both have said all."""
    with client, node:
        back = threading.Thread(target=_pass_on, args=(node, client), daemon=True)
        back.start()
        _pass_on(client, node)
        back.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    # What the other end still says is passed on by the other thread, until that ends, too.
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        one.shutdown(socket.SHUT_RD)
