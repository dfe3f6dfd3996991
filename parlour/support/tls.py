"""The certificate by which a server speaks TLS itself, read again when its files change."""

import logging
import ssl
from datetime import datetime
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

# Protocols of HTTP that are spoken; browsers ask for HTTP/2 in the same breath.
_SPOKEN: Final = ["http/1.1"]
# Seconds that a client has for its handshake, and for saying goodbye.
HANDSHAKE_SECONDS: Final = 10
GOODBYE_SECONDS: Final = 2


class CertificateUnusable(Exception):
    """The text is the one line to show."""


class _Encrypted(Exception):
    """The key wants a password."""


class _Listening(ssl.SSLContext):
    """What a server listens with; every connection is the `current` context's.

    One context cannot be given another certificate: it keeps a pair for each kind of key (EC, RSA),
    so that one of another kind stands beside the former, which most clients would still be shown.
    And it takes its tickets, by which a client comes back without being shown any.
    """

    current: ssl.SSLContext

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin a connection. Event loops, asyncio's and uvloop, ask for each by this alone."""
        return self.current.wrap_bio(*args, **options)


class Certificate:
    """A certificate with its chain, and its key, both files in PEM.

    `context` stays the same for the server's life: what is read again holds for handshakes from
    then on, and connections that are there go on with what they have.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        """Raises CertificateUnusable."""
        self._files: Final = (chain, key)
        self._seen = self._coming = self._look()
        self.context: Final = _Listening(ssl.PROTOCOL_TLS_SERVER)
        self.context.current = self._read()
        self._ends = self._end()

    @property
    def ends(self) -> datetime:
        """Until when it is good."""
        return self._ends

    def renew(self) -> None:
        """Read the files again if they have changed; a pair that is wrong changes nothing.

        It is read when it has not changed since the last look, for who writes may not be done.
        """
        try:
            seen = self._look()
            if seen == self._seen:
                return
            if seen != self._coming:
                self._coming = seen
                return
            # Both are often written one after the other: a pair that does not fit is no pair yet,
            # and what serves now must not take half of it.
            fresh = self._read()
            self._ends = self._end()
            self.context.current = fresh
        except (CertificateUnusable, OSError, ValueError) as error:
            if self._seen is not None:
                logger.warning("the certificate stays what it was: %s", error)
            # Said once; it is tried again until it can be read.
            self._seen = None
            return
        self._seen = seen
        logger.info("the certificate was read again")

    def _look(self) -> tuple[tuple[int, int, int], ...] | None:
        try:
            found = [path.stat() for path in self._files]
        except OSError as error:
            raise CertificateUnusable(f"Cannot read {error.filename}: {error.strerror}.") from None
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)

    def _end(self) -> datetime:
        # It comes with the library that signs logins; most servers do without.
        from cryptography import x509  # noqa: PLC0415

        chain = self._files[0]
        try:
            return x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
        except ValueError:
            # What else OpenSSL takes, such as one with words about what it is trusted for.
            raise CertificateUnusable(
                f"{chain} is no certificate as servers show them (-----BEGIN CERTIFICATE-----)."
            ) from None

    def _read(self) -> ssl.SSLContext:
        chain, key = self._files
        for path in self._files:
            try:
                path.read_bytes()
            except OSError as error:
                raise CertificateUnusable(f"Cannot read {path}: {error.strerror}.") from None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(_SPOKEN)
        try:
            context.load_cert_chain(chain, key, password=_no_password)
        except _Encrypted:
            raise CertificateUnusable(
                f"The key {key} has a password. Give one without: a server that starts by itself"
                " has nobody to ask."
            ) from None
        except (ssl.SSLError, ValueError) as error:
            raise CertificateUnusable(
                f"{chain} and {key} are no certificate and the key that belongs to it, both in PEM"
                f" ({getattr(error, 'reason', None) or error})."
            ) from None
        return context


def _no_password() -> str:
    # Otherwise OpenSSL asks for it on the terminal, and waits.
    raise _Encrypted
