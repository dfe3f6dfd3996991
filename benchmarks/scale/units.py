"""What one message, one delivery and one person cost: what docs/scaling.md reckons with."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bars import NotMeasured, Run
from benchmarks.report import form_of, table_of

# By their names: what each is, and its form and unit.
UNITS = {
    "write": ("writing a message, 300 a second: its node", "us", "µs"),
    "hear": ("hearing it: each other node", "us", "µs"),
    "postgresql": ("storing it: PostgreSQL", "us", "µs"),
    "valkey": ("passing it on: Valkey", "us", "µs"),
    "group": ("messages in a commit", "us", ""),
    "write_full": ("writing a message, as many as go: its node", "us", "µs"),
    "hear_full": ("hearing it: each other node", "us", "µs"),
    "postgresql_full": ("storing it: PostgreSQL", "us", "µs"),
    "valkey_full": ("passing it on: Valkey", "us", "µs"),
    "group_full": ("messages in a commit", "us", ""),
    "rate_full": ("messages a second that went, all of it on one core", "count", ""),
    "deliver": ("a delivery, in rooms of 10, as many as go", "us", "µs"),
    "deliver_room": ("a delivery, one message at a time to 1,000", "us", "µs"),
    "wal": ("PostgreSQL's log, for a message", "count", "bytes"),
    "told": ("into Valkey, for a message", "count", "bytes"),
    "come": ("one who comes: their node", "us", "µs"),
    "come_heard": ("one who comes: each other node", "us", "µs"),
    "come_valkey": ("one who comes: Valkey", "us", "µs"),
    "come_told": ("into Valkey, for one who comes", "count", "bytes"),
    "idle": ("a connection on which nothing is said, a second", "us", "µs"),
    "connection": ("memory of a connection", "us", "kB"),
    "elsewhere": ("memory of one who is connected elsewhere: each other node", "us", "kB"),
    "signed_in": ("memory of an account that is signed in: each node", "us", "kB"),
}


def units(cases: Mapping[str, Any]) -> dict[str, float]:
    """Return the unit costs of a run that has all cases. Raises NotMeasured."""
    run = Run(cases)

    def hear(phase: str, name: str) -> float:
        return run.get("nodes-hear", "nodes-2", phase, name)

    def people(name: str) -> float:
        return run.get("nodes-people", "nodes-2", "run", name)

    def members(factor: int, name: str) -> float:
        return run.get("curve-members", "postgresql", str(factor), name)

    # Its writer hears each message in `nodes-hear` once; in rooms of ten nine more do. As many as
    # go: what is said a few at a time costs by how many a commit happens to hold.
    in_rooms = run.get("nodes-rooms", "nodes-2", "saturated", "nodes_us")
    more = members(1_000, "size") - members(1, "size")
    return {
        "write": hear("paced", "node1_us"),
        "hear": hear("paced", "node2_us"),
        "postgresql": hear("paced", "postgresql_us"),
        "valkey": hear("paced", "valkey_us"),
        "group": hear("paced", "group"),
        "write_full": hear("saturated", "node1_us"),
        "hear_full": hear("saturated", "node2_us"),
        "postgresql_full": hear("saturated", "postgresql_us"),
        "valkey_full": hear("saturated", "valkey_us"),
        "group_full": hear("saturated", "group"),
        "rate_full": run.get("nodes-posts", "nodes-2", "saturated", "messages_per_s"),
        "deliver": (in_rooms - hear("saturated", "nodes_us")) / 9,
        "deliver_room": run.get("nodes-room", "nodes-2", "one", "node_us_per_delivery"),
        "wal": hear("paced", "wal_bytes"),
        "told": hear("paced", "valkey_in_bytes"),
        "come": people("node_us"),
        "come_heard": people("elsewhere_us"),
        "come_valkey": people("valkey_us"),
        "come_told": people("valkey_in_bytes"),
        "idle": people("idle_us"),
        "connection": people("kb_each"),
        "elsewhere": people("elsewhere_kb"),
        "signed_in": (members(1_000, "rss_kb") - members(1, "rss_kb")) / more,
    }


def unit_lines(cases: Mapping[str, Any]) -> list[str]:
    """Return them as a table; nothing where the run lacks one of them."""
    try:
        found = units(cases)
    except NotMeasured:
        return []
    rows = [
        [f"`{name}`", words, f"{form_of(found[name], form)} {unit}".strip()]
        for name, (words, form, unit) in UNITS.items()
    ]
    return table_of(["", "what", "measured"], rows)
