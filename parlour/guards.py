"""What lies around the application: guards on every request and answer, and lines of the log."""

import logging
import re
import time
from collections.abc import Collection, Sequence
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlour import costs
from parlour.context import internal_error
from parlour.errors import Refusal
from parlour.pacing import count_request
from parlour.support.addresses import told_of
from parlour.support.counts import COUNTS
from parlour.support.logs import REQUEST, new_id
from parlour.support.origin import origin_allowed
from parlour.web import SECURITY_HEADERS, STAY_SECURE, answer_of, refused

_requests: Final = logging.getLogger("parlour.requests")

_FILES: Final = re.compile(r"/api/(chat/files/|users/[^/]*/(avatar|export/archive))")
# What has tokens in it.
_SECRETS: Final = "/api/auth/"
# What a proxy, or a program, calls its request by. No line of the log can be ended or forged by it.
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# These change nothing (RFC 9110, section 9.2.1).
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class _Guard:
    """Outermost: security headers on every answer, and a fault as a 500 that names its log line.

    It gives each request the id that its lines have, and says it to who was refused, or asked with
    one. A pure ASGI class: Starlette's BaseHTTPMiddleware costs a task for every request.
    """

    def __init__(
        self, app: ASGIApp, *, headers: Sequence[tuple[bytes, bytes]], logs_requests: bool
    ) -> None:
        self._app = app
        self._headers = headers
        self._logs_requests = logs_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        begun = time.perf_counter()
        asked = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        if not _REQUEST_ID.fullmatch(asked):
            asked = b""
        # It is the task's own, which Uvicorn makes for each request.
        request_id = asked.decode() or new_id()
        REQUEST.set(request_id)

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                COUNTS.answers[status // 100] += 1
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in self._headers if header[0] not in present),
                ]
                if asked or status >= 400:
                    message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            if status:
                raise
            refusal, log_id = internal_error(error)
            await answer_of(refusal, log_id=log_id)(scope, receive, send_guarded)
        finally:
            if self._logs_requests:
                _log_request(scope, status, time.perf_counter() - begun)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    """Log that a request was answered: by its route, in which nobody is named."""
    route = getattr(scope.get("route"), "path", "")
    about = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "address": told_of(scope),
    }
    words = "%s %s: %s in %.1f ms"
    shown = (about["method"], route or "(no route)", status or "no answer", about["ms"])
    _requests.info(words, *shown, extra=about)


class _SameSite:
    """Refuses what a page of another site would change in a visitor's name.

    Browsers say where a request comes from; programs that are none say nothing and pass. Source:
    OWASP Cross-Site Request Forgery Prevention Cheat Sheet (Fetch Metadata).
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE and not self._passes(scope):
            refusal = Refusal("cross_site", "A page of another site may not do this here.")
            await answer_of(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site in ("same-origin", "none"):
            return True
        if site is not None:
            # The Host is not asked: the browser has compared it, and knows better.
            return origin is not None and origin_allowed(origin, None, self._allowed)
        return origin_allowed(origin, headers.get("host"), self._allowed)


class _CompressAnswers:
    """Compresses what the API says. Pages, assets and its description bring forms of their own.

    How small an answer becomes tells of what stands in it, to whoever can put a part of it there,
    have it asked for again and again and look on (BREACH). So what has tokens in it is not
    compressed, and nothing is that a page of another origin asks for by the cookies of a browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=2048, compresslevel=4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Files are what they are, and a part of one is no part of its compressed form.
        speaks = (
            scope["type"] == "http"
            and scope["path"].startswith("/api/")
            and not _FILES.match(scope["path"])
            and not scope["path"].startswith(_SECRETS)
            and not _may_be_made_to_ask(Headers(scope=scope))
        )
        await (self._compressed if speaks else self._app)(scope, receive, send)


class _Paced:
    """Counts every request by its address, whatever it asks for, also what is not there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                count_request(scope, costs.REQUEST)
            except Refusal as refusal:
                await answer_of(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _may_be_made_to_ask(headers: Headers) -> bool:
    elsewhere = headers.get("sec-fetch-site") in ("same-site", "cross-site")
    return elsewhere and "authorization" not in headers


def pace(app: FastAPI) -> None:
    """Have `app` count requests; before what gives pages of other origins leave to read answers."""
    app.add_middleware(_Paced)


def install(
    app: FastAPI, allowed_origins: Collection[str], *, logs_requests: bool, speaks_tls: bool
) -> None:
    """Give `app` the error answers, compression and the guards, after all other middleware."""
    headers = [*SECURITY_HEADERS, *(STAY_SECURE if speaks_tls else ())]
    for kind in (HTTPException, RequestValidationError):
        app.add_exception_handler(kind, refused)
    app.add_middleware(_SameSite, allowed=allowed_origins)
    app.add_middleware(_CompressAnswers)
    app.add_middleware(_Guard, headers=headers, logs_requests=logs_requests)
