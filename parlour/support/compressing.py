"""Compression of what the API says, but of what must not tell by its size what stands in it."""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_FILES: Final = re.compile(r"/api/(chat/files/|users/[^/]*/avatar)")
# What has tokens in it.
_SECRETS: Final = "/api/auth/"


class CompressAnswers:
    """Compresses what the API says. Pages and assets bring smaller forms of their own.

    How small an answer becomes tells of what stands in it, to whoever can put a part of it there,
    have it asked for again and again and look on (BREACH). So what has tokens in it is not
    compressed, and nothing is that a page of another origin asks for by the cookies of a browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=2048, compresslevel=4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, in a smaller form where that is right."""
        # Files are what they are, and a part of one is no part of its compressed form.
        speaks = (
            scope["type"] == "http"
            and scope["path"].startswith(("/api/", "/openapi"))
            and not _FILES.match(scope["path"])
            and not scope["path"].startswith(_SECRETS)
            and not _may_be_made_to_ask(Headers(scope=scope))
        )
        await (self._compressed if speaks else self._app)(scope, receive, send)


def _may_be_made_to_ask(headers: Headers) -> bool:
    elsewhere = headers.get("sec-fetch-site") in ("same-site", "cross-site")
    return elsewhere and "authorization" not in headers
