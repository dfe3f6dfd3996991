"""Each node tells how it fares itself, and which others there are."""

from tests.support.accounts import Account, log_in
from tests.support.administration import ADMIN, first_administrator
from tests.support.nodes import Apart
from tests.support.people import checked


def test_each_node_tells_of_itself_and_names_all(both: list[Apart]) -> None:
    """So that whoever reads by way of a proxy knows whose figures they are."""
    one, other = both
    first_administrator(one, "ada")
    seen = []
    for node in (one, other):
        chief: Account = log_in(node, "ada")
        now = checked(chief.call("GET", f"{ADMIN}/status"))
        assert now["broker"] == "ok"
        assert now["database"]["kind"] == "postgresql"
        assert now["database"]["bytes"] > 1_000_000
        assert now["database"]["log_bytes"] is None
        seen.append(now)
    assert seen[0]["node"] != seen[1]["node"]
    assert {each["id"] for each in seen[0]["nodes"]} == {now["node"] for now in seen}
    assert seen[0]["nodes"] == seen[1]["nodes"]
