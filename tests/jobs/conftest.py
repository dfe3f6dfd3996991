"""What the tests of jobs have in common."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parlour import jobs
from parlour.jobs import Kind
from tests.jobs.bench import Bench, Run
from tests.support.local import local_context, started_database


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a server without doors, where nobody works yet."""
    async with started_database(tmp_path) as database:
        made = Bench(local_context(tmp_path, database))
        yield made
        await made.context.tasks.close()


@pytest.fixture
def kind() -> Iterator[Callable[..., Kind[int]]]:
    """Return a maker of kinds, which are forgotten afterwards."""
    made: list[str] = []

    def make(run: Run, name: str = "work", **options: Any) -> Kind[int]:
        made.append(f"{name}_in_a_test")
        return jobs.job(made[-1], int, **options)(run)

    yield make
    for name in made:
        jobs._KINDS.pop(name, None)
