"""The report and the plots of what `make bench SCALE=1` measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.bars import Bar
from benchmarks.plots import Series, chart
from benchmarks.report import Column, form_of, markdown, table_of
from benchmarks.scale.bars import ACTS, GROWN

TITLES = {
    "nodes-1": "one node",
    "nodes-2": "two nodes",
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
}
_TALK: tuple[Column, ...] = (
    ("messages/s", "", "messages_per_s", "count"),
    ("deliveries/s", "", "deliveries_per_s", "count"),
    ("CPU µs a message: first node", "", "node1_us", "us"),
    ("second node", "", "node2_us", "us"),
    ("PostgreSQL", "", "postgresql_us", "us"),
    ("Valkey", "", "valkey_us", "us"),
    ("nodes: CPU µs a delivery", "", "node_us_per_delivery", "us"),
    ("messages a commit", "", "group", "us"),
    ("log (bytes a message)", "", "wal_bytes", "count"),
    ("into Valkey", "", "valkey_in_bytes", "count"),
    ("out of it", "", "valkey_out_bytes", "count"),
    ("p50 (ms)", "", "p50_us", "ms"),
    ("p99 (ms)", "", "p99_us", "ms"),
)
_PEOPLE: tuple[Column, ...] = (
    ("people", "run", "connections", "count"),
    ("kB each", "run", "kb_each", "us"),
    ("connections a GiB", "run", "per_gib", "count"),
    ("kB each at the other node", "run", "elsewhere_kb", "us"),
    ("CPU µs for one who comes: their node", "run", "node_us", "us"),
    ("the other", "run", "elsewhere_us", "us"),
    ("CPU µs a second for one who is there", "run", "idle_us", "us"),
    ("Valkey", "run", "valkey_us", "us"),
    ("into Valkey (bytes)", "run", "valkey_in_bytes", "count"),
)


def _fault(server: str, outcome: Mapping[str, Any]) -> str:
    return f"{TITLES[server]} failed a check, so it has no figures: {outcome['fault']}"


def _talk(result: Mapping[str, Any]) -> list[str]:
    rows, failed = [], []
    for server, outcome in result["servers"].items():
        if "fault" in outcome:
            failed += ["", _fault(server, outcome)]
            continue
        for phase, figures in outcome["figures"].items():
            cells = [
                form_of(figures[name], form) if name in figures else ""
                for _, _, name, form in _TALK
            ]
            rows.append([f"{TITLES[server]}, {phase}", *cells])
    return [*table_of(["", *(head for head, *_ in _TALK)], rows), *failed]


def _people(result: Mapping[str, Any]) -> list[str]:
    rows, failed = [], []
    for server, outcome in result["servers"].items():
        if "fault" in outcome:
            failed += ["", _fault(server, outcome)]
            continue
        figures = outcome["figures"]["run"]
        cells = [
            form_of(figures[name], form) if name in figures else "" for _, _, name, form in _PEOPLE
        ]
        rows.append([TITLES[server], *cells])
    return [*table_of(["", *(head for head, *_ in _PEOPLE)], rows), *failed]


def _curve(what: str, result: Mapping[str, Any]) -> list[str]:
    acts = {
        "enter": "enter",
        "join": "join",
        "send": "send",
        "resume": "resume",
        "unread": "counts",
    }
    if what == "rooms":
        acts["list"] = "list all rooms"
    heads = [GROWN[what], *(f"{word} (ms)" for word in acts.values()), "start (s)", "memory (MB)"]
    rows, failed = [], []
    for server, outcome in result["servers"].items():
        if "fault" in outcome:
            failed += ["", _fault(server, outcome)]
            continue
        for at in outcome["figures"].values():
            cells = [
                f"{form_of(at[f'{act}_cpu_us'], 'ms')} ({form_of(at[f'{act}_us'], 'ms')})"
                for act in acts
            ]
            ends = [form_of(at["start_s"], "us"), form_of(at["rss_kb"], "mb")]
            rows.append([TITLES[server], form_of(at["size"], "count"), *cells, *ends])
    words = (
        "CPU of the server and of PostgreSQL for each; in brackets the time until it was answered."
    )
    return [*table_of(["", *heads], rows), "", words, *failed]


def scale_table(name: str, result: Mapping[str, Any]) -> list[str]:
    """Return the lines of one case; a failed check leaves no figure."""
    kind, _, what = name.partition("-")
    if kind == "curve":
        return _curve(what, result)
    return _people(result) if what == "people" else _talk(result)


def scale_markdown(run: Mapping[str, Any], bars: Sequence[Bar]) -> str:
    """Return the whole report of a run (scale.json)."""
    return markdown(run, bars, command="make bench SCALE=1", table=scale_table)


def scale_plots(cases: Mapping[str, Any]) -> dict[str, str]:
    """Return a plot for each thing that is done, by its file's name: a line for each that grows."""
    found = {}
    for act, words in ACTS.items():
        lines: list[Series] = []
        for what, many in GROWN.items():
            servers = cases.get(f"curve-{what}", {}).get("servers", {})
            for server, outcome in servers.items():
                sizes = outcome.get("figures", {})
                line = [(float(n), at[f"{act}_cpu_us"] / 1000) for n, at in sizes.items()]
                if line:
                    lines.append((f"{many}, {TITLES[server]}", line))
        if lines:
            title = f"{words.rstrip(',')}, while something grows"
            found[f"scale-{act}.svg"] = chart(title, "times as much", "milliseconds of CPU", lines)
    return found
