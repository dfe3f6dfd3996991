"""What is for several nodes: the files agree, and name what there is."""

import ipaddress
import os
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from parlour.receiving import STALL_SECONDS
from parlour.settings import PREFIX, load_settings
from parlour.support import images
from parlour.support.door import Door
from parlour.support.http import MAX_HEAD, MAX_URL
from tests.deploy.reading import (
    DEPLOY,
    ROOT,
    dockerfile,
    haproxy,
    haproxy_for_nodes,
    nginx,
    nginx_for_nodes,
    seconds,
    size,
    text_of,
)
from tests.deploy.test_proxies import SILENCE
from tests.deploy.test_service import STOP_SECONDS
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.timing import scaled
from tests.support.valkey import program

COMPOSE: dict[str, Any] = yaml.safe_load(text_of("compose.scale.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
COMPOSE_OF_ONE: dict[str, Any] = yaml.safe_load(text_of("compose.yaml"))
NODES = [SERVICES[name] for name in ("node1", "node2")]
NGINX = nginx(text_of("nginx.scale.conf"))
HAPROXY = haproxy(haproxy_for_nodes())
# What stands in the place of what deploy/.env says.
PASSWORDS = re.compile(r"\$\{(\w+):\?[^}]*\}")


def addresses() -> list[str]:
    """Where the nodes are on the network that they have in common with nginx."""
    return [node["networks"]["front"]["ipv4_address"] for node in NODES]


def test_nodes_differ_in_nothing_but_their_address_and_their_folder() -> None:
    """The settings that have to be equal are, because they stand there once."""
    one, two = [
        {key: value for key, value in node.items() if key not in ("volumes", "networks")}
        for node in NODES
    ]
    assert one == two
    assert len(set(addresses())) == 2
    assert NODES[0]["volumes"] != NODES[1]["volumes"]


def test_nodes_are_given_settings_that_make_them_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both addresses are read as they are meant, with any password that its recipe makes."""
    environment = dict(NODES[0]["environment"])
    for name, value in environment.items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, PASSWORDS.sub("0f" * 24, value))
    settings = load_settings()
    assert settings.database_url == f"postgresql://parlour:{'0f' * 24}@postgres/parlour"
    assert settings.redis_url == f"redis://:{'0f' * 24}@valkey"
    assert {"postgres", "valkey"} <= SERVICES.keys()
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] == "parlour"
    assert SERVICES["postgres"]["environment"]["POSTGRES_DB"] == "parlour"
    extras = NODES[0]["build"]["args"]["EXTRAS"].split()
    assert all((ROOT / f"requirements-{extra}.lock").exists() for extra in extras)
    assert {"postgresql", "redis"} <= set(extras)


def test_no_password_stands_in_the_file_and_all_come_from_one_place() -> None:
    """Git and the image keep away from it, and compose refuses to go on without."""
    text = text_of("compose.scale.yaml")
    assert set(PASSWORDS.findall(text)) == {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    for name in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert not re.search(rf"\$\{{?{name}\b(?!:\?)", text), name
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "**/.*" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_without_rights(name: str) -> None:
    """None is root, and none writes but into its volume and into memory."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    steps = dockerfile(text_of("Dockerfile"))
    user = service.get("user") or [rest for step, rest in steps if step == "USER"][-1]
    assert int(user.partition(":")[0]) > 0
    assert "privileged" not in service
    for mount in service["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(mount.partition(":")[2].split(","))
    assert service["pids_limit"] > 0


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_looked_after(name: str) -> None:
    """By the image's own look at its health, or by one that stands here."""
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    if not name.startswith("node"):
        assert service["healthcheck"]["test"]
    assert service["logging"]["options"]["max-size"]
    # Those that Docker itself looks after have no maker in their name; Valkey is none of them.
    assert "/" not in service["image"].removeprefix("valkey/valkey:")


def test_only_nginx_can_be_reached_and_only_nodes_reach_the_database() -> None:
    """And it, from this machine alone."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8000:8000"]}
    assert NGINX.one("listen") == ["8000"]
    assert COMPOSE["networks"]["behind"]["internal"] is True
    behind = {name for name, each in SERVICES.items() if "behind" in each["networks"]}
    front = {name for name, each in SERVICES.items() if "front" in each["networks"]}
    assert behind == {"node1", "node2", "postgres", "valkey"}
    assert front == {"node1", "node2", "nginx"}


def test_each_believes_the_one_before_it_who_asks() -> None:
    """The proxy of the machine is the gateway, nginx believes it, and the nodes believe nginx."""
    [network] = COMPOSE["networks"]["front"]["ipam"]["config"]
    nginx_address = SERVICES["nginx"]["networks"]["front"]["ipv4_address"]
    assert [node["environment"]["FORWARDED_ALLOW_IPS"] for node in NODES] == [nginx_address] * 2
    assert NGINX.one("set_real_ip_from") == [network["gateway"]]
    subnet = ipaddress.ip_network(network["subnet"])
    for address in (nginx_address, network["gateway"], *addresses()):
        assert ipaddress.ip_address(address) in subnet
    told = {name: said for _, name, said in (each.words for each in NGINX.all("proxy_set_header"))}
    assert told == {
        "Host": "$http_host",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$proto",
        "Upgrade": "$http_upgrade",
        "Connection": "$connection_upgrade",
    }
    other = COMPOSE_OF_ONE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert not subnet.overlaps(ipaddress.ip_network(other))


def test_nodes_have_time_to_stop_and_handles_for_everybody() -> None:
    """As one container has."""
    most = load_settings().max_connections
    for node in NODES:
        assert seconds(node["stop_grace_period"]) > STOP_SECONDS
        assert Door({}).limit(most, node["ulimits"]["nofile"]) == most
    connections = int(*NGINX.one("worker_connections"))
    assert connections > 2 * len(NODES) * most
    assert int(*NGINX.one("worker_rlimit_nofile")) > connections
    assert SERVICES["nginx"]["ulimits"]["nofile"] >= int(*NGINX.one("worker_rlimit_nofile"))
    assert seconds(SERVICES["nginx"]["stop_grace_period"]) > seconds(
        *NGINX.one("worker_shutdown_timeout")
    )


def test_nginx_writes_only_where_its_container_may() -> None:
    """And is given the file that stands beside compose.scale.yaml."""
    assert SERVICES["nginx"]["volumes"] == ["./nginx.scale.conf:/etc/nginx/nginx.conf:ro"]
    assert (DEPLOY / "nginx.scale.conf").is_file()
    for words in ("pid", "client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path"):
        assert NGINX.one(words)[0].startswith("/tmp/")
    assert NGINX.one("error_log")[0].startswith("/dev/")
    assert NGINX.one("access_log")[0].startswith("/dev/")


@pytest.mark.parametrize("text", [text_of("nginx.scale.conf"), nginx_for_nodes()])
def test_nginx_sends_to_any_node_and_again_only_what_is_safe(text: str) -> None:
    """Nobody is kept at one node; what was sent and changes something is not sent once more."""
    read = nginx(text)
    servers = [each.words[1:] for each in read.all("server") if len(each.words) > 1]
    assert [words[0] for words in servers] == [f"{address}:8000" for address in addresses()]
    [balancing] = [each.words for each in read.all("least_conn")]
    assert balancing == ["least_conn"]
    assert not [each for each in read.all() if each.words and each.words[0] in ("hash", "ip_hash")]
    assert "#hash $remote_addr consistent;" in text
    assert "non_idempotent" not in read.one("proxy_next_upstream")
    assert set(read.one("proxy_next_upstream")) == {"error", "timeout"}
    # What an answer takes is more than that, so nothing that is merely slow is asked twice.
    assert seconds(*read.one("proxy_next_upstream_timeout")) < seconds(
        *read.one("proxy_read_timeout")
    )
    assert seconds(*read.one("proxy_connect_timeout")) < seconds(
        *read.one("proxy_next_upstream_timeout")
    )
    assert seconds(*read.one("keepalive_timeout")) < Door.IDLE_SECONDS


def test_nginx_before_nodes_is_no_narrower_than_they_are() -> None:
    """As nginx.conf."""
    count, one = NGINX.one("large_client_header_buffers")
    assert int(count) > 1
    assert size(one) > max(MAX_HEAD, MAX_URL)
    assert NGINX.one("client_max_body_size") == ["0"]
    assert NGINX.one("proxy_request_buffering") == ["off"]
    assert seconds(*NGINX.one("client_header_timeout")) > Door.HEAD_SECONDS
    assert seconds(*NGINX.one("client_body_timeout")) > max(STALL_SECONDS, Door.BODY_SECONDS)
    assert seconds(*NGINX.one("proxy_read_timeout")) > max(images.SECONDS, SILENCE)
    [logged] = NGINX.all("log_format")
    used = set(re.findall(r"\$(\w+)", " ".join(logged.words)))
    assert "path" in used
    assert not used & {"request", "request_uri", "args", "query_string", "http_referer"}


def test_haproxy_sends_to_any_node_and_again_only_what_nobody_has_got() -> None:
    """Nobody is kept at one node, and its health is asked for."""
    lines = HAPROXY["backend parlour"]
    assert ["balance", "leastconn"] in lines
    assert ["retry-on", "conn-failure"] in lines
    assert ["option", "redispatch", "1"] in lines
    assert "#balance source" in text_of("haproxy.scale.cfg")
    assert [line[1] for line in lines if line[0] == "server"] == ["one", "two"]
    [default] = [line for line in lines if line[0] == "default-server"]
    assert "check" in default
    assert seconds(default[default.index("pool-purge-delay") + 1]) < Door.IDLE_SECONDS
    [check] = [line for line in lines if line[:2] == ["http-check", "send"]]
    assert check[check.index("uri") + 1] == "/readyz"


def test_valkey_starts_by_its_line_and_asks_for_the_password() -> None:
    """It stands on no command line, and nothing is saved."""
    service = SERVICES["valkey"]
    port = free_port()
    [line] = service["command"]
    line = line.replace("$$", "$").replace("dir /tmp", f"dir /tmp\nport {port}\nbind 127.0.0.1")
    env = {"PATH": f"{program().parent}:{os.environ['PATH']}", "REDISCLI_AUTH": "0f" * 24}
    process = Process([*service["entrypoint"], line], cwd=Path("/tmp"), env=env)
    try:
        process.wait_for_line("Ready to accept connections")
        with socket.create_connection(("127.0.0.1", port), timeout=scaled(5)) as link:
            for asked, told in (
                ("PING", b"-NOAUTH"),
                (f"AUTH {'0f' * 24}", b"+OK"),
                ("CONFIG GET save", b"*2\r\n$4\r\nsave\r\n$0\r\n"),
                ("PING", b"+PONG"),
            ):
                link.sendall(f"{asked}\r\n".encode())
                assert link.recv(1000).startswith(told), asked
        assert "0f0f" not in Path(f"/proc/{process.pid}/cmdline").read_text()
    finally:
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
