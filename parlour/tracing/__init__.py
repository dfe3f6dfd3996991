"""What takes how long, told to a collector of OpenTelemetry: imported only where it is wanted.

What is traced is wrapped when the server is put together, so that a server without traces does
nothing for them. Spans name routes, commands, operations and kinds of jobs; never an address as
it was asked for, a name or a word of anybody's.
"""

import asyncio
import contextlib
import logging
import os
import threading
import uuid
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context as Around
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    format_span_id,
    format_trace_id,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from parlour import __version__
from parlour.errors import Refusal
from parlour.settings import SettingsError
from parlour.support import logs

logger = logging.getLogger(__name__)

# How long the end waits for what the collector has not got yet.
CLOSE_SECONDS: Final = 1.0
# The only way to a collector that is spoken here, as its standard setting calls it.
_PROTOCOL: Final = "http/protobuf"
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
# As many as one span is linked to: a commit of hundreds names but the first.
MOST_LINKS: Final = 16
# A span that is about nothing before it.
NOTHING: Final = Around()
_PARENTS: Final = TraceContextTextMapPropagator()

Attributes = Mapping[str, str | int | float | bool]


class Tracing:
    """One process' traces: its spans, on their way to the collector in a thread of their own."""

    def __init__(self, service: str) -> None:
        """What is sent where, and how much of it, the standard OTEL_* variables say.

        Raises SettingsError where they ask for what is not spoken here.
        """
        for name in _PROTOCOLS:
            if os.environ.get(name, _PROTOCOL) != _PROTOCOL:
                raise SettingsError(f"{name} is wrong: traces are sent by {_PROTOCOL} alone.")
        self._relay = _Relay()
        own = {
            "service.name": "parlour",
            "service.version": __version__,
            "service.instance.id": str(uuid.uuid4()),
            "parlour.service": service,
        }
        given = OTELResourceDetector().detect()
        resource = Resource.create(Resource(own).merge(given).attributes)
        # The end of the program waits for nobody but by `close`.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("parlour", __version__)
        self._commands: dict[str, Callable[..., Any]] = {}
        logs.carry_traces(ids)

    async def close(self) -> None:
        """Send what is left, unless that takes long."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)

        # A thread that nobody waits for: a collector that says nothing has ten seconds otherwise.
        threading.Thread(target=end, name="traces", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await ended.wait()
        self._relay.end()

    # Spans

    def begin(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Around | None = None,
        attributes: Attributes | None = None,
        links: Sequence[Link] = (),
    ) -> Span:
        """A span that is to be ended: below the present one, or that of `parent`."""
        return self._tracer.start_span(
            name, parent, kind, attributes, links, record_exception=False,
            set_status_on_exception=False,
        )  # fmt: skip

    @contextmanager
    def span(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Around | None = None,
        attributes: Attributes | None = None,
        links: Sequence[Link] = (),
    ) -> Iterator[Span]:
        """One around what is done."""
        with within(self.begin(name, kind, parent, attributes, links)) as span:
            yield span

    @asynccontextmanager
    async def part(self, name: str, **attributes: str) -> AsyncIterator[None]:
        """One below the present one, where there is one."""
        if not is_traced():
            yield
            return
        with self.span(name, SpanKind.CLIENT, attributes=attributes):
            yield

    # What the rest of the server hands over

    def commands(self, table: Mapping[str, Callable[..., Any]]) -> Mapping[str, Callable[..., Any]]:
        """Commands of WebSockets, each with a span of its own."""
        if not self._commands:
            self._commands = {name: self._traced(name, done) for name, done in table.items()}
        return self._commands

    async def job(self, kind: str, doing: Awaitable[None]) -> None:
        """Do a job."""
        with self.span(f"job {kind}", SpanKind.CONSUMER, NOTHING, {"parlour.job": kind}):
            await doing

    def _traced(self, name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        called = f"websocket {name}"

        def do(context: Any, client: Any, command: Any) -> Coroutine[Any, Any, None] | None:
            about = {"parlour.command": name, "parlour.connection": client.id}
            span = self.begin(called, SpanKind.SERVER, NOTHING, about)
            if not span.is_recording():
                done: Coroutine[Any, Any, None] | None = handler(context, client, command)
                return done
            with within(span, ends=False):
                try:
                    doing: Coroutine[Any, Any, None] | None = handler(context, client, command)
                except BaseException:
                    span.end()
                    raise
            if doing is None:
                span.end()
                return None
            return _go_on(span, doing)

        return do


async def _go_on(span: Span, doing: Coroutine[Any, Any, None]) -> None:
    with within(span):
        await doing


@contextmanager
def within(span: Span, *, ends: bool = True) -> Iterator[Span]:
    """Let a span be the present one. What goes wrong is told by its kind alone, in no words."""
    with use_span(
        span, end_on_exit=ends, record_exception=False, set_status_on_exception=False
    ):  # fmt: skip
        try:
            yield span
        except Refusal as refusal:
            span.set_attribute("parlour.refusal", refusal.code)
            raise
        except Exception as error:
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", type(error).__qualname__)
            raise


def is_traced() -> bool:
    """Whether what is done just now has a span that is kept."""
    return trace.get_current_span().is_recording()


def present() -> SpanContext | None:
    """The present span, where it is kept, as others may name it."""
    span = trace.get_current_span()
    return span.get_span_context() if span.is_recording() else None


def below(parent: SpanContext) -> Around:
    """A place below a span that may have ended, or be another node's."""
    return trace.set_span_in_context(NonRecordingSpan(parent), NOTHING)


def parent_of(carried: Mapping[str, str]) -> Around:
    """The span that headers name (W3C Trace Context); nothing where they name none rightly."""
    return _PARENTS.extract(carried, NOTHING)


def headers_of(span: SpanContext) -> dict[str, str]:
    """The headers that name a span."""
    carried: dict[str, str] = {}
    _PARENTS.inject(carried, below(span))
    return carried


def ids() -> tuple[str, str] | None:
    """The ids of the present trace and span, as lines of the log have them."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    return format_trace_id(span.trace_id), format_span_id(span.span_id)


class _Relay(logging.Handler):
    """Says seldom what the library says of each batch that a collector does not take."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seldom = logs.Seldom()
        self._heard = logging.getLogger("opentelemetry")
        self._heard.addHandler(self)
        self._heard.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        """Say it in one line; an address may have a key behind its question mark."""
        if self._seldom.due():
            said = " ".join(record.getMessage().split()).partition("?")[0]
            logger.warning("traces do not get to their collector, or not all: %s", said)

    def end(self) -> None:
        """Hear nothing more."""
        self._heard.removeHandler(self)
