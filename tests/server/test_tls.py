"""HTTPS without a proxy: what is served, certificates that are renewed, and wrong ones."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from websockets.asyncio.client import connect

from tests.support.accounts import PASSWORD, cookies_of, stranger
from tests.support.brief import thorough_but
from tests.support.figures import figures
from tests.support.files import until
from tests.support.people import checked, http_client
from tests.support.server import Server
from tests.support.timing import scaled
from tests.support.tls import SecureServer, anybodys, write_pair

pytestmark = pytest.mark.one_node("certificates are each node's own")

STAYS = "max-age=31536000"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    """Yield a server that speaks HTTPS."""
    with SecureServer(tmp_path_factory.mktemp("secure")) as running:
        yield running


async def until_async(reached: Callable[[], bool]) -> None:
    """`until` beside the running event loop."""
    await asyncio.to_thread(until, reached)


def test_it_says_that_it_speaks_https(secure: SecureServer) -> None:
    """In the line with its address, and in that of the first administrator."""
    assert f"Parlour is ready: https://localhost:{secure.port}" in secure.log
    secure.process.wait_for_line(rf"^First administrator: https://localhost:{secure.port}/")


def test_whoever_came_by_https_is_told_to_stay_with_it(
    secure: SecureServer, server: Server
) -> None:
    """With every answer, and by nobody who speaks HTTP: what is before it says so."""
    with http_client(secure) as client:
        for path in ("/", "/healthz", "/api/chat/rooms", "/nowhere"):
            assert client.get(path).headers["Strict-Transport-Security"] == STAYS
    with http_client(server) as client:
        assert "Strict-Transport-Security" not in client.get("/").headers


def test_the_cookies_of_a_login_are_for_https_alone(secure: SecureServer) -> None:
    """By their names and attributes."""
    with stranger(secure, **{"Sec-Fetch-Site": "same-origin"}) as client:
        wanted = {"username": "ada", "password": PASSWORD}
        answer = client.post("/api/auth/register", json=wanted)
    found = cookies_of(answer)
    assert "__Host-parlour" in found
    assert all(cookie["secure"] for cookie in found.values())


async def test_a_websocket_speaks_tls_too(secure: SecureServer) -> None:
    """And is told by `closing` when the server goes."""
    with http_client(secure) as client:
        room = checked(client.post("/api/chat/rooms", json={"name": "behind glass"}))
    address = f"{secure.websocket_url}/ws/chat/{room['id']}?username=ann"
    async with connect(address, ssl=anybodys(), proxy=None) as websocket:
        await websocket.send(json.dumps({"type": "message", "content": "x" * 900}))
        async with asyncio.timeout(scaled(10)):
            while json.loads(await websocket.recv())["type"] != "message":
                pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_spoken_from_1_2_on(secure: SecureServer, version: ssl.TLSVersion) -> None:
    """With HTTP/1.1 for whoever asks for more."""
    context = anybodys()
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((secure.host, secure.port), scaled(5)) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        assert wrapped.version() == version.name.replace("_", ".")
        assert wrapped.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize(
    "nonsense",
    [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 600, b""],
    ids=["plain HTTP", "a wrong handshake", "nothing, and a goodbye"],
)
def test_what_is_no_handshake_is_closed_and_costs_no_line(
    secure: SecureServer, nonsense: bytes
) -> None:
    """Whoever comes by HTTP is not answered in plain text."""
    before = len(secure.log)
    with socket.create_connection((secure.host, secure.port), scaled(10)) as plain:
        plain.sendall(nonsense)
        plain.shutdown(socket.SHUT_WR)
        answer = b""
        while received := plain.recv(4096):
            answer += received
    assert b"HTTP" not in answer
    assert secure.answers()
    assert secure.log[before:] == []


@pytest.mark.thorough
def test_who_does_not_end_the_handshake_is_let_go(secure: SecureServer) -> None:
    """After ten seconds, as one who says nothing at the door of HTTP."""
    begun = time.monotonic()
    with socket.create_connection((secure.host, secure.port), scaled(60)) as plain:
        assert plain.recv(1) == b""
    assert 5 < time.monotonic() - begun < scaled(50)


def test_a_refusal_at_the_door_is_read_to_its_end(secure: SecureServer) -> None:
    """TLS has no half of a connection that could be closed alone."""
    with (
        socket.create_connection((secure.host, secure.port), scaled(20)) as plain,
        anybodys().wrap_socket(plain, suppress_ragged_eofs=True) as wrapped,
    ):
        wrapped.sendall(b"nonsense\r\n\r\n")
        answer = b""
        while received := wrapped.recv(4096):
            answer += received
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"bad_request"' in answer.replace(b": ", b":")
    assert f"strict-transport-security: {STAYS}".encode() in answer


def test_the_figures_say_when_its_certificate_ends(secure: SecureServer) -> None:
    """So that somebody is told before browsers let nobody in."""
    chain = Path(secure.env["PARLOUR_TLS_CERTIFICATE"])
    ends = x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc.timestamp()
    assert figures(secure)["parlour_certificate_end_timestamp_seconds"] == ends


async def test_a_renewed_certificate_is_shown_from_then_on(tmp_path: Path) -> None:
    """Without a restart; who is connected stays."""
    with SecureServer(tmp_path / "server", env={"PARLOUR_LOG_LEVEL": "info"}) as server:
        assert server.shown() == server.number
        with http_client(server) as client:
            room = checked(client.post("/api/chat/rooms", json={"name": "long"}))
        address = f"{server.websocket_url}/ws/chat/{room['id']}?username=ann"
        async with connect(address, ssl=anybodys(), proxy=None) as websocket:
            number = write_pair(server.home)
            await until_async(lambda: server.shown() == number)
            await websocket.send(json.dumps({"type": "ping"}))
            async with asyncio.timeout(scaled(10)):
                while json.loads(await websocket.recv())["type"] != "pong":
                    pass
        assert [line for line in server.log if "certificate was read again" in line]


@pytest.mark.thorough
def test_half_a_pair_changes_nothing_until_the_other_half_is_there(tmp_path: Path) -> None:
    """It is said once, and tried until it fits."""
    with SecureServer(tmp_path / "server") as server:
        number = write_pair(server.home, name="next")
        (server.home / "next.crt").rename(server.home / "server.crt")
        server.process.wait_for_line("the certificate stays what it was: ")
        assert server.shown() == server.number
        (server.home / "next.key").rename(server.home / "server.key")
        until(lambda: server.shown() == number)
        assert sum("stays what it was" in line for line in server.log) == 1


@pytest.mark.thorough
def test_a_certificate_that_only_openssl_takes_is_not_taken_and_ends_nothing(
    tmp_path: Path,
) -> None:
    """What serves goes on as before; a right one is taken after it."""
    with SecureServer(tmp_path / "server") as server:
        write_pair(server.home, name="next")
        trusted_alone(server.home / "next.crt")
        for end in ("crt", "key"):
            (server.home / f"next.{end}").rename(server.home / f"server.{end}")
        server.process.wait_for_line("stays what it was: .* is no certificate as servers show them")
        assert server.shown() == server.number
        number = write_pair(server.home)
        until(lambda: server.shown() == number)


def trusted_alone(chain: Path) -> None:
    """Let a certificate be in the form that OpenSSL has for itself."""
    chain.write_text(chain.read_text().replace(" CERTIFICATE-", " TRUSTED CERTIFICATE-"))


WRONG = [
    ("openssl's own", r"parlour: .*server\.crt is no certificate as servers show them"),
    ("missing", r"parlour: Cannot read .*server\.key: No such file or directory\.$"),
    ("swapped", r"parlour: .* are no certificate and the key that belongs to it, both in PEM"),
    ("another's", r"parlour: .* are no certificate and the key that belongs to it"),
    ("a password", r"parlour: The key .*server\.key has a password\. Give one without"),
]


@pytest.mark.parametrize(
    ("fault", "said"),
    thorough_but(
        [WRONG[0], WRONG[3], WRONG[4]],
        WRONG,
    ),
)
def test_a_wrong_pair_costs_one_line(tmp_path: Path, fault: str, said: str) -> None:
    """And nobody is asked for anything."""
    server = SecureServer(tmp_path / "server")
    chain, key = server.home / "server.crt", server.home / "server.key"
    if fault == "missing":
        key.unlink()
    elif fault == "swapped":
        chain.rename(tmp_path / "other")
        key.rename(chain)
        (tmp_path / "other").rename(key)
    elif fault == "openssl's own":
        trusted_alone(chain)
    elif fault == "another's":
        write_pair(tmp_path)
        (tmp_path / "server.key").rename(key)
    else:
        write_pair(server.home, password=b"a password")
    process = server.launch()
    assert process.wait() == 1
    process.wait_for_line(said)
    assert len(process.lines) == 1
