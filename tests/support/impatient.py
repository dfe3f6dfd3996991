"""`parlour serve` whose WebSockets wait a tenth as long, or less, for what a peer owes them.

Run as a program: `python impatient.py serve ...`. Every limit is one of the production server's,
with another number; the numbers themselves are held against the documentation in `tests/docs/`.
"""

import sys
from typing import Any, Final

import parlour.server
from parlour.cli import main
from parlour.realtime.websocket import WebSocketProtocol

PING_INTERVAL: Final = 1.0
PING_TIMEOUT: Final = 1.0
MESSAGE_SECONDS: Final = 1.0


class ImpatientServer(parlour.server.Server):
    """The server, whose keepalive and deadlines are short."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.config.ws_ping_interval = PING_INTERVAL
        self.config.ws_ping_timeout = PING_TIMEOUT


if __name__ == "__main__":
    setattr(parlour.server, "Server", ImpatientServer)  # noqa: B010 - the command line takes it there
    setattr(WebSocketProtocol, "message_seconds", MESSAGE_SECONDS)  # noqa: B010
    setattr(WebSocketProtocol, "flush_seconds", MESSAGE_SECONDS)  # noqa: B010
    sys.exit(main())
