"""What is executed on a connection, and how SQLite goes about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event


@contextmanager
def statements(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is executed on a connection, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(
        _connection: object, _cursor: object, sql: str, values: Any, _context: object, many: bool
    ) -> None:
        seen.append((sql, values[0] if many else values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


class Plans:
    """What was executed, one after the other, and SQLite's plan for each.

    A statement that is executed twice stands there twice, so that a loop around one is seen.
    """

    def __init__(self, found: list[tuple[str, list[str]]]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[str]:
        return (sql for sql, _ in self._found)

    def __repr__(self) -> str:
        return repr(self._found)

    def items(self) -> list[tuple[str, list[str]]]:
        """Each statement with its plan."""
        return self._found

    def values(self) -> list[list[str]]:
        """The plans alone."""
        return [steps for _, steps in self._found]


def plans(connection: Connection, run: Callable[[], object]) -> Plans:
    """Return SQLite's plan for each statement that `run` executes."""
    with statements(connection) as seen:
        run()
    found = []
    for sql, values in seen:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        found.append((sql, [row[-1] for row in rows]))
    return Plans(found)


def wasted(found: Plans) -> list[str]:
    """Return the steps that look at whole tables or sort; whom the gate asks for is no table."""
    steps = [step for each in found.values() for step in each]
    return [
        step
        for step in steps
        if "TEMP B-TREE" in step or (step.startswith("SCAN") and not step.startswith("SCAN seats"))
    ]
