"""The tools keep their promises: every target is listed, lock files name no address, and so on."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.brief import thorough_but
from tests.support.timing import scaled

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


EXTRAS = ("postgresql", "redis", "s3", "traces")
LOCKS = ("requirements.lock", "requirements-dev.lock", *(f"requirements-{e}.lock" for e in EXTRAS))


@pytest.mark.parametrize("name", LOCKS)
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


def test_each_extra_has_a_lock_that_agrees_with_the_others() -> None:
    """It names what the extra takes, in versions that go with the rest and that are tested."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = config["project"]["optional-dependencies"]
    assert set(extras) == set(EXTRAS)
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    for extra, wanted in extras.items():
        assert config["dependency-groups"][extra] == wanted
        locked = pins(f"requirements-{extra}.lock")
        assert {re.split(r"[^a-z0-9-]", package)[0] for package in wanted} <= set(locked)
        assert locked.items() <= dev.items()
        assert {name: locked[name] for name in locked if name in runtime}.items() <= runtime.items()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose `.venv` is there, with a pip that writes down what it is asked."""
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/install.sh", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python || echo "$@" >>pip.log\n')
    python.chmod(0o755)
    place = f"Python\n{tmp_path}\n"
    made = subprocess.run(["cksum"], input=place, capture_output=True, text=True, check=True)
    (tmp_path / ".venv" / f".made-{''.join(made.stdout.split())}").touch()
    return tmp_path


def installed(checkout: Path, *arguments: str) -> list[str]:
    """Return the lock files that are installed from when `make setup` calls the script."""
    log = checkout / "pip.log"
    log.unlink(missing_ok=True)
    subprocess.run(
        ["sh", "scripts/install.sh", "app", *arguments],
        cwd=checkout, check=True, capture_output=True,
    )  # fmt: skip
    return re.findall(r"-r (\S+)", log.read_text() if log.exists() else "")


def test_extras_are_installed_from_their_locks_and_come_again_with_a_new_environment(
    checkout: Path,
) -> None:
    """The choice is kept beside .venv, until another one is made or none."""
    assert installed(checkout) == ["requirements.lock"]
    assert installed(checkout, "postgresql") == ["requirements-postgresql.lock"]
    assert installed(checkout) == []
    stamps = sorted((checkout / ".venv").glob(".[aps]*"))
    assert len(stamps) == 2
    for stamp in stamps:
        stamp.unlink()
    assert installed(checkout) == ["requirements.lock", "requirements-postgresql.lock"]
    assert installed(checkout, "postgresql", "s3") == ["requirements-s3.lock"]
    assert (checkout / ".extras").read_text() == "postgresql s3\n"
    assert installed(checkout, "none") == []
    assert not (checkout / ".extras").exists()


@pytest.mark.parametrize("extra", ["postgres", "dev", "../requirements"])
def test_an_extra_that_there_is_not_is_refused_and_changes_nothing(
    checkout: Path, extra: str
) -> None:
    """In one line that says which there are."""
    installed(checkout, "s3")
    done = subprocess.run(
        ["sh", "scripts/install.sh", "app", extra],
        cwd=checkout, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    which = 'EXTRAS="postgresql redis s3 traces", some of them, or none'
    said = f"there is no extra {extra}; say {which}"
    assert done.stderr == f"parlour: {said}\n"
    assert (checkout / ".extras").read_text() == "s3\n"


LACKING = [
    ("psycopg", {"PARLOUR_DATABASE_URL": "postgresql://parlour@127.0.0.1:1/parlour"},
     "PARLOUR_DATABASE_URL needs the package psycopg: make setup EXTRAS=postgresql."),
    ("obstore", {"PARLOUR_S3_BUCKET": "parlour"},
     "PARLOUR_S3_BUCKET needs the package obstore: make setup EXTRAS=s3."),
    ("opentelemetry.exporter", {"PARLOUR_TRACES": "on"},
     ("PARLOUR_TRACES is wrong: it needs the packages of OpenTelemetry: make setup EXTRAS=traces"
      " (it is 'on').")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "settings", "words"),
    thorough_but(LACKING[:1], LACKING),
)
def test_whoever_lacks_an_extra_is_told_how_to_add_it(
    tmp_path: Path, module: str, settings: dict[str, str], words: str
) -> None:
    """In one line, without a traceback; what it names is in no package index under our name."""
    run = f"import sys; sys.modules[{module!r}] = None; from parlour.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", f"{run}", "serve", "--port", "0", "--data-dir", tmp_path / "data"],
        cwd=tmp_path, env={**os.environ, **settings}, check=False, capture_output=True, text=True,
        timeout=scaled(30),
    )  # fmt: skip
    assert done.stderr == f"parlour: {words}\n"


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
