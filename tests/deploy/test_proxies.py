"""deploy/nginx.conf and deploy/haproxy.cfg are no narrower than the server behind them."""

import re

import uvicorn

from parlour.features.heartbeat import HEARTBEAT_INTERVAL
from parlour.receiving import STALL_SECONDS
from parlour.settings import Settings
from parlour.support import images
from parlour.support.door import Door
from parlour.support.http import MAX_HEAD, MAX_HEADERS, MAX_URL
from tests.deploy.reading import haproxy, nginx, seconds, size, text_of

NGINX = nginx(text_of("nginx.conf"))
HAPROXY = haproxy(text_of("haproxy.cfg"))
DEFAULT = Settings.model_fields
SOCKET = f"{DEFAULT['host'].default}:{DEFAULT['port'].default}"
# What an answer may take, and how long nothing crosses a WebSocket (Uvicorn pings after 20 s).
SLOWEST_ANSWER = images.SECONDS
SILENCE = max(HEARTBEAT_INTERVAL, 20.0)


def values(section: str, *words: str) -> list[list[str]]:
    """What HAProxy's lines of a section say that begin with `words`."""
    return [line[len(words) :] for line in HAPROXY[section] if line[: len(words)] == list(words)]


def value(section: str, *words: str) -> str:
    """The one word that the one such line says."""
    [[found]] = values(section, *words)
    return found


def test_nginx_leaves_it_to_parlour_what_is_too_large() -> None:
    """One header may have nearly all of a head, and a file any size that is set."""
    count, one = NGINX.one("large_client_header_buffers")
    assert size(one) > MAX_HEAD
    assert size(one) > MAX_URL
    assert int(count) > 1
    assert NGINX.one("client_max_body_size") == ["0"]


def test_nginx_waits_longer_than_parlour_for_whatever_is_slow() -> None:
    """So that who is too slow is told so by Parlour, in the form of all its refusals."""
    assert seconds(*NGINX.one("client_header_timeout")) > Door.HEAD_SECONDS
    assert seconds(*NGINX.one("client_body_timeout")) > max(STALL_SECONDS, Door.BODY_SECONDS)
    assert seconds(*NGINX.one("proxy_send_timeout")) > max(STALL_SECONDS, Door.BODY_SECONDS)
    assert seconds(*NGINX.one("send_timeout")) > Door.UNSENT_SECONDS
    assert seconds(*NGINX.one("proxy_read_timeout")) > max(SLOWEST_ANSWER, SILENCE)
    assert seconds(*NGINX.one("keepalive_timeout")) < Door.IDLE_SECONDS


def test_nginx_has_handles_for_as_many_websockets_as_parlour() -> None:
    """Each takes two connections of a worker, and all may come to one."""
    most = 2 * DEFAULT["max_connections"].default
    connections = int(*NGINX.one("worker_connections"))
    assert connections > most
    assert int(*NGINX.one("worker_rlimit_nofile")) > connections


def test_nginx_says_who_asks_and_hands_on_the_rest_as_it_is() -> None:
    """An address that a client names of itself is replaced; nothing is kept, nothing rewritten."""
    told = {name: said for _, name, said in (each.words for each in NGINX.all("proxy_set_header"))}
    assert told == {
        "Host": "$http_host",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$scheme",
        "Upgrade": "$http_upgrade",
        "Connection": "$connection_upgrade",
    }
    assert NGINX.one("upstream", "parlour") == []
    assert [each.words for each in NGINX.all("server", SOCKET)] == [["server", SOCKET]]
    assert NGINX.one("proxy_http_version") == ["1.1"]
    assert NGINX.one("gzip") == ["off"]
    assert NGINX.one("proxy_request_buffering") == ["off"]
    assert NGINX.one("proxy_max_temp_file_size") == ["0"]
    words = {each.words[0] for each in NGINX.all() if each.words}
    assert not [word for word in words if word.startswith(("proxy_cache", "brotli", "sub_filter"))]


def test_nginx_logs_no_query_string() -> None:
    """Neither in the access log nor by quoting a request that failed."""
    [logged] = NGINX.all("log_format")
    used = set(re.findall(r"\$(\w+)", " ".join(logged.words)))
    assert "path" in used
    assert not used & {"request", "request_uri", "args", "query_string", "http_referer"}
    [path] = NGINX.all("map", "$request_uri", "$path")
    [(pattern, _)] = [each.words for each in path.block]
    found = re.match(pattern.removeprefix("~"), "/ws/chat/1?username=alice&ticket=secret")
    assert found is not None
    assert found["before"] == "/ws/chat/1"
    assert [each.words[-1] for each in NGINX.all("error_log")] == ["crit"]
    assert [each.words[-1] for each in NGINX.all("access_log")] == [logged.words[1]]


def test_haproxy_takes_heads_as_large_as_parlour_does() -> None:
    """Beside what it adds, and what it keeps free of a buffer (1024 bytes)."""
    assert int(value("global", "tune.bufsize")) - 1024 > MAX_HEAD
    assert int(value("global", "tune.http.maxhdr")) > MAX_HEADERS
    assert int(value("global", "maxconn")) > 2 * DEFAULT["max_connections"].default


def test_haproxy_waits_longer_than_parlour_for_whatever_is_slow() -> None:
    """And closes its own idle connections before Parlour does."""
    times = {line[0]: seconds(line[1]) for line in values("defaults", "timeout")}
    assert times["http-request"] > Door.HEAD_SECONDS
    assert times["client"] > max(STALL_SECONDS, Door.BODY_SECONDS)
    assert times["server"] > max(STALL_SECONDS, Door.BODY_SECONDS, SLOWEST_ANSWER)
    assert times["tunnel"] > SILENCE
    [words] = values("backend parlour", "server", "one")
    assert seconds(words[words.index("pool-purge-delay") + 1]) < Door.IDLE_SECONDS


def test_haproxy_says_who_asks_and_asks_parlour_whether_it_is_ready() -> None:
    """An address that a client names of itself is replaced."""
    front = HAPROXY["frontend https"]
    assert ["http-request", "set-header", "X-Forwarded-For", "%[src]"] in front
    assert ["http-request", "set-header", "X-Forwarded-Proto", "https"] in front
    [check] = values("backend parlour", "http-check", "send")
    assert check[check.index("uri") + 1] == "/readyz"
    assert value("backend parlour", "http-check", "expect", "status") == "200"
    [words] = values("backend parlour", "server", "one")
    assert words[:2] == [SOCKET, "check"]
    assert not [line for lines in HAPROXY.values() for line in lines if line[0] == "compression"]


def test_haproxy_logs_no_query_string() -> None:
    """%HPO is the path, %HU, %r and %HQ would be or hold the rest."""
    used = set(re.findall(r"%(\w+)", value("defaults", "log-format")))
    assert "HPO" in used
    assert not used & {"r", "HU", "HQ", "HP", "hr", "hs"}


def test_a_websocket_is_pinged_as_often_as_the_proxies_are_told() -> None:
    """By the number that this file goes by."""
    interval = uvicorn.Config("x:y").ws_ping_interval
    assert interval is not None
    assert interval <= SILENCE
