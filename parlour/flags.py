"""The flags of every command, and what their values may be: a wrong one ends with status 2."""

import argparse
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from parlour import __version__
from parlour.support import rotation
from parlour.support.urls import check_place

# Of one invitation.
_MAX_USES: Final = 10_000
_MAX_DAYS: Final = 3_650
_MAX_DIGITS: Final = 20
# Signs of a wrong value that are said.
_SHOWN: Final = 80
_DIGEST: Final = re.compile("[0-9a-f]{64}")


def parser() -> argparse.ArgumentParser:
    """What reads the command line."""
    # What takes a moment to load is so after Ctrl-C ends the program.
    from parlour.settings import PREFIX, Settings  # noqa: PLC0415

    parser = argparse.ArgumentParser(
        prog="parlour", description="A real-time chat that one person starts with one command."
    )
    parser.add_argument("--version", action="version", version=f"parlour {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="Start the server.")
    for name, setting in Settings.model_fields.items():
        default = setting.default
        serving.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="VALUE",
            help=f"{setting.description} Default: {','.join(default) if default == () else default}"
            f" ({PREFIX}{name.upper()}).".replace("%", "%%"),
        )
    _add_tied(serving)
    _add_admin(commands)
    _add_audit(commands)
    _add_retention(commands)
    bench = commands.add_parser(
        "bench", help="Measure this machine with a server of its own, and check every message."
    )
    bench.add_argument(
        "--people", type=_number(1_000), default=50, metavar="N", help="Who talk. Default: 50."
    )
    bench.add_argument(
        "--seconds", type=_number(3_600), default=10, metavar="S", help="How long. Default: 10."
    )
    bench.add_argument(
        "--data-dir", metavar="VALUE", help="As for `parlour serve`: it is measured beside it."
    )
    doctor = commands.add_parser(
        "doctor", help="Look at the whole installation, and say how to mend what is wrong with it."
    )
    doctor.add_argument(
        "--url",
        type=_address,
        metavar="URL",
        help="Where browsers find it: it is looked at from there, too.",
    )
    doctor.add_argument(
        "--deep", action="store_true", help="Read all of the database and of the audit log."
    )
    for name in ("--data-dir", "--port"):
        doctor.add_argument(name, metavar="VALUE", help="As for `parlour serve`.")
    moving = commands.add_parser(
        "migrate-data",
        help="From SQLite to the PostgreSQL that PARLOUR_DATABASE_URL names, while no server runs.",
    )
    moving.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")
    _add_backup(commands)
    _add_export(commands)
    return parser


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser(
        "backup", help="Everything in one archive, also while the server runs."
    )
    backup.add_argument(
        "--to",
        type=_checked(check_place),
        metavar="WHERE",
        help="Folder or s3://BUCKET/PREFIX. Default: PARLOUR_BACKUP_TO.",
    )
    doing = backup.add_mutually_exclusive_group()
    doing.add_argument("--check", metavar="ARCHIVE", help="Only look whether this one is whole.")
    doing.add_argument("--list", action="store_true", help="Only list what is there.")
    backup.add_argument(
        "--keep",
        type=_checked(rotation.parse),
        metavar="RULES",
        help="Take away older ones but these: 7, or daily=7,weekly=4,monthly=12. Default: all with"
        " --to, otherwise PARLOUR_BACKUP_KEEP.",
    )
    backup.add_argument(
        "--if-older",
        type=_number(_MAX_DAYS * 86_400),
        default=0,
        metavar="SECONDS",
        help="Only if the last one is at least so old.",
    )
    restore = commands.add_parser(
        "restore", help="All of an archive, into a data directory and database with nothing in it."
    )
    restore.add_argument("archive", metavar="ARCHIVE", help="Its path or s3:// address.")
    restore.add_argument(
        "--sign-out-everybody", action="store_true", help="Let all logins of then end."
    )
    _add_tied(backup)
    for parser in (backup, restore):
        parser.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")


def _add_tied(parser: argparse.ArgumentParser) -> None:
    # For programs that have these run: they end with the program, however it ends.
    parser.add_argument("--tied", action="store_true", help=argparse.SUPPRESS)


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = commands.add_parser(
        "export", help="What people said, as JSON, files and pages to read, also beside a server."
    )
    export.add_argument(
        "--to",
        type=_checked(check_place),
        metavar="WHERE",
        required=True,
        help="Folder or s3://BUCKET/PREFIX.",
    )
    export.add_argument("--private", action="store_true", help="Private rooms, too.")
    export.add_argument("--direct", action="store_true", help="Direct conversations, too.")
    export.add_argument(
        "--room",
        type=_number(2**53 - 1),
        action="append",
        metavar="ID",
        help="Only this room, of whatever kind; may be given several times.",
    )
    export.add_argument(
        "--person", metavar="USERNAME", help="Only what is one person's own, for them alone."
    )
    importing = commands.add_parser(
        "import", help="Bring an export in, while no server runs; what is there stays as it is."
    )
    importing.add_argument("archive", metavar="ARCHIVE", help="Path or s3:// address.")
    importing.add_argument(
        "--match-people",
        action="store_true",
        help="Who has the name of an account here is taken for that one. Default: nobody is.",
    )
    importing.add_argument("--check", action="store_true", help="Only look whether it can be done.")
    _add_tied(export)
    for parser in (export, importing):
        parser.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")


def _add_admin(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    admin = commands.add_parser(
        "admin", help="Accounts, keys and files, while no server runs on them."
    )
    acts = admin.add_subparsers(dest="act", required=True, metavar="ACT")
    create = acts.add_parser("create", help="Make an administrator.")
    reset = acts.add_parser("reset-password", help="Give an account a new password.")
    for parser in (create, reset):
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from standard input instead of asking for it.",
        )
    disable = acts.add_parser("disable", help="Let an account be used no more, and sign it out.")
    enable = acts.add_parser("enable", help="Let a disabled account be used again.")
    for parser in (disable, enable):
        parser.add_argument("username", metavar="USERNAME")
    invite = acts.add_parser("invite", help="Print a link with which accounts can be made.")
    invite.add_argument(
        "--uses", type=_number(_MAX_USES), default=1, metavar="N", help="Accounts. Default: 1."
    )
    invite.add_argument(
        "--days", type=_number(_MAX_DAYS), default=7, metavar="D", help="Days it lasts. Default: 7."
    )
    rotate = acts.add_parser("rotate-keys", help="Sign logins with a new key from now on.")
    sweep = acts.add_parser(
        "sweep-files", help="Count the files in the storage that the database does not know."
    )
    sweep.add_argument("--delete", action="store_true", help="Take them away.")
    for parser in (create, reset, disable, enable, invite, rotate, sweep):
        parser.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    log = commands.add_parser("audit", help="The log of acts of power, also beside a server.")
    acts = log.add_subparsers(dest="act", required=True, metavar="ACT")
    verify = acts.add_parser("verify", help="Look whether the log is what was written.")
    verify.add_argument(
        "--head", type=_head, metavar="ID:HASH", help="An entry that was noted elsewhere before."
    )
    verify.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")


def _add_retention(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    retention = commands.add_parser(
        "retention", help="What is kept for how long; it only reads, also beside a server."
    )
    acts = retention.add_subparsers(dest="act", required=True, metavar="ACT")
    preview = acts.add_parser("preview", help="Count what would go just now.")
    preview.add_argument(
        "--days", type=_number(_MAX_DAYS * 10), metavar="D", help="As if the server kept D days."
    )
    held = acts.add_parser("held", help="Print what holds have set aside, a line of JSON each.")
    held.add_argument("--room", type=_number(2**53), metavar="ID", help="Of this room alone.")
    held.add_argument("--person", metavar="USERNAME", help="Of this account alone.")
    for parser in (preview, held):
        parser.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if _is_number(number) and _DIGEST.fullmatch(digest):
        return int(number), digest
    raise argparse.ArgumentTypeError("it has to be ID:HASH, as this command prints it")


def _number(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if _is_number(text) and 0 < int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"it has to be a number from 1 to {most}, and is {_shown(text)}"
        )

    return number


def _is_number(text: str) -> bool:
    # One of thousands of digits would be refused by Python, and is none of ours.
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _checked(check: Callable[[str], object]) -> Callable[[str], str]:
    """What a setting may be that has the same form; `check` raises ValueError with the reason."""

    def checked(text: str) -> str:
        try:
            check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{error} (it is {_shown(text)})") from None
        return text

    return checked


def _address(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        # The port is read when it is asked for.
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"it has to be an address such as https://chat.example.org, and is {_shown(text)}"
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
