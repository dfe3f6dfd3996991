"""Lighthouse, run on a page of a server under test."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.browser import find_chromium
from tests.support.timing import scaled

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
NODE = Path(sys.executable).with_name("node")


@dataclass(frozen=True)
class Verdict:
    """What Lighthouse says: `scores` from 0 to 100 by category, and the audits that cost points."""

    scores: dict[str, int]
    faults: list[str]


def lighthouse(url: str, *, categories: tuple[str, ...] = ()) -> Verdict:
    """Load `url` as a desktop does, in a browser of its own, and judge it.

    `categories` are some of accessibility, best-practices, performance; all if there are none.
    """
    only = [f"--only-categories={','.join(categories)}"] if categories else []
    run = subprocess.run(
        [
            NODE,
            PROGRAM,
            url,
            "--preset=desktop",
            "--output=json",
            "--quiet",
            "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
            *only,
        ],
        env={**os.environ, "CHROME_PATH": find_chromium()},
        capture_output=True,
        text=True,
        timeout=scaled(90),
        check=False,
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    return Verdict(
        {name: round(100 * found["score"]) for name, found in report["categories"].items()},
        [
            f"{audit['id']}: {audit['title']} {audit.get('displayValue', '')}"
            for audit in report["audits"].values()
            if audit["score"] is not None and audit["score"] < 1
        ],
    )
