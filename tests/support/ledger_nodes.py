"""Nodes that work together: on one PostgreSQL database, with a Valkey between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import beneath
from tests.support.hurried_server import HurriedServer
from tests.support.partitions import Links
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
    # By which they are reached and reach all else, where these can be cut.
    links: Links | None = None
    hurried: bool = False


@contextmanager
def running_nodes(
    home: Path, *, count: int = 2, hurried: bool = False, links: Links | None = None
) -> Iterator[Nodes]:
    """Yield nodes with a PostgreSQL and a Valkey of their own, which keep what is committed.

    At the end the database is sound.
    Those that are `hurried` give up sooner than in life what is silent beneath them.
    """
    # With room for few, so that it can be used up.
    settings = links.settings if links else ()
    postgres, redis = Postgres("fsync=on", "max_connections=40", *settings), Valkey()
    url = postgres.new_database()
    if links:
        links.join(postgres, redis)
    servers: list[Server] = []
    for number in range(count):
        home_of_it = home / f"node-{number}"
        env = {
            "PARLOUR_DATABASE_URL": links.url(number, "postgresql", url) if links else url,
            "PARLOUR_REDIS_URL": links.url(number, "redis", redis.url) if links else redis.url,
        }
        server = (
            HurriedServer(home_of_it, hurry=["database", "redis"], env=env, is_measured=False)
            if hurried
            else Server(home_of_it, env=env, is_measured=False, is_anew=True)
        )
        if links:
            links.house(number, server)
        servers.append(server)
    try:
        for server in servers:
            server.start()
        yield Nodes(servers, postgres, redis, url, links, hurried)
        for server in servers:
            server.stop()
        assert beneath.verdict(postgres, url) == []
    finally:
        for server in servers:
            if server.running:
                server.stop()
        redis.kill()
        postgres.end()
