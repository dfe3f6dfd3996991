"""Traces of one server, as a collector gets them."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.collector import Collector, Span
from tests.support.files import until
from tests.support.people import MakePerson, NewRoom, checked, http_client
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

pytestmark = pytest.mark.one_node("what is traced on two is another file's")

POSTING = "POST /api/chat/rooms/{room_id}/messages"
HISTORY = "GET /api/chat/rooms/{room_id}/messages"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Return where the server of this module sends its traces."""
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def server(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that traces everything, and logs what it answers."""
    env = {**collector.env, "PARLOUR_LOG_REQUESTS": "on", "PARLOUR_LOG_FORMAT": "json"}
    # What FastAPI would tell by itself has paths and queries in it.
    env["FASTAPI_OTEL_AUTO_CONFIGURE"] = "true"
    with Server(tmp_path_factory.mktemp("traced"), env=env) as running:
        yield running


async def test_a_message_is_traced_from_its_door_to_its_commit(
    server: Server, collector: Collector, new_room: NewRoom, person: MakePerson
) -> None:
    """By HTTP and WebSocket, and what is read; neither words, names nor queries are told."""
    room = new_room(server, "hidden-room")
    alice = person("hidden-alice", server)
    connection = await alice.enter(room)
    await connection.send("message", content="hidden-words")
    await connection.expect("message")
    await alice.post(room, "hidden-words, too")
    with http_client(server) as http:
        checked(http.get(f"/api/chat/rooms/{room['id']}/messages?limit=7&before=7654321"))
        assert http.get("/hidden-path?hidden-query").status_code == 404
        assert http.get("/api/users/hidden-name").status_code in (401, 404)
    command = collector.wait_for("websocket message")
    posted, read = collector.wait_for(POSTING), collector.wait_for(HISTORY)
    until(lambda: all(map(collector.below, (command, posted, read))))
    for cause in (command, posted):
        [commit] = collector.below(cause)
        assert commit.name == "commit"
        assert commit.attributes["parlour.jobs"] >= 1
    assert posted.attributes["http.route"] == POSTING.partition(" ")[2]
    assert posted.attributes["http.response.status_code"] == 201
    assert all(each.name.startswith("read ") for each in collector.below(read))
    assert all("parlour.waited_ms" in each.attributes for each in collector.below(read))
    # What has no route has no name but its method.
    collector.wait_for("GET", http__response__status_code=404)
    [resource, *_] = collector.resources
    assert resource["service.name"] == "parlour"
    assert b"hidden" not in collector.bytes


def test_a_trace_goes_on_from_a_trusted_proxy_and_is_named_in_the_log(
    server: Server, collector: Collector
) -> None:
    """Also where the proxy says for whom it asks; what is forged in form begins a trace anew."""
    asked = {"traceparent": SAMPLED, "x-forwarded-for": "203.0.113.7"}
    with http_client(server) as http:
        http.get("/api/chat/rooms/987654321", headers=asked)
        http.get("/api/chat/rooms/987654322", headers={"traceparent": "00-0-0-01"})
        twice = [("traceparent", SAMPLED), ("traceparent", SAMPLED)]
        http.get("/api/chat/rooms/987654323", headers=twice)
    route = "GET /api/chat/rooms/{room_id}"
    until(lambda: len(collector.named(route)) >= 3)
    first, *others = collector.named(route)
    assert (first.trace, first.parent) == (TRACE, PARENT)
    assert [(each.parent, each.trace == TRACE) for each in others] == [("", False)] * 2
    lines = [json.loads(line) for line in server.log if line.startswith("{")]
    of_requests = [line for line in lines if line.get("route") == route.partition(" ")[2]]
    assert [(line["trace_id"], line["span_id"]) for line in of_requests] == [
        (each.trace, each.id) for each in (first, *others)
    ]
    assert first.attributes["parlour.request"] == of_requests[0]["request"]


async def test_many_messages_of_one_commit_are_linked_to_it(
    server: Server, collector: Collector, new_room: NewRoom, person: MakePerson
) -> None:
    """It is a part of the first of them; the others are found by its links."""
    room = new_room(server)
    alice = person("alice", server)
    connection = await alice.enter(room)
    for number in range(40):
        await connection.send("message", content=str(number))
    for _ in range(40):
        await connection.expect("message")

    def together() -> list[Span]:
        commands = {each.id for each in collector.named("websocket message")}
        return [each for each in collector.named("commit") if commands & set(each.links)]

    until(lambda: bool(together()))
    assert together()[0].attributes["parlour.jobs"] > 1


def test_jobs_are_traced_and_what_is_asked_for_ever_is_not(
    server: Server, collector: Collector
) -> None:
    """Each job by its kind; health and figures are left out."""
    job = _jobs(collector)[0]
    assert (job.parent, job.name) == ("", f"job {job.attributes['parlour.job']}")
    with http_client(server) as http:
        for path in ("/healthz", "/readyz", "/metrics"):
            http.get(path)
        http.get("/api/chat/rooms")
    collector.wait_for("GET /api/chat/rooms")
    asked = {each.attributes.get("http.route") for each in collector.spans}
    assert not asked & {"/healthz", "/readyz", "/metrics"}


def _jobs(collector: Collector) -> list[Span]:
    def found() -> list[Span]:
        return [each for each in collector.spans if each.name.startswith("job ")]

    until(lambda: bool(found()))
    return found()


def test_whoever_is_no_trusted_proxy_is_not_believed_and_little_is_sent_where_so_set(
    new_server: NewServer,
) -> None:
    """A stranger's trace begins anew; of a share of none, only what a proxy wants."""
    with Collector() as collector:
        env = {**collector.env, "FORWARDED_ALLOW_IPS": "192.0.2.1"}
        server = new_server(env=env).start()
        with http_client(server) as http:
            http.get("/api/chat/rooms", headers={"traceparent": SAMPLED})
        assert collector.wait_for("GET /api/chat/rooms").trace != TRACE
        server.stop()
        collector.spans.clear()
        sampler = {
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0",
        }
        server = new_server(env={**collector.env, **sampler}).start()
        with http_client(server) as http:
            http.get("/api/chat/rooms")
            http.get("/api/chat/rooms/987654321", headers={"traceparent": SAMPLED})
        # The end sends all there is.
        server.stop()
        assert {each.trace for each in collector.spans} == {TRACE}


@pytest.mark.parametrize("silent", [False, True])
async def test_a_collector_that_is_away_or_silent_costs_nobody_anything(
    new_server: NewServer, new_room: NewRoom, person: MakePerson, silent: bool
) -> None:
    """Messages are stored, the log has a line about it at most, and the end takes no longer."""
    with Collector(silent=silent) as collector:
        env = dict(collector.env)
        if not silent:
            # Nobody listens there.
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
        env |= {"OTEL_BSP_MAX_QUEUE_SIZE": "32", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16"}
        server = new_server(env=env).start()
        room = new_room(server)
        alice = person("alice", server)
        connection = await alice.enter(room)
        for number in range(300):
            await connection.send("message", content=str(number))
        for _ in range(300):
            await connection.expect("message")
        if silent:
            await asyncio.to_thread(collector.asked.wait, scaled(10))
        await connection.close()
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < scaled(5)
        lines = [line for line in server.log if "traces do not get to their collector" in line]
        assert len(lines) == 1


def test_without_traces_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    """Neither the library, but for its names, which FastAPI loads, nor what is wrapped for it."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from parlour.main import create_app\n"
        "from parlour.server import Server\n"
        "from parlour.settings import Settings\n"
        "settings = Settings(data_dir=Path(sys.argv[1]))\n"
        "Server(create_app(settings), settings)\n"
        "wanted = ('opentelemetry.sdk', 'opentelemetry.exporter', 'parlour.tracing', 'requests')\n"
        "print([name for name in sys.modules if name.startswith(wanted)])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


def test_another_way_to_the_collector_is_refused_in_one_line(new_server: NewServer) -> None:
    """It would be sent nothing, and nobody would know."""
    env = {"PARLOUR_TRACES": "on", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    server = new_server(env=env)
    process = server.launch()
    assert process.wait() == 1
    words = "OTEL_EXPORTER_OTLP_PROTOCOL is wrong: traces are sent by http/protobuf alone."
    assert process.lines == [f"parlour: {words}"]
