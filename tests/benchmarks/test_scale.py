"""Nodes and curves are measured as they are: every part for itself, and only what was checked."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.loading import Bench, CheckFailed
from benchmarks.running import Runner
from benchmarks.scale import engines
from benchmarks.scale.cases import SCALE_CASES
from benchmarks.scale.clocks import cpu_us
from benchmarks.scale.cluster import NODES, Cluster, talk
from benchmarks.scale.reckoning import blocks, fill_in
from benchmarks.scale.report import scale_table
from tests.benchmarks.faulty import Relay
from tests.benchmarks.test_checker import faithful, load

ROOT = Path(__file__).parents[2]


@pytest.mark.thorough
def test_every_part_of_a_cluster_is_told_for_itself(bench: Bench) -> None:
    """Both nodes, PostgreSQL and Valkey; what is said is stored, and gets to everybody."""
    cluster = Cluster(NODES["nodes-2"], bench.server_core, bench.home / "c", bench.programs)
    try:
        cluster.start()
        # Each connection takes the other node: two speakers and two readers at each of them.
        found = talk(bench, cluster, "saturated", 1, members=8, senders=4, seconds=0.5)
        assert found["deliveries"] >= 8
        for part in ("node1", "node2", "postgresql", "valkey"):
            assert found[f"{part}_us"] > 0
        assert found["nodes_us"] > found["node1_us"]
        assert found["group"] >= 1
        assert found["wal_bytes"] > 64
        # What each node said went to both.
        assert found["valkey_out_bytes"] > found["valkey_in_bytes"] > 64
        with pytest.raises(CheckFailed, match="acknowledged"):
            cluster.verify(1, 1, 1)
    finally:
        cluster.end()
    assert not cluster.nodes


def test_what_one_node_says_and_the_other_does_not_tell_is_found(programs: Path) -> None:
    """Two relays that know nothing of one another are no two nodes of one server."""
    with Relay(faithful) as one, Relay(faithful) as other:
        answer = load(programs, one, ports=f"{one.port},{other.port}", members=4, phases="one")
    assert answer["faults"]["lost"] > 0


def test_who_speaks_can_be_at_another_node_than_who_reads(programs: Path) -> None:
    """So that a node that only hears can be measured."""
    with Relay(faithful) as one, Relay(faithful) as other:
        answer = load(
            programs, one, ports=f"{one.port},{other.port}", place="apart", members=2, senders=2
        )
    # Both speak, so both are at the first one, and hear one another.
    assert not any(answer["faults"].values())
    assert answer["phases"][0]["deliveries"] > 0


@pytest.mark.thorough
def test_a_part_has_the_time_of_what_it_started(programs: Path) -> None:
    """As PostgreSQL's first process does, which starts one for each connection."""
    busy = "while True: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as above:
        try:
            before, deadline = cpu_us(above.pid), time.monotonic() + 30
            while cpu_us(above.pid) < before + 200_000:
                assert time.monotonic() < deadline
            with Relay(faithful) as relay:
                answer = load(programs, relay, parts=f"{above.pid},{os.getpid()}")
        finally:
            os.killpg(above.pid, 9)
    [phase] = answer["phases"]
    # One that never rests, beside the relay, which is in this process.
    assert phase["part_0_cpu_s"] > 0
    assert phase["part_1_cpu_s"] > 0
    assert phase["cpu_s"] == pytest.approx(phase["part_0_cpu_s"] + phase["part_1_cpu_s"], abs=0.01)


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in SCALE_CASES if name.startswith("curve-")])
def test_a_curve_has_a_figure_for_each_size(bench: Bench, name: str) -> None:
    """On SQLite and on PostgreSQL; what is done is looked at each time."""
    runner = Runner(bench)
    runner.run(SCALE_CASES[name])
    assert not runner.failed
    for outcome in runner.results[name]["servers"].values():
        figures: dict[str, Any] = outcome["figures"]
        assert list(figures) == ["1", "10"]
        assert figures["10"]["size"] == 10 * figures["1"]["size"]
        for act in ("enter", "join", "send", "resume", "unread"):
            assert figures["10"][f"{act}_cpu_us"] > 0
    table = scale_table(name, runner.results[name])
    assert sum(line.startswith(("| SQLite", "| PostgreSQL")) for line in table) == 4


@pytest.mark.thorough
def test_people_who_come_are_told_for_both_nodes(bench: Bench) -> None:
    """What they take where they are, and where they are only known."""
    runner = Runner(bench)
    runner.run(SCALE_CASES["nodes-people"])
    assert not runner.failed
    one, two = (runner.results["nodes-people"]["servers"][name]["figures"]["run"] for name in NODES)
    assert one["connections"] == two["connections"] > 0
    assert "elsewhere_us" not in one
    assert two["elsewhere_us"] > 0
    assert "one node" in "".join(scale_table("nodes-people", runner.results["nodes-people"]))


def test_a_node_that_fails_a_check_has_no_figures() -> None:
    """The report says which, and what it was."""
    result = {
        "servers": {
            "nodes-1": {"figures": {"saturated": {"messages_per_s": 1_234.0}}},
            "nodes-2": {"fault": "lost: 3 deliveries"},
        }
    }
    lines = scale_table("nodes-posts", result)
    assert any("1,234" in line for line in lines)
    assert "two nodes failed a check, so it has no figures: lost: 3 deliveries" in lines
    assert not any(line.startswith("| two nodes") for line in lines)


def test_the_engines_are_named() -> None:
    """By their versions, as the machine is."""
    found = engines.describe()
    assert found["PostgreSQL"].partition(".")[0].isdigit()
    assert found["Valkey"]


def test_what_follows_is_reckoned_from_what_was_measured() -> None:
    """Twice the cost of hearing is twice the share of each node; a page keeps the rest of it."""
    kept = json.loads((ROOT / "benchmarks" / "scale.json").read_text("utf-8"))["cases"]
    heard = kept["nodes-hear"]["servers"]["nodes-2"]["figures"]["paced"]
    heard["node2_us"] = 100.0
    [row] = [line for line in blocks(kept)["reckoned"] if "hearing" in line]
    # 3,333 messages a second, of which a fiftieth is said here.
    assert row.endswith("| 33 % |")
    heard["node2_us"] = 200.0
    [row] = [line for line in blocks(kept)["reckoned"] if "hearing" in line]
    assert row.endswith("| 65 % |")
    names = ("units", "reckoned", "limits")
    page = "".join(f"before {name}\n<!-- {name} -->\nformer\n<!-- end -->\n" for name in names)
    filled = fill_in(page, kept)
    assert row in filled
    assert "former" not in filled
    assert filled.startswith("before units\n<!-- units -->\n\n| ")
    assert fill_in(filled, kept) == filled
    with pytest.raises(ValueError, match="no place for units"):
        fill_in("nothing", kept)


def test_without_all_figures_nothing_is_reckoned() -> None:
    """A page keeps what it had."""
    assert blocks({}) == {}
    assert fill_in("as it was", {}) == "as it was"
