"""deploy/parlour.service starts what there is, and gives it what it needs."""

import os
import re
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import uvicorn

from parlour import flags
from parlour.backup import command
from parlour.settings import PREFIX, Settings
from parlour.support import rotation
from parlour.support.door import Door
from tests.deploy.reading import DEPLOY, ROOT, seconds, text_of, unit

SERVICE = unit(text_of("parlour.service"))["Service"]
# The whole stop, as docs/operations.md promises it.
STOP_SECONDS = 10


def test_every_setting_that_is_named_is_one() -> None:
    """In all of the folder: a name that is none would keep the server from starting."""
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    for path in sorted(path for path in DEPLOY.rglob("*") if path.is_file()):
        named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", path.read_text("utf-8")))
        assert named <= settings, path.name


def test_the_unit_starts_the_program_with_a_folder_that_it_may_write() -> None:
    """As `make setup` installs it, in the checkout that is its working directory."""
    [started] = SERVICE["ExecStart"]
    program, *arguments = started.split()
    assert program == f"{SERVICE['WorkingDirectory'][0]}/.venv/bin/parlour"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert PurePosixPath(program).name in scripts
    options = flags.parser().parse_args(arguments)
    assert options.command == "serve"
    assert options.data_dir == f"/var/lib/{SERVICE['StateDirectory'][0]}"
    assert SERVICE["StateDirectoryMode"] == ["0700"]


def test_a_node_has_the_port_and_the_folder_of_its_name() -> None:
    """All else is that of the unit, and it comes back whyever it ended."""
    node = unit(text_of("parlour@.service.d/node.conf"))["Service"]
    # What is given is added to what the unit has, but for what comes after an empty line.
    (none, started), (nowhere, folder) = node["ExecStart"], node["StateDirectory"]
    assert none == nowhere == ""
    program, *arguments = started.replace("%i", "8001").split()
    assert program == SERVICE["ExecStart"][0].split()[0]
    options = flags.parser().parse_args(arguments)
    assert (options.command, options.port) == ("serve", "8001")
    assert options.data_dir == f"/var/lib/{folder}".replace("%i", "8001")
    assert node["Restart"] == ["always"]
    assert set(node) == {"ExecStart", "StateDirectory", "Restart"}


def test_the_unit_of_backups_runs_what_there_is_and_may_write_where_it_has_to() -> None:
    """With the settings and the data directory of the other unit, each night."""
    backup = unit(text_of("parlour-backup.service"))["Service"]
    program, *arguments = backup["ExecStart"][0].split()
    options = flags.parser().parse_args(arguments)
    assert program == SERVICE["ExecStart"][0].split()[0]
    assert options.command == "backup"
    assert rotation.parse(options.keep)
    assert backup["ReadWritePaths"] == [f"{options.data_dir} {options.to}"]
    assert options.data_dir == f"/var/lib/{SERVICE['StateDirectory'][0]}"
    assert int(*backup["SuccessExitStatus"]) == command.LATER
    for same in ("User", "Group", "EnvironmentFile", "ProtectSystem", "UMask"):
        assert backup[same] == SERVICE[same]
    assert unit(text_of("parlour-backup.timer"))["Timer"]["Persistent"] == ["true"]


@pytest.mark.parametrize("folder", [None, "/var/lib/parlour-8001"])
def test_commands_run_as_the_service_does(tmp_path: Path, folder: str | None) -> None:
    """As its user, with its settings, on its folder; what was asked for is handed on as it was."""
    asked = tmp_path / "systemd-run"
    asked.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    asked.chmod(0o755)
    run = subprocess.run(
        [DEPLOY / "parlour-command", "admin", "create", "two words"], check=True,
        capture_output=True, text=True,
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            **({"PARLOUR_DATA_DIR": folder} if folder else {}),
        },
    )  # fmt: skip
    program, *flags = SERVICE["ExecStart"][0].split()
    words = run.stdout.splitlines()
    at = words.index(program)
    assert words[at + 1 :] == ["admin", "create", "two words"]
    assert set(words[:at]) == {
        "--quiet", "--collect", "--wait", "--pipe",
        f"--uid={SERVICE['User'][0]}", f"--gid={SERVICE['Group'][0]}",
        f"--property=EnvironmentFile={SERVICE['EnvironmentFile'][0]}",
        f"--property=UMask={SERVICE['UMask'][0]}",
        f"--setenv=PARLOUR_DATA_DIR={folder or flags[flags.index('--data-dir') + 1]}",
        f"--working-directory={SERVICE['WorkingDirectory'][0]}",
    }  # fmt: skip


def test_the_unit_gives_it_time_to_stop_and_handles_for_everybody() -> None:
    """And lets it raise and lower limits, as it does for itself and for decoding images."""
    assert seconds(*SERVICE["TimeoutStopSec"]) > STOP_SECONDS
    most = Settings.model_fields["max_connections"].default
    assert Door({}).limit(most, int(*SERVICE["LimitNOFILE"])) == most
    assert SERVICE["SystemCallFilter"] == ["@system-service", "~@privileged"]


def test_secrets_are_no_part_of_the_unit() -> None:
    """Everybody may read it; the file that it names is read by root."""
    assert SERVICE["EnvironmentFile"] == ["-/etc/parlour/parlour.env"]
    assert "Environment" not in SERVICE


@pytest.mark.parametrize("addresses", ["172.30.80.1", "127.0.0.1,10.0.0.0/8"])
def test_the_proxies_that_are_believed_are_named_in_the_environment(
    addresses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variable that the files and the docs name."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", addresses)
    assert uvicorn.Config("x:y").forwarded_allow_ips == addresses
