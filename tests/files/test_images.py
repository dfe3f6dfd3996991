"""Images: written anew, small ones beside them, and what would cost too much refused."""

import io
from typing import Any, cast

import pytest
from PIL import Image, ImageChops, ImageCms
from pillow_heif import from_pillow

from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.brief import thorough_but
from tests.support.files import get, on_disk, on_their_way, send, sent
from tests.support.people import Room
from tests.support.pictures import animation, bomb, opened, photograph, picture
from tests.support.server import Server


def test_a_photograph_tells_nothing_but_what_is_to_be_seen(ann: Account, room: Room) -> None:
    """No place, no name, no comment; it stands upright, and its size is known before it loads."""
    file = sent(ann, room, photograph(), name="IMG 1.jpeg")
    assert file["type"] == "image/jpeg"
    assert (file["width"], file["height"]) == (800, 1200)
    assert file["thumbnail"] == {"width": 373, "height": 560}
    answer = get(ann, file)
    image = opened(answer.content)
    assert (image.format, image.size) == ("JPEG", (800, 1200))
    assert not image.getexif()
    for word in (b"PHOTOGRAPHER", b"COMMENT", b"Exif"):
        assert word not in answer.content
    small = get(ann, file, "/thumbnail")
    assert small.headers["content-type"] == "image/webp"
    thumbnail = opened(small.content)
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (373, 560))


def test_a_photograph_with_others_behind_it_is_a_jpeg(ann: Account, room: Room) -> None:
    """Telephones put a small one, or the depth, behind the first."""
    behind = [opened(picture(80, 60))]
    file = sent(ann, room, picture(120, 80, "MPO", save_all=True, append_images=behind))
    assert (file["type"], file["width"], file["height"]) == ("image/jpeg", 120, 80)
    answer = get(ann, file)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline")
    assert opened(answer.content).format == "JPEG"


@pytest.mark.parametrize(
    ("kind", "name", "type_", "named"),
    thorough_but(
        [("HEIF", "IMG_4711.HEIC", "image/jpeg", "IMG_4711.jpg")],
        [
            ("HEIF", "IMG_4711.HEIC", "image/jpeg", "IMG_4711.jpg"),
            ("AVIF", "a garden.avif", "image/webp", "a garden.webp"),
            ("AVIF", "sent as.png", "image/webp", "sent as.png"),
        ],
    ),
)
def test_photographs_of_telephones_become_what_every_browser_shows(
    ann: Account, room: Room, kind: str, name: str, type_: str, named: str
) -> None:
    """They tell as little as others do, and their names say what they are by then."""
    file = sent(ann, room, photograph(kind=kind), name=name)
    assert (file["type"], file["name"]) == (type_, named)
    assert (file["width"], file["height"]) == (800, 1200)
    assert file["thumbnail"] == {"width": 373, "height": 560}
    answer = get(ann, file)
    assert answer.headers["content-type"] == type_
    assert answer.headers["content-disposition"].startswith("inline")
    image = opened(answer.content)
    assert image.size == (800, 1200)
    assert not image.getexif()
    assert b"PHOTOGRAPHER" not in answer.content
    # Upright: what is dark at the top of the photograph is at its left as it was taken.
    expected = opened(picture(1200, 800)).rotate(-90, expand=True)
    difference = ImageChops.difference(image.convert("RGB"), expected).convert("L")
    assert max(difference.resize((8, 12)).tobytes()) < 24


def test_of_several_images_in_one_file_the_one_that_it_names_is_shown(
    ann: Account, room: Room
) -> None:
    """Telephones put depth, or what was just before, beside it."""
    made = from_pillow(opened(picture(64, 48)))
    made.add_from_pillow(opened(picture(120, 80)))
    out = io.BytesIO()
    made.save(out, primary_index=1)
    file = sent(ann, room, out.getvalue(), name="live.heic")
    assert (file["type"], file["width"], file["height"]) == ("image/jpeg", 120, 80)


@pytest.mark.parametrize(
    ("kind", "mode"),
    thorough_but(
        [("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("WEBP", "RGBA"), ("GIF", "P")],
        [
            *(("PNG", mode) for mode in ("RGBA", "P", "L", "I;16")),
            *(("JPEG", mode) for mode in ("CMYK", "L")),
            *(("WEBP", "RGBA"), ("GIF", "P")),
        ],
    ),
)
def test_an_image_stays_of_its_kind(ann: Account, room: Room, kind: str, mode: str) -> None:
    """In whatever way its colours are kept; what is smaller than a thumbnail has none."""
    file = sent(ann, room, picture(64, 48, kind, mode), name="any.bin")
    assert (file["type"], file["width"], file["height"]) == (f"image/{kind.lower()}", 64, 48)
    assert file["thumbnail"] is None
    assert opened(get(ann, file).content).format == kind
    assert_refused(get(ann, file, "/thumbnail"), "not_found")


def test_colours_of_another_profile_are_those_that_are_seen(ann: Account, room: Room) -> None:
    """The profile is gone, and what it says is done: in this one red and green are exchanged."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = srgb.replace(b"rXYZ", b"****").replace(b"gXYZ", b"rXYZ").replace(b"****", b"gXYZ")
    for kind, profile in (("PNG", exchanged), ("WEBP", exchanged), ("PNG", srgb)):
        options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
        file = sent(ann, room, picture(64, 64, kind, icc_profile=profile, **options))
        image = opened(get(ann, file).content)
        assert "icc_profile" not in image.info
        red, green, blue = opened(picture(64, 64)).split()
        bands = (red, green, blue) if profile == srgb else (green, red, blue)
        difference = ImageChops.difference(image.convert("RGB"), Image.merge("RGB", bands))
        extremes = cast("list[tuple[int, int]]", difference.getextrema())
        # A WebP that is written anew loses a little.
        assert max(most for _, most in extremes) <= (40 if kind == "WEBP" else 2)


def test_what_moves_goes_on_moving(ann: Account, room: Room) -> None:
    """All frames in their times, without what else stood there; one of too many stands still."""
    file = sent(ann, room, animation(5))
    data = get(ann, file).content
    image = opened(data)
    assert (image.format, getattr(image, "n_frames", 1)) == ("GIF", 5)
    assert image.info["duration"] == 90
    assert b"COMMENT" not in data
    still = sent(ann, room, animation(1_001, 8))
    assert getattr(opened(get(ann, still).content), "n_frames", 1) == 1


def test_what_would_take_too_much_is_refused(server: Server, ann: Account, room: Room) -> None:
    """A few kilobytes that become gigabytes: it says why, and nothing is left of it."""
    before = on_disk(server)
    told = assert_refused(send(ann, room, bomb()), "too_large")
    assert "30000 x 30000" in told["detail"]
    assert on_disk(server) == before
    assert not on_their_way(server)


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\nnothing", photograph()[:2000], b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 ",
     b"\xff\xd8\xff\xe0" + bytes(5000)],
)  # fmt: skip
def test_what_only_looks_like_an_image_is_a_file(ann: Account, room: Room, data: bytes) -> None:
    """Nobody is shown it: it is saved, and comes as it was sent."""
    file = sent(ann, room, data, name="x.png")
    assert (file["type"], file["width"], file["thumbnail"]) == (
        "application/octet-stream", None, None
    )  # fmt: skip
    answer = get(ann, file)
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")
