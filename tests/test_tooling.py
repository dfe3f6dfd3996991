"""The tools keep their promises: every target is listed, lock files name no address, and so on."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_make_help_lists_every_target() -> None:
    """Each target of the Makefile stands in `make help` with a line that says what it does."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    told = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", told, re.MULTILINE))
    assert targets
    assert set(listed) == targets


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_lock_pins_every_package_by_hash_and_names_no_address(name: str) -> None:
    """Every line is a package with its exact version, or one of its hashes."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", "")
    lines = text.splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(
            r"[a-z0-9-]+==[^ ;]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", line
        ), line


def test_dev_lock_agrees_with_the_runtime_lock() -> None:
    """Tests run with the very versions that Parlour is installed with."""
    runtime = pins("requirements.lock")
    dev = pins("requirements-dev.lock")
    assert runtime
    assert runtime.items() <= dev.items()


def pins(name: str) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("folder", [".", "benchmarks/peers"])
def test_npm_lock_pins_every_package_by_hash_and_names_no_address(folder: str) -> None:
    """Packages are found by name in whichever registry the machine uses."""
    text = (ROOT / folder / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert installed
    for name, entry in installed.items():
        assert entry.get("integrity", "").startswith("sha512-"), name
        assert "resolved" not in entry, name
