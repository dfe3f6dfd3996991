"""Spans of HTTP requests, and whose word is taken for what they are a part of."""

from typing import Any, Final

from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from parlour.support.logs import REQUEST
from parlour.tracing import NOTHING, Tracing, parent_of

# Where a request has whether it came by way of a proxy that is trusted.
_TRUSTED: Final = "parlour.trusted"
# What is asked every few seconds, for ever, and says nothing of anybody.
_LEFT_OUT: Final = frozenset({"/healthz", "/readyz", "/metrics"})
# What else is asked for is called nothing: a method is whatever a client writes there.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS: Final = frozenset({b"traceparent", b"tracestate"})


class Requests:
    """Outermost in the application: a span for each request, named by its route."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http" or scope["path"] in _LEFT_OUT:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        parent = NOTHING
        if scope.get(_TRUSTED):
            found = [(name, value) for name, value in scope["headers"] if name in _HEADERS]
            # One of each: several are nobody's word.
            if len(found) == len(dict(found)):
                parent = parent_of({k.decode("latin-1"): v.decode("latin-1") for k, v in found})
        about = {"http.request.method": method}
        with self._tracing.span(method, SpanKind.SERVER, parent, about) as span:
            if not span.is_recording():
                await self._app(scope, receive, send)
                return
            status = 0

            async def send_traced(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    # The guard has given it one by now.
                    span.set_attribute("parlour.request", REQUEST.get() or "")
                await send(message)

            try:
                await self._app(scope, receive, send_traced)
            finally:
                route = getattr(scope.get("route"), "path", "")
                if route:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)


class Doorstep:
    """Before Uvicorn looks behind a proxy: notes whether the one who hands over is trusted.

    Afterwards a request comes from whomever that named, and nobody knows any more who did.
    """

    def __init__(self, app: Any) -> None:
        # Whom Uvicorn trusts by itself, as it is set or as it has it: who that is may change.
        trusted = Config(app, log_config=None).forwarded_allow_ips
        self._behind = ProxyHeadersMiddleware(app, trusted)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on."""
        client = scope.get("client")
        scope[_TRUSTED] = client is not None and client[0] in self._behind.trusted_hosts
        await self._behind(scope, receive, send)
