"""The bars compute what they say, and never from a figure that is not there."""

import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bars import judge
from benchmarks.scale.bars import judge_scale

ROOT = Path(__file__).parents[2]


def results(**figures: float) -> dict[str, Any]:
    """Return results with these figures, each named `case__server__part__name`, `_` for `-`."""
    found: dict[str, Any] = {}
    for words, value in figures.items():
        case, server, part, name = words.split("__")
        servers = found.setdefault(case.replace("_", "-"), {"servers": {}})["servers"]
        outcome = servers.setdefault(server.replace("_", "-"), {"figures": {}})
        outcome["figures"].setdefault(part, {})[name] = value
    return found


def verdict(name: str, found: dict[str, Any]) -> tuple[str, float | None]:
    """Return what is said of one bar."""
    [bar] = [bar for bar in [*judge(found), *judge_scale(found)] if bar.name == name]
    return bar.verdict, bar.value


@pytest.mark.parametrize(
    ("parlour", "expected"),
    [(16.0, "met"), (16.1, "not met")],
)
def test_cpu_beside_c_is_a_ratio(parlour: float, expected: str) -> None:
    """1.6 times is met, a hair more is not."""
    found = results(
        room_1000__parlour__one__us_per_delivery=parlour,
        room_1000__epoll__one__us_per_delivery=10.0,
    )
    assert verdict("cpu-c", found) == (expected, parlour / 10)
    assert verdict("cpu-socketio", found) == ("not measured", None)


def test_rates_are_ratios_the_other_way() -> None:
    """Half of C's coalesced deliveries, a hundred times Socket.IO's."""
    found = results(
        room_1000__parlour__saturated__deliveries_per_s=5e6,
        room_1000__epoll_coalesce__saturated__deliveries_per_s=1e7,
        room_1000__socketio__saturated__deliveries_per_s=1e5,
    )
    assert verdict("rate-c", found) == ("met", 0.5)
    assert verdict("rate-socketio", found) == ("not met", 50)


@pytest.mark.parametrize(("parlour", "expected"), [(2_900, "met"), (3_200, "not met")])
def test_the_database_may_cost_its_commit_and_a_millisecond(parlour: float, expected: str) -> None:
    """2.9 ms is C's 0.1, the commit's 2 and 0.8 more."""
    found = results(
        room_10__parlour__one__p50_us=parlour,
        room_10__parlour__commit__p50_us=2_000,
        room_10__epoll__one__p50_us=100,
    )
    assert verdict("database-10", found)[0] == expected


def test_lists_of_people_are_counted_against_the_clock() -> None:
    """Ten seconds of storm may bring twelve lists."""
    found = results(joins__parlour__run__lists_max=12, joins__parlour__run__over_s=10)
    assert verdict("joins", found) == ("met", 2)
    found = results(joins__parlour__run__lists_max=900, joins__parlour__run__over_s=10)
    assert verdict("joins", found)[0] == "not met"


def test_growth_compares_a_million_with_a_thousand() -> None:
    """Each way of reading for itself."""
    found = results(
        growth__parlour__1000__resume_us=1_000, growth__parlour__1000000__resume_us=1_600
    )
    assert verdict("growth-resume", found) == ("not met", 1.6)
    assert verdict("growth-old_page", found) == ("not measured", None)


def test_what_grows_is_judged_where_it_is_worse() -> None:
    """SQLite is flat, PostgreSQL is not: the bar is not met. Neither alone is enough."""
    found = results(
        curve_rooms__sqlite__1__send_cpu_us=100,
        curve_rooms__sqlite__1000__send_cpu_us=110,
        curve_rooms__postgresql__1__send_cpu_us=200,
    )
    assert verdict("send-rooms", found) == ("not measured", None)
    found["curve-rooms"]["servers"]["postgresql"]["figures"]["1000"] = {"send_cpu_us": 320}
    assert verdict("send-rooms", found) == ("not met", 1.6)
    assert verdict("send-members", found)[0] == "not measured"


def test_two_nodes_are_held_against_one() -> None:
    """And what is heard against what is written."""
    found = results(
        nodes_room__nodes_1__saturated__node_us_per_delivery=0.2,
        nodes_room__nodes_2__saturated__node_us_per_delivery=0.25,
        nodes_posts__nodes_1__saturated__postgresql_us=20,
        nodes_posts__nodes_2__saturated__postgresql_us=30,
        nodes_hear__nodes_2__saturated__node1_us=50,
        nodes_hear__nodes_2__saturated__node2_us=20,
        nodes_people__nodes_2__run__kb_each=16,
        nodes_people__nodes_2__run__elsewhere_kb=2.5,
    )
    verdicts = {bar.name: (bar.verdict, bar.told) for bar in judge_scale(found)}
    assert verdicts["two-deliveries"] == ("met", "1.25")
    assert verdicts["two-posts"] == ("not met", "1.5")
    assert verdicts["heard"] == ("met", "0.4")
    assert verdicts["connections"] == ("met", "65,536")
    assert verdicts["elsewhere"] == ("not met", "2.50 kB")


def test_limits_are_in_the_unit_that_is_told() -> None:
    """Milliseconds, kB and counts."""
    found = results(
        echo_100__parlour__paced__echo_p99_us=9_990,
        page_1000__parlour__page__p99_us=10_010,
        idle__parlour__run__kb_each=32.0,
        idle__parlour__run__connections=9_999,
        resumes__parlour__run__seconds=15.0,
        resumes__parlour__run__reads=400,
        resumes__parlour__run__rooms=20,
        handshakes__parlour__run__cpu_ms_each=0.5,
        handshakes__seed__run__cpu_ms_each=0.75,
        posts_websocket__parlour__saturated__deliveries_per_s=20_000,
        posts_http__parlour__saturated__deliveries_per_s=2_499,
    )
    verdicts = {bar.name: bar.verdict for bar in judge(found)}
    assert verdicts["echo"] == "met"
    assert verdicts["page"] == "not met"
    assert verdicts["idle-memory"] == "met"
    assert verdicts["idle-count"] == "not met"
    assert verdicts["resumes"] == "met"
    assert verdicts["resume-reads"] == "met"
    assert verdicts["handshakes"] == "met"
    assert verdicts["posts-websocket"] == "met"
    assert verdicts["posts-http"] == "not met"


def test_nothing_measured_means_nothing_said() -> None:
    """No case, a case that failed, and a divisor of zero."""
    failed = {"room-1000": {"servers": {"parlour": {"fault": "lost: one"}}}}
    for found in ({}, failed):
        bars = [*judge(found), *judge_scale(found)]
        assert {bar.verdict for bar in bars} == {"not measured"}
    zero = results(handshakes__seed__run__cpu_ms_each=1, handshakes__parlour__run__cpu_ms_each=0)
    assert verdict("handshakes", zero) == ("not measured", None)


def test_the_documentation_lists_every_bar() -> None:
    """Word for word, in the tables of docs/benchmarks.md."""
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    for title, bars in (("The bars", judge({})), ("How far it goes", judge_scale({}))):
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        told = re.findall(r"^\| `([\w-]+)` \| (.*?) \|$", section, re.MULTILINE)
        # Cases are listed the same way, with other names.
        names = {bar.name for bar in bars}
        assert [each for each in told if each[0] in names] == [
            (bar.name, bar.promise) for bar in bars
        ]
