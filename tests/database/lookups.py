"""How many rows PostgreSQL looks at to carry out what is executed on a connection."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, event

KINDS: Final = ("SELECT", "WITH", "UPDATE", "INSERT", "DELETE")
SORTS: Final = ("Sort", "Incremental Sort")
LEFT_OUT: Final = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


class Looks:
    """The statements that were executed, each with its plan, as it was carried out."""

    def __init__(self) -> None:
        self.plans: list[tuple[str, dict[str, Any]]] = []

    def rows(self) -> Counter[str]:
        """How many rows of each table were looked at, and of each index for nothing."""
        found: Counter[str] = Counter()
        for _, plan in self.plans:
            for step in steps(plan):
                place = step.get("Relation Name")
                if place is None and step["Node Type"] == "Bitmap Index Scan":
                    place = step["Index Name"]
                if place is not None:
                    found[place] += _looked_at(step)
        return found

    def sorted(self) -> int:
        """How many rows went into the largest sort."""
        return max(
            (
                _looked_at(below)
                for _, plan in self.plans
                for step in steps(plan)
                if step["Node Type"] in SORTS
                for below in step["Plans"]
            ),
            default=0,
        )

    def about(self, table: str) -> list[str]:
        """The statements that look at a table, as they begin, with how they go about it."""
        return [
            f"{step['Node Type']} {step.get('Index Name', '')} {_looked_at(step)}: {sql[:300]}"
            for sql, plan in self.plans
            for step in steps(plan)
            if table in (step.get("Relation Name"), step.get("Index Name"))
        ]


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's steps, each with those below it."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from steps(each)


def _looked_at(step: dict[str, Any]) -> int:
    each = step["Actual Rows"] + sum(step.get(name, 0) for name in LEFT_OUT)
    return int(each * step["Actual Loops"])


def looks(connection: Connection, run: Callable[[], object]) -> Looks:
    """Return what `run` looks at; each statement is carried out once before, and taken back."""
    found = Looks()
    with _explained(connection, found):
        run()
    return found


@contextmanager
def _explained(connection: Connection, found: Looks) -> Iterator[None]:
    def explain(
        _connection: object, cursor: Any, sql: str, values: Any, _context: object, many: bool
    ) -> None:
        if not sql.lstrip().startswith(KINDS):
            return
        with cursor.connection.cursor() as beside:
            beside.execute("SAVEPOINT looking")
            words = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}"
            [[plan]] = beside.execute(words, values[0] if many else values).fetchone()
            beside.execute("ROLLBACK TO looking")
        found.plans.append((sql, plan["Plan"]))

    event.listen(connection, "before_cursor_execute", explain)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", explain)
