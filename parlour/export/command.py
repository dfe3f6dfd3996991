"""The commands `parlour export` and `parlour import`: what they say, and how they end."""

from argparse import Namespace

from parlour.backup import command
from parlour.export.importing import bring_in, look
from parlour.export.making import Order, make
from parlour.settings import Settings
from parlour.support.bars import bars


def run(settings: Settings, options: Namespace) -> int:
    """Do what is asked; the exit status, as that of `parlour backup`."""
    return command.run(settings, options, _do)


def _do(settings: Settings, options: Namespace) -> list[str]:
    if options.command == "import":
        if options.check:
            return look(settings, options.archive, bars)
        return bring_in(settings, options.archive, match=options.match_people, show=bars)
    outcome = make(settings, _order(options), bars)
    command.warn(outcome.warnings)
    return outcome.lines


def _order(options: Namespace) -> Order:
    wide = options.private or options.direct
    if options.person is not None and (wide or options.room):
        raise command.WrongFlags("--person is all that is theirs: it goes with no choice of rooms.")
    if options.room and wide:
        raise command.WrongFlags("--room names each room: it goes with no other choice of them.")
    kinds = ["public"]
    kinds += ["private"] if options.private else []
    kinds += ["direct"] if options.direct else []
    room_ids = tuple(options.room) if options.room else None
    return Order(options.to, tuple(kinds), room_ids, options.person)
