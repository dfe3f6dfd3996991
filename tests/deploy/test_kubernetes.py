"""The manifests of deploy/kubernetes: they agree with one another, the image and the server."""

import re
from typing import Any

import pytest
import yaml

from parlour.features import health, metrics
from parlour.settings import PREFIX, load_settings
from parlour.support.postgresql import LOCK_TIMEOUT_MS
from tests.deploy.reading import DEPLOY, dockerfile, text_of
from tests.deploy.test_service import STOP_SECONDS

FOLDER = DEPLOY / "kubernetes"
MANIFESTS: dict[str, dict[str, Any]] = {
    path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.iterdir())
}
DEPLOYMENT = MANIFESTS["deployment.yaml"]["spec"]
POD: dict[str, Any] = DEPLOYMENT["template"]["spec"]
[CONTAINER] = POD["containers"]
STEPS = dockerfile(text_of("Dockerfile"))
ADAPTER: dict[str, Any] = yaml.safe_load(text_of("prometheus/adapter.yaml"))
SCRAPES: list[dict[str, Any]] = yaml.safe_load(text_of("prometheus/prometheus.yml"))[
    "scrape_configs"
]


def of_image(name: str) -> str:
    """What the image's last such step says."""
    return [rest for step, rest in STEPS if step == name][-1]


def test_all_of_it_is_one_thing_in_one_namespace() -> None:
    """Whoever applies the folder has no two halves."""
    namespace = MANIFESTS["namespace.yaml"]["metadata"]["name"]
    for name, manifest in MANIFESTS.items():
        if name != "namespace.yaml":
            assert manifest["metadata"]["namespace"] == namespace, name
    labels = DEPLOYMENT["template"]["metadata"]["labels"]
    for chosen in (
        DEPLOYMENT["selector"]["matchLabels"],
        MANIFESTS["service.yaml"]["spec"]["selector"],
        MANIFESTS["disruption.yaml"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["networkpolicy.yaml"]["spec"]["podSelector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in POD["topologySpreadConstraints"]),
    ):
        assert chosen.items() <= labels.items()


def test_the_way_from_the_ingress_to_the_image_is_one_port() -> None:
    """By its name, from one manifest to the next."""
    [port] = CONTAINER["ports"]
    assert str(port["containerPort"]) == of_image("EXPOSE")
    service = MANIFESTS["service.yaml"]
    [offered] = service["spec"]["ports"]
    assert offered["targetPort"] == port["name"]
    assert service["spec"]["sessionAffinity"] == "None"
    [rule] = MANIFESTS["ingress.yaml"]["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {
        "name": service["metadata"]["name"],
        "port": {"name": offered["name"]},
    }
    [tls] = MANIFESTS["ingress.yaml"]["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]]
    [allowed] = MANIFESTS["networkpolicy.yaml"]["spec"]["ingress"]
    assert [each["port"] for each in allowed["ports"]] == [port["name"]]


def test_probes_ask_what_the_server_answers() -> None:
    """Only whether it lives ends it; whether its database takes work decides who comes to it."""
    paths = {getattr(route, "path", "") for route in health.router.routes}
    probes = {kind: CONTAINER[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")}
    asked = {kind: probe["httpGet"]["path"] for kind, probe in probes.items()}
    assert set(asked.values()) <= paths
    assert asked == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"http"}
    # It waits that long for a lock before it says that it is not ready.
    assert probes["readiness"]["timeoutSeconds"] > LOCK_TIMEOUT_MS / 1000
    # Bringing a large database up to date.
    assert probes["startup"]["periodSeconds"] * probes["startup"]["failureThreshold"] >= 600


def test_it_has_time_to_stop_after_everybody_was_told() -> None:
    """The server's own stop, and what is waited for before."""
    [sleep, before] = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert sleep == "sleep"
    assert POD["terminationGracePeriodSeconds"] > int(before) + STOP_SECONDS


def test_one_node_goes_at_a_time_and_another_is_there_before() -> None:
    """When a release is rolled out, when machines are emptied, and when there is less to do."""
    assert DEPLOYMENT["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert MANIFESTS["disruption.yaml"]["spec"]["maxUnavailable"] == 1
    scaling = MANIFESTS["autoscaling.yaml"]["spec"]
    deployment = MANIFESTS["deployment.yaml"]
    assert scaling["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }
    assert scaling["minReplicas"] >= 2
    # Two would decide it.
    assert "replicas" not in DEPLOYMENT
    for way in ("scaleUp", "scaleDown"):
        assert [each["value"] for each in scaling["behavior"][way]["policies"]] == [1]
    # What it is measured by has to be asked for.
    assert "cpu" in CONTAINER["resources"]["requests"]


def test_nodes_are_scaled_by_the_connections_that_they_tell_of() -> None:
    """The figure, the rule that hands it on, the autoscaler and KEDA's have one name and number."""
    pods, cpu = MANIFESTS["autoscaling.yaml"]["spec"]["metrics"]
    assert cpu["resource"]["name"] == "cpu"
    name = pods["pods"]["metric"]["name"]
    each = int(pods["pods"]["target"]["averageValue"])
    # One node holds more than it is given, or there would be nobody to make room.
    assert each < load_settings().max_connections / 2
    [rule] = ADAPTER["rules"]["custom"]
    assert re.match(rule["name"]["matches"], name)
    assert rule["name"]["as"] == name
    series, labels = re.findall(r"(\w+)\{(.*)\}", rule["seriesQuery"])[0]
    assert series == name
    # Told apart by the labels that Prometheus gives them.
    resources = rule["resources"]["overrides"]
    assert {label: each["resource"] for label, each in resources.items()} == {
        "namespace": "namespace",
        "pod": "pod",
    }
    assert {label.partition("!=")[0] for label in labels.split(",")} == set(resources)
    [job] = [job for job in SCRAPES if "kubernetes_sd_configs" in job]
    assert set(resources) <= {each.get("target_label") for each in job["relabel_configs"]}
    text = (FOLDER / "autoscaling.yaml").read_text("utf-8")
    [scaled] = re.findall(
        r"^#     apiVersion: keda.*?(?=^apiVersion)", text, re.MULTILINE | re.DOTALL
    )
    keda = yaml.safe_load(re.sub(r"^#(     )?", "", scaled, flags=re.MULTILINE))
    scaling = MANIFESTS["autoscaling.yaml"]["spec"]
    assert keda["spec"]["minReplicaCount"] == scaling["minReplicas"]
    assert keda["spec"]["maxReplicaCount"] == scaling["maxReplicas"]
    assert keda["spec"]["scaleTargetRef"]["name"] == scaling["scaleTargetRef"]["name"]
    by_connections, by_cpu = (each["metadata"] for each in keda["spec"]["triggers"])
    assert f"sum({name}{{" in by_connections["query"]
    assert int(by_connections["threshold"]) == each
    assert int(by_cpu["value"]) == cpu["resource"]["target"]["averageUtilization"]


def test_prometheus_asks_every_node_by_the_token_that_it_has() -> None:
    """At the path that there is, the port that the pods have, and through the network policy."""
    [port] = CONTAINER["ports"]
    labels = DEPLOYMENT["template"]["metadata"]["labels"]
    for job in SCRAPES:
        assert job["metrics_path"] in {
            getattr(route, "path", "") for route in metrics.router.routes
        }
        assert job["authorization"]["type"] == "Bearer"
        assert set(job["authorization"]) == {"type", "credentials_file"}
    [job] = [job for job in SCRAPES if "kubernetes_sd_configs" in job]
    [where] = job["kubernetes_sd_configs"]
    assert where["namespaces"]["names"] == [MANIFESTS["namespace.yaml"]["metadata"]["name"]]
    kept = job["relabel_configs"][0]
    assert kept["action"] == "keep"
    assert kept["regex"] == f"{labels['app']};{port['name']}"
    assert "PARLOUR_METRICS_TOKEN" in MANIFESTS["secret.yaml.example"]["stringData"]
    [allowed] = MANIFESTS["networkpolicy.yaml"]["spec"]["ingress"]
    assert len(allowed["from"]) == 2


def test_a_node_is_without_rights_and_writes_nowhere_but_into_its_two_folders() -> None:
    """As the user of the image, whose volume is one of them."""
    user = POD["securityContext"]
    assert f"{user['runAsUser']}:{user['runAsGroup']}" == of_image("USER")
    assert user["runAsNonRoot"] is True
    assert user["fsGroup"] == user["runAsGroup"]
    rights = CONTAINER["securityContext"]
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert POD["automountServiceAccountToken"] is False
    mounted = {each["name"]: each["mountPath"] for each in CONTAINER["volumeMounts"]}
    assert set(mounted.values()) == {of_image("VOLUME"), "/tmp"}
    volumes = {each["name"]: each["emptyDir"] for each in POD["volumes"]}
    assert mounted.keys() == volumes.keys()
    assert all(each["sizeLimit"] for each in volumes.values())


def test_the_example_of_a_secret_makes_it_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings are settings, and nothing secret stands anywhere else."""
    secret = MANIFESTS["secret.yaml.example"]
    for name, value in secret["stringData"].items():
        assert name.startswith(PREFIX)
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.database_url
    assert settings.redis_url
    assert settings.metrics_token
    assert CONTAINER["envFrom"] == [{"secretRef": {"name": secret["metadata"]["name"]}}]
    assert [each["name"] for each in CONTAINER["env"]] == ["FORWARDED_ALLOW_IPS"]
    # Otherwise a service of this name would put a PARLOUR_PORT of its own into the environment.
    assert POD["enableServiceLinks"] is False
    # kubectl takes a folder's .yaml files: the example is none of them.
    assert not [
        name
        for name, each in MANIFESTS.items()
        if each["kind"] == "Secret" and name.endswith(".yaml")
    ]


def test_no_manifest_names_a_registry() -> None:
    """The image is one that was built from here."""
    assert "/" not in CONTAINER["image"]
