"""Certificates of a test's own, and servers that speak HTTPS by them."""

import http.client
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.server import Server
from tests.support.timing import scaled


def write_pair(folder: Path, *, name: str = "server", password: bytes | None = None) -> int:
    """Write a new `name`.crt and `name`.key for this machine; return the certificate's number."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        hidden = serialization.BestAvailableEncryption(password)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in (
        (folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM)),
        (folder / f"{name}.key", key.private_bytes(*form)),
    ):
        # As those who renew certificates do: there is never half a file.
        path.with_suffix(".new").write_bytes(text)
        path.with_suffix(".new").rename(path)
    return certificate.serial_number


def anybodys() -> ssl.SSLContext:
    """What takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class SecureServer(Server):
    """A server that speaks HTTPS, with a pair in its own folder."""

    def __init__(self, home: Path, **options: Any) -> None:
        """As a `Server`, and with the certificate's number as `number`."""
        self.number = write_pair(home)
        pair = {
            "PARLOUR_TLS_CERTIFICATE": str(home / "server.crt"),
            "PARLOUR_TLS_KEY": str(home / "server.key"),
        }
        super().__init__(home, env={**pair, **options.pop("env", {})}, **options)

    @property
    def url(self) -> str:
        """By HTTPS."""
        return super().url.replace("http:", "https:")

    @property
    def websocket_url(self) -> str:
        """By TLS."""
        return super().websocket_url.replace("ws:", "wss:")

    def _answers(self, port: int) -> bool:
        connection = http.client.HTTPSConnection(
            self.host, port, timeout=scaled(5), context=anybodys()
        )
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def shown(self) -> int:
        """Return the number of the certificate that a newcomer is shown."""
        with (
            socket.create_connection((self.host, self.port), scaled(5)) as plain,
            anybodys().wrap_socket(plain) as secure,
        ):
            der = secure.getpeercert(binary_form=True)
            assert der
            return x509.load_der_x509_certificate(der).serial_number
