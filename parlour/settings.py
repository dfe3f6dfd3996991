"""Every PARLOUR_* setting: its type, default, unit and one line of meaning."""

import difflib
import os
import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from dotenv import dotenv_values
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from parlour.support import rotation, urls

PREFIX = "PARLOUR_"
# Characters of a message at most, whatever is set.
MAX_MESSAGE: Final = 100_000
# Days for which messages may be kept, where not for ever: a hundred years.
MAX_RETENTION: Final = 36_500
ENV_FILE = Path(".env")
# What Kubernetes puts into every container's environment for a service named "parlour".
_SERVICE_LINK = re.compile(r"SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_\w+")
# Settings whose values are not shown.
_SECRETS = frozenset({"database_url", "redis_url", "metrics_token"})
# What a bearer may be (RFC 6750), and too long to be guessed.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")


class SettingsError(Exception):
    """A setting is wrong; the text is the one line to show, naming the setting and the fault."""

    by_flag = False


class Wrong(NamedTuple):
    """One that is wrong: which, where it is one at all; and the line that says so."""

    name: str
    words: str
    by_flag: bool = False


class Settings(BaseSettings):
    """The settings of one server, read once at start and passed on.

    Flags win over the environment, the environment over the `.env` file in the current folder.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port; 0 takes any free one.")
    data_dir: Path = Field(
        Path("data"),
        description="Folder that holds `chat.db`, `keys.json` and files; created for its owner only"
        " (0700).",
    )
    database_url: str = Field(
        "",
        repr=False,
        description="PostgreSQL database instead of `chat.db`, such as"
        " `postgresql://parlour@localhost/parlour`; empty for SQLite.",
    )
    redis_url: str = Field(
        "",
        repr=False,
        description="Redis or Valkey server by which several nodes on one PostgreSQL database hear"
        " of one another, such as `redis://localhost`; empty for one node.",
    )
    only: Literal["", "auth", "api", "realtime", "web", "worker"] = Field(
        "",
        description="The one service that this node does, where several nodes share the work: auth,"
        " api, realtime, web or worker; empty for all.",
    )
    tls_certificate: str = Field(
        "",
        description="File of the certificate, with its chain, by which the server speaks HTTPS"
        " itself (PEM); empty for HTTP.",
    )
    tls_key: str = Field(
        "", validate_default=True, description="File of the key of that certificate (PEM)."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins besides the server's own whose pages may use the API and the"
        " WebSocket, separated by commas, such as `https://chat.example.org`; `*` allows any.",
    )
    max_message_length: int = Field(
        1000, ge=1, le=MAX_MESSAGE, description="Longest message, in characters."
    )
    max_username_length: int = Field(
        50, ge=1, le=100, description="Longest username, in characters."
    )
    max_connections: int = Field(
        20_000,
        ge=1,
        le=1_000_000,
        description="Most WebSockets at once; fewer where the limit of file handles is lower.",
    )
    rate_limits: int = Field(
        1,
        ge=0,
        le=1_000_000,
        description="How many times as much as usual each person, address and room may do in a"
        " while, and have open; 0 for any amount.",
    )
    edit_window: int = Field(
        0,
        ge=0,
        le=315_360_000,
        description="How long people may edit and delete their own messages, in seconds; 0 for"
        " ever.",
    )
    guests: Literal["on", "off"] = Field(
        "on",
        description="Whether people without an account may come in: on, or off for accounts only.",
    )
    registration: Literal["open", "invite", "closed"] = Field(
        "open",
        description="Who may make an account: open for everybody, invite for those who bring an"
        " invitation, closed for nobody.",
    )
    retention_days: int = Field(
        0,
        ge=0,
        le=MAX_RETENTION,
        description="For how many days messages are kept; 0 for ever. Then they are taken away for"
        " good, unless they are held; rooms may have a rule of their own.",
    )
    max_file_size: int = Field(
        100_000_000, ge=1, le=1_000_000_000_000, description="Largest file, in bytes."
    )
    file_quota: int = Field(
        5_000_000_000,
        ge=0,
        le=1_000_000_000_000_000,
        description="How much the files of one person may take in all, in bytes; 0 for any amount.",
    )
    server_file_quota: int = Field(
        0,
        ge=0,
        le=1_000_000_000_000_000,
        description="How much the files of everybody may take in all, in bytes; 0 for any amount.",
    )
    guest_files: Literal["on", "off"] = Field(
        "off", description="Whether people without an account may send files: on or off."
    )
    s3_bucket: str = Field(
        "",
        description="Bucket of an S3-compatible store for files; empty for the data directory.",
    )
    s3_endpoint: str = Field(
        "",
        description="Its address, such as `https://s3.example.org`; empty for that of Amazon.",
    )
    s3_region: str = Field("us-east-1", min_length=1, description="Its region.")
    backup_to: str = Field(
        "",
        description="Folder or `s3://BUCKET/PREFIX` for backups, which the server makes by itself;"
        " empty for none.",
    )
    backup_every: int = Field(
        86_400, ge=60, le=31_536_000, description="How often it makes one, in seconds."
    )
    backup_keep: str = Field(
        "daily=7,weekly=4,monthly=12",
        description="Which of them are kept: the newest of so many days, weeks and so on, or so"
        " many in all; empty for all.",
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="What a program shows that reads `/metrics` from elsewhere; empty for this"
        " machine alone, without a proxy.",
    )
    traces: Literal["on", "off"] = Field(
        "off",
        description="Whether what takes how long is told to a collector of OpenTelemetry: on or"
        " off. Which one, and how much, the standard `OTEL_*` variables say.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe kind of line to log: debug, info, warning or error."
    )
    log_format: Literal["auto", "text", "json"] = Field(
        "auto",
        description="What lines of the log are: text for people, json for programs, auto for text"
        " on a terminal and JSON elsewhere.",
    )
    log_requests: Literal["on", "off"] = Field(
        "off",
        description="Whether each request that was answered and each connection that ended is"
        " logged: on or off.",
    )

    @field_validator(
        "log_level", "log_format", "log_requests", "only", "guests", "guest_files", "registration",
        "traces", mode="before",
    )  # fmt: skip
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("data_dir", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        # An empty path is the current folder, which nobody means who leaves a value out.
        if value == "":
            raise ValueError("name a folder, '.' for the current one")
        return value

    @field_validator("data_dir")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError:
            raise ValueError("there is no such user's home") from None

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(urls.origin_of(origin) for origin in value)

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        urls.check_database(value)
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: str, info: ValidationInfo) -> str:
        urls.check_redis(value)
        # One that is wrong itself is not in it.
        if value and info.data.get("database_url") == "":
            raise ValueError("several nodes need one database: set PARLOUR_DATABASE_URL, too")
        if value and find_spec("redis") is None:
            raise ValueError("it needs the package redis: make setup EXTRAS=redis")
        return value

    @field_validator("traces")
    @classmethod
    def _check_traces(cls, value: str) -> str:
        if value == "on" and not _has_opentelemetry():
            raise ValueError("it needs the packages of OpenTelemetry: make setup EXTRAS=traces")
        return value

    @field_validator("only")
    @classmethod
    def _check_only(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("redis_url") == "":
            raise ValueError("what one node does alone the others need: set PARLOUR_REDIS_URL, too")
        return value

    @field_validator("s3_bucket")
    @classmethod
    def _check_bucket(cls, value: str) -> str:
        if value and not urls.BUCKET.fullmatch(value):
            words = "name a bucket: 3 to 63 lower-case letters, digits, dots and hyphens"
            raise ValueError(words)
        return value

    @field_validator("s3_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str) -> str:
        if value and not urls.ENDPOINT.fullmatch(value):
            raise ValueError("name an address such as https://s3.example.org, without a path")
        return value.rstrip("/")

    @field_validator("backup_to")
    @classmethod
    def _check_place(cls, value: str) -> str:
        urls.check_place(value)
        return value

    @field_validator("backup_keep")
    @classmethod
    def _check_rules(cls, value: str) -> str:
        rotation.parse(value)
        return value

    @field_validator("tls_key")
    @classmethod
    def _check_tls(cls, value: str, info: ValidationInfo) -> str:
        if value and not info.data.get("tls_certificate"):
            raise ValueError("a key belongs to a certificate: set PARLOUR_TLS_CERTIFICATE, too")
        if not value and info.data.get("tls_certificate"):
            raise ValueError("name the key that belongs to PARLOUR_TLS_CERTIFICATE")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _check_token(cls, value: str) -> str:
        if value and not _TOKEN.fullmatch(value):
            raise ValueError(
                "take 16 or more letters, digits and signs of -._~+/ that nobody guesses"
            )
        return value

    @property
    def database_path(self) -> Path:
        """Where the SQLite database lies."""
        return self.data_dir / "chat.db"

    @property
    def tls_files(self) -> tuple[Path, Path] | None:
        """Where certificate and key lie, where the server speaks HTTPS itself."""
        if not self.tls_certificate:
            return None
        return Path(self.tls_certificate).expanduser(), Path(self.tls_key).expanduser()

    @property
    def keys_path(self) -> Path:
        """Where the keys lie that sign logins."""
        return self.data_dir / "keys.json"

    @property
    def uploads_path(self) -> Path:
        """Where files lie that are on their way in."""
        return self.data_dir / "uploads"

    @property
    def max_frame_bytes(self) -> int:
        """Longest WebSocket frame or JSON body, in bytes: four a character, and room for fields."""
        return 4 * self.max_message_length + 4096


def _has_opentelemetry() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def _check_names(names: Iterable[str]) -> list[Wrong]:
    """A mistyped name would leave its setting at the default without a word."""
    known, wrong = [name.upper() for name in Settings.model_fields], []
    for name in sorted(names):
        prefix, own = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if prefix == PREFIX and own not in known and not _SERVICE_LINK.fullmatch(own):
            near = difflib.get_close_matches(own, known, n=1)
            hint = f" Did you mean {PREFIX}{near[0]}?" if near else ""
            wrong.append(Wrong("", f"{name} is not a setting of Parlour.{hint}"))
    return wrong


def load_settings(**flags: Any) -> Settings:
    """Settings from flags (None means: not given), environment and `.env`.

    Raises SettingsError with one line that names the setting when a value is wrong or
    a PARLOUR_* variable is not a setting.
    """
    settings, wrong = read_settings(**flags)
    for first in wrong:
        error = SettingsError(first.words)
        error.by_flag = first.by_flag
        raise error
    return settings


def read_settings(**flags: Any) -> tuple[Settings, list[Wrong]]:
    """The same, those that are wrong at their defaults, and all that is wrong."""
    given = {name: value for name, value in flags.items() if value is not None}
    by_flag, inside, wrong = set(given), dict[str, Any](), list[Wrong]()
    file = ENV_FILE if os.path.isfile(ENV_FILE) else None  # noqa: PTH113 - it raises nothing
    try:
        inside = dotenv_values(ENV_FILE, encoding="utf-8")
    except UnicodeDecodeError:
        file, wrong = None, [Wrong("", f"{ENV_FILE} is not UTF-8 text.")]
    except OSError as error:
        file, wrong = None, [Wrong("", f"{ENV_FILE} cannot be read: {error.strerror}.")]
    wrong += _check_names([*os.environ, *inside])
    told = True
    while True:
        try:
            return Settings(_env_file=file, **given), wrong
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][0])
                # Those without which its default would be wrong, too, as a key's is.
                away = (name, "tls_certificate") if name == "tls_key" else (name,)
                given |= {each: Settings.model_fields[each].default for each in away}
                words = fault["msg"].removeprefix("Value error, ")
                shown = "" if name in _SECRETS else f" (it is {fault['input']!r})"
                line = f"{PREFIX}{name.upper()} is wrong: {words}{shown}."
                if told:
                    wrong.append(Wrong(name, line, name in by_flag))
        # Once more without these. What is wrong then is so because they are not there.
        told = False
