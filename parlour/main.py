"""The application: `create_app()` puts it together, `app` is it with the settings of its place."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig

from parlour import __version__, administration, admission, guards, logins, pages, web
from parlour.cluster import Cluster
from parlour.context import Context
from parlour.database import Database, init_db
from parlour.keyring import open_keys
from parlour.models import MAX_ROOM_NAME_LENGTH
from parlour.oversight import Policy
from parlour.people import MAX_ABOUT, MAX_DISPLAY_NAME, MAX_STATUS
from parlour.realtime.manager import ConnectionManager
from parlour.receiving import Receiving
from parlour.registry import Registry
from parlour.services import ROUTERS, TASKS
from parlour.settings import Settings, SettingsError, load_settings
from parlour.storage import Storage, check_files, open_storage
from parlour.store import files as file_rows
from parlour.store import nodes
from parlour.store.backends import Backend
from parlour.support.assets import Assets, AssetsOnDemand, compress_when_asked
from parlour.support.keys import PublicKey
from parlour.support.logs import hide_queries
from parlour.support.passwords import MAX_LENGTH, MIN_LENGTH
from parlour.support.tokens import Tokens

if TYPE_CHECKING:
    from parlour.tracing import Tracing

    app: FastAPI

__all__ = ["ConnectionManager", "app", "create_app"]

_TITLE = "Parlour"
_DESCRIPTION = """\
Real-time chat. Rooms and messages over HTTP; what happens in them, as it happens, over a WebSocket
at `/ws/chat/{room_id}?username=...` (see `docs/protocol.md`).

Every refusal is answered with `{"detail": ..., "code": ..., "field"?: ...}`. A fault of the server
is a 500 of that shape, with the code `internal` and an `id` that stands in its log.
"""


# FastAPI has spans, figures and logs of its own, for whoever sets a variable or a provider. In them
# stand paths and queries as they were asked for, and so names and tickets.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "auto_configure": False
}  # fmt: skip


def create_app(
    settings: Settings | None = None,
    database: Database | None = None,
    keys: Sequence[PublicKey] | None = None,
    storage: Storage | None = None,
    tracing: "Tracing | None" = None,
) -> FastAPI:
    """The application. It opens what `settings` name when it starts, unless it is given.

    Raises SettingsError when no settings are given and those of the environment are wrong.
    """
    settings = settings or load_settings()
    tracing = open_tracing(settings) if database is None else tracing
    storage = storage or open_storage(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hide_queries()
        opened = await asyncio.to_thread(_open, settings, tracing) if database is None else database
        used = await asyncio.to_thread(open_keys, settings, opened) if keys is None else keys
        peers = _peers(settings, opened, tracing)
        opened.start(peers)
        receiving = Receiving(settings, storage)
        try:
            await receiving.begin()
            context = await _context(settings, opened, used, receiving, peers)
        except BaseException:
            await receiving.close()
            await opened.close()
            raise
        context.traces = tracing
        app.state.context = context
        app.state.assets = assets = _assets(context)
        context.configure_page = assets.configure
        # FastAPI prepares a route when it first looks at it, all of them for a fifth of a second:
        # nobody who comes first should wait for that, and everybody else with them.
        for route in app.router.routes:
            route.matches({"type": "http", "method": "GET", "path": "", "headers": []})
        for task in TASKS[settings.only]:
            context.tasks.spawn(task(context))
        try:
            yield
        finally:
            context.closing = True
            # First what starts tasks, then the tasks, then what they work with.
            context.user_lists.close()
            context.room_news.close()
            await context.tasks.close()
            if peers is not None:
                await peers.close()
            context.passwords.close()
            await receiving.close()
            await opened.close()
            if tracing is not None:
                await tracing.close()

    app = FastAPI(
        title=_TITLE,
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        openapi_url=None,
    )
    for router in ROUTERS[settings.only]:
        app.include_router(router, responses=web.answers("rate_limited"))
    guards.pace(app)
    _describe(app, settings.only)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Content-Type", "Authorization"],
            expose_headers=["Parlour-Version", "Parlour-Epoch"],
        )
    logs_requests = settings.log_requests == "on"
    guards.install(
        app,
        settings.allowed_origins,
        logs_requests=logs_requests,
        speaks_tls=settings.tls_files is not None,
    )
    _trace_requests(app, tracing)
    return app


def _describe(app: FastAPI, only: str) -> None:
    """Have `app` describe the API."""
    if only:
        # Where services are apart it describes all of them.
        app.openapi = lambda: _whole().openapi()  # type: ignore[method-assign]
    if only in ("", "web"):
        # Said afterwards: FastAPI would have a route of its own, before that of the pages.
        app.openapi_url = pages.DESCRIPTION_PATH
        app.state.description = pages.Description(app)


@cache
def _whole() -> FastAPI:
    """What all services have together, to be described."""
    app = FastAPI(title=_TITLE, version=__version__, description=_DESCRIPTION)
    for router in ROUTERS[""]:
        app.include_router(router, responses=web.answers("rate_limited"))
    return app


def open_tracing(settings: Settings) -> "Tracing | None":
    """What is traced, where anything is. Raises SettingsError."""
    if settings.traces == "off":
        return None
    # Here and below it is imported where it is used: it is an extra, which costs most nothing.
    from parlour.tracing import Tracing  # noqa: PLC0415

    return Tracing(settings.only or "all")


def kind_of(tracing: "Tracing | None") -> Callable[[Path, Backend], Database]:
    """How a database is made whose work is traced, or not."""
    if tracing is None:
        return Database
    from parlour.tracing.stored import TracedDatabase  # noqa: PLC0415

    return partial(TracedDatabase, tracing)


def _trace_requests(app: FastAPI, tracing: "Tracing | None") -> None:
    """Outermost; what `parlour serve` puts before it says whose word is taken."""
    app.state.doorstep = None
    if tracing is not None:
        from parlour.tracing.door import Doorstep, Requests  # noqa: PLC0415

        app.add_middleware(Requests, tracing=tracing)
        app.state.doorstep = Doorstep


def _open(settings: Settings, tracing: "Tracing | None") -> Database:
    """Open the database and hold it. Raises as `init_db`, or SettingsError."""
    check_files(settings)
    database = init_db(settings, kind_of(tracing))
    try:
        database.serve(cluster=bool(settings.redis_url))
    except BaseException:
        database.release()
        raise
    return database


def _peers(settings: Settings, database: Database, tracing: "Tracing | None") -> Cluster | None:
    """The other nodes, where there are any."""
    if not database.node:
        return None
    # Imported where it is used: it is an extra that most servers do without.
    from parlour.realtime.broker_redis import RedisBroker  # noqa: PLC0415

    broker = RedisBroker(settings.redis_url, f"parlour:{database.epoch}")
    if tracing is None:
        return Cluster(database, broker)
    from parlour.tracing.told import Entries, TracedCluster  # noqa: PLC0415

    entries = getattr(database, "entries", None) or Entries()
    return TracedCluster(tracing, entries, database, broker)


async def _context(
    settings: Settings,
    database: Database,
    keys: Sequence[PublicKey],
    receiving: Receiving,
    peers: Cluster | None,
) -> Context:
    """The parts of the server, with what it has to know by heart."""
    tokens, setup = Tokens(keys), None
    if peers is not None and tokens.signs:
        # Behind one address, the link that one of them printed is looked at by another.
        setup = tokens.setup(database.epoch)
    registry = Registry(await database.read(logins.load), setup)
    policy = await database.read(administration.load_policy, Policy.of(settings))
    # What was on its way when this server ended is nobody's; what is so on another node is not.
    alone = peers is None or len(await database.read(nodes.alive)) == 1
    if alone and await database.read(file_rows.is_pending):
        await database.write(file_rows.discard_pending)
    context = Context(settings, database, tokens, registry, policy, receiving, peers=peers)
    context.news.unshared.update(await database.read(logins.without_receipts))
    if peers is not None:
        peers.begin(context)
        # What others have done since this node joined is in what was read above, or is told.
        await peers.catch_up()
        await peers.meet()
    return context


def _assets(context: Context) -> AssetsOnDemand:
    settings = context.settings
    config = {
        "maxMessageLength": settings.max_message_length,
        # In milliseconds, as all durations of the page.
        "editWindow": 1000 * settings.edit_window,
        "maxUsernameLength": settings.max_username_length,
        "maxRoomNameLength": MAX_ROOM_NAME_LENGTH,
        "minPasswordLength": MIN_LENGTH,
        "maxPasswordLength": MAX_LENGTH,
        "maxDisplayNameLength": MAX_DISPLAY_NAME,
        "maxAboutLength": MAX_ABOUT,
        "maxStatusLength": MAX_STATUS,
        "maxFileSize": settings.max_file_size,
        "guestFiles": settings.guest_files == "on",
        **admission.page_policy(context.policy),
        "version": __version__,
    }

    def compress(assets: Assets) -> None:
        context.tasks.spawn(compress_when_asked(assets))
        context.tasks.spawn(compress_when_asked(assets, others=True))

    return AssetsOnDemand(partial(pages.load_assets, config), compress)


def __getattr__(name: str) -> Any:
    # `app` is made when it is asked for (`uvicorn parlour.main:app`): `parlour serve` makes its
    # own, with the settings of its flags.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        globals()["app"] = application = create_app()
    except SettingsError as error:
        raise SystemExit(f"parlour: {error}") from None
    return application
