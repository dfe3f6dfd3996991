"""`parlour doctor`: what it sees of an installation, sound or not, and that it changes nothing."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour import cli
from parlour.doctor import place
from parlour.migrations import revisions
from tests.support.commands import parlour
from tests.support.databases import ON_SQLITE
from tests.support.proxies import nginx_before
from tests.support.server import NewServer, Server
from tests.support.tls import SecureServer
