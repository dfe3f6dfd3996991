"""How it is set: whether the settings can be used, and whether others can read what is secret."""

import os
import re
from typing import Final

from dotenv import dotenv_values

from parlour.doctor.finding import Findings, Given, fault, mode_of
from parlour.settings import ENV_FILE

# What others must not read: what is called so, and a password in an address.
_SECRET: Final = re.compile(r"PASSWORD|SECRET|TOKEN|CREDENTIAL|OTLP_\w*HEADERS", re.IGNORECASE)
_WITH_PASSWORD: Final = re.compile(r"\w+://[^/?#@]*:[^/?#@]+@|[?&]password=", re.IGNORECASE)


def settings(given: Given) -> Findings:
    """Whether there is none that is wrong; all that are."""
    for each in given.wrong:
        words = f"{each.words} The server does not start with it."
        yield fault("Settings", words, "see docs/configuration.md for what it may be")


def file(_: Given) -> Findings:
    """Whether the file of settings is its owner's alone, where something secret stands in it."""
    if not ENV_FILE.is_file() or not os.access(ENV_FILE, os.R_OK):
        return
    try:
        inside = dotenv_values(ENV_FILE, encoding="utf-8")
    except UnicodeDecodeError:
        # It was said of the settings.
        return
    secrets = [
        name
        for name, value in inside.items()
        if value and (_SECRET.search(name) or _WITH_PASSWORD.search(value))
    ]
    mode, theirs = mode_of(ENV_FILE), ENV_FILE.stat().st_gid != os.getegid()
    # A group of the server alone may read it.
    if secrets and (mode & 0o006 or (mode & 0o060 and theirs)):
        where = ENV_FILE.resolve()
        words = f"Others on this machine can read {', '.join(sorted(secrets))} in {where}."
        yield fault("Settings", words, f"chmod go= {where}, and then set new ones")
