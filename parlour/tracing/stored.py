"""Spans of the database: what is read, and what is committed together for whoever asked for it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from opentelemetry.trace import Link, SpanContext, SpanKind
from sqlalchemy import Connection, Engine

from parlour.database import Database
from parlour.store.backends import Backend
from parlour.support.writer import Commits, Job, Outcome, Writer
from parlour.tracing import MOST_LINKS, Attributes, Tracing, below, is_traced, present
from parlour.tracing.told import Entries

T = TypeVar("T")


class TracedWriter(Writer):
    """A writer whose commits are a part of what caused them: of the first, and linked to others."""

    def __init__(
        self,
        tracing: Tracing,
        entries: Entries,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        commits: Commits | None,
    ) -> None:
        self._tracing = tracing
        self._entries = entries
        # The spans in which jobs were handed in that have no answer yet.
        self._causes: dict[Job, SpanContext] = {}
        self._about = {"db.system.name": engine.dialect.name, "db.operation.name": "commit"}
        super().__init__(engine, loop, commits)

    def submit(self, job: Job) -> None:
        """Note what caused it."""
        cause = present()
        if cause is None:
            super().submit(job)
            return
        self._causes[job] = cause
        try:
            super().submit(job)
        except BaseException:
            del self._causes[job]
            raise

    def _commit(self, group: Sequence[Job]) -> tuple[list[Outcome], Any]:
        causes = [cause for job in group if (cause := self._causes.get(job)) is not None]
        if not causes:
            # Nobody asked for it who is traced.
            return super()._commit(group)
        first, *others = {cause.span_id: cause for cause in causes}.values()
        links = [Link(each) for each in others[:MOST_LINKS]]
        about: Attributes = {**self._about, "parlour.jobs": len(group)}
        with self._tracing.span("commit", SpanKind.CLIENT, below(first), about, links) as span:
            outcomes, mark = super()._commit(group)
            failed = sum(isinstance(outcome, Exception) for outcome in outcomes)
            if failed:
                span.set_attribute("parlour.failed", failed)
            own = getattr(mark, "own", None)
            if own is not None:
                self._entries.note(own.id, span.get_span_context())
        return outcomes, mark

    def _answer(
        self,
        group: Sequence[Job],
        outcomes: Sequence[Outcome],
        begun: int,
        mark: Any,
        committed_at: float,
    ) -> None:
        for job in group:
            self._causes.pop(job, None)
        super()._answer(group, outcomes, begun, mark, committed_at)


class TracedDatabase(Database):
    """A database whose reads are a part of what asks for them."""

    def __init__(self, tracing: Tracing, data_dir: Path, backend: Backend) -> None:
        self._tracing = tracing
        self.entries = Entries()
        super().__init__(data_dir, backend)
        self._system = self.write_engine.dialect.name

    def _writer_of(self, commits: Commits | None) -> Writer:
        loop = asyncio.get_running_loop()
        return TracedWriter(self._tracing, self.entries, self.write_engine, loop, commits)

    async def read(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """As any other; with how long it waited for a reader."""
        if not is_traced():
            return await super().read(operation, *args, **kwargs)
        name = name_of(operation)
        about = {"db.system.name": self._system, "db.operation.name": name}
        with self._tracing.span(f"read {name}", SpanKind.CLIENT, attributes=about) as span:
            begun = time.perf_counter()

            def run(connection: Connection, *args: Any, **kwargs: Any) -> T:
                waited = time.perf_counter() - begun
                span.set_attribute("parlour.waited_ms", round(1000 * waited, 3))
                return operation(connection, *args, **kwargs)

            return await super().read(run, *args, **kwargs)


def name_of(operation: Callable[..., Any]) -> str:
    """What an operation is called in the code, without what it is given."""
    operation = getattr(operation, "func", operation)
    module = getattr(operation, "__module__", "").removeprefix("parlour.")
    name = getattr(operation, "__qualname__", type(operation).__qualname__)
    return f"{module}.{name.replace('.<locals>', '')}"
