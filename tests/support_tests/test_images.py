"""The process that decodes images, and what it may know."""

from pathlib import Path

import pytest

from parlour.support import images
from parlour.support.images import Images

PROGRAM = """
import json, os
print(json.dumps({"type": " ".join(os.environ), "width": 1, "height": 1}))
"""


async def test_who_decodes_images_is_told_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is called: there is a list of what is told, and none of what is not."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    monkeypatch.setattr(images, "_PROGRAM", program)
    for name in ("PGPASSWORD", "PARLOUR_DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "ANY_TOKEN"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    made = Images()
    told = await made.remake("user:1", tmp_path, tmp_path, tmp_path, size=1)
    made.close()
    assert told is not None
    # What Python sets by itself, where nothing says how text is written, is nobody's secret.
    names = set(told.type.split()) - {"LC_CTYPE"}
    assert {"PATH", "TMPDIR"} <= names
    assert names <= {"PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG"}
