"""Links that are programs which pass on what is said, or nothing at all: see `partitions.py`."""

from collections.abc import Callable, Sequence
from typing import Literal

from tests.support.balancer import Balancer, Side, Taken, run
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.valkey import Valkey


class Way(Balancer):
    """A way to a port that may fall silent: then it takes everything and hands nothing on."""

    def __init__(self, behind: int) -> None:
        super().__init__(free_port(), [behind])
        self.silent = False
        self._sides: set[Side] = set()
        # What happened while nobody was told of anything.
        self._later: list[Callable[[], None]] = []
        self.open()

    def fall_silent(self) -> None:
        """Hand nothing on, also no end of a connection."""
        run(self._set(silent=True))

    def go_on(self) -> None:
        """Hand on again, beginning with what was said meanwhile."""
        run(self._set(silent=False))

    async def _set(self, *, silent: bool) -> None:
        self.silent = silent
        for side in self._sides:
            if silent and side.transport is not None:
                side.transport.pause_reading()
            elif not silent and side.other is not None and side.other.transport is not None:
                side.begin()
        if not silent:
            later, self._later = self._later, []
            for each in later:
                each()

    def taken(self) -> Side:
        """A client comes."""
        return _Coming(self)

    def side(self) -> Side:
        """Somebody for them."""
        return _There(self)

    def lead(self, client: Side) -> None:
        """Not before somebody is told that they are here."""
        self.when_heard(lambda: super(Way, self).lead(client))

    def when_heard(self, happens: Callable[[], None]) -> None:
        """Let it happen as soon as anybody is told of anything."""
        self._later.append(happens) if self.silent else happens()

    def note(self, side: Side) -> None:
        """A side is there, and is not read while nothing is handed on."""
        self._sides.add(side)
        if self.silent and side.transport is not None:
            side.transport.pause_reading()

    def forget(self, side: Side) -> None:
        """It is there no longer."""
        self._sides.discard(side)


class _There(Side):
    """The side of the server."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way

    def connection_made(self, transport: object) -> None:
        """As it is for any."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._way.note(self)

    def begin(self) -> None:
        """Not while nobody is told of anything."""
        self._way.when_heard(super().begin)

    def resume_writing(self) -> None:
        """Whoever is silent goes on being so."""
        self._way.when_heard(super().resume_writing)

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody is told before they are told anything."""
        self._way.forget(self)
        self._way.when_heard(lambda: super(_There, self).connection_lost(error))


class _Coming(_There, Taken):
    """The side of a client."""

    def __init__(self, way: Way) -> None:
        Taken.__init__(self, way)
        self._way = way


class Ways:
    """A way from each node to each end."""

    kind: Literal["proxies"] = "proxies"
    settings: Sequence[str] = ()

    def __init__(self, count: int) -> None:
        self._count = count
        self._ways: dict[tuple[int, str], Way] = {}

    def join(self, postgres: Postgres, redis: Valkey) -> None:
        """As the interface says."""
        for node in range(self._count):
            self._ways[node, "postgresql"] = Way(postgres.port)
            self._ways[node, "redis"] = Way(redis.port)

    def url(self, node: int, end: str, url: str) -> str:
        """The same."""
        way = self._ways[node, end]
        return url.replace(f":{way.behind[0]}", f":{way.port}")

    def house(self, node: int, server: Server) -> None:
        """The same."""
        way = self._ways[node, "people"] = Way(server.port)
        server.env["PARLOUR_PORT"] = str(server.port)
        server.port = way.port

    def cut(self, node: int, ends: Sequence[str]) -> None:
        """The same."""
        for end in ends:
            self._ways[node, end].fall_silent()

    def heal(self) -> None:
        """The same."""
        for way in self._ways.values():
            way.go_on()

    def close(self) -> None:
        """The same."""
        for way in self._ways.values():
            way.close()
