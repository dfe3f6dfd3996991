"""Servers that a loaded program becomes are as those that are started anew."""

import html
import re
import signal
from pathlib import Path

import pytest

from tests.support.brief import thorough_but
from tests.support.people import http_client
from tests.support.server import NewServer


@pytest.mark.parametrize("is_anew", thorough_but([False], [False, True]))
def test_a_server_has_its_own_settings_folder_and_end(new_server: NewServer, is_anew: bool) -> None:
    """Its environment and the `.env` file of its folder count; it ends with its own status."""
    server = new_server(is_anew=is_anew, env={"PARLOUR_LOG_LEVEL": "debug"})
    server.home.mkdir()
    (server.home / ".env").write_text("PARLOUR_EDIT_WINDOW=77\n", "utf-8")
    server.start()
    with http_client(server) as client:
        page = html.unescape(client.get("/").text)
    assert re.search(r'"editWindow": ?77000', page)
    assert any("DEBUG" in line for line in server.log)
    assert Path(f"/proc/{server.process.pid}/cwd").readlink() == server.home
    assert server.stop() == 0
    server.start()
    server.kill()
    assert server.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("is_anew", [False, True])
def test_a_server_that_cannot_start_says_why_and_ends(new_server: NewServer, is_anew: bool) -> None:
    """Its words come to its own output, and its status is that of the command."""
    server = new_server(is_anew=is_anew, env={"PARLOUR_MAX_MESSAGE_LENGTH": "none"})
    process = server.launch()
    process.wait_for_line("^parlour: PARLOUR_MAX_MESSAGE_LENGTH is wrong")
    assert process.wait() == 1
