"""Images as people send them, and files that are none."""

import io
import struct
import zlib
from typing import Any

from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()


def picture(
    width: int = 900, height: int = 700, kind: str = "PNG", mode: str = "RGB", **options: Any
) -> bytes:
    """Return an image with something to see in it."""
    made = Image.linear_gradient("L").resize((width, height))
    if mode == "I;16":
        made = made.convert("I").point(lambda value: value * 257).convert(mode)
    else:
        made = Image.merge("RGB", (made, made.rotate(90), made.rotate(180))).convert(mode)
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def photograph(orientation: int = 6, kind: str = "JPEG") -> bytes:
    """Return a photo that lies on its side and tells where it was taken, and by whom."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "PHOTOGRAPHER"
    exif.get_ifd(0x8825)[1] = "N"
    if kind == "JPEG":
        return picture(1200, 800, kind, exif=exif, comment=b"COMMENT")
    return picture(1200, 800, kind, exif=exif.tobytes())


def animation(frames: int = 3, size: int = 40) -> bytes:
    """Return a GIF that moves."""
    images = [Image.new("RGB", (size, size), (80 * n % 256, 0, 0)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(
        out, "GIF", save_all=True, append_images=images[1:], duration=90, loop=0, comment=b"COMMENT"
    )
    return out.getvalue()


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """Return a PNG of a few kilobytes that takes gigabytes when it is decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def opened(data: bytes) -> Image.Image:
    """Return what a browser would make of these bytes."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
