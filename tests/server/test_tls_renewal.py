"""A renewed certificate: it alone is shown, whatever kind of key the former had."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from parlour.support.tls import Certificate
from tests.support.figures import figures
from tests.support.timing import scaled
from tests.support.tls import SecureServer, anybodys, write_pair

pytestmark = pytest.mark.one_node("certificates are each node's own")

# TLS 1.2 names the kind of key that a client takes in its ciphers.
ONLY = {"ec": "ECDHE-ECDSA-AES128-GCM-SHA256", "rsa": "ECDHE-RSA-AES128-GCM-SHA256"}
# With a server's name, and without one.
NAMES = ("localhost", None)
LOUD = {"PARLOUR_LOG_LEVEL": "info"}


class Met(NamedTuple):
    """What a client knows after a handshake and an answer."""

    number: int
    protocol: str | None
    session: ssl.SSLSession | None
    came_back: bool | None


def write_rsa_pair(folder: Path) -> int:
    """As `write_pair` does, with a key for RSA, and good for longer."""
    write_pair(folder, name="model")
    model = x509.load_pem_x509_certificate((folder / "model.crt").read_bytes())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    number = x509.random_serial_number()
    certificate = x509.CertificateBuilder(
        model.issuer,
        model.subject,
        key.public_key(),
        number,
        model.not_valid_before_utc,
        model.not_valid_after_utc + timedelta(days=60),
        list(model.extensions),
    ).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    form = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "model.crt").write_bytes(certificate.public_bytes(pem))
    (folder / "model.key").write_bytes(key.private_bytes(*form))
    for end in ("crt", "key"):
        (folder / f"model.{end}").rename(folder / f"server.{end}")
    return number


WRITE: dict[str, Callable[[Path], int]] = {"ec": write_pair, "rsa": write_rsa_pair}


def only(kind: str) -> ssl.SSLContext:
    """What takes any certificate with a key of this kind."""
    context = anybodys()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ONLY[kind])
    return context


def meet(
    server: SecureServer,
    context: ssl.SSLContext,
    name: str | None = "localhost",
    session: ssl.SSLSession | None = None,
) -> Met:
    """Shake hands, and ask something: tickets come with the answer."""
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((server.host, server.port), scaled(10)) as plain,
        context.wrap_socket(plain, server_hostname=name, session=session) as wrapped,
    ):
        wrapped.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wrapped.recv(4096).startswith(b"HTTP/1.1 200 ")
        number = number_of(wrapped.getpeercert(binary_form=True))
        protocol = wrapped.selected_alpn_protocol()
        return Met(number, protocol, wrapped.session, wrapped.session_reused)


def number_of(der: bytes | None) -> int:
    """Return the number of a certificate that was shown."""
    assert der
    return x509.load_der_x509_certificate(der).serial_number


def renewed(server: SecureServer, kind: str) -> int:
    """Write a new pair and wait until the server says that it has it; return its number."""
    number = WRITE[kind](server.home)
    server.process.wait_for_line("the certificate was read again")
    return number


@pytest.mark.parametrize(
    ("former", "later"), [("ec", "rsa"), pytest.param("rsa", "ec", marks=pytest.mark.thorough)]
)
def test_one_with_another_kind_of_key_takes_the_place_of_the_former(
    tmp_path: Path, former: str, later: str
) -> None:
    """For who takes both kinds or its kind alone, with or without a name; as the figures say."""
    server = SecureServer(tmp_path / "server", env=LOUD)
    first = WRITE[former](server.home)
    with server:
        for name in NAMES:
            assert meet(server, anybodys(), name).number == first
            assert meet(server, only(former), name).number == first
        second = renewed(server, later)
        for name in NAMES:
            assert meet(server, anybodys(), name).number == second
            assert meet(server, only(later), name).number == second
            # There is nothing left for who takes only what it was.
            with pytest.raises((ssl.SSLError, ConnectionError)):
                meet(server, only(former), name)
        shown = x509.load_pem_x509_certificate((server.home / "server.crt").read_bytes())
        assert shown.serial_number == second
        ends = shown.not_valid_after_utc.timestamp()
        assert figures(server)["parlour_certificate_end_timestamp_seconds"] == ends


@pytest.mark.parametrize(
    "version",
    [pytest.param(ssl.TLSVersion.TLSv1_2, marks=pytest.mark.thorough), ssl.TLSVersion.TLSv1_3],
    ids=["TLS 1.2", "TLS 1.3"],
)
def test_who_comes_back_by_a_ticket_of_before_is_shown_the_new_one(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """By a whole handshake, in which all is as it was agreed on before."""
    context = anybodys()
    context.minimum_version = context.maximum_version = version
    with SecureServer(tmp_path / "server", env=LOUD) as server:
        first = meet(server, context)
        back = meet(server, context, session=first.session)
        assert (back.number, back.came_back) == (server.number, True)
        number = renewed(server, "ec")
        again = meet(server, context, session=back.session)
        assert (again.number, again.came_back) == (number, False)
        # And by a ticket of now nobody is slower than before.
        back = meet(server, context, session=again.session)
        assert (back.number, back.came_back) == (number, True)
        assert first.protocol == again.protocol == back.protocol == "http/1.1"


@pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_every_event_loop_takes_the_new_one_for_who_comes(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """From the context that it was given once; who is connected keeps what they have."""
    numbers = [write_pair(tmp_path)]
    certificate = Certificate(tmp_path / "server.crt", tmp_path / "server.key")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def walk() -> list[int]:
        shown, writers = [], []
        listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=certificate.context)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            for write in (write_rsa_pair, write_pair, None):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybodys())
                der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
                shown.append(number_of(der))
                writers.append((reader, writer))
                if write is not None:
                    numbers.append(write(tmp_path))
                    # It is read when it has not changed since the last look.
                    certificate.renew()
                    certificate.renew()
            for reader, writer in writers:
                writer.write(b"here\n")
                assert await reader.readline() == b"here\n"
                writer.close()
                await writer.wait_closed()
        return shown

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(walk()) == numbers
