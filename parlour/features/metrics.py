"""The figures of this server for Prometheus, and who may read them."""

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
from importlib import import_module
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response

from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import bearer_of
from parlour.web import answers, context_of

router = APIRouter(tags=["health"])

# Whoever has one of these came through a proxy, whatever the proxy made of their address.
_PASSED_ON: Final = (
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
)  # fmt: skip
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "All of them.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=_TEXT | answers("not_signed_in", "not_allowed"),
)
async def read_metrics(
    request: Request, context: Annotated[Context, Depends(context_of)]
) -> Response:
    """What this server holds, has done and waits for, in Prometheus' text format."""
    _check(request, context.settings.metrics_token)
    # Most servers are never asked, and do not pay for it; nobody else waits while it is loaded.
    metrics: Any = await asyncio.to_thread(import_module, "parlour.metrics")
    space = None
    # A disk that is away is no reason to tell nothing of all else.
    with contextlib.suppress(OSError, TimeoutError):
        space = await context.volume.space()
    text = await asyncio.to_thread(metrics.text_of, metrics.look(context, space))
    return Response(text, headers={"Content-Type": metrics.MEDIA_TYPE})


def _check(request: Request, token: str) -> None:
    """Raises Refusal for whoever may not read it: without a token that is everybody elsewhere."""
    if token:
        # Of equal length, so that the time tells nothing of it either.
        shown, right = (hashlib.sha256(each.encode()).digest() for each in (_shown(request), token))
        if not hmac.compare_digest(shown, right):
            raise Refusal("not_signed_in", "Show the token of PARLOUR_METRICS_TOKEN as a bearer.")
    elif not _is_here(request):
        raise Refusal(
            "not_allowed",
            "From another machine, or through a proxy, this takes the token of"
            " PARLOUR_METRICS_TOKEN. Set one, and show it as a bearer.",
        )


def _shown(request: Request) -> str:
    return bearer_of(request) or ""


def _is_here(request: Request) -> bool:
    """Whether somebody asks on this machine, for it by such a name, and for nobody else."""
    headers = request.headers
    host = request.client.host if request.client else ""
    # A proxy may hand on the name and nothing else, and a page's own may lead here (rebinding).
    return (
        _is_loopback(host)
        and _is_loopback(_named(headers.get("host", "")))
        and not any(name in headers for name in _PASSED_ON)
    )


def _named(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
