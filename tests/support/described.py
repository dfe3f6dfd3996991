"""What the program says of itself, made once: that takes a second of CPU."""

import functools
from typing import Any

from fastapi import FastAPI

from parlour.main import create_app
from parlour.settings import Settings


@functools.cache
def app() -> FastAPI:
    """Return a program with its own settings, which nobody runs."""
    return create_app(Settings(_env_file=None))


def described() -> dict[str, Any]:
    """Return its OpenAPI description."""
    return app().openapi()
