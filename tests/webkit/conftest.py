"""Windows of WebKit, and rooms to look at."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import FAILED
from tests.support.webkit import Windows, screen


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """Have one screen for all."""
    with screen() as name:
        yield name


@pytest.fixture
def windows(display: str, request: pytest.FixtureRequest) -> Iterator[Windows]:
    """Yield what opens windows; a problem on one of their pages fails the test."""
    with ExitStack() as stack:
        opened = Windows(display, stack)
        yield opened
        problems = [problem for window in opened.opened for problem in window.problems]
        if problems or request.node.stash.get(FAILED, False):
            opened.keep(re.sub(r"[^\w-]+", "-", request.node.name))
        assert not problems, "\n".join(["on the pages:", *problems])
