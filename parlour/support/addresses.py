"""Whom an address is counted for."""

import ipaddress
from functools import lru_cache
from typing import Final

# Where nobody knows the address: behind a socket of the file system, which no client has.
UNKNOWN: Final = "unknown"


@lru_cache(maxsize=4096)
def address_of(host: str | None) -> str:
    """Whom tries are counted for: an IPv4 address, or the /64 network that one IPv6 line has."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)
