"""The API is what it says of itself: schemathesis asks it everything its description allows.

By default it asks the same each time, so that a failure is a change's; `TEST_LONG=1` asks much
more, and other things each time.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Iterable
from pathlib import Path

import pytest
from httpx2 import Response

from tests.properties import api_checks
from tests.support.accounts import log_in, register
from tests.support.administration import first_administrator
from tests.support.people import async_http_client, checked
from tests.support.pictures import picture
from tests.support.server import NewServer, Server
from tests.support.timing import BRIEF, LONG, scaled

# So that what guests may do can be tried as well.
SERVER_ENV = {"PARLOUR_GUEST_FILES": "on"}
ROOT = Path(__file__).parents[2]
ADMIN = "^/api/admin/"
pytestmark = pytest.mark.timeout(1_000 if LONG else 300)
MANY, FEW = ("100", "50") if LONG else ("2", "2") if BRIEF else ("12", "6")
# There are many operations, and few answers that others can be asked with.
STEPS = "100" if LONG else "24" if BRIEF else "36"


def run_schemathesis(
    server: Server, folder: Path, hooks: str = api_checks.__name__, **options: str
) -> tuple[int, str]:
    """Run schemathesis with all checks against `server`; its exit code and its report.

    It runs as its own program: its integration with pytest gives all operations of an API the
    same name, of which parallel workers run one.
    """
    all_options = {
        "checks": "all",
        # `api_checks` has a finer one.
        "exclude-checks": "positive_data_acceptance",
        "request-timeout": str(scaled(10)),
        **options,
    }
    # What is too long altogether is refused before it is read.
    statuses = [*(400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429), "5xx"]
    (folder / "schemathesis.toml").write_text(
        f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(statuses)}\n",
        encoding="ascii",
    )
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"),
            *(part for name, value in all_options.items() for part in (f"--{name}", value)),
            *(() if LONG else ("--generation-deterministic",)),
            "--no-color",
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "SCHEMATHESIS_HOOKS": hooks,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(900 if LONG else 270),
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture(scope="module", autouse=True)
async def rooms(server: Server) -> None:
    """Make the rooms that `api_checks` asks for, messages where nobody deletes them, the account.

    Rooms that guests make can be deleted by everybody, and are: the messages are in one behind
    all rooms that are asked for.
    """
    somebody = register(server, api_checks.SOMEBODY)
    checked(somebody.call("PUT", "/api/users/me/avatar", content=picture(9, 9)))
    async with async_http_client(server) as http:

        async def all_of(answers: Iterable[Awaitable[Response]]) -> None:
            # Together, so that nobody waits for the commit of each.
            ids = [checked(answer)["id"] for answer in await asyncio.gather(*answers)]
            assert sorted(ids) == [*range(1, len(ids) + 1)]

        numbers = range(1, api_checks.MAX_ROOM + 2)
        names = ({"name": f"room {number}"} for number in numbers)
        await all_of(http.post("/api/chat/rooms", json=name) for name in names)
        for number in numbers[api_checks.ROOMS : api_checks.MAX_ROOM]:
            assert (await http.delete(f"/api/chat/rooms/{number}")).status_code == 204
        path = f"/api/chat/rooms/{api_checks.MAX_ROOM + 1}/messages"
        author, words = {"username": api_checks.AUTHOR}, {"content": "words"}
        # Messages up to MAX_MESSAGE are deleted now and then; a file goes with its message.
        await all_of(
            http.post(path, params=author, json=words) for _ in range(api_checks.MAX_MESSAGE)
        )
        query = {"room_id": str(api_checks.MAX_ROOM + 1), "name": "a.png", **author}
        file = checked(await http.post("/api/chat/files", params=query, content=picture()))
        os.environ["TEST_FILE_ID"] = file["id"]
        body = {**words, "files": [file["id"]]}
        checked(await http.post(path, params=author, json=body))


def number(report: str, pattern: str) -> int:
    """Return the number that `pattern` finds in a report."""
    found = re.search(pattern, report)
    assert found, report
    return int(found[1])


def test_each_operation_keeps_its_word(server: Server, tmp_path: Path) -> None:
    """Right and wrong requests get a documented status, content type, header and shape."""
    code, report = run_schemathesis(
        server,
        tmp_path,
        **{
            "phases": "examples,coverage,fuzzing",
            "max-examples": MANY,
            # There is nothing below it for whoever runs nothing here, whatever is asked.
            "exclude-path-regex": ADMIN,
        },
    )
    assert code == 0, report
    assert number(report, r"Tested: (\d+)") == number(report, r"Operations: +(\d+) selected")
    assert number(report, r"(\d+) generated") > 200
    # Asked at random, it may well delete what it asks for later.
    assert LONG or "Missing test data" not in report


@pytest.mark.thorough
def test_each_operation_keeps_its_word_to_an_account(server: Server, tmp_path: Path) -> None:
    """What needs a login, asked with one; but for what would end it."""
    account = log_in(server, api_checks.SOMEBODY)
    code, report = run_schemathesis(
        server,
        tmp_path,
        **{
            "phases": "examples,coverage,fuzzing",
            "max-examples": FEW,
            "header": f"Authorization: Bearer {account.access}",
            "include-path-regex": "^/api/(users|auth/(sessions$|ticket|password))",
            "exclude-method": "DELETE",
        },
    )
    assert code == 0, report
    assert number(report, r"Operations: +(\d+) selected") == 15
    assert account.status() == 200


@pytest.mark.thorough
def test_each_operation_keeps_its_word_to_an_administrator(
    new_server: NewServer, tmp_path: Path
) -> None:
    """What runs the server, where nothing else is tried meanwhile: it can close it."""
    server = new_server().start()
    chief = first_administrator(server)
    code, report = run_schemathesis(
        server,
        tmp_path,
        **{
            "phases": "examples,coverage,fuzzing",
            "max-examples": FEW,
            "header": f"Authorization: Bearer {chief.access}",
            # A method that no path has is answered like an unknown path, here by design.
            "exclude-checks": "positive_data_acceptance,unsupported_method",
            "include-path-regex": ADMIN,
        },
    )
    assert code == 0, report
    assert number(report, r"Tested: (\d+)") == number(report, r"Operations: +(\d+) selected") > 20
    # The last administrator stays one whatever is asked.
    assert chief.call("GET", "/api/admin/users").status_code == 200


@pytest.mark.thorough
def test_operations_after_one_another_keep_their_word(server: Server, tmp_path: Path) -> None:
    """So do requests made of what earlier ones answered: made, read, talked in, deleted."""
    code, report = run_schemathesis(
        server,
        tmp_path,
        # What a guest makes, and asks for again: everything else refuses them at the first step.
        **{
            "phases": "stateful",
            "max-examples": STEPS,
            "include-path-regex": "^/api/chat/(rooms|messages|files)",
        },
    )
    assert code == 0, report
    assert number(report, r"API Links: +(\d+) covered") > 10


@pytest.mark.thorough
def test_a_wrong_description_is_found(server: Server, tmp_path: Path) -> None:
    """The checks see an answer that the description does not tell of."""
    (tmp_path / "wrong.py").write_text(
        f"import schemathesis, {api_checks.__name__}\n"
        "@schemathesis.hook\n"
        "def before_load_schema(context, description):\n"
        "    del description['paths']['/api/chat/rooms']['post']['responses']['422']\n",
        encoding="ascii",
    )
    code, report = run_schemathesis(
        server,
        tmp_path,
        "wrong",
        **{
            "phases": "coverage",
            "max-examples": "1",
            "include-path-regex": "^/api/chat/rooms$",
        },
    )
    assert code == 1, report
    assert "Undocumented status code" in report, report
