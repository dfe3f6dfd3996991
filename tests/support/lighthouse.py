"""Lighthouse, run on a page of a server under test."""

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.browser import find_browser
from tests.support.timing import scaled

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
NODE = Path(sys.executable).with_name("node")

# On a busy machine a load's trace may lack its beginning; Lighthouse then asks for another try.
TRY_AGAIN = "Please run Lighthouse again"


@dataclass(frozen=True)
class Verdict:
    """What Lighthouse says: `scores` from 0 to 100 by category, and the audits that cost points.

    `lcp` is when the largest part was painted, in milliseconds, `cls` how much the layout shifted;
    both are nan when performance was not judged.
    """

    scores: dict[str, int]
    faults: list[str]
    lcp: float
    cls: float


def lighthouse(
    url: str, *, categories: tuple[str, ...] = (), profile: Path | None = None
) -> Verdict:
    """Load `url` as a desktop does, in a browser of its own, and judge it.

    `categories` are some of accessibility, best-practices, performance; all if there are none.
    `profile` is the folder in which another browser has kept its storage: where it has signed in,
    so has this one.
    """
    only = [f"--only-categories={','.join(categories)}"] if categories else []
    flags = "--headless=new --no-sandbox --disable-background-networking"
    if profile is not None:
        flags += f" --user-data-dir={profile}"
        only.append("--disable-storage-reset")
    command = [
        str(NODE),
        str(PROGRAM),
        url,
        "--preset=desktop",
        "--output=json",
        "--quiet",
        f"--chrome-flags={flags}",
        *only,
    ]
    run = _run(command)
    for _ in range(2):
        if TRY_AGAIN in run.stderr:
            run = _run(command)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    return Verdict(
        {name: round(100 * found["score"]) for name, found in report["categories"].items()},
        [
            f"{audit['id']}: {audit['title']} {audit.get('displayValue', '')}"
            for audit in report["audits"].values()
            if audit["score"] is not None and audit["score"] < 1
        ],
        _value(report, "largest-contentful-paint"),
        _value(report, "cumulative-layout-shift"),
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": find_browser()},
        capture_output=True,
        text=True,
        timeout=scaled(90),
        check=False,
    )


def _value(report: dict[str, Any], audit: str) -> float:
    return float(report["audits"].get(audit, {}).get("numericValue", math.nan))
