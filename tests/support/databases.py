"""Which database the tests run on: SQLite, or with TEST_DATABASE=postgresql PostgreSQL.

With TEST_NODES=2, on which two nodes serve it together.

A folder that is opened again has the database that it had.
"""

import os
from functools import cache
from pathlib import Path

NODES = int(os.environ.get("TEST_NODES", "1"))
KIND = os.environ.get("TEST_DATABASE", "sqlite" if NODES == 1 else "postgresql")
ON_SQLITE = KIND == "sqlite"


@cache
def database_url(folder: Path) -> str:
    """Return the setting for the server, or whatever else has its data in `folder`."""
    if ON_SQLITE:
        return ""
    # Imported here: most runs of tests need none of it.
    from tests.support.postgres import postgres  # noqa: PLC0415

    return postgres().new_database()
