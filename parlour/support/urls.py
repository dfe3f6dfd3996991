"""What URLs of databases, stores, backups and pages may look like, in settings and flags."""

import re
from typing import Final
from urllib.parse import urlsplit

# What the address of a bucket begins with.
S3: Final = "s3://"
BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ENDPOINT: Final = re.compile(r"https?://[^/?#@\s]+/?")
# libpq's form. A sign of a password that would end it is refused rather than taken for a host: what
# the driver then says would show it.
_HOST: Final = r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]/?#@:,\s]*)(:[0-9]{1,5})?"
_SIGNS: Final = r"(?:[^/?#@\s%\[\]]|%(?!00)[0-9A-Fa-f]{2})*"
_DATABASE: Final = re.compile(
    rf"postgres(ql)?://({_SIGNS}@)?{_HOST}(,{_HOST})*(/{_SIGNS})?"
    r"(\?(?:[^#\s%]|%(?!00)[0-9A-Fa-f]{2})*)?"
)
_REDIS: Final = re.compile(rf"rediss?://({_SIGNS}@)?{_HOST}(/[0-9]{{0,2}})?")


def check_place(text: str) -> None:
    """Raise ValueError unless it is a folder or a bucket, as backups go to."""
    if text.startswith(S3):
        bucket = text.removeprefix(S3).partition("/")[0]
        if not BUCKET.fullmatch(bucket):
            raise ValueError("name a bucket, such as s3://backups/chat")
    elif "://" in text or text.lower().startswith("s3:"):
        raise ValueError("name a folder, or a bucket such as s3://backups/chat")


def check_database(text: str) -> None:
    """Raise ValueError unless it is that of a PostgreSQL database, or empty."""
    if text and not _DATABASE.fullmatch(text):
        raise ValueError(
            "name a database such as postgresql://USER:PASSWORD@HOST/NAME, with %XX for signs"
            " that end one of these"
        )


def check_redis(text: str) -> None:
    """Raise ValueError unless it is that of a Redis, or empty."""
    if text and not _REDIS.fullmatch(text):
        raise ValueError(
            "name a server such as redis://:PASSWORD@HOST:6379/0, with %XX for signs that end"
            " one of these"
        )


def origin_of(text: str) -> str:
    """An origin as browsers say it, or `*` for any. Raises ValueError."""
    parts = urlsplit(text)
    named = parts.netloc and not set(parts.netloc) & set("@*")
    bare = text.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
    if text != "*" and not (parts.scheme in ("http", "https") and named and bare):
        raise ValueError(f"{text!r} is not an origin such as https://chat.example.org")
    return text.rstrip("/").lower()
