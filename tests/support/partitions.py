"""Links between nodes, what is beneath them and people, which can be cut: packets vanish.

Nobody is told of it: there is no end and no reset, and whoever connects gets no answer. With
network namespaces (`namespaces.py`) it is the kernel that loses them, so all that TCP does is as in
life. Where these are not to be had, whatever goes by a link goes through a program that passes
nothing on for a while (`ways.py`): a connection seems to come about then, and what was said
meanwhile comes at once afterwards.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, Protocol, get_args

from tests.support.faults import CannotRunError
from tests.support.namespaces import Namespaces
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.valkey import Valkey
from tests.support.ways import Ways

# What a node has a link to.
End = Literal["postgresql", "redis", "people"]
ENDS: Final[tuple[End, ...]] = get_args(End)
Kind = Literal["namespaces", "proxies"]


class Links(Protocol):
    """The links of some nodes, each of which has its number."""

    @property
    def kind(self) -> Kind:
        """Of which kind they are."""

    @property
    def settings(self) -> Sequence[str]:
        """What PostgreSQL is to be started with, so that it is reached by them."""

    def join(self, postgres: Postgres, redis: Valkey) -> None:
        """Have them lead to these."""

    def url(self, node: int, end: End, url: str) -> str:
        """The address by which a node reaches what is there for everybody else at `url`."""

    def house(self, node: int, server: Server) -> None:
        """Let a server, which is not started yet, be that node."""

    def cut(self, node: int, ends: Sequence[End]) -> None:
        """From now on let nothing through between a node and these."""

    def heal(self) -> None:
        """Let everything through again."""

    def close(self) -> None:
        """Leave nothing behind."""


@contextmanager
def links(count: int, kind: Kind | None = None) -> Iterator[Links]:
    """Yield links for so many nodes, of the better kind that is to be had, or of this one.

    Raises CannotRunError where this one is not.
    """
    made = _made(count, kind)
    try:
        yield made
    finally:
        made.heal()
        made.close()


def _made(count: int, kind: Kind | None) -> Links:
    if kind != "proxies":
        try:
            return Namespaces(count)
        except CannotRunError as reason:
            if kind is not None:
                raise
            # Past what pytest keeps to itself: whoever reads that all is well is to know of what.
            words = f"partitions are made by proxies, not by network namespaces: {reason}\n"
            (sys.__stderr__ or sys.stderr).write(words)
    return Ways(count)
