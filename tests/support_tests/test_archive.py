"""The form of archives: what is written is read, and nothing else is."""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parlour.support.archive import Damaged, Reader, Writer
from tests.support.timing import BRIEF

FILES = {
    "a.json": b"{}\n", "chat.db.gz": bytes(range(256)) * 8, "files/00ff": b"", "files/01": b"x"
}  # fmt: skip


def written(files: dict[str, bytes]) -> bytes:
    """Return an archive of these."""
    out = io.BytesIO()
    writer = Writer(out, 1_700_000_000)
    for name, data in files.items():
        assert writer.add(name, io.BytesIO(data), len(data)) == hashlib.sha256(data).hexdigest()
    writer.end()
    writer.close()
    return out.getvalue()


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Read an archive to its end."""
    reader = Reader(io.BytesIO(data))
    try:
        while (member := reader.next()) is not None:
            yield member.name, member.read()
    finally:
        reader.close()


def refused(data: bytes) -> str:
    """Assert that an archive is refused; why."""
    with pytest.raises(Damaged) as refusal:
        list(members(data))
    return str(refusal.value)


def test_what_is_written_is_read() -> None:
    """In its order; also where nobody reads what stands in a file."""
    data = written(FILES)
    assert dict(members(data)) == FILES
    reader = Reader(io.BytesIO(data))
    seen = 0
    while reader.next() is not None:
        seen += 1
    reader.close()
    assert seen == len(FILES)


def test_tar_and_sha256sum_read_it_too(tmp_path: Path) -> None:
    """So nobody needs Parlour to get at what is in it."""
    (tmp_path / "a.tar").write_bytes(written(FILES))
    subprocess.run(["tar", "xf", "a.tar"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o600
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == len(FILES)


def test_a_file_of_more_than_eight_gigabytes_has_a_header_that_tar_reads() -> None:
    """By the form of GNU tar, which there is one of only."""
    from parlour.support.archive import _header  # noqa: PLC0415

    size = 20 * 1024**3
    block = _header("files/01", size, 1)
    assert len(block) == 512
    assert tarfile.TarInfo.frombuf(block, "ascii", "strict").size == size


def test_every_bit_counts() -> None:
    """Wherever one is another, in names, sizes, padding, hashes, or at the end, it is noticed."""
    data = written({"a.json": b"{}\n", "files/01": b"x"})
    for place in range(len(data)):
        for bit in (place % 8,) if BRIEF else (0, 3, 5, 7):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            with pytest.raises(Damaged):
                list(members(bytes(flipped)))


def test_a_part_of_an_archive_is_none() -> None:
    """Wherever it was cut off, and whatever was put behind it."""
    data = written(FILES)
    for end in (0, 1, 511, 512, 700, len(data) // 2, len(data) - 1024, len(data) - 1):
        assert refused(data[:end])
    assert refused(data + b"\0") == "there is something behind its end"
    assert refused(data[:-1024]) == "it ends too early, in the end"


def test_a_file_that_was_put_in_by_somebody_else_is_noticed() -> None:
    """Its hash stands nowhere; and one that was taken out is missing."""
    data, more = written({"a.json": b"{}"}), written({"b.json": b"{}"})
    assert refused(data[:1024] + more[:1024] + data[1024:])
    both = written({"a.json": b"{}", "b.json": b"{}"})
    assert refused(both[:1024] + both[2048:])


def header(**fields: object) -> bytes:
    """Return a header of tar in which something is otherwise."""
    info = tarfile.TarInfo("files/01")
    info.mtime, info.mode = 1_700_000_000, 0o600
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a path upwards": lambda: header(name="../../etc/cron.d/x"),
    "a path upwards behind a folder": lambda: header(name="files/../x"),
    "an absolute path": lambda: header(name="/etc/passwd"),
    "a hidden file": lambda: header(name=".ssh"),
    "a link": lambda: header(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": lambda: header(type=tarfile.LNKTYPE, linkname="parlour.json"),
    "a device": lambda: header(type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    "a pipe": lambda: header(type=tarfile.FIFOTYPE),
    "a folder": lambda: header(type=tarfile.DIRTYPE),
    "a sparse file": lambda: header(type=tarfile.GNUTYPE_SPARSE),
    "a long name": lambda: header(type=tarfile.GNUTYPE_LONGNAME, size=1 << 40),
    "further headers": lambda: header(type=tarfile.XHDTYPE, size=1 << 40),
    "a program": lambda: header(mode=0o4755),
    "an owner": lambda: header(uid=1000, uname="root"),
    "another time": lambda: header(mtime=1),
    "a name in two parts": lambda: header(name="files/01\nfiles/02"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_parlour_does_not_write_is_no_archive(what: str) -> None:
    """It is refused by its header, before anything of it is read or put anywhere."""
    good = written({"a.json": b"{}"})
    said = refused(good[:1024] + HOSTILE[what]() + good[1024:])
    assert said == "there is something in it that Parlour does not write"


def test_a_size_that_is_not_there_costs_nothing() -> None:
    """What a header claims is believed only as far as bytes come."""
    good = written({"a.json": b"{}"})
    assert refused(good[:1024] + header(size=1 << 60)).startswith("it ends too early")
    assert refused(header(size=-1)) == "there is something in it that Parlour does not write"


def test_a_source_that_ends_too_early_is_told() -> None:
    """A file that shrinks while it is read."""
    writer = Writer(io.BytesIO(), 1)
    with pytest.raises(Damaged, match="files/01 ended 3 bytes too early"):
        writer.add("files/01", io.BytesIO(b"ab"), 5)
    writer.close()
