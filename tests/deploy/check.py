"""`make deploy-check`: the files of `deploy/` before the programs that they are for.

nginx and HAProxy run before a real server and before two nodes, with only ports and paths of their
files changed; the systemd unit, the compose files, the image and the manifests for Kubernetes are
looked at by systemd, Docker Compose, Docker or podman, and the schemas of Kubernetes; what there is
for Prometheus by its own tool. What is not here is said, and with CI=true it is a failure, too.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import httpx2

from tests.deploy import containers, rolling, units, walk
from tests.deploy.fronts import (
    ForNodes,
    Front,
    HAProxy,
    HAProxyWithNodes,
    Nginx,
    NginxForNodes,
    NginxWithNodes,
)
from tests.deploy.reading import DEPLOY, text_of
from tests.deploy.rolling import two_nodes
from tests.deploy.tools import Missing, ask, need, say
from tests.support.server import Server

# Seconds until a proxy has taken note of a node that is back, as docs/operations.md has it.
NOTICED = 2.0
# Of Kubernetes: the oldest that the manifests are meant for, and a new one.
VERSIONS = ("1.29.0", "1.37.0")


def before_parlour(kind: type[Front], file: str) -> Callable[[Path], None]:
    """Walk through a proxy before a server of its own."""

    def look(home: Path) -> None:
        need(kind.name)
        flags = ["--max-file-size", str(60 * walk.MB)]
        behind = Server(home / "server", flags=flags, is_measured=False, is_anew=True)
        with behind:
            asyncio.run(walk.walk(kind(home / "front", behind), file))

    return look


def before_nodes(*kinds: tuple[type[ForNodes], str]) -> Callable[[Path], None]:
    """Restart two nodes one after the other behind each of some proxies, while people talk."""

    def look(home: Path) -> None:
        need(kinds[0][0].name)
        with rolling.two_nodes(home, is_anew=True) as nodes:
            for number, (kind, file) in enumerate(kinds):
                front = kind(home / f"front{number}", nodes)
                os.environ["SSL_CERT_FILE"] = str(front.certificate)
                with front.serving(file):
                    say(f"{front.name} before nodes: {file}: {asyncio.run(walk.forms(front))}")
                    found = asyncio.run(rolling.roll(front, nodes, pause=NOTICED))
                    assert "?" not in front.logged(), "a query string is in the log"
                    say(f"{front.name} before nodes: {file}: {found}")

    return look


def kubernetes(home: Path) -> None:
    """The manifests are what Kubernetes takes: the oldest that they are for, and a new one."""
    need("kubernetes-validate")
    files = sorted((DEPLOY / "kubernetes").iterdir())
    for version in VERSIONS:
        ask("kubernetes-validate", "--strict", "--kubernetes-version", version, *files)
    say(f"kubernetes: {len(files)} manifests are right for {' and '.join(VERSIONS)}")


def prometheus(home: Path) -> None:
    """Promtool reads prometheus.yml, has each of its rules warn and be silent, and finds no fault.

    Nor does it with what a server tells.
    """
    need("promtool")
    token = home / "parlour.token"
    token.write_text("a-token-that-nobody-guesses")
    text = text_of("prometheus/prometheus.yml")
    assert "/etc/prometheus/parlour.token" in text
    for name in ("alerts.yml", "alerts.test.yml"):
        (home / name).write_text(text_of(f"prometheus/{name}"))
    path = home / "prometheus.yml"
    path.write_text(text.replace("/etc/prometheus/parlour.token", str(token)))
    try:
        ask("promtool", "check", "config", path)
    except AssertionError as error:
        # Debian's is built without it: then all is looked at but for how pods are found.
        if "kubernetes_sd_configs not found" not in str(error):
            raise
        say("prometheus: this promtool does not know Kubernetes")
        left = re.sub(
            r"kubernetes_sd_configs:\n(.*\n){3}", "static_configs: []\n", path.read_text()
        )
        path.write_text(left)
        ask("promtool", "check", "config", path)
    # Two days are gone through for the rules on backups.
    ask("promtool", "test", "rules", home / "alerts.test.yml", seconds=300)
    with two_nodes(home, is_anew=True) as nodes:
        told = httpx2.get(f"{nodes[0].url}/metrics", trust_env=False).text
    found = subprocess.run(
        ["promtool", "check", "metrics"], input=told, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", ""), found
    say(f"prometheus: its files and rules are right, and so are {told.count('# TYPE')} figures")


PARTS: dict[str, Callable[[Path], None]] = {
    "nginx": before_parlour(Nginx, "nginx.conf"),
    "haproxy": before_parlour(HAProxy, "haproxy.cfg"),
    "nginx-nodes": before_nodes(
        (NginxForNodes, "nginx.scale.conf"), (NginxWithNodes, "nginx.conf")
    ),
    "haproxy-nodes": before_nodes((HAProxyWithNodes, "haproxy.cfg")),
    "unit": units.look,
    "compose": containers.compose,
    "compose-scale": containers.compose_of_nodes,
    "kubernetes": kubernetes,
    "prometheus": prometheus,
    "image": containers.image,
}


def main() -> int:
    """Look at every part, or at those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help=", ".join(PARTS))
    wanted = parser.parse_args().parts or list(PARTS)
    failed, missing = [], []
    for name in wanted:
        # The proxies' own users have to come in.
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            home.chmod(0o755)
            try:
                PARTS[name](home)
            except Missing as reason:
                say(f"{name}: NOT CHECKED. {reason}")
                missing.append(name)
            except Exception:  # noqa: BLE001 - the other parts are looked at all the same
                traceback.print_exc()
                failed.append(name)
    fine = [name for name in wanted if name not in (*failed, *missing)]
    for what, names in (("checked", fine), ("FAILED", failed), ("NOT CHECKED", missing)):
        if names:
            say(f"{what}: {', '.join(names)}")
    return 1 if failed or (missing and os.environ.get("CI") == "true") else 0


if __name__ == "__main__":
    sys.exit(main())
