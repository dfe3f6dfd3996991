"""A data directory whose database is on a server says so."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from parlour.database import DatabaseUnusable, init_db
from parlour.store.backends import ELSEWHERE
from tests.support.local import local_settings
from tests.support.postgres import postgres


def test_the_data_directory_says_where_its_database_is_and_no_other_is_begun_there(
    tmp_path: Path,
) -> None:
    """Not with what password, and to nobody else."""
    url = urlsplit(postgres().new_database())
    secret = url._replace(netloc=f"{url.username}:Secret7@{url.hostname}:{url.port}").geturl()
    init_db(local_settings(tmp_path, database_url=secret)).release()
    note = local_settings(tmp_path).data_dir / ELSEWHERE
    assert note.read_text() == f"{secret.replace(':Secret7', '')}\n"
    assert note.stat().st_mode & 0o077 == 0
    with pytest.raises(DatabaseUnusable, match="set PARLOUR_DATABASE_URL, as the server has it"):
        init_db(local_settings(tmp_path, database_url=""))
    note.unlink()
    init_db(local_settings(tmp_path, database_url="")).release()
    assert not note.exists()


def test_who_has_the_settings_needs_no_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that cannot be read or written, as somebody else's cannot, keeps no server away."""
    settings = local_settings(tmp_path, database_url=postgres().new_database())
    note = settings.data_dir / ELSEWHERE
    note.mkdir(parents=True)
    init_db(settings).release()
    [warning] = caplog.messages
    assert warning.startswith(f"{note} cannot be written: ")
    with pytest.raises(DatabaseUnusable, match="is elsewhere: set PARLOUR_DATABASE_URL"):
        init_db(local_settings(tmp_path, database_url=""))
