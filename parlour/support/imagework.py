"""A program of its own: decodes one image and writes it anew. It may die of what it is given.

It is run by its path and imports nothing of Parlour. What it is asked for stands in its arguments
(as one JSON object), what came of it on its standard output.
"""

import errno
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps, ImageSequence

# Formats that are read at all: those that every browser shows, and those of telephones.
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "HEIF")
# What is written in another format than it came in. MPO is a JPEG with further ones behind it, as
# telephones take them: the first is the image. HEIF no browser but one shows, AVIF not all.
WRITTEN: Final = {"MPO": "JPEG", "HEIF": "JPEG", "AVIF": "WEBP"}
# The brands of HEIF images (ISO/IEC 23008-12), for which there is a decoder to be loaded.
HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
# Pixels of all frames of an animation; of a longer one the first frame is left.
MAX_ANIMATED: Final = 20_000_000
MAX_FRAMES: Final = 1_000
# An original of so few bytes, which is no wider and higher than a thumbnail, needs none.
SMALL: Final = 100_000
# What an image may know of itself and has to keep to look the same.
_KEPT: Final = ("transparency",)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Size = tuple[int, int]


class NotWritten(Exception):
    """The image was decoded, and could not be written: it is none that is kept as it came."""


def limit(seconds: int, memory: int, size: int) -> None:
    """Die rather than take more: of processor time, of memory, and of the disk.

    Whoever talks goes first.
    """
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def in_srgb(image: Image.Image) -> Image.Image:
    """The image in the colours that are meant where nothing is said of them."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            made = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=mode,
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            made = None  # a profile that is none says nothing
        if made is not None:
            return made
    return image


def plain(image: Image.Image) -> Image.Image:
    """The pixels alone, the right way up: nothing of where and with what they were taken."""
    image = in_srgb(ImageOps.exif_transpose(image))
    if image.mode.startswith("I"):
        # 16 bits a pixel; the plain conversion would cut off all above 255.
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.mode or "a" in image.mode else "RGB")
    else:
        image = image.copy()
    image.info = {name: image.info[name] for name in _KEPT if name in image.info}
    return image


def full_colour(image: Image.Image) -> Image.Image:
    """The same with every pixel by itself, as it has to be to be made smaller."""
    has_alpha = image.mode in ("LA", "RGBA") or "transparency" in image.info
    made = image.convert("RGBA" if has_alpha else "RGB")
    made.info = {}
    return made


def save(image: Image.Image, target: str, kind: str, **options: Any) -> None:
    """Write an image. Raises NotWritten, or OSError when the disk is full."""
    try:
        image.save(target, kind, **options)
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise
        raise NotWritten from error


def write_thumbnail(image: Image.Image, target: str, box: Size) -> Size:
    """Write the image as small as fits into `box`; its width and height."""
    small = full_colour(image)
    small.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    save(small, target, "WEBP", quality=80, method=4)
    return small.size


def write_still(image: Image.Image, target: str, kind: str) -> Image.Image:
    """Write the image in the format that it came in; the pixels that were written."""
    clean = plain(image)
    if kind == "JPEG":
        if clean.mode != "L":
            clean = full_colour(clean).convert("RGB")
        save(clean, target, kind, quality=90, optimize=True, progressive=True)
    elif kind == "WEBP":
        clean = full_colour(clean)
        save(clean, target, kind, quality=90, method=4)
    else:
        save(clean, target, kind)
    return clean


def write_animation(image: Image.Image, target: str, kind: str) -> Image.Image:
    """Write all frames anew, in their times; the first of them."""
    loop, times = image.info.get("loop"), []

    def frames() -> Iterator[Image.Image]:
        for frame in ImageSequence.Iterator(image):
            times.append(max(20, int(frame.info.get("duration") or 100)))
            yield full_colour(plain(frame))

    made = list(frames())
    options: dict[str, Any] = {} if loop is None else {"loop": loop}
    if kind == "WEBP":
        options["method"] = 1  # the usual takes three times as long
    if kind == "GIF" and any(frame.mode == "RGBA" for frame in made):
        options["disposal"] = 2
    first, *rest = made
    save(first, target, kind, save_all=True, append_images=rest, duration=times, **options)
    return first


def is_animated(image: Image.Image, kind: str) -> bool:
    """Whether it moves, and is short enough to be written anew as it moves."""
    count = int(getattr(image, "n_frames", 1)) if kind in ("GIF", "WEBP") else 1
    pixels = count * image.width * image.height
    return 1 < count <= MAX_FRAMES and pixels <= MAX_ANIMATED


def load_decoder(source: str) -> None:
    """Make Pillow know HEIF, where the image is one: it takes a while."""
    with Path(source).open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in HEIF:
        from pi_heif import register_heif_opener  # noqa: PLC0415 - see above

        register_heif_opener(thumbnails=False)


def remake(asked: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked; what came of it."""
    # This program has a limit of its own, which it tells of in words.
    Image.MAX_IMAGE_PIXELS = None
    source, target = asked["source"], asked["target"]
    load_decoder(source)
    with Image.open(source, formats=FORMATS) as image:
        kind = WRITTEN.get(str(image.format), str(image.format))
        if image.width * image.height > asked["pixels"]:
            return {"refused": "pixels", "width": image.width, "height": image.height}
        if asked["square"]:
            made = full_colour(plain(image))
            side = (asked["square"], asked["square"])
            made = ImageOps.fit(made, side, Image.Resampling.LANCZOS)
            save(made, target, "WEBP", quality=85, method=4)
            return {"type": "image/webp", "width": made.width, "height": made.height}
        if is_animated(image, kind):
            made = write_animation(image, target, kind)
        else:
            if image.format != "HEIF":
                # Of several in one HEIF the one is open that the file says is the image.
                image.seek(0)
            made = write_still(image, target, kind)
    told: dict[str, Any] = {
        "type": f"image/{kind.lower()}", "width": made.width, "height": made.height,
        "thumbnail": None,
    }  # fmt: skip
    box = tuple(asked["box"])
    is_small = made.width <= box[0] and made.height <= box[1]
    if not is_small or Path(target).stat().st_size > SMALL:
        told["thumbnail"] = write_thumbnail(made, asked["thumbnail"], box)
    return told


def main() -> None:
    """Run as a program."""
    asked = json.loads(sys.argv[1])
    limit(asked["seconds"], asked["memory"], asked["size"])
    try:
        told = remake(asked)
    except (MemoryError, NotWritten):
        told = {"refused": "memory"}
    except OSError as error:
        is_full = error.errno in _FULL
        told = {"full": error.errno} if is_full else {"broken": str(error)[:500]}
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is no image
        told = {"broken": f"{type(error).__name__}: {error}"[:500]}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
