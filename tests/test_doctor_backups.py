"""`parlour doctor`: of which backup it tells, also where the database cannot say it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.backup.contents import name_of
from parlour.migrations import revisions
from tests.docs.markdown import ROOT
from tests.support.accounts import register
from tests.support.archives import made
from tests.support.brief import thorough_but
from tests.support.doctor import Said, Seen, seen_at
from tests.support.places import make_room
from tests.support.server import Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]

HOUR = 3600
# Seconds of the alerts.
OLD = 180_000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Path]:
    """Return a server that runs no more, and its one backup."""
    with Server(tmp_path_factory.mktemp("kept")) as server:
        make_room(register(server, "ann"))
        archive = made(server, tmp_path_factory.mktemp("place") / "backups")
    return server, archive


@pytest.fixture
def home(kept: tuple[Server, Path], tmp_path: Path) -> Path:
    """Return where there is a copy of the server, and beside it of its backups."""
    shutil.copytree(kept[0].data_dir, tmp_path / "home" / "data")
    shutil.copytree(kept[1].parent, tmp_path / "backups")
    return tmp_path / "home"


def told_of(home: Path, **env: str) -> list[Said]:
    """What is said of the last backup."""
    told: Seen = seen_at(home, env=env)
    return [each for each in told.said if each.what == "Backup"]


def change(home: Path, statement: str, *values: object) -> None:
    """Let the database say something else."""
    with closing(sqlite3.connect(home / "data" / "chat.db")) as database, database:
        database.execute(statement, values)


def behind(home: Path) -> None:
    """As before an upgrade."""
    change(home, "UPDATE alembic_version SET version_num = ?", revisions()[-2])


def damaged(home: Path) -> None:
    """It is no database any more."""
    (home / "data" / "chat.db").write_bytes(b"not a database" * 1000)


def newer(home: Path) -> None:
    """Of another program."""
    change(home, "UPDATE alembic_version SET version_num = '9999'")


def gone(home: Path) -> None:
    """The keys are there still."""
    (home / "data" / "chat.db").unlink()


def emptied(home: Path) -> None:
    """The same, with a file of nothing."""
    gone(home)
    (home / "data" / "chat.db").touch(mode=0o600)


def changed(home: Path) -> None:
    """Older schemas have it in another way."""
    behind(home)
    change(home, "UPDATE meta SET value = ? WHERE name = 'backup'", json.dumps({"when": 1}))


def test_before_an_upgrade_the_last_backup_is_told(home: Path, kept: tuple[Server, Path]) -> None:
    """Then it is wanted most; the database says of it what it always does."""
    behind(home)
    [told] = told_of(home, PARLOUR_BACKUP_TO=str(home.parent / "backups"))
    assert told.kind == "ok"
    assert told.seen.startswith(f"The last one, {kept[1].name}, is less than an hour old")


@pytest.mark.parametrize(
    "lose", thorough_but([damaged, gone], [damaged, newer, gone, emptied, changed])
)
def test_a_database_that_does_not_say_it_has_the_newest_archive_named(
    home: Path, lose: Callable[[Path], None]
) -> None:
    """With its age by its name; where none is there that is told, too."""
    lose(home)
    place = home.parent / "backups"
    [archive] = place.iterdir()
    for hours, kind in ((40, "ok"), (60, "warning")):
        name = name_of(datetime.now(UTC) - timedelta(hours=hours))
        archive = archive.rename(place / name)
        (place / "parlour-20250101T000000Z.tar").touch(mode=0o600)
        [told] = told_of(home, PARLOUR_BACKUP_TO=str(place))
        words = f"The newest one in {place} is {name}, by its name {hours} hours old."
        assert (told.kind, told.seen) == (kind, words)
    shutil.rmtree(place)
    [told] = told_of(home, PARLOUR_BACKUP_TO=str(place))
    assert (told.kind, told.seen) == ("warning", f"There is none in {place}.")
    [told] = told_of(home)
    assert told.kind == "warning"
    assert told.seen.endswith("PARLOUR_BACKUP_TO is not set: none is looked for.")
    assert "name it in PARLOUR_BACKUP_TO" in told.mend


def test_what_a_clock_dated_in_the_future_is_not_the_newest(home: Path) -> None:
    """It may be older than any other."""
    emptied(home)
    place = home.parent / "backups"
    [archive] = place.iterdir()
    ahead = place / name_of(datetime.now(UTC) + timedelta(days=300))
    archive = archive.rename(ahead)
    [told] = told_of(home, PARLOUR_BACKUP_TO=str(place))
    assert (told.kind, told.seen) == ("warning", f"All in {place} are dated in the future.")
    name = name_of(datetime.now(UTC) - timedelta(hours=1))
    (place / name).touch(mode=0o600)
    [told] = told_of(home, PARLOUR_BACKUP_TO=str(place))
    words = f"The newest one in {place} is {name}, by its name 1 hour old."
    assert (told.kind, told.seen) == ("ok", words)


def test_before_the_first_start_no_backup_is_missed(tmp_path: Path) -> None:
    """There is nothing that could be lost."""
    (tmp_path / "backups").mkdir(mode=0o700)
    assert told_of(tmp_path / "home", PARLOUR_BACKUP_TO=str(tmp_path / "backups")) == []
    assert told_of(tmp_path / "home") == []


def aged(home: Path, seconds: int) -> None:
    """Let the last one be so old."""
    at = int((datetime.now(UTC) - timedelta(seconds=seconds)).timestamp() * 1000)
    change(home, "UPDATE meta SET value = json_set(value, '$.at', ?) WHERE name = 'backup'", at)


def test_a_backup_is_old_when_the_alerts_say_so(home: Path) -> None:
    """Where the server makes none by itself; who makes fewer says how often that is."""
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    found = re.findall(r"alert: ParlourBackup(?:Old|None)\n +expr: .* > (\d+)\n", alerts)
    assert found == [str(OLD)] * 2
    for seconds, kind in ((OLD - HOUR, "ok"), (OLD + HOUR, "warning")):
        aged(home, seconds)
        [told] = told_of(home)
        assert told.kind == kind
    [told] = told_of(home, PARLOUR_BACKUP_EVERY=str(7 * 24 * HOUR))
    assert told.kind == "ok"
    # As often as the server makes them it is old sooner.
    aged(home, 3 * HOUR)
    place = str(home.parent / "backups")
    [told] = told_of(home, PARLOUR_BACKUP_TO=place, PARLOUR_BACKUP_EVERY=str(HOUR))
    assert told.kind == "warning"
    change(home, "DELETE FROM meta WHERE name = 'backup'")
    for seconds, kind in ((OLD - HOUR, "ok"), (OLD + HOUR, "warning")):
        begun = datetime.now(UTC) - timedelta(seconds=seconds)
        change(home, "UPDATE rooms SET created_at = ?", f"{begun:%Y-%m-%dT%H:%M:%S.000000Z}")
        [told] = told_of(home)
        assert told.kind == kind


def test_a_place_that_does_not_answer_is_not_taken_for_an_empty_one(home: Path) -> None:
    """Whether the last one is there nobody knows."""
    (home / "file").touch()
    [told] = told_of(home, PARLOUR_BACKUP_TO=str(home / "file"))
    assert told.kind == "warning"
    assert told.seen.endswith(f"; it could not be looked for in {home}/file.")
