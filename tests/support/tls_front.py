"""HTTPS before a server, as somebody sets it up who has not read what it is to hand on."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.tls import write_pair

_SAID = b"X-Forwarded-Proto: https\r\n"


def _pump(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    """Hand on what comes, up to its end."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(change(data))
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Saying:
    """Says the scheme in the first request of a connection: whoever asks has one for each."""

    def __init__(self) -> None:
        self._is_first = True

    def __call__(self, data: bytes) -> bytes:
        if not self._is_first:
            return data
        self._is_first = False
        line, end, rest = data.partition(b"\r\n")
        return line + end + _SAID + rest


def _hold(coming: socket.socket, context: ssl.SSLContext, server: Server, front: "Front") -> None:
    """One connection."""
    with contextlib.suppress(OSError), coming:
        secure = context.wrap_socket(coming, server_side=True)
        with secure, socket.create_connection((server.host, server.port), scaled(10)) as behind:
            says = _Saying() if front.says_scheme else bytes
            there = threading.Thread(target=_pump, args=(secure, behind, says), daemon=True)
            there.start()
            _pump(behind, secure, bytes if front.keeps_cookies else _without_cookies)
            there.join(scaled(10))


def _without_cookies(data: bytes) -> bytes:
    return data.replace(b"set-cookie:", b"x-no-cookie:").replace(b"Set-Cookie:", b"X-No-Cookie:")


class Front:
    """What it does, and where it is; `env` lets programs trust it."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.env = {"SSL_CERT_FILE": str(certificate)}
        self.says_scheme = True
        self.keeps_cookies = True


@contextmanager
def tls_front(server: Server, folder: Path) -> Iterator[Front]:
    """Yield one before a server, with a certificate in a folder."""
    write_pair(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        front = Front(listening.getsockname()[1], folder / "server.crt")

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    coming, _ = listening.accept()
                    threading.Thread(
                        target=_hold, args=(coming, context, server, front), daemon=True
                    ).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield front
        finally:
            # Whoever waits for the next is woken by that.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(scaled(10))
