"""A real collector of traces: takes OTLP over HTTP, and keeps what it got as spans to look at."""

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.files import until


@dataclass
class Span:
    """One span as it arrived."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: list[str] = field(default_factory=list)
    failed: bool = False


class Collector:
    """Listens on a port of its own; `silent`, it takes connections and answers nobody."""

    def __init__(self, *, silent: bool = False) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        # All that came, as bytes: what stands nowhere in them was not told.
        self.bytes = b""
        self.asked = threading.Event()
        self._go = threading.Event()
        if not silent:
            self._go.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.asked.set()
                collector._go.wait()
                collector._take(body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def env(self) -> dict[str, str]:
        """What has a server send its traces here, and soon."""
        return {
            "PARLOUR_TRACES": "on",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    def _take(self, body: bytes) -> None:
        asked = ExportTraceServiceRequest.FromString(body)
        self.bytes += body
        for of_one in asked.resource_spans:
            self.resources.append(_values(of_one.resource.attributes))
            for scope in of_one.scope_spans:
                self.spans += [
                    Span(
                        each.name,
                        each.trace_id.hex(),
                        each.span_id.hex(),
                        each.parent_span_id.hex(),
                        _values(each.attributes),
                        [link.span_id.hex() for link in each.links],
                        each.status.code == each.status.STATUS_CODE_ERROR,
                    )
                    for each in scope.spans
                ]

    def named(self, name: str, **attributes: Any) -> list[Span]:
        """The spans of this name, whose attributes are such; dots are written as two underlines."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        return [
            span for span in self.spans
            if span.name == name and wanted.items() <= span.attributes.items()
        ]  # fmt: skip

    def wait_for(self, name: str, **attributes: Any) -> Span:
        """The first such span, once it has come."""
        until(lambda: bool(self.named(name, **attributes)))
        return self.named(name, **attributes)[0]

    def below(self, span: Span) -> list[Span]:
        """Those of which a span is the parent."""
        return [each for each in self.spans if (each.trace, each.parent) == (span.trace, span.id)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _values(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes
    }  # fmt: skip
