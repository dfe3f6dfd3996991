"""`make deploy-check`: the files of `deploy/` before the programs that they are for.

nginx and HAProxy run before a real server, with only ports and paths of their files changed; the
systemd unit, compose.yaml and the image are looked at by systemd, Docker Compose, and Docker or
podman. What is not here is said, and with CI=true it is a failure, too.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.deploy import containers, units, walk
from tests.deploy.fronts import Front, HAProxy, Nginx
from tests.deploy.tools import Missing, need, say
from tests.support.server import Server


def before_parlour(kind: type[Front], file: str) -> Callable[[Path], None]:
    """Walk through a proxy before a server of its own."""

    def look(home: Path) -> None:
        need(kind.name)
        flags = ["--max-file-size", str(60 * walk.MB)]
        behind = Server(home / "server", flags=flags, is_measured=False, is_anew=True)
        with behind:
            asyncio.run(walk.walk(kind(home / "front", behind), file))

    return look


PARTS: dict[str, Callable[[Path], None]] = {
    "nginx": before_parlour(Nginx, "nginx.conf"),
    "haproxy": before_parlour(HAProxy, "haproxy.cfg"),
    "unit": units.look,
    "compose": containers.compose,
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
