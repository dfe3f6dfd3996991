"""What there is for Prometheus and Grafana: its expressions are right, and the page tells them."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import promql_parser
import pytest
import yaml

from tests.deploy.reading import DEPLOY, text_of
from tests.docs.markdown import ROOT, Page, names

TABLE = Page(ROOT / "docs" / "operations.md").section("Monitoring").table("ask", "worry", "alert")
[GROUP] = yaml.safe_load(text_of("prometheus/alerts.yml"))["groups"]
RULES: Final[list[dict[str, Any]]] = GROUP["rules"]
SHOWN: Final[list[dict[str, Any]]] = yaml.safe_load(text_of("prometheus/alerts.test.yml"))["tests"]
BOARD: Final[dict[str, Any]] = json.loads(text_of("grafana/parlour.json"))
PANELS: Final = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
# What a row of the table says, as the rule has it.
SIGNS: Final = {"above": ">", "below": "<", "": "=="}
WORRY: Final = re.compile(r"(?:(above|below) )?([\d.]+)(?: for (\d+) minutes?)?(?::|$)")


def asked_by_grafana() -> Iterator[str]:
    """Yield each expression as Grafana hands it on, for one node and for five minutes."""
    for asked in re.findall(r'"expr": (".*")', text_of("grafana/parlour.json")):
        expression = json.loads(asked)
        yield expression.replace("$__rate_interval", "5m").replace("$instance", "one:8000")


EXPRESSIONS: Final = [*(rule["expr"] for rule in RULES), *asked_by_grafana()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_read_by_a_parser_of_its_language(expression: str) -> None:
    """And nothing is left in it that Grafana would have to put in."""
    promql_parser.parse(expression)
    assert "$" not in expression


def test_a_parser_of_the_language_refuses_what_is_wrong() -> None:
    """So the test above can fail."""
    for wrong in ("rate(a[5m]", "sum by (le) rate(a[5m])", "rate(a)", "a{b=~'('}", "a >"):
        with pytest.raises(ValueError, match=r"."):
            promql_parser.parse(wrong)


def test_the_page_tells_each_rule_and_each_rule_is_told() -> None:
    """By its name, its figure, its bound, and for how long that is past it."""
    told = {}
    for row in TABLE:
        found = WORRY.match(row["worry"])
        assert found, row["worry"]
        sign, bound, minutes = SIGNS[found[1] or ""], found[2], found[3]
        [alert] = names(row["alert"])
        expression = f"{row['ask'].strip('`')} {sign} {bound}"
        told[alert] = (expression, None if minutes is None else f"{minutes}m")
    assert told == {rule["alert"]: (rule["expr"], rule.get("for")) for rule in RULES}


def test_each_rule_says_what_is_wrong_and_what_to_do() -> None:
    """Of which node, in sentences; and whether it is for now."""
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        words = rule["annotations"]
        assert "{{ $labels.instance }}" in words["summary"], rule["alert"]
        for sentence in (words["summary"], words["description"]):
            assert sentence.endswith("."), sentence


def test_each_rule_is_shown_to_speak_and_to_be_silent() -> None:
    """To Prometheus' own tool, which `make deploy-check` asks; here, that none is left out.

    And that it is told of figures that there are, by which the rule goes, and shown its own words.
    """
    rules = {rule["alert"]: rule for rule in RULES}
    spoken, silent = set[str](), set[str]()
    for shown in SHOWN:
        assert shown["interval"], shown["name"]
        given = {re.split(r"[{ ]", each["series"])[0] for each in shown["input_series"]}
        for asked in shown["alert_rule_test"]:
            rule = rules[asked["alertname"]]
            figures = set(re.findall(r"\b(?:(?:parlour|process)_\w+|up)\b", rule["expr"]))
            assert figures <= given, shown["name"]
            alerts = asked.get("exp_alerts", [])
            (spoken if alerts else silent).add(rule["alert"])
            for alert in alerts:
                description = rule["annotations"]["description"]
                assert alert["exp_annotations"]["description"] == description, shown["name"]
    assert (spoken, silent) == ({*rules}, {*rules})


def test_prometheus_is_told_where_the_rules_are() -> None:
    """In the file beside its own."""
    config = yaml.safe_load(text_of("prometheus/prometheus.yml"))
    assert [(DEPLOY / "prometheus" / name).is_file() for name in config["rule_files"]] == [True]


def test_the_dashboard_asks_the_source_and_the_nodes_that_are_chosen() -> None:
    """So that it can be imported beside any Prometheus; each panel says what it shows."""
    variables = {each["name"]: each for each in BOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["instance"]["datasource"]["uid"] == "${datasource}"
    assert (BOARD["id"], BOARD["uid"], BOARD["schemaVersion"] >= 39) == (None, "parlour", True)
    for panel in PANELS:
        assert panel["title"], panel["id"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}", panel["title"]
            selectors = re.findall(r"\b(?:parlour|process)_\w+(\{[^}]*)?", target["expr"])
            assert all('instance=~"$instance"' in each for each in selectors), target["expr"]


def test_the_panels_lie_beside_one_another() -> None:
    """Each with an id and a place of its own, and a letter for each of its lines."""
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = any(
            one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at]
            for at, size in (("x", "w"), ("y", "h"))
        )
        assert apart, (one, other)
    for panel in PANELS:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
