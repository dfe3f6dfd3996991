"""The file of keys: for its owner only, whole or not there, and old enough keys go."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.support.keys import KEPT_UNUSED, KeysUnusable, load_keys, rotate_keys
from parlour.support.tokens import Tokens, random_id


def age(path: Path, **ages: timedelta) -> None:
    """Let each key, by its number from the oldest on, be so old."""
    keys = json.loads(path.read_text("ascii"))
    for number, old in ages.items():
        made = datetime.now(UTC) - old
        keys[int(number.removeprefix("key"))]["created_at"] = made.isoformat()
    path.write_text(json.dumps(keys), "ascii")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the keys of a new data directory lie."""
    return tmp_path / "keys.json"


def test_the_first_start_makes_a_key_for_its_owner_only(path: Path) -> None:
    """And every later one reads it."""
    [made] = load_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    [read] = load_keys(path)
    assert (read.id, read.secret, read.created_at) == (made.id, made.secret, made.created_at)
    assert read.private.private_bytes_raw() == made.private.private_bytes_raw()
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_a_key_shows_nothing_of_itself(path: Path) -> None:
    """Wherever it might be printed."""
    [key] = load_keys(path)
    assert repr(key) == f"Key({key.id!r})"


def test_what_an_interrupted_start_left_is_not_written_to(path: Path) -> None:
    """It may be a file of somebody else's, or one that others can read."""
    left = path.with_name("keys.json.new")
    target = path.with_name("elsewhere")
    left.symlink_to(target)
    load_keys(path)
    assert not target.exists()
    assert not left.is_symlink()
    assert not path.is_symlink()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[{}]", '[{"id": "a"}]', "\xff"])
def test_a_file_that_is_none_is_refused(path: Path, text: str) -> None:
    """In one line, and it is left as it is: another key would sign everybody out."""
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KeysUnusable, match="is no file of keys"):
        load_keys(path)
    assert path.read_bytes() == text.encode("latin-1")


def test_a_new_key_signs_and_the_old_one_goes_on_verifying(path: Path) -> None:
    """Nobody is signed out; the old one cannot sign any more."""
    old = Tokens(load_keys(path))
    sid = random_id()
    given = (old.access(1, sid), old.refresh(old.key_id, sid, 1), old.guest(sid))
    new = Tokens(rotate_keys(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new.key_id != old.key_id
    access, refresh = new.read_access(given[0]), new.read_refresh(given[1])
    assert access is not None
    assert refresh is not None
    assert (access.user_id, access.session_id) == (1, sid)
    assert (refresh.session_id, refresh.generation) == (sid, 1)
    assert new.read_guest(given[2]) == sid
    assert old.read_access(new.access(1, sid)) is None
    assert old.read_refresh(new.refresh(new.key_id, sid, 1)) is None
    assert old.read_guest(new.guest(sid)) is None


def test_a_key_is_kept_as_long_as_what_it_signed_may_live(path: Path) -> None:
    """It counts from when another took its place, not from when it was made."""
    oldest, second = load_keys(path)[0], rotate_keys(path)[-1]
    age(path, key0=timedelta(days=400), key1=KEPT_UNUSED - timedelta(hours=1))
    third = rotate_keys(path)[-1]
    assert [key.id for key in load_keys(path)] == [oldest.id, second.id, third.id]
    age(path, key1=KEPT_UNUSED + timedelta(hours=1))
    fourth = rotate_keys(path)[-1]
    assert [key.id for key in load_keys(path)] == [second.id, third.id, fourth.id]
