"""deploy/Dockerfile, .dockerignore and compose.yaml: they agree, and name what there is."""

import fnmatch
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from parlour import flags
from parlour.settings import PREFIX, load_settings
from parlour.support.door import Door
from tests.deploy.reading import DEPLOY, ROOT, dockerfile, seconds, text_of
from tests.deploy.test_service import STOP_SECONDS
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.timing import scaled

STEPS = dockerfile(text_of("Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load(text_of("compose.yaml"))
SERVICE: dict[str, Any] = COMPOSE["services"]["parlour"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def said(name: str) -> str:
    """What the last such step says: the one of the image that is left."""
    return [rest for step, rest in STEPS if step == name][-1]


def environment() -> dict[str, str]:
    """What the image sets."""
    return dict(word.split("=", 1) for word in said("ENV").split())


def sources() -> list[Path]:
    """What is copied out of the checkout."""
    copied = [rest.split()[:-1] for step, rest in STEPS if step == "COPY" and "--from" not in rest]
    found = list[Path]()
    for word in (word for words in copied for word in words):
        sent = [path for path in sorted(ROOT.glob(word)) if is_sent(str(path.relative_to(ROOT)))]
        assert sent, f"{word} is not there, or .dockerignore keeps it back"
        found += sent
    return found


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file through: the last line that fits it decides."""
    parts, kept = path.split("/"), True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        fitting = ["/".join(parts[: pattern.count("/") + 1])]
        if pattern.startswith("**/"):
            fitting, pattern = parts, pattern.removeprefix("**/")
        if any(fnmatch.fnmatchcase(each, pattern) for each in fitting):
            kept = line.startswith("!")
    return kept


def test_both_stages_are_of_one_python_that_parlour_runs_on() -> None:
    """A virtual environment is good for the interpreter that made it."""
    assert len({rest.split()[0] for step, rest in STEPS if step == "FROM"}) == 1
    number = dict(rest.split("=", 1) for step, rest in STEPS if step == "ARG")["PYTHON"]
    assert f"Programming Language :: Python :: {number}" in PROJECT["classifiers"]


def test_no_secret_and_nothing_made_here_is_sent_to_be_built() -> None:
    """Only what the image is made of."""
    for path in (
        "data/keys.json", "data/chat.db", ".env", ".git/config", ".venv/bin/python",
        "parlour/__pycache__/cli.cpython-313.pyc", "parlour/.env", "tests/conftest.py",
        "requirements-dev.lock", "node_modules/x/index.js", "deploy/parlour.env",
    ):  # fmt: skip
        assert not is_sent(path), path
    for path in ("parlour/cli.py", "frontend/js/app/screens.js", "requirements-s3.lock"):
        assert is_sent(path), path


def test_what_is_copied_is_all_that_the_wheel_needs(tmp_path: Path) -> None:
    """It is built of these files alone, and is the one that is built of the whole checkout."""
    for path in sources():
        target = tmp_path / "build" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(path, target)
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", build, str(tmp_path)]
    subprocess.run(command, cwd=tmp_path / "build", check=True, timeout=scaled(60))
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("parlour/cli.py", "parlour/frontend/index.html"):
        assert name in names
    written = [f for f in (ROOT / "parlour").rglob("*") if f.is_file() and f.suffix != ".pyc"]
    assert {f.relative_to(ROOT).as_posix() for f in written} <= set(names)


def test_each_lock_that_may_be_asked_for_is_there() -> None:
    """By the build's argument EXTRAS, as by that of `make setup`."""
    [build] = [rest for step, rest in STEPS if step == "RUN" and "--require-hashes" in rest]
    assert "for name in requirements $(" in build
    for extra in PROJECT["optional-dependencies"]:
        assert ROOT / f"requirements-{extra}.lock" in sources()


def test_the_image_serves_its_volume_on_its_port_for_a_user_without_rights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its settings are settings, and what it starts is the program."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment().items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)
    settings = load_settings()
    assert str(settings.data_dir) == said("VOLUME")
    assert str(settings.port) == said("EXPOSE")
    assert settings.host == "0.0.0.0"
    user, _, group = said("USER").partition(":")
    [made] = [rest for step, rest in STEPS if step == "RUN" and "useradd" in rest]
    assert f"--uid {user} " in made
    assert f"--owner {user} --group {group} --mode 0700 {settings.data_dir}" in made
    [program] = json.loads(said("ENTRYPOINT"))
    assert program in PROJECT["scripts"]
    assert flags.parser().parse_args(json.loads(said("CMD"))).command == "serve"
    assert environment()["PATH"].startswith("/opt/parlour/bin:")


def health(port: int) -> int:
    """How the image's own look at its health ends."""
    _, _, command = said("HEALTHCHECK").partition(" CMD ")
    python, *arguments = json.loads(command)
    assert python == "python"
    env = {**os.environ, "PARLOUR_PORT": str(port)}
    done = subprocess.run(
        [sys.executable, *arguments], env=env, check=False, stderr=subprocess.DEVNULL
    )
    return done.returncode


def test_the_image_is_healthy_as_long_as_the_server_is_ready(server: Server) -> None:
    """By what is run there, against a server and against none."""
    assert health(server.port) == 0
    assert health(free_port()) == 1


def test_compose_runs_the_image_with_its_volume_and_without_rights() -> None:
    """On a file system that cannot be written, for this machine alone."""
    build = SERVICE["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert ROOT / build["dockerfile"] == DEPLOY / "Dockerfile"
    [mounted] = SERVICE["volumes"]
    volume, _, target = mounted.partition(":")
    assert volume in COMPOSE["volumes"]
    assert target == said("VOLUME")
    assert SERVICE["ports"] == [f"127.0.0.1:{said('EXPOSE')}:{said('EXPOSE')}"]
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert [each.partition(":")[0] for each in SERVICE["tmpfs"]] == ["/tmp"]


def test_compose_gives_it_time_to_stop_and_handles_for_everybody() -> None:
    """As the systemd unit does."""
    assert seconds(SERVICE["stop_grace_period"]) > STOP_SECONDS
    most = load_settings().max_connections
    assert Door({}).limit(most, SERVICE["ulimits"]["nofile"]) == most


def test_compose_has_the_gateway_of_its_network_believed() -> None:
    """What comes to the published port comes from there."""
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert SERVICE["environment"] == {"FORWARDED_ALLOW_IPS": network["gateway"]}
    assert ipaddress.ip_address(network["gateway"]) in ipaddress.ip_network(network["subnet"])


def test_no_file_names_a_registry() -> None:
    """Whoever builds has one set."""
    for step, rest in STEPS:
        if step == "FROM":
            assert re.match(r"[a-z]+:\$\{PYTHON\}-slim\b", rest)
    assert "/" not in SERVICE["image"]
