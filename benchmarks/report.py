"""The report in Markdown: the bars, then a table for each case."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.bars import Bar
from benchmarks.servers import KINDS

# Percent of the servers' core in others' hands from which on the report warns.
DISTURBED = 5

# Header, part and name of a figure, and its form.
Column = tuple[str, str, str, str]

_MEMORY: Column = ("memory (MB)", "saturated", "rss_kb", "mb")
_SATURATED: tuple[Column, ...] = (
    ("CPU µs/delivery", "saturated", "us_per_delivery", "us"),
    ("deliveries/s", "saturated", "deliveries_per_s", "count"),
    ("p50 (ms)", "saturated", "p50_us", "ms"),
    ("p99 (ms)", "saturated", "p99_us", "ms"),
    ("max (ms)", "saturated", "max_us", "ms"),
)
_COLUMNS: dict[str, tuple[Column, ...]] = {
    "room-": (
        ("one at a time: CPU µs/delivery", "one", "us_per_delivery", "us"),
        ("deliveries/s", "one", "deliveries_per_s", "count"),
        ("p50 (ms)", "one", "p50_us", "ms"),
        ("p99 (ms)", "one", "p99_us", "ms"),
        ("max (ms)", "one", "max_us", "ms"),
        ("saturated: CPU µs/delivery", "saturated", "us_per_delivery", "us"),
        ("deliveries/s", "saturated", "deliveries_per_s", "count"),
        ("p99 (ms)", "saturated", "p99_us", "ms"),
        _MEMORY,
        ("the load's core (%)", "saturated", "load_share", "count"),
        ("frame (bytes)", "run", "frame_bytes", "count"),
    ),
    "rooms-": (*_SATURATED, _MEMORY),
    "echo-": (
        ("maximum (messages/s)", "saturated", "messages_per_s", "count"),
        ("half of it", "paced", "rate", "count"),
        ("echo p50 (ms)", "paced", "echo_p50_us", "ms"),
        ("echo p99 (ms)", "paced", "echo_p99_us", "ms"),
        ("echo max (ms)", "paced", "echo_max_us", "ms"),
        ("all: p99 (ms)", "paced", "p99_us", "ms"),
    ),
    "page-": (
        ("page p50 (ms)", "page", "p50_us", "ms"),
        ("page p99 (ms)", "page", "p99_us", "ms"),
        ("page max (ms)", "page", "max_us", "ms"),
        ("deliveries/s beside it", "saturated", "deliveries_per_s", "count"),
    ),
    "posts-": (
        ("messages/s", "saturated", "deliveries_per_s", "count"),
        ("CPU µs each", "saturated", "us_per_delivery", "us"),
        ("to the reader: p50 (ms)", "saturated", "p50_us", "ms"),
        ("p99 (ms)", "saturated", "p99_us", "ms"),
    ),
    "handshakes": (
        ("handshakes/s", "run", "per_s", "count"),
        ("CPU ms each", "run", "cpu_ms_each", "us"),
        ("p50 (ms)", "run", "p50_us", "ms"),
        ("p99 (ms)", "run", "p99_us", "ms"),
    ),
    "idle": (
        ("connections", "run", "connections", "count"),
        ("kB each", "run", "kb_each", "us"),
        ("memory before (MB)", "run", "rss_before_kb", "mb"),
        ("after (MB)", "run", "rss_after_kb", "mb"),
    ),
    "joins": (
        ("all in after (s)", "run", "joined_s", "us"),
        ("quiet after (s)", "run", "over_s", "us"),
        ("CPU (s)", "run", "cpu_s", "us"),
        ("frames each member got", "run", "frames_median", "count"),
        ("at most", "run", "frames_max", "count"),
        ("lists of people at most", "run", "lists_max", "count"),
        ("bytes each got", "run", "bytes_median", "count"),
    ),
    "resumes": (
        ("connections", "run", "connections", "count"),
        ("all back after (s)", "run", "seconds", "us"),
        ("p50 (s)", "run", "p50_us", "s"),
        ("CPU (s)", "run", "cpu_s", "us"),
        ("reading statements", "run", "reads", "count"),
    ),
}


def form_of(value: float, form: str) -> str:
    """Return a figure as it stands in a table."""
    if form == "count":
        return f"{value:,.0f}"
    value /= {"ms": 1000, "mb": 1024, "s": 1e6}.get(form, 1)
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def table_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _growth(outcome: Mapping[str, Any]) -> list[str]:
    head = [
        *("messages", "newest page (ms)", "old page (ms)", "resume (ms)", "unread (ms)"),
        *("opening (ms)", "start (s)", "MB"),
    ]
    names = ["newest_page_us", "old_page_us", "resume_us", "unread_us", "open_us"]
    names += ["start_s", "database_mb"]
    forms = ["ms"] * 5 + ["us"] * 2
    if "fault" in outcome:
        return [f"No figures: {outcome['fault']}"]
    rows = [
        [
            form_of(at["messages"], "count"),
            *(form_of(at[name], form) for name, form in zip(names, forms, strict=True)),
        ]
        for at in outcome["figures"].values()
    ]
    return table_of(head, rows)


def _search(outcome: Mapping[str, Any]) -> list[str]:
    if "fault" in outcome:
        return [f"No figures: {outcome['fault']}"]
    figures = outcome["figures"]
    rows = [
        [kind, *(form_of(spread[name], "ms") for name in ("p50_us", "p95_us", "max_us"))]
        for kind, spread in figures.items()
    ]
    every = figures["all"]
    size = (
        f"{every['messages']:,.0f} messages, each of {every['bytes_plain']:.0f} bytes on the disk,"
        f" and {every['bytes_index']:.0f} more in the index."
    )
    return [*table_of(["searched for", "p50 (ms)", "p95 (ms)", "max (ms)"], rows), "", size]


def case_table(name: str, result: Mapping[str, Any]) -> list[str]:
    """Return the lines of one case: a row for each server; a failed check leaves no figure."""
    if name == "growth":
        return _growth(result["servers"]["parlour"])
    if name == "search":
        return _search(result["servers"]["parlour"])
    columns = next(found for prefix, found in _COLUMNS.items() if name.startswith(prefix))
    rows, failed = [], []
    for server, outcome in result["servers"].items():
        title = KINDS[server].title
        if "fault" in outcome:
            rows.append([title, *["failed"] * len(columns)])
            failed.append(f"{title} failed a check, so it has no figures: {outcome['fault']}")
            continue
        figures = outcome["figures"]
        cells = [
            form_of(figures[part][figure], form) if figure in figures.get(part, {}) else ""
            for _, part, figure, form in columns
        ]
        rows.append([title, *cells])
    lines = table_of(["", *(head for head, *_ in columns)], rows)
    for line in failed:
        lines += ["", line]
    return lines


def disturbance(cases: Mapping[str, Any]) -> tuple[float, float]:
    """Return what others took of the servers' core, in percent: the median and the most."""
    shares = [
        phase["others_share"]
        for result in cases.values()
        for outcome in result["servers"].values()
        for figures in outcome.get("rounds", [])
        for phase in figures.values()
        if "others_share" in phase
    ]
    return (statistics.median(shares), max(shares)) if shares else (0, 0)


def markdown(
    run: Mapping[str, Any],
    bars: Sequence[Bar],
    *,
    command: str = "make bench",
    table: Callable[[str, Mapping[str, Any]], list[str]] = case_table,
) -> str:
    """Return the whole report of a run (results.json) of `command`, with a table for each case."""
    machine = run["machine"]
    engines = "".join(f", {name} {version}" for name, version in run.get("engines", {}).items())
    day = f" Measured on {run['day']}." if "day" in run else ""
    lines = [
        f"# What `{command}` measured",
        "",
        (
            f"{machine['processor']}, {machine['cores']} cores (one for the servers, one for"
            f" the load), Linux {machine['kernel']}, Python {machine['python']},"
            f" Node {machine['node']}, SQLite {machine['sqlite']}{engines}."
            f"{day} Medians of {run['rounds']} rounds. [How it is measured](../docs/benchmarks.md)."
        ),
        "",
    ]
    middle, most = disturbance(run["cases"])
    words = f"Meanwhile other programs took {middle:.0f} % of the servers' core"
    lines += [f"{words} (median of all measures; {most:.0f} % at most).", ""]
    if middle >= DISTURBED:
        lines += [
            "**The machine was not quiet: CPU figures hold, rates and latencies are too bad.**",
            "",
        ]
    if run["quick"]:
        lines += ["**A smoke test with small rooms and short runs: its figures mean nothing.**", ""]
    rows = [[bar.promise, bar.told, bar.verdict] for bar in bars]
    lines += ["## The bars", "", *table_of(["promised", "measured", ""], rows), ""]
    for name, result in run["cases"].items():
        lines += [f"## {result['title']}", "", f"`{name}`", "", *table(name, result), ""]
    return "\n".join(lines)
