"""The page, its files and the API's documentation, as routes."""

import asyncio
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from parlour.errors import Refusal
from parlour.support.assets import Asset, Assets, AssetsOnDemand, best_encoding, whole_asset
from parlour.web import PAGE_HEADERS

router = APIRouter(include_in_schema=False)

# Where programs read what the API is.
DESCRIPTION_PATH: Final = "/openapi.json"
# Named by their content, so they never change.
_IMMUTABLE: Final = "max-age=31536000, immutable"
# Swagger UI draws its icons from `data:` addresses and sets HTML from strings (React does), so
# Trusted Types are off for this one page, which shows nothing that anybody wrote.
_DOCS_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_SWAGGER: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_PACKAGE: Final = Path(__file__).parent


def frontend_folder() -> Path:
    """Where the page's files lie: in the installed package, or beside it in a checkout."""
    installed = _PACKAGE / "frontend"
    return installed if installed.is_dir() else _PACKAGE.parent / "frontend"


def load_assets(config: Mapping[str, Any]) -> Assets:
    """The page, and Swagger UI's files, which come in a package, for the API's documentation."""
    spec = find_spec("fastapi_swagger")  # finds the package without running its code
    if spec is None or spec.submodule_search_locations is None:
        raise RuntimeError("the package fastapi-swagger is not installed")
    swagger = Path(spec.submodule_search_locations[0]) / "resources"
    others = {f"swagger/{name}": swagger / name for name in _SWAGGER}
    return Assets(frontend_folder(), config, others)


class Description:
    """The API's description as it is served: made once somebody asks for it.

    To gather it takes half a second of a core, and to write and compress it ever anew, as FastAPI
    does, takes twenty times what another request costs: for whoever asks, unknown and in a row.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._made: Asset | None = None
        self._making = asyncio.Lock()

    async def get(self, root_path: str) -> Asset:
        """The description. `root_path` is where the server is, by its own start: always the same.

        Raises what making it raises.
        """
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make, root_path)
        return self._made

    def _make(self, root_path: str) -> Asset:
        said = self._app.openapi()
        if root_path:
            said = {**said, "servers": [{"url": root_path}, *said.get("servers", [])]}
        return whole_asset(DESCRIPTION_PATH, bytes(JSONResponse(said).body))


@router.api_route("/", methods=["GET", "HEAD"])
async def index(request: Request) -> Response:
    """The page, asked for afresh each time and answered with 304 when it is the same."""
    assets = await _asked(request, "index.html")
    answer = _serve(request, assets.files["index.html"], "no-cache")
    answer.headers.update(PAGE_HEADERS)
    return answer


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> Response:
    """The API's documentation, made from `/openapi.json`."""
    assets = await _asked(request, "docs.html")
    answer = _serve(request, assets.files["docs.html"], "no-cache")
    answer.headers.update(PAGE_HEADERS | {"Content-Security-Policy": _DOCS_POLICY})
    return answer


@router.api_route(DESCRIPTION_PATH, methods=["GET", "HEAD"])
async def description(request: Request) -> Response:
    """The API's description, the same for everybody; not kept, as all that the program says."""
    made: Description = request.app.state.description
    return _serve(request, await made.get(request.scope.get("root_path", "")), "no-store")


@router.api_route("/assets/{digest}/{path:path}", methods=["GET", "HEAD"])
async def asset(request: Request, digest: str, path: str) -> Response:
    """One file of the page, for ever the same under its address."""
    assets = await _asked(request, path)
    found = assets.files.get(path)
    if found is None or assets.prefix != f"/assets/{digest}/":
        raise Refusal("not_found", "There is no such file.")
    return _serve(request, found, _IMMUTABLE)


async def _asked(request: Request, name: str) -> Assets:
    on_demand: AssetsOnDemand = request.app.state.assets
    assets = await on_demand.get()
    assets.ask(name)
    return assets


def _serve(request: Request, asset: Asset, caching: str) -> Response:
    encoding = best_encoding(request.headers.get("accept-encoding", ""), asset.encodings)
    # Each form of the file is a representation of its own and needs a tag of its own.
    etag = f'{asset.etag[:-1]}-{encoding}"' if encoding else asset.etag
    headers = {"Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}
    known = {tag.strip().removeprefix("W/") for tag in _tags(request)}
    # Who came before the smaller form was made has the same content under the file's own tag.
    if held := {etag, asset.etag, "*"} & known:
        if etag not in held and "*" not in held:
            headers["ETag"] = asset.etag
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    body = asset.encodings[encoding] if encoding else asset.body
    if asset.media_type == "text/javascript":
        # Scripts of a page in UTF-8 are UTF-8 unsaid, and there are many in a first visit.
        headers["Content-Type"] = asset.media_type
    return Response(body, media_type=asset.media_type, headers=headers)


def _tags(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")
