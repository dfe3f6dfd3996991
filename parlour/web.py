"""The HTTP door: strict bodies, one shape for every refusal, what stands in every answer."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

import pydantic_core
from fastapi import Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from parlour.context import Context
from parlour.costs import ROUTES, Cost
from parlour.errors import ERROR_CODES, Refusal
from parlour.fields import IdParam, LimitParam
from parlour.models import ErrorAnswer
from parlour.pacing import COST, count_request
from parlour.people import MAX_NAME
from parlour.support.counts import COUNTS
from parlour.support.repeats import repeated_name

# `ws:` and `wss:` of the own host are named by 'self' (CSP 3).
# What a page may do and load. It stands in every answer that a browser shows as one, also in a 304,
# by which a browser renews what it has kept.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# All others are no pages, and who shows one as a page sees its text and no more. A first visit
# has ten of them, so every byte here is ten.
SECURITY_HEADERS: Final = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # What the program says is never kept; pages and assets say otherwise themselves.
    (b"cache-control", b"no-store"),
]
# Where the server speaks TLS itself: a browser that has been here comes by it alone from then on.
# Behind a proxy that is the proxy's to say.
STAY_SECURE: Final = ((b"strict-transport-security", b"max-age=31536000"),)
# When to come back after "busy", for clients that were refused at the door.
RETRY_AFTER_SECONDS: Final = 5
# What else is said with a refusal of this status, before there is a request to route.
_RAW_HEADERS: Final = {
    405: {"allow": "GET"},
    426: {"upgrade": "websocket", "sec-websocket-version": "13"},
    503: {"retry-after": str(RETRY_AFTER_SECONDS)},
}
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


# What a list of people is asked with.
NamePart = Annotated[
    str, Query(max_length=MAX_NAME, description="A part of the username or display name.")
]
AfterName = Annotated[
    str | None, Query(max_length=MAX_NAME, description="Those after this username.")
]
BeforeReport = Annotated[
    IdParam | None, Query(description="Those behind this report, the last one of the page before.")
]
PageSize = Annotated[LimitParam, Query(description="At most so many of them.")]


async def context_of(request: Request) -> Context:
    """The running server's parts, as a FastAPI dependency.

    Async, because FastAPI calls a plain function in a thread, for a quarter of a request's cost.
    """
    return _context_of(request)


def _context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def answers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these codes, for its OpenAPI."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = ERROR_CODES[code]
        answer = by_status.setdefault(
            entry.status,
            {
                "model": ErrorAnswer,
                "description": "Refused.",
                "content": {"application/json": {"examples": {}}},
            },
        )
        answer["content"]["application/json"]["examples"][code] = {
            "summary": entry.meaning,
            "value": {"detail": entry.meaning, "code": code},
        }
    return by_status


class _StrictRequest(Request):
    """Reads a JSON body of bounded size, and nothing that only looks like one."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            limit = _context_of(self).settings.max_frame_bytes
            body = bytearray()
            try:
                async for chunk in self.stream():
                    body += chunk
                    if len(body) > limit:
                        raise Refusal("too_large", f"The body has more than {limit} bytes.")
            except ClientDisconnect:
                # Nobody reads the answer, and it is no fault of the server that would be logged.
                raise Refusal("bad_json", "The body ended too early.") from None
            if body and kind != "application/json":
                raise Refusal("unsupported_type", "Send the body as application/json.")
            self._body = bytes(body)
        return self._body

    async def json(self) -> Any:
        body = await self.body()
        try:
            value = pydantic_core.from_json(body, allow_inf_nan=False, cache_strings="keys")
            twice = repeated_name(body.decode(), value)
        except ValueError:
            raise Refusal("bad_json", "The body is not valid JSON.") from None
        if twice is not None:
            raise Refusal.repeated(twice)
        return value


class StrictRoute(APIRoute):
    """A route whose body is read by `_StrictRequest`: pass it as a router's `route_class`.

    What it costs stands in `costs.py`; it is counted before anything is read.
    """

    @property
    def cost(self) -> Cost:
        """What a request of it costs. Raises LookupError for a route without a cost."""
        [method] = self.methods or ("GET",)
        method = method.replace("HEAD", "GET")
        return ROUTES[f"{method} {self.path_format}"]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, on a strict request."""
        handler, cost = super().get_route_handler(), self.cost

        async def strict(request: Request) -> Response:
            _begin(request, cost)
            if not isinstance(request, _StrictRequest):
                request = _StrictRequest(request.scope, request.receive)
            return await handler(request)

        return strict


class QuickRoute(StrictRoute, ABC):
    """A strict route that answers by itself what is asked as it should be.

    How FastAPI reads parameters and dependencies is more than half of what a small request costs.
    Whatever `quick` does not take FastAPI reads from the beginning, so that a mistake is refused
    in the same words on every route.
    """

    @abstractmethod
    async def quick(self, request: Request, context: Context) -> Response | None:
        """The answer, or None for whatever is not plainly right. Raises Refusal as the route does.

        It must not do anything before it is sure that it answers.
        """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The quick answer; FastAPI's where there is none."""
        handler, cost = super().get_route_handler(), self.cost

        async def answer(request: Request) -> Response:
            _begin(request, cost)
            request = _StrictRequest(request.scope, request.receive)
            return await self.quick(request, _context_of(request)) or await handler(request)

        return answer


def id_of(text: str) -> int | None:
    """The id in an address where it is one beyond doubt (`IdParam`); None otherwise."""
    # Of fewer digits than the largest id, 2**53 - 1.
    plain = text.isascii() and text.isdigit() and len(text) <= 15 and text[0] != "0"
    return int(text) if plain else None


def _begin(request: Request, cost: Cost) -> None:
    """Count a request by its address; by its person once that is known. Raises Refusal."""
    scope = request.scope
    if scope.get(COST) is cost:
        # What is not plainly right begins anew.
        return
    scope[COST] = cost
    count_request(scope, cost)
    _check_address(request)


def _check_address(request: Request) -> None:
    """Raises Refusal where it has a NUL, which is in no text and which not every database takes."""
    if b"%00" in request.scope["query_string"]:
        for name, value in request.query_params.multi_items():
            if "\0" in name or "\0" in value:
                field = name.replace("\0", "")
                raise Refusal("invalid", f"{field}: It has a NUL character (U+0000).", field=field)
    if "\0" in request.scope["path"]:
        raise Refusal("not_found", ERROR_CODES["not_found"].meaning)


def raw_refusals(*codes: str, speaks_tls: bool = False) -> dict[str, bytes]:
    """Whole HTTP/1.1 answers for what is refused before there is a request to route."""
    guarding = [*SECURITY_HEADERS, *(STAY_SECURE if speaks_tls else ())]
    raw = {}
    for code in codes:
        entry = ERROR_CODES[code]
        answer = _told(Refusal(code, entry.meaning), _RAW_HEADERS.get(entry.status))
        own = {name for name, _ in answer.raw_headers}
        headers = [
            *answer.raw_headers,
            (b"connection", b"close"),
            *(header for header in guarding if header[0] not in own),
        ]
        status = f"HTTP/1.1 {entry.status} {HTTPStatus(entry.status).phrase}".encode()
        lines = [status, *(name + b": " + value for name, value in headers), b"", b""]
        raw[code] = b"\r\n".join(lines) + bytes(answer.body)
    return raw


def answer_of(
    refusal: Refusal, headers: dict[str, str] | None = None, log_id: str | None = None
) -> JSONResponse:
    """The answer that tells a refusal."""
    COUNTS.refusals["http", refusal.code] += 1
    return _told(refusal, headers, log_id)


def _told(
    refusal: Refusal, headers: dict[str, str] | None = None, log_id: str | None = None
) -> JSONResponse:
    wait = refusal.retry_after
    answer = ErrorAnswer(
        detail=refusal.detail,
        code=refusal.code,
        field=refusal.field,
        id=log_id,
        retry_after_ms=refusal.retry_after_ms,
    )
    if wait is not None:
        headers = {**(headers or {}), "Retry-After": str(math.ceil(wait))}
    if refusal.code == "not_signed_in":
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    return JSONResponse(
        answer.model_dump(exclude_none=True), status_code=refusal.status_code, headers=headers
    )


def _allowed_methods(request: Request) -> str:
    # The framework's own Allow names the methods of only the first of a path's routes.
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )


async def refused(request: Request, error: Exception) -> Response:
    """The answer to what the application was raised, for its table of those. Raises all others."""
    if isinstance(error, Refusal):
        return answer_of(error, dict(error.headers) if error.headers else None)
    if isinstance(error, RequestValidationError):
        return answer_of(Refusal.from_validation(error.errors()))
    if isinstance(error, HTTPException) and error.status_code == 404:
        return answer_of(Refusal("not_found", ERROR_CODES["not_found"].meaning))
    if isinstance(error, HTTPException) and error.status_code == 405:
        refusal = Refusal("method_not_allowed", ERROR_CODES["method_not_allowed"].meaning)
        return answer_of(refusal, {"Allow": _allowed_methods(request)})
    raise error
