"""What a server's `/metrics` says, as numbers by their names and labels."""

from prometheus_client.parser import text_string_to_metric_families as families

from tests.support.people import http_client
from tests.support.server import Server


def figures(server: Server, token: str = "") -> dict[str, float]:
    """Ask for all figures: `name{label="value"}`, or the name alone where there are no labels."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with http_client(server) as http:
        answer = http.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def kinds(server: Server) -> dict[str, str]:
    """Ask for all figures; of which kind each is, by the name that it has in a query."""
    with http_client(server) as http:
        found = families(http.get("/metrics").text)
    named = {}
    for family in found:
        total = family.type == "counter" and not family.name.endswith("_total")
        info = family.name.endswith("_info")
        name = f"{family.name}_total" if total else family.name
        named[name] = "info" if info else family.type
    return named


def read(text: str) -> dict[str, float]:
    """What such a text says."""
    found = {}
    for family in families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found
