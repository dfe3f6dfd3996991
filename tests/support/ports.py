"""Ports for servers that have to be found again after a restart, so they cannot be port 0."""

import os
import socket
from itertools import count

# Below the range from which systems take ports for outgoing connections: a port that is free now
# stays free while its server is down, whatever connections the tests open meanwhile.
FIRST, LAST = 10_000, 32_000

# Parallel workers start far from one another.
_candidates = count(os.getpid() * 37)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens, another one with each call."""
    for candidate in _candidates:
        port = FIRST + candidate % (LAST - FIRST)
        with socket.socket() as probe:
            # As servers do: ports whose last connections only wait for stragglers count as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("count() ended")
