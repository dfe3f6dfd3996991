"""What a file is, by what stands in it: never by its name, nor by what is said of it."""

import codecs
from pathlib import Path
from typing import Final

PLAIN: Final = "application/octet-stream"
TEXT: Final = "text/plain"
# What was decoded and written anew before anybody sees it, and may therefore be shown in a page.
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# What is decoded: these, and such as become one of these.
DECODED: Final = IMAGES | {"image/avif", "image/heic", "image/heif"}
# What the names end with of images that are written anew in another format.
_RENAMED: Final = (".heic", ".heif", ".hif", ".avif")
_SUFFIXES: Final = {"image/jpeg": ".jpg", "image/webp": ".webp"}
# So much of a file is looked at.
HEAD: Final = 64 * 1024

# What files begin with: the place, the bytes there, and the type.
# Source: RFC 9239 aside, the signatures that the formats' own specifications name.
_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypheim", "image/heic"),
    (4, b"ftypheis", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypmsf1", "image/heif"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftypqt  ", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf'\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
)
# These stand behind another sign as well.
_RIFF: Final = frozenset({"image/webp", "audio/wav", "video/x-msvideo"})
# Characters that no text has: the controls, but for blanks, line ends and escapes.
_NO_TEXT: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


def named_as(kind: str, name: str) -> str:
    """What an image is called that is of another format than its name says."""
    stem, dot, suffix = name.rpartition(".")
    if stem and f"{dot}{suffix}".lower() in _RENAMED:
        return f"{stem}{_SUFFIXES.get(kind, dot + suffix)}"
    return name


def media_type(head: bytes) -> str:
    """The media type of a file of which `head` is the first HEAD bytes."""
    for place, sign, kind in _SIGNATURES:
        if head.startswith(sign, place) and (kind not in _RIFF or head.startswith(b"RIFF")):
            return kind
    return TEXT if _is_text(head) else PLAIN


def media_type_of(path: Path) -> str:
    """The same of a file."""
    with path.open("rb") as file:
        return media_type(file.read(HEAD))


def _is_text(head: bytes) -> bool:
    if head.translate(None, _NO_TEXT) != head:
        return False
    try:
        # What is cut off in the middle of a character is no fault.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True
