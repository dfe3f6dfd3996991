"""What Parlour promises of its speed: ratios and limits, computed from the figures of one run.

A machine has good and bad days, and one is quicker than another; the ratio of two figures that
were measured in turn stays. Whatever a bar needs and the run does not have makes it "not measured".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["met", "not met", "not measured"]


class NotMeasured(Exception):
    """The run has no such figure: the case was not run, or a check in it failed."""


@dataclass(frozen=True)
class Bar:
    """One promise and what came of it; `value` is in the unit of `promise`."""

    name: str
    promise: str
    value: float | None
    verdict: Verdict
    told: str


class Run:
    """The figures of a run, asked for by case, server, part and name."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self._results = results

    def get(self, case: str, server: str, part: str, name: str) -> float:
        """Return a figure. Raises NotMeasured."""
        try:
            value: float = self._results[case]["servers"][server]["figures"][part][name]
        except KeyError:
            raise NotMeasured from None
        return value

    def ratio(self, one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> float:
        """Return one figure divided by another. Raises NotMeasured, also when that is zero."""
        divisor = self.get(*other)
        if not divisor:
            raise NotMeasured
        return self.get(*one) / divisor


@dataclass(frozen=True)
class Rule:
    """A promise: what is measured for it, and what it may be."""

    name: str
    promise: str
    value: Callable[[Run], float]
    limit: float
    at_least: bool = False
    told: str = "{:.3g}"

    def judge(self, run: Run) -> Bar:
        """Hold a run against it."""
        try:
            value = self.value(run)
        except NotMeasured:
            return Bar(self.name, self.promise, None, "not measured", "")
        kept = value >= self.limit if self.at_least else value <= self.limit
        return Bar(
            self.name, self.promise, value, "met" if kept else "not met", self.told.format(value)
        )


def _cpu(other: str) -> Callable[[Run], float]:
    def value(run: Run) -> float:
        part = ("one", "us_per_delivery")
        return run.ratio(("room-1000", "parlour", *part), ("room-1000", other, *part))

    return value


def _rate(other: str) -> Callable[[Run], float]:
    def value(run: Run) -> float:
        part = ("saturated", "deliveries_per_s")
        return run.ratio(("room-1000", "parlour", *part), ("room-1000", other, *part))

    return value


def _beside_database(size: int) -> Callable[[Run], float]:
    case = f"room-{size}"

    def value(run: Run) -> float:
        # What has no database at all is the C server; it has nothing else to do either.
        without = run.get(case, "epoll", "one", "p50_us")
        commit = run.get(case, "parlour", "commit", "p50_us")
        return (run.get(case, "parlour", "one", "p50_us") - without - commit) / 1000

    return value


def _lists_past_one_a_second(run: Run) -> float:
    lists = run.get("joins", "parlour", "run", "lists_max")
    return lists - run.get("joins", "parlour", "run", "over_s")


def _growth(name: str) -> Callable[[Run], float]:
    def value(run: Run) -> float:
        return run.ratio(
            ("growth", "parlour", "1000000", name), ("growth", "parlour", "1000", name)
        )

    return value


def _search(run: Run) -> float:
    part = ("search", "parlour", "all")
    if run.get(*part, "messages") < 1_000_000:
        raise NotMeasured
    return run.get(*part, "p95_us") / 1000


def _reads_a_room(run: Run) -> float:
    part = ("resumes", "parlour", "run")
    return run.ratio((*part, "reads"), (*part, "rooms"))


def _handshakes(run: Run) -> float:
    # By CPU, which is what a core has: both do nothing but compute.
    part = ("run", "cpu_ms_each")
    return run.ratio(("handshakes", "seed", *part), ("handshakes", "parlour", *part))


_RULES = (
    Rule(
        "cpu-c",
        "One message at a time to 1,000, durable: at most 1.6 times the CPU per delivery of C with"
        " one `send()` each",
        _cpu("epoll"),
        1.6,
    ),
    Rule(
        "cpu-socketio",
        "The same: at most two thirds of Socket.IO's, which stores nothing",
        _cpu("socketio"),
        2 / 3,
    ),
    Rule(
        "rate-c",
        "Saturated, 1,000 in the room, durable: at least 0.5 of the deliveries of C with one"
        " `send()` a turn",
        _rate("epoll-coalesce"),
        0.5,
        at_least=True,
    ),
    Rule(
        "rate-socketio",
        "The same: at least 100 times Socket.IO's",
        _rate("socketio"),
        100,
        at_least=True,
        told="{:.1f}",
    ),
    Rule(
        "echo",
        "From a send to its own echo, a room of 100 at half of its maximum rate: p99 under 10 ms",
        lambda run: run.get("echo-100", "parlour", "paced", "echo_p99_us") / 1000,
        10,
        told="{:.2f} ms",
    ),
    Rule(
        "posts-websocket",
        "Durable messages with one reader over WebSocket: at least 20,000/s",
        lambda run: run.get("posts-websocket", "parlour", "saturated", "deliveries_per_s"),
        20_000,
        at_least=True,
        told="{:,.0f}/s",
    ),
    Rule(
        "posts-http",
        "Over HTTP: at least 2,500/s",
        lambda run: run.get("posts-http", "parlour", "saturated", "deliveries_per_s"),
        2_500,
        at_least=True,
        told="{:,.0f}/s",
    ),
    Rule(
        "idle-memory",
        "An idle connection: at most 32 kB",
        lambda run: run.get("idle", "parlour", "run", "kb_each"),
        32,
        told="{:.1f} kB",
    ),
    Rule(
        "idle-count",
        "10,000 idle connections on one core",
        lambda run: run.get("idle", "parlour", "run", "connections"),
        10_000,
        at_least=True,
        told="{:,.0f}",
    ),
    Rule(
        "handshakes",
        "Handshakes for the same CPU: at least 1.5 times those of the seed's design",
        _handshakes,
        1.5,
        at_least=True,
    ),
    *(
        Rule(
            f"database-{size}",
            f"One at a time to {size}: p50 within 1 ms, plus the commit, of C without a database",
            _beside_database(size),
            1,
            told="{:+.2f} ms",
        )
        for size in (10, 100)
    ),
    Rule(
        "page",
        "`GET /healthz` beside a saturated room of 1,000: p99 under 10 ms",
        lambda run: run.get("page-1000", "parlour", "page", "p99_us") / 1000,
        10,
        told="{:.2f} ms",
    ),
    Rule(
        "joins",
        "1,000 join a room of 5,000: each member gets at most one list of people a second, and 2",
        _lists_past_one_a_second,
        2,
        told="{:+.1f}",
    ),
    Rule(
        "resumes",
        "2,000 connections cut at once: all back with everything within 15 s",
        lambda run: run.get("resumes", "parlour", "run", "seconds"),
        15,
        told="{:.2f} s",
    ),
    Rule(
        "resume-reads",
        "The same: at most 20 reading statements a room, for 100 connections in each",
        _reads_a_room,
        20,
        told="{:.1f}",
    ),
    *(
        Rule(
            f"growth-{name}",
            f"{words} costs with 1,000,000 messages at most 1.5 times what it costs with 1,000",
            _growth(f"{name}_us"),
            1.5,
        )
        for name, words in (
            ("newest_page", "The newest page of history"),
            ("old_page", "A page in its middle"),
            ("resume", "A resume"),
            ("unread", "Counting what is unread, all of it, and the mentions among it,"),
            ("open", "Opening the room"),
        )
    ),
    Rule(
        "search",
        "A search among 1,000,000 messages, Chinese, Japanese and parts of words: p95 under 20 ms",
        _search,
        20,
        told="{:.1f} ms",
    ),
)


def judge(results: Mapping[str, Any], rules: Sequence[Rule] = _RULES) -> list[Bar]:
    """Hold the results of a run (results.json's `cases`) against every bar."""
    run = Run(results)
    return [rule.judge(run) for rule in rules]
