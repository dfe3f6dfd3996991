"""Whom an address is counted for."""

import ipaddress
import logging
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final

from parlour.support.logs import Seldom

logger = logging.getLogger(__name__)

# Where nobody knows the address: behind a socket of the file system, which no client has.
UNKNOWN: Final = "unknown"
# Where one is named that is none: all who are named so have what one address has.
NO_ADDRESS: Final = "no address"
# Characters of the longest address there is: IPv6 with IPv4 in it, and the name of an interface.
_LONGEST: Final = 64
# So seldom it is said that a proxy names what is no address.
_NAMED: Final = Seldom()


def told_of(scope: MutableMapping[str, Any]) -> str:
    """What the log says of where a request or connection comes from, as whoever knows it wrote it.

    Cut: behind a trusted proxy that hands on what clients say of themselves it is their word.
    """
    client = scope.get("client")
    return str(client[0])[:_LONGEST] if client else ""


def address_of(host: str | None) -> str:
    """Whom tries are counted for: an IPv4 address, or the /64 network that one IPv6 line has."""
    if not host:
        return UNKNOWN
    # What is longer is not remembered: a client may have written it.
    address = _counted(host) if len(host) <= _LONGEST else NO_ADDRESS
    if address is NO_ADDRESS and _NAMED.due():
        # Of a connection Uvicorn knows an address or none: this is a trusted proxy's word.
        logger.warning(
            "a proxy says that somebody comes from %r, which is no address: all of whom it says"
            " such a thing count as one. Let it set X-Forwarded-For to the client's address",
            host[:_LONGEST],
        )
    return address


@lru_cache(maxsize=4096)
def _counted(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return NO_ADDRESS
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)
