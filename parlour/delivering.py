"""Files on their way out: whole or in parts, as HTTP asks for them, and safe to look at."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

from parlour.errors import Refusal
from parlour.storage import Missing, Portions, Storage, Unavailable
from parlour.support.logs import CutShort
from parlour.support.ranges import Unsatisfiable, asked_range, is_known

logger = logging.getLogger(__name__)

# A browser runs nothing that stands in a file, nor loads anything for it.
SAFE_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What is under an id never changes.
FOR_EVER: Final = "private, max-age=31536000, immutable"
AGAIN: Final = "private, no-cache"


# What a route takes and gives that speaks of no JSON.
_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
RAW_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": _BYTES}}
}


def raw_answers(kind: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that gives a file, for its OpenAPI."""
    return {
        200: {"description": "All of it.", "content": {kind: _BYTES}},
        206: {"description": "The part that `Range` asks for.", "content": {kind: _BYTES}},
        304: {"description": "It is what whoever asks has."},
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be given: a key of the storage, how many bytes are there, and what they are."""

    key: str
    size: int
    type: str
    etag: str
    disposition: str
    cache: str = FOR_EVER


class FileResponse(Response):
    """Streams a part of a file. Made by `deliver`."""

    def __init__(
        self, storage: Storage, part: Part, span: tuple[int, int], headers: dict[str, str]
    ) -> None:
        partial = span != (0, part.size)
        super().__init__(status_code=206 if partial else 200, headers=headers)
        del self.headers["content-length"]
        begin, end = span
        self.headers["content-length"] = str(end - begin)
        if partial:
            self.headers["content-range"] = f"bytes {begin}-{end - 1}/{part.size}"
        self._storage, self._key, self._span = storage, part.key, span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it as quickly as it is taken, and no quicker."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        if scope["method"] == "HEAD":
            if not await self._exists():
                raise _gone()
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            portions = await self._storage.open(self._key, *self._span)
        except Missing:
            # A backup of the database without its files: the log says so, nobody else can.
            logger.warning("the file %s is not in the storage", self._key)
            raise _gone() from None
        except (Unavailable, OSError) as error:
            raise _away(error) from None
        # What is sent to nobody raises nothing, and would be read to its end.
        leaving = asyncio.ensure_future(_leaving(receive))
        try:
            async with aclosing(portions):
                await send(start)
                await self._give(portions, send, leaving)
        finally:
            leaving.cancel()

    async def _give(self, portions: Portions, send: Send, leaving: "asyncio.Future[None]") -> None:
        left = self._span[1] - self._span[0]
        while left and (portion := await self._next(portions)):
            left -= len(portion)
            await send({"type": "http.response.body", "body": portion, "more_body": True})
            if leaving.done():
                return
        if left:
            # Whoever reads notices by the length that was told.
            raise CutShort(self._key)
        await send({"type": "http.response.body", "body": b""})

    async def _next(self, portions: Portions) -> bytes:
        """The next of them; nothing where the rest is not to be had."""
        try:
            return await anext(portions, b"")
        except Missing:
            pass  # it was deleted while it was read
        except (Unavailable, OSError) as error:
            logger.warning("the rest of the file %s is not given: %s", self._key, error)
        return b""

    async def _exists(self) -> bool:
        try:
            return await self._storage.exists(self._key)
        except (Unavailable, OSError) as error:
            raise _away(error) from None


async def _leaving(receive: Receive) -> None:
    """Return when whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def deliver(storage: Storage, part: Part, headers: Mapping[str, str]) -> Response:
    """The answer that gives a file, or as much of it as `headers` ask for. Raises Refusal."""
    told = {
        **SAFE_HEADERS,
        "Content-Type": part.type,
        "Content-Disposition": part.disposition,
        "Cache-Control": part.cache,
        "ETag": part.etag,
        "Accept-Ranges": "bytes",
    }
    if is_known(headers, part.etag):
        del told["Content-Type"]
        return Response(status_code=304, headers=told)
    try:
        span = asked_range(headers, part.etag, part.size) or (0, part.size)
    except Unsatisfiable:
        raise OutOfRange(part.size) from None
    return FileResponse(storage, part, span, told)


def _away(error: Exception) -> Refusal:
    logger.warning("a file is not given: %s", error)
    return Refusal("busy", "The server's storage does not answer. Try again.")


def _gone() -> Refusal:
    return Refusal("not_found", "The file is not in the server's storage any more.")


class OutOfRange(Refusal):
    """For a part behind the end of a file."""

    def __init__(self, size: int) -> None:
        super().__init__("range_invalid", f"The file has {size} bytes, and none of these.")
        self.headers = {"Content-Range": f"bytes */{size}"}
