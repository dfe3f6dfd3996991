"""Searching a long history in several scripts: what an answer takes, by what is asked for."""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks import reader
from benchmarks.cases.case import Case
from benchmarks.loading import Bench, CheckFailed, Figures
from benchmarks.machine import ROOT
from benchmarks.servers import Server
from benchmarks.talk import Talk

MESSAGES = 1_000_000
QUICK_MESSAGES = 20_000


def _queries(count: int) -> Iterator[tuple[str, str, bool]]:
    """Return what is asked for: kind, query, and whether something has to be found."""
    chance, talk = random.Random(11), Talk()  # noqa: S311 - repeatable, not secret
    latin, chinese, japanese = talk.latin.words, talk.chinese.words, talk.japanese.words
    for _ in range(count):
        often, seldom = chance.choice(latin[:50]), chance.choice(latin[2_000:])
        middle = chance.choice([word for word in latin[50:2_000] if len(word) > 5])
        yield "common word", often, False
        yield "rare word", seldom, False
        yield "part of a word", middle[1:-1], True
        yield "as one types", middle[: chance.randint(1, 4)], True
        yield "two words", f"{often} {middle}", False
        yield "phrase", f'"{" ".join(chance.choices(latin[:200], k=2))}"', False
        yield "one Chinese character", chance.choice(chinese[:2_000])[0], True
        yield "two Chinese characters", chance.choice([x for x in chinese if len(x) == 2]), False
        yield "a Chinese phrase", "".join(chance.choices(chinese[:300], k=2)), False
        yield "one kana", chance.choice(japanese[:500])[0], True
        yield "a Japanese word", chance.choice([x for x in japanese if len(x) > 2]), False
        person, room = f"person{chance.randrange(200)}", f"room{chance.randrange(30)}"
        yield "from somebody", f"{middle} from:{person}", False
        yield "in a room", f"{chance.choice(chinese[:300])} in:{room}", False
        yield "in a month", f"{often} on:{chance.choice(_months())}", False
        yield "with operators", f"{often} has:link -{middle} in:{room} after:2020", False
        yield "with an image", f"{middle} has:image", False
        yield "any file", "has:file", True
        yield "pinned", f"is:pinned in:{room}", True
        yield "saved", f"{often} is:saved", False
        yield "unread", f"{middle} is:unread", False
        yield "anything unread", "is:unread", True
        yield "reacted to", f"{often} has:reaction", False
        yield "what there is not", f"{seldom}zzq", False


def _months() -> list[str]:
    now = time.gmtime()
    months = [(now.tm_year, now.tm_mon - back) for back in range(1, 11)]
    return [f"{y if m > 0 else y - 1}-{m if m > 0 else m + 12:02}" for y, m in months]


def _ask(port: int, queries: list[tuple[str, str, bool]]) -> dict[str, list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = reader.sign_in(port)
    took: dict[str, list[float]] = {}
    for number, (kind, query, has_results) in enumerate(queries):
        begun = time.perf_counter_ns()
        path = f"/api/chat/search?{urlencode({'q': query})}"
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        lasted = (time.perf_counter_ns() - begun) / 1000
        page = json.loads(body)
        if answer.status != 200 or (has_results and not page["results"] and page["next"] is None):
            raise CheckFailed(f"a search for {kind} was answered with {body[:200]!r}")
        # The first few open files.
        if number >= 5:
            took.setdefault(kind, []).append(lasted)
    return took


def _search(bench: Bench, server: Server) -> Figures:
    count = bench.scale.size(MESSAGES, QUICK_MESSAGES)
    reader.sign_in(server.port, new=True)
    server.stop()
    filled = subprocess.run(
        [sys.executable, "-m", "benchmarks.talk", str(server.data), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if filled.returncode:
        raise CheckFailed(f"the database could not be filled: {filled.stderr[-500:]}")
    sizes = json.loads(filled.stdout)
    # What the filling left to write must not be written while others read.
    os.sync()
    server.start()
    took = _ask(server.port, list(_queries(bench.scale.size(40, 3))))
    every = [each for kind in took.values() for each in kind]
    return {
        "all": {
            "messages": count,
            **_spread(every),
            "bytes_plain": sizes["plain_bytes"] / count,
            "bytes_index": (sizes["indexed_bytes"] - sizes["plain_bytes"]) / count,
        },
        **{kind: _spread(each) for kind, each in took.items()},
    }


def _spread(took: list[float]) -> dict[str, float]:
    return {
        "p50_us": statistics.median(took),
        "p95_us": sorted(took)[int(len(took) * 0.95)],
        "max_us": max(took),
    }


SEARCH = (
    Case("search", "Searching a long history in several scripts", ("parlour",), _search,
         rounds=1, fresh=True),
)  # fmt: skip
