"""What is looked up by a number or a text, and is too much for memory: on the disk, for a while."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self


class Lookups:
    """Numbers for numbers and texts for texts, in a new file that is nobody else's business."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or sqlite3.Error."""
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE numbers (name INTEGER PRIMARY KEY, value INTEGER)")
        self._database.execute("CREATE TABLE texts (name TEXT PRIMARY KEY, value TEXT)")

    def number(self, name: int) -> int | None:
        """The number of one."""
        asked = "SELECT value FROM numbers WHERE name = ?"
        found = self._database.execute(asked, [name]).fetchone()
        return None if found is None else int(found[0])

    def put_numbers(self, pairs: Iterable[tuple[int, int]]) -> None:
        """More of them, in one go."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO numbers VALUES (?, ?)", pairs)
        self._database.execute("COMMIT")

    def text(self, name: str) -> str | None:
        """The text of one."""
        asked = "SELECT value FROM texts WHERE name = ?"
        found = self._database.execute(asked, [name]).fetchone()
        return None if found is None else str(found[0])

    def put_text(self, name: str, value: str) -> None:
        """One more."""
        self._database.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", [name, value])

    def close(self) -> None:
        """Let go of it."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
