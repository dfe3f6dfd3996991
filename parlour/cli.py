"""The command line: `parlour serve`, and what is done on its data beside it or without it."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from parlour import __version__

if TYPE_CHECKING:
    from parlour.settings import Settings

# Of one invitation.
_MAX_USES: Final = 10_000
_MAX_DAYS: Final = 3_650
_DIGEST: Final = re.compile("[0-9a-f]{64}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. A wrong setting costs one line, not a traceback."""
    # Until the server listens for it, Ctrl-C ends the program at once and without a traceback:
    # whatever is being written then is a transaction. Nothing that takes time to load is imported
    # before.
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        status = _run(arguments)
    finally:
        signal.signal(signal.SIGINT, former)
    if arguments is None and "obstore" in sys.modules:
        # Everything is closed. The library for S3 has threads of its own: where one of them still
        # waits for the store, Python would abort instead of ending.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _run(arguments: Sequence[str] | None) -> int:
    from parlour.settings import Settings, SettingsError, load_settings

    options = _parser().parse_args(arguments)
    flags = {name: getattr(options, name, None) for name in Settings.model_fields}
    try:
        settings = load_settings(**flags)
    except SettingsError as error:
        return _fail(error)
    if options.command == "audit":
        return verify(settings, options)
    if options.command == "retention":
        return look_at_retention(settings, options)
    if options.command in ("backup", "restore"):
        from parlour.backup import command

        return command.run(settings, options)
    if options.command in ("export", "import"):
        from parlour.export import command as carrying

        return carrying.run(settings, options)
    if options.command == "migrate-data":
        from parlour.moving import move

        return administer(settings, lambda: move(settings))
    if options.command == "bench":
        from parlour.bench import run as measure

        return measure(settings, options)
    if options.command == "doctor":
        from parlour.doctor import run as look

        return look(settings, options)
    if options.command == "admin":
        from parlour.admin import run

        return administer(settings, lambda: run(settings, options))
    return serve(settings)


def serve(settings: "Settings") -> int:
    """Start the server and run it until it is told to stop."""
    # Imported here: `parlour --help` and a wrong setting need none of it.
    import asyncio

    from parlour.database import DatabaseUnusable, init_db
    from parlour.keyring import open_keys
    from parlour.main import create_app, kind_of, open_tracing
    from parlour.migrations import DatabaseTooNew
    from parlour.receiving import prepare
    from parlour.server import ListenError, Server, listen
    from parlour.settings import SettingsError
    from parlour.storage import check_files, open_storage
    from parlour.support import logs
    from parlour.support.keys import KeysUnusable
    from parlour.support.lock import DataDirInUse
    from parlour.support.tls import Certificate, CertificateUnusable

    # What the server writes is for its owner only.
    os.umask(0o077)
    logs.set_up(settings.log_level, settings.log_format)
    database = None
    try:
        certificate = Certificate(*settings.tls_files) if settings.tls_files else None
        tracing = open_tracing(settings)
        database = init_db(settings, kind_of(tracing))
        database.serve(cluster=bool(settings.redis_url))
        keys = open_keys(settings, database)
        check_files(settings)
        storage = open_storage(settings)
        asyncio.run(prepare(settings.uploads_path, storage))
        sock = listen(settings)
    except (
        CertificateUnusable,
        DataDirInUse,
        DatabaseUnusable,
        DatabaseTooNew,
        KeysUnusable,
        ListenError,
        SettingsError,
    ) as error:
        if database is not None:
            database.release()
        return _fail(error)
    except OSError as error:
        if database is not None:
            database.release()
        where = f"the data directory {settings.data_dir}"
        if error.filename not in (None, str(settings.data_dir)):
            where = str(error.filename)
        return _fail(f"Cannot use {where}: {error.strerror}.")
    app = create_app(settings, database, keys, storage, tracing)
    server = Server(app, settings, certificate)
    server.run(sockets=[sock])
    return 0 if server.started else 1


def administer(settings: "Settings", act: Callable[[], str]) -> int:
    """Do one thing on the data while no server runs, and say what was done."""
    from parlour.admin import AdminError
    from parlour.database import DatabaseUnusable
    from parlour.migrations import DatabaseTooNew
    from parlour.settings import SettingsError
    from parlour.support.keys import KeysUnusable
    from parlour.support.lock import DataDirInUse

    os.umask(0o077)
    try:
        print(act())
    except (
        AdminError,
        DataDirInUse,
        DatabaseUnusable,
        DatabaseTooNew,
        KeysUnusable,
        SettingsError,
    ) as error:
        return _fail(error)
    except OSError as error:
        return _fail(f"Cannot use the data directory {settings.data_dir}: {error.strerror}.")
    return 0


def verify(settings: "Settings", options: argparse.Namespace) -> int:
    """Say how long the audit log is and where it ends, or which entry is wrong."""
    from parlour.admin import AdminError, verify_audit

    try:
        print(verify_audit(settings, options.head))
    except AdminError as error:
        return _fail(error)
    return 0


def look_at_retention(settings: "Settings", options: argparse.Namespace) -> int:
    """Say what would go because its time is over, or write down what holds have set aside."""
    from parlour import overdue
    from parlour.admin import AdminError

    try:
        for line in overdue.run(settings, options):
            print(line)
    except AdminError as error:
        return _fail(error)
    except BrokenPipeError:
        # Whoever reads has enough; what is still kept for them goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _fail(error: object) -> int:
    print(f"parlour: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    from parlour.settings import PREFIX, Settings

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
        "--url", metavar="URL", help="Where browsers find it: it is looked at from there, too."
    )
    doctor.add_argument(
        "--deep", action="store_true", help="Read all of the database and of the audit log."
    )
    doctor.add_argument("--data-dir", metavar="VALUE", help="As for `parlour serve`.")
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
        "--to", metavar="WHERE", help="Folder or s3://BUCKET/PREFIX. Default: PARLOUR_BACKUP_TO."
    )
    doing = backup.add_mutually_exclusive_group()
    doing.add_argument("--check", metavar="ARCHIVE", help="Only look whether this one is whole.")
    doing.add_argument("--list", action="store_true", help="Only list what is there.")
    backup.add_argument(
        "--keep",
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
    # For the server, which has these commands run: they end with it, however it ends.
    parser.add_argument("--tied", action="store_true", help=argparse.SUPPRESS)


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = commands.add_parser(
        "export", help="What people said, as JSON, files and pages to read, also beside a server."
    )
    export.add_argument(
        "--to", metavar="WHERE", required=True, help="Folder or s3://BUCKET/PREFIX."
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
    if number.isascii() and number.isdigit() and _DIGEST.fullmatch(digest):
        return int(number), digest
    raise argparse.ArgumentTypeError("it has to be ID:HASH, as this command prints it")


def _number(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if text.isascii() and text.isdigit() and 0 < int(text) <= most:
            return int(text)
        raise ValueError

    number.__name__ = f"number from 1 to {most}"
    return number


if __name__ == "__main__":
    sys.exit(main())
