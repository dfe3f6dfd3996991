"""Spans from one node to the next: what was committed there is told here, for whoever did it."""

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.trace import SpanContext, SpanKind

from parlour.cluster import Cluster
from parlour.context import Context
from parlour.database import Database
from parlour.realtime.broker import Broker
from parlour.store.journal import Entry
from parlour.support.buckets import Drop, Taken
from parlour.tracing import Attributes, Tracing, headers_of, parent_of

# Entries whose cause is kept until they are told. It is taken away then; what is never told, or was
# by the journal before the hint came, must not gather.
_MOST: Final = 1000


class Entries:
    """What caused entries of the journal that are yet to be told."""

    def __init__(self) -> None:
        self._causes: dict[int, Mapping[str, str]] = {}

    def note(self, entry_id: int, cause: SpanContext | Mapping[str, str]) -> None:
        """Keep it; by the writer's thread, or for what another node has said."""
        if len(self._causes) >= _MOST:
            self._causes.clear()
        self._causes[entry_id] = headers_of(cause) if isinstance(cause, SpanContext) else cause

    def take(self, entry_id: int) -> Mapping[str, str] | None:
        """What caused an entry, once."""
        return self._causes.pop(entry_id, None)


class TracedCluster(Cluster):
    """Nodes that say with a hint what it is a part of."""

    def __init__(
        self, tracing: Tracing, entries: Entries, database: Database, broker: Broker
    ) -> None:
        self._tracing = tracing
        self._own = entries
        self._theirs = Entries()
        super().__init__(database, broker)

    def _hint_of(self, entry: Entry) -> list[Any]:
        cause = self._own.take(entry.id)
        # Whoever does not trace passes over it.
        return [*super()._hint_of(entry), *([cause] if cause else [])]

    def _do(self, node: str, kind: str, rest: list[Any]) -> None:
        if kind == "did" and len(rest) > 3 and rest[0] > self.head and isinstance(rest[3], dict):
            self._theirs.note(int(rest[0]), {str(k): str(v) for k, v in rest[3].items()})
        super()._do(node, kind, rest)

    def _tell(self, context: Context, entry: Entry) -> None:
        cause = self._theirs.take(entry.id)
        if cause is None:
            super()._tell(context, entry)
            return
        about: Attributes = {"parlour.entry": entry.id, "parlour.node": entry.node}
        with self._tracing.span("tell", SpanKind.CONSUMER, parent_of(cause), about):
            super()._tell(context, entry)

    async def catch_up(self) -> None:
        """As any other."""
        async with self._tracing.part("read journal"):
            await super().catch_up()

    async def heard(self) -> None:
        """As any other."""
        async with self._tracing.part("wait for nodes"):
            await super().heard()

    async def give_ticket(self, ticket: str, session_id: str, seconds: float) -> bool:
        """As any other."""
        async with self._tracing.part("redis put", **{"db.system.name": "redis"}):
            return await super().give_ticket(ticket, session_id, seconds)

    async def take_ticket(self, ticket: str) -> str | None:
        """As any other."""
        async with self._tracing.part("redis take", **{"db.system.name": "redis"}):
            return await super().take_ticket(ticket)

    async def spend(self, drop: Drop) -> Taken | None:
        """As any other."""
        async with self._tracing.part("redis spend", **{"db.system.name": "redis"}):
            return await super().spend(drop)
