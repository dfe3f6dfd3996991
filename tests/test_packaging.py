"""The wheel carries the page and the migrations: an installed Parlour needs no checkout."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from parlour import __version__
from tests.support.people import Room, checked, http_client
from tests.support.server import Server

ROOT = Path(__file__).parents[1]

# The folder of the unpacked wheel comes first on the path, before the checkout's editable install.
RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from parlour.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `make wheel` does and return it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", f"import sys; {build}", folder], cwd=ROOT, check=True, timeout=60
    )
    [built] = folder.glob("*.whl")
    return built


def test_wheel_carries_package_page_and_migrations(wheel: Path) -> None:
    """Nothing of the program or the page is missing, and nothing else comes along."""
    assert wheel.name == f"parlour-{__version__}-py3-none-any.whl"
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {
        f"parlour/{path.relative_to(ROOT)}"
        for path in (ROOT / "frontend").rglob("*")
        if path.is_file()
    }
    program = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "parlour").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "parlour/frontend/index.html" in page
    assert any(name.startswith("parlour/migrations/versions/0001") for name in program)
    assert {name for name in names if ".dist-info/" not in name} == page | program


def test_unpacked_wheel_serves_page_and_chat(
    wheel: Path, tmp_path: Path, new_server: Callable[..., Server], new_room: Callable[..., Room]
) -> None:
    """Run from the wheel alone it shows the page, its files, and keeps a room."""
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    (unpacked / "parlour" / "frontend" / "index.html").write_text(
        (ROOT / "frontend" / "index.html").read_text("utf-8").replace("</body>", "wheel</body>"),
        "utf-8",
    )
    server = new_server(program=[sys.executable, "-c", RUN, unpacked]).start()
    room = new_room(server)
    with http_client(server) as http:
        assert "wheel</body>" in http.get("/").text
        assert checked(http.get("/api/chat/rooms")) == [room]
