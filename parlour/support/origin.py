"""Whether the page that opens a connection is one of ours.

Source: RFC 6455, section 10.2. Programs that are not browsers send no Origin at all.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_allowed(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """Whether `origin` is that of the server itself (named by the Host header) or `allowed`.

    The scheme is not compared with the server's own, which a proxy that ends TLS hides.
    """
    if origin is None or "*" in allowed or origin.lower() in allowed:
        return True
    scheme = origin.partition(":")[0].lower()
    default = _DEFAULT_PORTS.get(scheme)
    if default is None or not host:
        return False
    try:
        return _name_and_port(origin.partition("//")[2], default) == _name_and_port(host, default)
    except ValueError:  # a port that is none
        return False


def _name_and_port(host: str, default: int) -> tuple[str | None, int]:
    parts = urlsplit(f"//{host}")
    return parts.hostname, parts.port or default
