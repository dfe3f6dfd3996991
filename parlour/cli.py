"""The command line: `parlour serve`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parlour import __version__

if TYPE_CHECKING:
    from parlour.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. A wrong setting costs one line, not a traceback."""
    # Until the server listens for it, Ctrl-C ends the program at once and without a traceback:
    # whatever is being written then is a transaction. Nothing that takes time to load is imported
    # before.
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGINT, former)


def _run(arguments: Sequence[str] | None) -> int:
    from parlour.settings import SettingsError, load_settings

    parser = _parser()
    options = vars(parser.parse_args(arguments))
    options.pop("command")
    try:
        settings = load_settings(**options)
    except SettingsError as error:
        return _fail(error)
    return serve(settings)


def serve(settings: "Settings") -> int:
    """Start the server and run it until it is told to stop."""
    # Imported here: `parlour --help` and a wrong setting need none of it.
    from parlour.database import DatabaseUnusable, init_db
    from parlour.main import create_app
    from parlour.migrations import DatabaseTooNew
    from parlour.server import ListenError, Server, listen
    from parlour.support import logs
    from parlour.support.lock import DataDirInUse

    # What the server writes is for its owner only.
    os.umask(0o077)
    logs.set_up(settings.log_level)
    try:
        database = init_db(settings)
    except (DataDirInUse, DatabaseUnusable, DatabaseTooNew) as error:
        return _fail(error)
    except OSError as error:
        return _fail(f"Cannot use the data directory {settings.data_dir}: {error.strerror}.")
    try:
        sock = listen(settings)
    except ListenError as error:
        database.release()
        return _fail(error)
    server = Server(create_app(settings, database), settings)
    server.run(sockets=[sock])
    return 0 if server.started else 1


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
    return parser


if __name__ == "__main__":
    sys.exit(main())
