"""What follows from the unit costs for so many people: the tables of docs/scaling.md."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bars import NotMeasured
from benchmarks.report import table_of
from benchmarks.scale.units import unit_lines, units

# People who are connected; what a node holds by default.
PEOPLE = (10_000, 100_000, 1_000_000)
A_NODE = 20_000
# Seconds between two messages of somebody, who hear one, seconds of a stay and of a login's token.
SAYS, HEARD_BY, STAYS, RENEWS = 300, 50, 1_800, 900
# Connections of a node to PostgreSQL.
CONNECTIONS = 10


def _reckon(unit: Mapping[str, float], people: int) -> dict[str, str]:
    nodes = max(2, people // A_NODE)
    own = people / nodes
    messages, comes = people / SAYS, people / STAYS
    others = comes * (nodes - 1) / nodes
    core = {
        "its own connections, on which nothing is said": own * unit["idle"],
        "who comes here": comes / nodes * unit["come"],
        "who comes and goes elsewhere": 2 * others * unit["come_heard"],
        "writing what is said here": messages / nodes * unit["write"],
        "hearing what is said elsewhere": messages * (nodes - 1) / nodes * unit["hear"],
        "delivering": messages * HEARD_BY / nodes * unit["deliver"],
    }
    memory = {
        "its own connections": own * unit["connection"],
        "who is connected elsewhere": (people - own) * unit["elsewhere"],
        "accounts that are signed in, as many": people * unit["signed_in"],
    }
    told = messages * unit["told"] + 2 * comes * unit["come_told"]
    return {
        "nodes": f"{nodes}",
        "messages a second": f"{messages:,.0f}",
        "deliveries a second": f"{messages * HEARD_BY:,.0f}",
        "who comes, a second; who goes, the same": f"{comes:,.0f}",
        **{f"a node's core: {name}": _percent(us) for name, us in core.items()},
        "**a node's core in all**": _percent(sum(core.values())),
        **{f"a node's memory: {name}": _megabytes(kb) for name, kb in memory.items()},
        "**a node's memory in all**": _megabytes(sum(memory.values())),
        "PostgreSQL's cores, in commits as small as measured": _percent(
            messages * unit["postgresql"]
        ),
        "PostgreSQL's cores, in full commits": _percent(messages * unit["postgresql_full"]),
        "PostgreSQL's log (MB/s)": f"{messages * unit['wal'] / 1e6:,.1f}",
        "PostgreSQL's connections": f"{nodes * CONNECTIONS}",
        "into Valkey (MB/s)": f"{told / 1e6:,.2f}",
        "out of Valkey, to all nodes (MB/s)": f"{told * nodes / 1e6:,.1f}",
        "logins renewed a second, each told to all": f"{people / RENEWS:,.0f}",
    }


def _percent(us_a_second: float) -> str:
    share = us_a_second / 1e4
    return f"{share:,.0f} %" if share >= 1 else f"{share:.1f} %"


def _megabytes(kb: float) -> str:
    return f"{kb / 1024:,.0f} MB"


def blocks(cases: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the lines of the page's tables, by the names of their places in it."""
    try:
        unit = units(cases)
    except NotMeasured:
        return {}
    columns = [_reckon(unit, people) for people in PEOPLE]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    # Whoever writes holds the lock from its first statement to its commit, so both are in a row.
    serial = 1e6 / (unit["write_full"] + unit["postgresql_full"])
    limits = [
        ["writing, one after the other: `write_full` and `postgresql_full`", f"{serial:,.0f}"],
        ["PostgreSQL alone, if a node's part were done outside the lock: `postgresql_full`",
         f"{1e6 / unit['postgresql_full']:,.0f}"],
        ["hearing, by a node's core that did nothing else: `hear_full`",
         f"{1e6 / unit['hear_full']:,.0f}"],
    ]  # fmt: skip
    return {
        "units": unit_lines(cases),
        "reckoned": table_of(["people connected", *(f"{each:,}" for each in PEOPLE)], rows),
        "limits": table_of(["what bounds all nodes together", "messages a second"], limits),
    }


def fill_in(page: str, cases: Mapping[str, Any]) -> str:
    """Return the page with the tables of a run between `<!-- name -->` and `<!-- end -->`."""
    for name, lines in blocks(cases).items():
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"the page has no place for {name}")
        page = before + mark + "\n" + "\n".join([*lines, ""]) + "\n" + end + after
    return page
