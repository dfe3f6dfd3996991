"""What is promised of how far it goes: ratios of figures of one run, as in `benchmarks/bars.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.bars import Bar, NotMeasured, Rule, Run, judge

ACTS = {
    "enter": "Coming into a room",
    "join": "Becoming a member, and ending it,",
    "send": "Saying something",
    "resume": "A resume over 100 messages",
    "unread": "Asking for a room's counts",
}
GROWN = {"rooms": "rooms", "members": "members", "history": "messages"}
# A thousand times as much: ten more steps of a tree that halves, or two of one as databases have.
MOST = 1.5


def _grown(what: str, act: str) -> Callable[[Run], float]:
    def value(run: Run) -> float:
        # The database where it is worse.
        return max(
            run.ratio(
                (f"curve-{what}", store, "1000", f"{act}_cpu_us"),
                (f"curve-{what}", store, "1", f"{act}_cpu_us"),
            )
            for store in ("sqlite", "postgresql")
        )

    return value


def _two_to_one(case: str, phase: str, name: str) -> Callable[[Run], float]:
    return lambda run: run.ratio((case, "nodes-2", phase, name), (case, "nodes-1", phase, name))


def _heard(run: Run) -> float:
    told = ("nodes-hear", "nodes-2", "saturated")
    return run.ratio((*told, "node2_us"), (*told, "node1_us"))


def _per_gib(run: Run) -> float:
    each = run.get("nodes-people", "nodes-2", "run", "kb_each")
    if not each:
        raise NotMeasured
    return 1024**2 / each


RULES = (
    Rule(
        "two-posts",
        "Durable messages in rooms of one: PostgreSQL takes for one at most 1.3 times as much with"
        " two nodes as with one",
        _two_to_one("nodes-posts", "saturated", "postgresql_us"),
        1.3,
    ),
    Rule(
        "two-deliveries",
        "Saturated, 1,000 in the room: both nodes together take for a delivery at most 1.3 times as"
        " much as one node",
        _two_to_one("nodes-room", "saturated", "node_us_per_delivery"),
        1.3,
    ),
    Rule(
        "heard",
        "Saturated: to hear a message that nobody here wants takes at most half of what it takes to"
        " write it",
        _heard,
        0.5,
    ),
    Rule(
        "connections",
        "A GiB of memory holds at least 32,768 connections, also of a node among others",
        _per_gib,
        32_768,
        at_least=True,
        told="{:,.0f}",
    ),
    Rule(
        "elsewhere",
        "Somebody who is connected to another node takes at most 2 kB of this one",
        lambda run: run.get("nodes-people", "nodes-2", "run", "elsewhere_kb"),
        2,
        told="{:.2f} kB",
    ),
    *(
        Rule(
            f"{act}-{what}",
            f"{words} costs with 1,000 times as many {many} at most {MOST} times the CPU",
            _grown(what, act),
            MOST,
        )
        for act, words in ACTS.items()
        for what, many in GROWN.items()
    ),
)


def judge_scale(results: Mapping[str, Any]) -> list[Bar]:
    """Hold the results of a run (scale.json's `cases`) against every bar."""
    return judge(results, RULES)
