"""What `/metrics` tells, and who may read it."""

import pytest
from httpx2 import Client

from tests.support.accounts import register
from tests.support.answers import assert_refused
from tests.support.figures import figures, read
from tests.support.files import until
from tests.support.people import Person, Room, http_client
from tests.support.places import make_room, new_account
from tests.support.rawhttp import RawHTTP
from tests.support.scheduling import due, later, path_of, said_in
from tests.support.server import NewServer, Server
from tests.support.timing import scaled

pytestmark = pytest.mark.one_node("of two, each tells of itself")

TOKEN = "0123456789abcdef-._~+/=="


def risen(before: dict[str, float], after: dict[str, float], name: str) -> float:
    """How much more there is of something."""
    return after[name] - before.get(name, 0)


async def test_what_is_said_and_to_how_many_is_counted(
    server: Server, room: Room, alice: Person, bob: Person
) -> None:
    """Once stored, each message once, however often it was sent; and each who was told."""
    before = figures(server)
    one, other = await alice.enter(room), await bob.enter(room)
    for _ in range(2):
        await one.send("message", content="once", client_id="a")
        await one.until("message")
    await other.until("message")
    await alice.post(room, "by post")
    for client in (one, other):
        await client.until("message", message={"content": "by post"})
    await one.settle()
    after = figures(server)
    assert risen(before, after, "parlour_messages_stored_total") == 2
    assert risen(before, after, "parlour_connections_opened_total") == 2
    assert risen(before, after, "parlour_connections") == 2
    assert risen(before, after, "parlour_people") == 2
    assert risen(before, after, "parlour_rooms_followed") == 1
    # Both were told of both, and of whoever came.
    assert 4 <= risen(before, after, "parlour_deliveries_total") <= 12
    assert risen(before, after, "parlour_commit_group_size_count") >= 2
    assert risen(before, after, "parlour_commit_seconds_sum") > 0
    # Each message was told by itself; of who came and went nothing was committed.
    assert risen(before, after, "parlour_fan_out_lag_seconds_count") == 2
    assert 0 < risen(before, after, "parlour_fan_out_lag_seconds_sum") < scaled(5)
    for client in (one, other):
        await client.close()
    await alice.leave()
    await bob.leave()


async def test_who_resumes_is_counted_by_what_they_had_missed(
    server: Server, room: Room, alice: Person
) -> None:
    """Who comes back, and who has noticed a gap; nobody who comes without having anything."""
    before = figures(server)
    await alice.post(room, "one")
    first = await alice.enter(room)
    # Where the room stands, before all of it, and where it never stood.
    for version in (1, 0, 7):
        await first.send("subscribe", room_id=room["id"], after=version)
        await first.until("sync")
    client = await alice.connect(room, after=0)
    await client.until("sync")
    after = figures(server)
    counted = {
        (reason, outcome): risen(
            before, after, f'parlour_resumes_total{{outcome="{outcome}",reason="{reason}"}}'
        )
        for reason in ("gap", "came")
        for outcome in ("unchanged", "replayed", "reset")
    }
    assert list(counted.values()) == [1, 1, 1, 0, 1, 0], counted
    for each in (first, client):
        await each.close()
    await alice.leave()


def test_what_is_said_later_is_counted_once_it_is_said(server: Server) -> None:
    """By its job at its time, and where somebody does not wait for that."""
    ann = new_account(server, "ann")
    place = make_room(ann)
    before = figures(server)
    one, other = later(place, ann), later(place, ann, "now")
    assert risen(before, figures(server), "parlour_messages_stored_total") == 0
    assert ann.call("POST", path_of(other, "/now")).status_code == 201
    due(ann, one)
    until(lambda: risen(before, figures(server), "parlour_messages_stored_total") >= 2)
    assert len(said_in(place, ann)) == 2
    done = 'parlour_jobs_total{kind="send",outcome="done"}'
    until(lambda: risen(before, figures(server), done) >= 1)
    assert risen(before, figures(server), done) == 1
    assert risen(before, figures(server), "parlour_messages_stored_total") == 2


async def test_refusals_are_counted_by_door_and_code(
    server: Server, http: Client, room: Room, alice: Person
) -> None:
    """And answers by their status; what never came to a route, too."""
    before = figures(server)
    client = await alice.enter(room)
    await client.send("message", content="")
    await client.until("error", code="empty")
    assert_refused(http.get("/api/chat/rooms/987654321"), "not_found")
    with RawHTTP(server) as raw:
        raw.send(b"nonsense\r\n\r\n")
        [answer] = raw.until_end(seconds=10)
    assert answer.status == 400
    after = figures(server)
    for door, code in (("websocket", "empty"), ("http", "not_found"), ("http", "bad_request")):
        name = f'parlour_refusals_total{{code="{code}",door="{door}"}}'
        assert risen(before, after, name) == 1, name
    assert risen(before, after, 'parlour_http_answers_total{status="4xx"}') == 1
    assert risen(before, after, 'parlour_http_answers_total{status="2xx"}') >= 1


def test_what_a_server_has_and_waits_for_is_told(server: Server) -> None:
    """Of a quiet one: nothing waits, and its process lives."""
    waiting = ("writes_waiting", "reads_waiting", "passwords_waiting", "uploads", "closing")
    told: dict[str, float] = {}

    def nothing_waits() -> bool:
        nonlocal told
        told = figures(server)
        return all(told[f"parlour_{name}"] == 0 for name in waiting)

    # What it does behind, such as to say that it holds its database, is over in a moment.
    until(nothing_waits)
    assert told["parlour_readers"] > told["parlour_readers_busy"]
    assert told["parlour_connections_limit"] > 0
    assert told['parlour_http_connections{state="answering"}'] == 1
    assert told["process_resident_memory_bytes"] > 10_000_000
    assert told["process_cpu_seconds_total"] > 0
    assert told["process_open_fds"] > 3
    assert told["parlour_event_loop_lag_seconds_count"] > 0
    assert told["parlour_disk_bytes"] > told["parlour_disk_free_bytes"] > 0
    assert [name for name in told if name.startswith("parlour_build_info{")]
    # It has nobody beside it.
    assert not [name for name in told if "journal" in name or "broker" in name]


def test_what_one_is_warned_of_is_told_before_it_happens(server: Server) -> None:
    """At 0: of a figure that is not there Prometheus cannot say that it has risen to 1."""
    told = figures(server)
    for door in ("http", "websocket"):
        for code in ("busy", "internal", "storage_full"):
            assert f'parlour_refusals_total{{code="{code}",door="{door}"}}' in told
    assert 'parlour_jobs_total{kind="send",outcome="given_up"}' in told
    assert 'parlour_database_faults_total{reason="full"}' in told


def test_the_answer_is_prometheus_text_and_kept_nowhere(http: Client) -> None:
    """As Prometheus asks for it."""
    answer = http.get("/metrics", headers={"Accept": "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert read(answer.text)
    assert answer.text.endswith("\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Forwarded-Proto": "https"},
        {"Host": "chat.example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "[::1"},
    ],
    ids=str,
)
def test_without_a_token_nobody_reads_it_through_a_proxy(
    http: Client, headers: dict[str, str]
) -> None:
    """Whatever that says of where they are, and a page under a name that leads here neither."""
    assert_refused(http.get("/metrics", headers=headers), "not_allowed")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_on_the_own_machine_it_is_read_by_any_name_of_that(http: Client, host: str) -> None:
    """As people type it."""
    assert http.get("/metrics", headers={"Host": host}).status_code == 200


def test_a_login_is_no_token(server: Server) -> None:
    """Not even of somebody who speaks with the server directly: it is not asked at all."""
    account = register(server, "mona")
    with http_client(server) as http:
        asked = {"Authorization": f"Bearer {account.access}", "X-Forwarded-For": "192.0.2.1"}
        assert_refused(http.get("/metrics", headers=asked), "not_allowed")


def test_with_a_token_whoever_shows_it_reads_it_and_nobody_else(new_server: NewServer) -> None:
    """From anywhere, also through a proxy; as a bearer alone, and it stands in no log."""
    server = new_server(env={"PARLOUR_METRICS_TOKEN": TOKEN}, flags=["--log-level", "debug"])
    server.start()
    assert figures(server, TOKEN)
    with http_client(server) as http:
        elsewhere = {"X-Forwarded-For": "192.0.2.1", "Host": "chat.example.org"}
        right = {"Authorization": f"bearer {TOKEN}"}
        assert http.get("/metrics", headers={**elsewhere, **right}).status_code == 200
        for wrong in (
            {},
            {"Authorization": f"Bearer {TOKEN}x"},
            {"Authorization": f"Bearer {TOKEN[:-1]}"},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": TOKEN},
            {"Cookie": f"parlour_access={TOKEN}"},
        ):
            answer = http.get("/metrics", headers=wrong)
            assert_refused(answer, "not_signed_in")
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in answer.text
        assert_refused(http.get("/metrics", params={"token": TOKEN}), "not_signed_in")
    server.stop()
    assert TOKEN not in "\n".join(server.log)
