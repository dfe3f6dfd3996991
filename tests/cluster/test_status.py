"""Each node tells how it fares itself, and which others there are."""

from tests.support.accounts import Account, log_in
from tests.support.administration import ADMIN, first_administrator
from tests.support.figures import figures
from tests.support.nodes import Apart
from tests.support.people import checked
from tests.support.places import follow, make_room, say
from tests.support.server import Server
from tests.support.timing import scaled


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


async def test_a_node_counts_how_long_it_takes_to_tell_what_another_has_committed(
    ann: Account, bob: Account, one: Server, other: Server
) -> None:
    """From when it knew of that, on its own clock; whoever has nobody to tell counts nothing."""
    lag = "parlour_fan_out_lag_seconds"
    place = make_room(ann, "public")
    client = await follow(place, bob)
    before = [figures(node) for node in (one, other)]
    for words in ("one", "two"):
        checked(say(place, ann, words))
        await client.until("message", message={"content": words})
    counts = [
        figures(node)[f"{lag}_count"] - seen[f"{lag}_count"]
        for node, seen in zip((one, other), before, strict=True)
    ]
    assert counts == [0, 2]
    assert 0 < figures(other)[f"{lag}_sum"] - before[1][f"{lag}_sum"] < scaled(5)
    await client.close()
