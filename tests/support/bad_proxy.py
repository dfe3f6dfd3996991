"""A proxy as somebody sets one up who has not read how: real HTTP, and wrong in a chosen way."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from tests.support.server import Server

Fault = Literal["no host", "no upgrade", "small bodies", "another site"]


class _Handler(BaseHTTPRequestHandler):
    """Hands one request on, and the answer back."""

    behind: Server
    fault: Fault
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Hand it on."""
        self.close_connection = True
        size = int(self.headers.get("Content-Length") or 0)
        if self.fault == "another site":
            self._answer(200, "text/html", b"<h1>Welcome to another program</h1>")
            return
        if self.fault == "small bodies" and size > 1_000_000:
            self._answer(413, "text/html", b"<h1>413 Request Entity Too Large</h1>")
            return
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("connection", "upgrade")
        }
        if self.fault == "no host":
            headers["Host"] = "backend"
        # What is longer than this is not sent by whom this is made for.
        body = self.rfile.read(size) if 0 < size < 1_000_000 else None
        if size >= 1_000_000:
            headers["Content-Length"] = "0"
        connection = http.client.HTTPConnection(self.behind.host, self.behind.port, timeout=10)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "")
            cookies = answer.headers.get_all("Set-Cookie", [])
            self._answer(answer.status, kind, answer.read(), cookies)
        finally:
            connection.close()

    do_POST = do_GET  # noqa: N815 - as the library has it

    def _answer(
        self, status: int, kind: str, body: bytes, cookies: list[str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for cookie in cookies or []:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bad_proxy(behind: Server, fault: Fault) -> Iterator[str]:
    """Yield the address of one before a server."""
    made = type("Handler", (_Handler,), {"behind": behind, "fault": fault})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()
