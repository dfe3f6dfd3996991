"""The command line: `parlour serve`, and what is done on its data beside it or without it."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from parlour import flags
from parlour.support import output
from parlour.support.memory import keep_memory_small

if TYPE_CHECKING:
    from parlour.settings import Settings, Wrong

# How it ends where a flag has a wrong value, as argparse does.
WRONG_FLAG: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. A wrong setting costs one line, not a traceback."""
    # Until the server listens for it, Ctrl-C ends the program at once and without a traceback:
    # whatever is being written then is a transaction. Nothing that takes time to load is imported
    # before.
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    if arguments is None and sys.argv[1:2] == ["serve"]:
        keep_memory_small()
    try:
        with output.watched():
            status = _run(arguments)
    except output.Lost as lost:
        status = _fail(lost.words, lost.status) if lost.words else lost.status
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
    from parlour.settings import Settings, SettingsError, load_settings, read_settings

    options = flags.parser().parse_args(arguments)
    given = {name: getattr(options, name, None) for name in Settings.model_fields}
    try:
        settings = load_settings(**given)
    except SettingsError as error:
        if options.command == "doctor" and not error.by_flag:
            return examine(*read_settings(**given), options)
        return _fail(error, WRONG_FLAG if error.by_flag else 1)
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
        return examine(settings, [], options)
    if options.command == "admin":
        from parlour.admin import run

        return administer(settings, lambda: run(settings, options))
    if options.tied:
        from parlour.support.tied import tie

        tie()
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
    except OSError as error:
        return _fail(_unusable(settings, error))
    return 0


def look_at_retention(settings: "Settings", options: argparse.Namespace) -> int:
    """Say what would go because its time is over, or write down what holds have set aside."""
    from parlour import overdue
    from parlour.admin import AdminError

    said = False
    try:
        for line in overdue.run(settings, options):
            print(line)
            said = True
    except AdminError as error:
        return _fail(error)
    except OSError as error:
        return _fail(_unusable(settings, error))
    if not said:
        # Beside the lines, which are for programs.
        print("parlour: Nothing is set aside.", file=sys.stderr)
    return 0


def examine(settings: "Settings", wrong: "list[Wrong]", options: argparse.Namespace) -> int:
    """Look at the whole installation, also where settings are wrong."""
    from parlour.doctor import run

    return run(settings, wrong, options)


def _unusable(settings: "Settings", error: OSError) -> str:
    """What cannot be used, why, and whose it is."""
    from pathlib import Path

    from parlour.support.owners import closed

    where = error.filename or settings.data_dir
    whose = closed(Path(where)) if isinstance(error, PermissionError) else ""
    return f"Cannot use {where}: {error.strerror}. {whose}".rstrip()


def _fail(error: object, status: int = 1) -> int:
    print(f"parlour: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
