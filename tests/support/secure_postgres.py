"""A PostgreSQL that is spoken to by TLS: the packaged one knows none, so this stands before it."""

import socket
import ssl
import struct
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tests.support.postgres import Postgres
from tests.support.timing import scaled

# What a client says first that wants to speak by TLS.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)


class SecureDoor:
    """Takes connections by TLS only, and hands what is said in them on."""

    def __init__(self, behind: Postgres, folder: Path) -> None:
        """`folder` has server.crt and server.key."""
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "server.crt", folder / "server.key")
        # As the protocol's version of PostgreSQL 17 and later asks for.
        self._context.set_alpn_protocols(["postgresql"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def url(self, database: str, **parameters: str) -> str:
        """Where a database is, by TLS."""
        asked = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://parlour@localhost:{self.port}/{database}?{asked}"

    def close(self) -> None:
        """Take no more."""
        self._listener.close()

    def _take(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[plain], daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(scaled(30))
        with closing(plain):
            if plain.recv(len(_SSL_REQUEST)) != _SSL_REQUEST:
                return
            plain.sendall(b"S")
            with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as safe:
                address = ("127.0.0.1", self._behind.port)
                with socket.create_connection(address) as behind:
                    threading.Thread(target=_hand_on, args=[behind, safe], daemon=True).start()
                    _hand_on(safe, behind)


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(65536):
            other.sendall(said)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
