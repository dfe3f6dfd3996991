"""deploy/Dockerfile and compose.yaml before their own tools: read, built, run, stopped."""

import json
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.reading import DEPLOY, ROOT, dockerfile, text_of
from tests.deploy.tools import Missing, ask, say
from tests.support.accounts import log_in, register
from tests.support.files import get, sent
from tests.support.people import checked
from tests.support.pictures import picture
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.timing import scaled

IMAGE = "parlour-deploy-check"
STOP_SECONDS = 10


def compose(home: Path) -> None:
    """The tool for it reads compose.yaml as it is meant."""
    tool = compose_tool()
    read = yaml.safe_load(ask(*tool, "-f", DEPLOY / "compose.yaml", "config"))
    service = read["services"]["parlour"]
    assert Path(service["build"]["context"]) == ROOT
    assert service["read_only"] is True
    say(f"compose: {' '.join(tool)} reads it")


def compose_of_nodes(home: Path) -> None:
    """The same of compose.scale.yaml, with passwords, and refuses it without."""
    tool = compose_tool()
    text = text_of("compose.scale.yaml").replace("context: ..", f"context: {ROOT}")
    if tool == ["docker-compose"]:
        # Before version 2 there was no name.
        text = text.replace("\nname: ", "\nx-name: ")
    file, passwords = home / "compose.yaml", home / ".env"
    file.write_text(text, "utf-8")
    assert "deploy/.env" in ask(*tool, "-f", file, "config", fails=True)
    names = ("POSTGRES_PASSWORD", "VALKEY_PASSWORD")
    passwords.write_text("".join(f"{name}=of-{name}\n" for name in names), "utf-8")
    read = yaml.safe_load(ask(*tool, "-f", file, "config"))["services"]
    for name in ("node1", "node2"):
        service = read[name]
        assert Path(service["build"]["context"]) == ROOT
        assert service["read_only"] is True
        for setting, said in (("DATABASE", "POSTGRES"), ("REDIS", "VALKEY")):
            value = service["environment"][f"PARLOUR_{setting}_URL"]
            assert f":of-{said}_PASSWORD@" in value
    say(f"compose-scale: {' '.join(tool)} reads it; nothing of it was started")


def compose_tool() -> list[str]:
    """The first that is here. Raises Missing."""
    tools = (["docker", "compose"], ["docker-compose"], ["podman-compose"])
    for tool in tools:
        if shutil.which(tool[0]) and works(*tool, "version"):
            return tool
    raise Missing("docker compose: not installed")


def works(*command: str) -> bool:
    """Whether a program can be asked at all."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def image(home: Path) -> None:
    """The image is built, and runs as compose.yaml says: with its --init, and as process 1."""
    engines = [name for name in ("docker", "podman") if shutil.which(name) and works(name, "info")]
    if not engines:
        raise Missing("docker with a daemon, or podman: not here")
    engine = engines[0]
    begun = time.monotonic()
    ask(
        engine, "build", "--network", "host", "--file", DEPLOY / "Dockerfile", "--tag", IMAGE, ROOT,
        seconds=900,
    )  # fmt: skip
    [told] = json.loads(ask(engine, "image", "inspect", IMAGE))
    took = time.monotonic() - begun
    say(f"image: built by {engine} in {took:.0f} s, {told['Size'] / 1e6:.0f} MB")
    run(engine, home)


def run(engine: str, home: Path) -> None:
    """It is used and stopped both ways, on one volume."""
    volume = f"{IMAGE}-{free_port()}"
    try:
        for init in (True, False):
            with running(engine, volume, home, init=init) as (server, name):
                use(engine, server, name, again=not init)
                begun = time.monotonic()
                ask(engine, "stop", "--time", "30", name)
                took = time.monotonic() - begun
                code = ask(engine, "inspect", "--format", "{{.State.ExitCode}}", name)
                assert code == "0", ask(engine, "logs", name)
                assert took < STOP_SECONDS, took
                how = "under init" if init else "as process 1"
                say(f"image: {how} used, stopped in {took:.1f} s with status 0")
    finally:
        ask(engine, "volume", "rm", "--force", volume)


@contextmanager
def running(engine: str, volume: str, home: Path, *, init: bool) -> Iterator[tuple[Server, str]]:
    """A container as compose.yaml has it, but for the network: it takes a port of this machine."""
    service: dict[str, Any] = yaml.safe_load(text_of("compose.yaml"))["services"]["parlour"]
    server = Server(home / f"container-{init}")
    handles = min(service["ulimits"]["nofile"], resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    options = [
        "--network=host", f"--env=PARLOUR_PORT={server.port}", "--env=PARLOUR_HOST=127.0.0.1",
        f"--volume={volume}:{service['volumes'][0].partition(':')[2]}", "--read-only",
        *(f"--tmpfs={each}" for each in service["tmpfs"]),
        *(f"--cap-drop={each}" for each in service["cap_drop"]),
        *(f"--security-opt={each}" for each in service["security_opt"]),
        f"--ulimit=nofile={handles}:{handles}", f"--pids-limit={service['pids_limit']}",
    ]  # fmt: skip
    name = f"{IMAGE}-{server.port}"
    flags = ["--init"] if init else []
    ask(engine, "run", "--detach", "--name", name, *flags, *options, IMAGE)
    try:
        yield server, name
    finally:
        ask(engine, "rm", "--force", name)


def use(engine: str, server: Server, name: str, *, again: bool) -> None:
    """It is healthy, does what it is for, and may write nowhere but into its volume."""
    deadline = time.monotonic() + scaled(30)
    while not server.answers():
        assert time.monotonic() < deadline, ask(engine, "logs", name)
        time.sleep(0.1)
    [health] = [rest for step, rest in dockerfile(text_of("Dockerfile")) if step == "HEALTHCHECK"]
    ask(engine, "exec", name, *json.loads(health.partition(" CMD ")[2]))
    assert ask(engine, "exec", name, "id", "-u") == "10001"
    for path in ("/opt/parlour/x", "/etc/x", "/x"):
        assert "Read-only" in ask(engine, "exec", name, "touch", path, fails=True)
    alice = log_in(server, "alice") if again else register(server, "alice")
    rooms = checked(alice.call("GET", "/api/chat/rooms"))
    assert [room["name"] for room in rooms] == (["Contained"] if again else [])
    if not again:
        rooms = [checked(alice.call("POST", "/api/chat/rooms", json={"name": "Contained"}))]
    file = sent(alice, rooms[0], picture(1500, 900), name="large.png")
    assert get(alice, file, "/thumbnail").status_code == 200
    assert ask(engine, "exec", name, "parlour", "audit", "verify")
