"""Nodes that work together: on one PostgreSQL database, with a Valkey between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import beneath
from tests.support.hurried_server import HurriedServer
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Nodes:
    """They, and what is beneath them."""

    servers: list[Server]
    postgres: Postgres
    redis: Valkey
    url: str


@contextmanager
def running_nodes(home: Path, *, count: int = 2, hurried: bool = False) -> Iterator[Nodes]:
    """Yield nodes with a PostgreSQL and a Valkey of their own, which keep what is committed.

    At the end the database is sound.
    Those that are `hurried` give up sooner than in life what is silent beneath them.
    """
    # With room for few, so that it can be used up.
    postgres, redis = Postgres("fsync=on", "max_connections=40"), Valkey()
    url = postgres.new_database()
    env = {"PARLOUR_DATABASE_URL": url, "PARLOUR_REDIS_URL": redis.url}
    servers = [
        HurriedServer(place, hurry=["database", "redis"], env=env, is_measured=False)
        if hurried
        else Server(place, env=env, is_measured=False, is_anew=True)
        for place in (home / f"node-{number}" for number in range(count))
    ]
    try:
        for server in servers:
            server.start()
        yield Nodes(list(servers), postgres, redis, url)
        for server in servers:
            server.stop()
        assert beneath.verdict(postgres, url) == []
    finally:
        for server in servers:
            if server.running:
                server.stop()
        redis.kill()
        postgres.end()
