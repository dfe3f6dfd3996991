"""Whose word a server takes for whom they ask: the same whether it traces or not."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from httpx2 import Client

from tests.support.brief import thorough_but
from tests.support.collector import Collector
from tests.support.server import NewServer
from tests.support.timing import scaled

pytestmark = pytest.mark.one_node("a balancer would come between")

NAMED = "198.51.100.9"


@pytest.fixture(params=thorough_but(["traced"], ["traced", "not traced"]))
def traces(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Yield the settings of a server that traces, and of one that does not."""
    with ExitStack() as stack:
        traced = request.param == "traced"
        yield stack.enter_context(Collector()).env if traced else {"PARLOUR_TRACES": "off"}


@pytest.mark.parametrize(
    ("host", "trusted", "address"),
    thorough_but(
        [("::1", None, NAMED), ("::1", "192.0.2.1", "::1")],
        [("127.0.0.1", None, NAMED), ("::1", None, NAMED), ("::1", "192.0.2.1", "::1")],
    ),
)
def test_a_proxy_is_believed_by_its_address_whether_there_are_traces_or_not(
    new_server: NewServer,
    monkeypatch: pytest.MonkeyPatch,
    traces: dict[str, str],
    host: str,
    trusted: str | None,
    address: str,
) -> None:
    """By itself one on this machine, by IPv4 and IPv6; another one where it is named."""
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    env = {"PARLOUR_LOG_REQUESTS": "on", "PARLOUR_LOG_FORMAT": "json", **traces}
    if trusted is not None:
        env["FORWARDED_ALLOW_IPS"] = trusted
    server = new_server(env=env)
    server.host = host
    server.start()
    url = f"http://[{host}]:{server.port}" if ":" in host else server.url
    with Client(base_url=url, timeout=scaled(20), trust_env=False) as http:
        http.get("/api/chat/rooms", headers={"X-Forwarded-For": NAMED})
    line = server.process.wait_for_line(r'^\{.*"route": "/api/chat/rooms".*\}$')[0]
    assert json.loads(line)["address"] == address
