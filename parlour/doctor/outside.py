"""The server as others find it: on this machine, and as a browser does, through a proxy."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from parlour import __version__
from parlour.doctor.finding import Finding, Findings, Given, fault, ok, warning
from parlour.doctor.place import valid_until
from parlour.settings import Settings
from parlour.support.lock import holder_of
from parlour.support.tokens import random_id

_PATIENCE: Final = 10
_SLOW: Final = 1.0
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_HOST: Final = "let the proxy hand on the Host header (nginx: proxy_set_header Host $http_host;)"
_UPGRADE: Final = (
    "let the proxy hand on the upgrade (nginx: proxy_http_version 1.1, and Upgrade and Connection"
    " as in deploy/nginx.conf)"
)
# What cookies begin with that are kept from HTTP.
_PREFIX: Final = "__Host-"
_SCHEME: Final = (
    "let the proxy set X-Forwarded-Proto; where it is on another machine, name that in"
    " FORWARDED_ALLOW_IPS"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """An address, taken apart."""

    scheme: str
    host: str
    port: int
    base: str

    @property
    def origin(self) -> str:
        """As browsers say it."""
        usual = self.port == (443 if self.scheme == "https" else 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if usual else f":{self.port}")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    seconds: float
    certificate_ends: datetime | None

    def says(self) -> object:
        """What it is as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def _ask(
    place: _Place, path: str, method: str = "GET", *, insecure: bool = False, **headers: str
) -> _Answer:
    """One request, whose body is a header's `X_Body`. Raises OSError or HTTPException."""
    body = headers.pop("X_Body", None)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        context = ssl.create_default_context()
        if insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            place.host, place.port, timeout=_PATIENCE, context=context
        )
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=_PATIENCE)
    begun = time.perf_counter()
    try:
        connection.connect()
        ends = _ends(connection.sock)
        connection.putrequest(method, place.base + path, skip_host=True)
        connection.putheader("Host", place.origin.partition("://")[2])
        connection.putheader("User-Agent", f"parlour-doctor/{__version__}")
        for name, value in given.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(None if body is None else body.encode())
        answer = connection.getresponse()
        return _Answer(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            tuple(answer.headers.get_all("Set-Cookie", [])),
            answer.read(1_000_000),
            time.perf_counter() - begun,
            ends,
        )
    finally:
        connection.close()


def _ends(sock: socket.socket) -> datetime | None:
    told = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    if not told or "notAfter" not in told:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def here(given: Given) -> Findings:
    """Whether it runs on this machine, and takes work."""
    settings = given.settings
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    scheme = "https" if settings.tls_files else "http"
    place = _Place(scheme, host, settings.port or 8000, "")
    try:
        answer = _ask(place, "/readyz", insecure=True)
    except (OSError, http.client.HTTPException):
        yield _silent(settings, place)
        return
    said = answer.says()
    if not isinstance(said, dict) or ("status" not in said and "code" not in said):
        words = f"What answers at {place.origin} is no Parlour."
        yield fault("Server", words, "give one of the two another port (PARLOUR_PORT)")
    elif answer.status != http.client.OK:
        words = f"It answers at {place.origin}, and takes no work: {said.get('detail', '')}"
        yield fault("Server", words, "see its log")
    elif answer.seconds > _SLOW:
        words = f"It takes work at {place.origin}, but says so only after {answer.seconds:.1f} s."
        yield warning("Server", words, "see what it is at: /metrics, and the log")
    else:
        yield ok("Server", f"It takes work at {place.origin}.")


def _silent(settings: Settings, place: _Place) -> Finding:
    """None answers: whether there is one nevertheless, which has the data directory locked."""
    seen = f"None answers at {place.origin}"
    try:
        holder = holder_of(settings.data_dir)
    except OSError:
        # It was said of the data directory.
        holder = None
    if holder is None:
        return ok("Server", f"{seen}; it does not run.")
    who = f"process {holder} of Parlour" if holder else "a process of Parlour"
    return warning(
        "Server",
        f"{seen}, and {who} has {settings.data_dir.resolve()}: a server at another port, or"
        " one that hangs.",
        "name its port (--port or PARLOUR_PORT; it said so at its start), and run the doctor with"
        " its settings",
    )


def browser(given: Given) -> Findings:
    """Whether a browser that goes there gets all it needs. Only where an address was named."""
    if not given.url:
        return
    parts = urlsplit(given.url if "://" in given.url else f"https://{given.url}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    place = _Place(parts.scheme, parts.hostname or "", port, parts.path.rstrip("/"))
    try:
        answer = _ask(place, "/healthz")
    except ssl.SSLCertVerificationError as error:
        mend = "give it a certificate for that name, with its chain"
        yield fault("Address", f"Browsers do not trust it: {error.verify_message}.", mend)
        return
    except (OSError, http.client.HTTPException) as error:
        yield _unheard(place, error)
        return
    if place.scheme == "http" and answer.status == http.client.BAD_REQUEST and _is_other(place):
        # As nginx answers.
        yield _in_the_other_way(place)
        return
    if answer.status != http.client.OK or answer.says() != {"status": "ok"}:
        words = f"{place.origin} answers {answer.status}, and not as Parlour does."
        yield fault("Address", words, "see where the proxy leads")
        return
    yield ok("Address", f"{place.origin} answers after {1000 * answer.seconds:.0f} ms.")
    try:
        yield from _security(place, answer)
        yield from _websocket(place)
        yield from _handed_on(given, place)
    except (OSError, http.client.HTTPException) as error:
        words = f"{place.origin} answered, and then did not: {_said(error)}."
        yield fault("Address", words, "ask once more, and see the proxy's log for the reason")


def _unheard(place: _Place, error: Exception) -> Finding:
    """There is no answer: why that may be."""
    if _is_other(place):
        return _in_the_other_way(place)
    seen = f"{place.origin} does not answer: {_said(error)}."
    if isinstance(error, ssl.SSLError):
        mend = "see which versions and ciphers of TLS the proxy or the server there allows"
    elif isinstance(error, socket.gaierror):
        mend = "see that name in the DNS"
    elif isinstance(error, ConnectionRefusedError):
        mend = "see that proxy and server run, and listen at that address and port"
    else:
        mend = "see the name in the DNS, the firewall, and that proxy and server run"
    return fault("Address", seen, mend)


def _said(error: Exception) -> str:
    """What it says, on one line of a terminal: a proxy may have written it."""
    words = "".join(each if each.isprintable() else " " for each in str(error))
    return words or type(error).__name__


def _is_other(place: _Place) -> bool:
    """Whether HTTPS answers where HTTP was asked for, or the other way round."""
    other = replace(place, scheme="http" if place.scheme == "https" else "https")
    try:
        # Whatever it says, it speaks that; but for one that tells by it to come otherwise.
        return _ask(other, "/healthz", insecure=True).status != http.client.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False


def _in_the_other_way(place: _Place) -> Finding:
    at = place.origin.partition("://")[2]
    if place.scheme == "http":
        return fault("Address", f"{at} speaks HTTPS, and not HTTP.", f"name it https://{at}")
    return fault(
        "Address",
        f"{at} speaks HTTP, and not HTTPS.",
        f"name it http://{at} if that is meant; or put HTTPS before it (docs/operations.md, Behind"
        " a proxy), or give the server a certificate (PARLOUR_TLS_CERTIFICATE)",
    )


def _security(place: _Place, answer: _Answer) -> Findings:
    if answer.certificate_ends is not None:
        yield valid_until("Certificate as seen", answer.certificate_ends)
    if place.scheme == "http" and place.host not in _HERE:
        words = "It is spoken in the clear: whoever is on the way reads along, and takes logins."
        yield warning("HTTPS", words, "put HTTPS before it (docs/operations.md, Behind a proxy)")
    elif place.scheme == "https" and "strict-transport-security" not in answer.headers:
        words = "Browsers are not told to come by HTTPS alone."
        mend = "let the proxy add Strict-Transport-Security, as deploy/nginx.conf does"
        yield warning("HTTPS", words, mend)
    if place.host not in _HERE and _ask(place, "/metrics").status == http.client.OK:
        yield fault(
            "Metrics",
            f"Everybody can read {place.origin}/metrics.",
            "set PARLOUR_METRICS_TOKEN, or let the proxy refuse that path",
        )


def _websocket(place: _Place) -> Findings:
    # What the page does, by the same library that the server's frames are tested with.
    from websockets.exceptions import InvalidStatus, WebSocketException  # noqa: PLC0415
    from websockets.sync.client import connect  # noqa: PLC0415
    from websockets.typing import Origin  # noqa: PLC0415

    address = place.origin.replace("http", "ws", 1) + place.base + "/ws/chat"
    try:
        with connect(
            address, origin=Origin(place.origin), open_timeout=_PATIENCE, proxy=None
        ) as websocket:
            # It names nobody, so it is told so: by Parlour, and by nobody else.
            said = json.loads(websocket.recv(timeout=_PATIENCE))
    except InvalidStatus as error:
        status = error.response.status_code
        words = f"The upgrade to WebSocket is answered {status}: nobody gets any message."
        mend = f"{_HOST}, or name it in PARLOUR_ALLOWED_ORIGINS" if status == 403 else _UPGRADE
        yield fault("WebSocket", words, mend)
    except (WebSocketException, OSError, ValueError) as error:
        yield fault("WebSocket", f"There is none: {_said(error)}.", _UPGRADE)
    else:
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "error":
            yield ok("WebSocket", "The upgrade comes through, and what is said on it.")
        else:
            yield fault("WebSocket", "What answers there is no Parlour.", _UPGRADE)


def _handed_on(given: Given, place: _Place) -> Findings:
    """What the proxy tells the server of those who come: by what name, and whether in the clear."""
    asked = json.dumps({"username": f"doctor-{random_id()[:6]}"})
    answer = _ask(place, "/api/auth/guest", "POST", Origin=place.origin, X_Body=asked)
    said = answer.says()
    code = said.get("code") if isinstance(said, dict) else None
    if code == "cross_site":
        yield fault("Host", "The server believes that its own page is another site's.", _HOST)
        return
    if place.scheme == "https":
        yield _scheme(place, answer)
    yield from _large_files(given, place)


def _scheme(place: _Place, answer: _Answer) -> Finding:
    """Whether the server knows that it is spoken to by HTTPS, by the cookies that it gives."""
    if not (names := _own_cookies(answer)):
        # No guest may come in. Who goes and was never there gets cookies that take theirs away.
        answer = _ask(place, "/api/auth/logout", "POST", Origin=place.origin)
        names = _own_cookies(answer)
    if not names:
        return warning(
            "Scheme",
            "Whether the server knows that it is spoken to by HTTPS cannot be seen: no cookie of it"
            f" comes with its answers (status {answer.status}).",
            f"sign in with a browser, and see that its cookies are called {_PREFIX}parlour...; if"
            f" they are not, {_SCHEME}",
        )
    if all(name.startswith(_PREFIX) for name in names):
        return ok("Scheme", "The server knows that it is spoken to by HTTPS.")
    return fault(
        "Scheme",
        "The server does not know that it is spoken to by HTTPS: its cookies are not kept from"
        " HTTP.",
        _SCHEME,
    )


def _own_cookies(answer: _Answer) -> list[str]:
    """The names of the server's own: a proxy may add others, and flags to all."""
    names = [cookie.partition("=")[0].strip() for cookie in answer.cookies]
    return [name for name in names if name.removeprefix(_PREFIX).startswith("parlour")]


def _large_files(given: Given, place: _Place) -> Findings:
    """Whether the proxy lets files in that the server would take: it is asked by the head alone."""
    most = given.settings.max_file_size
    try:
        answer = _ask(
            place, "/api/chat/files?room_id=1&name=x", "POST",
            Origin=place.origin, Content_Length=str(most), Content_Type="application/octet-stream",
        )  # fmt: skip
    except (OSError, http.client.HTTPException):
        # It waits for the bytes, which is as well.
        return
    if answer.status == http.client.REQUEST_ENTITY_TOO_LARGE and answer.says() is None:
        yield warning(
            "Large files",
            f"The proxy refuses files of {most} bytes, which the server takes.",
            f"let it take them (nginx: client_max_body_size {most // 1_000_000 + 1}m;), or set"
            " PARLOUR_MAX_FILE_SIZE lower",
        )
