"""What is told of something once it is committed: here, and on every other node as well.

An effect is a function that tells it, and the shape of what it is told by. The node that did
something calls it with what came of it, and perhaps with who asked; the others with what they
read of it in the journal. So what is not told by an effect is told on one node alone.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter

from parlour.context import Context
from parlour.support.counts import COUNTS

Payload = TypeVar("Payload")

logger = logging.getLogger(__name__)

_EFFECTS: Final[dict[str, "Effect[Any]"]] = {}


class Effect(Generic[Payload]):
    """Something that is told of what was committed, on all nodes."""

    def __init__(
        self,
        name: str,
        shape: type[Payload],
        tell: Callable[..., None],
        quiet: Callable[..., bool],
        *,
        everywhere: bool,
    ) -> None:
        self.name = name
        # Whether it holds on all nodes before whoever did it has their answer.
        self.everywhere = everywhere
        self._shape: TypeAdapter[Payload] = TypeAdapter(shape)
        self._tell = tell
        self._quiet = quiet
        if name in _EFFECTS or not name.isidentifier():
            raise ValueError(f"there is no effect that could be called {name!r}")
        _EFFECTS[name] = self

    def __call__(self, context: Context, payload: Payload, **asking: Any) -> None:
        """Tell it on this node."""
        self._tell(context, payload, **asking)

    def after(
        self,
        context: Context,
        take: Callable[[Any], Payload | None] | None = None,
        **asking: Any,
    ) -> "Then[Payload]":
        """What tells it once a job is committed.

        `take` makes what it is told by from what came of the job: None where there is nothing to
        tell. `asking` are further arguments of the function on this node alone.
        """
        return Then(self, context, take, asking)

    def record(self, payload: Payload) -> str | None:
        """A line that tells other nodes of it; None where it is no news for them."""
        if self._quiet(payload):
            return None
        return f"{self.name} {self._shape.dump_json(payload).decode()}"

    def replay(self, context: Context, words: str) -> None:
        """Tell on this node what another one did. Raises ValidationError."""
        self._tell(context, self._shape.validate_json(words))


class Then(Generic[Payload]):
    """What is called with what came of a job, once that is committed."""

    __slots__ = ("_asking", "_context", "_effect", "_take")

    def __init__(
        self,
        effect: Effect[Payload],
        context: Context,
        take: Callable[[Any], Payload | None] | None,
        asking: dict[str, Any],
    ) -> None:
        self._effect = effect
        self._context = context
        self._take = take
        self._asking = asking

    @property
    def everywhere(self) -> bool:
        """Whether it is waited for on all nodes."""
        return self._effect.everywhere

    def __call__(self, outcome: object) -> None:
        """Tell it on this node."""
        payload: Any = outcome if self._take is None else self._take(outcome)
        if payload is not None:
            self._effect(self._context, payload, **self._asking)

    def record(self, outcome: object) -> str | None:
        """The line by which other nodes know it, made in the writer's thread."""
        payload: Any = outcome if self._take is None else self._take(outcome)
        return None if payload is None else self._effect.record(payload)


class Several:
    """Several things that are told of one job, one after the other."""

    __slots__ = ("_thens",)

    def __init__(self, *thens: Then[Any]) -> None:
        self._thens = thens

    @property
    def everywhere(self) -> bool:
        """Whether one of them is waited for on all nodes."""
        return any(then.everywhere for then in self._thens)

    def __call__(self, outcome: object) -> None:
        """Tell them on this node."""
        for then in self._thens:
            then(outcome)

    def record(self, outcome: object) -> str | None:
        """The lines by which other nodes know of them."""
        lines = [line for then in self._thens if (line := then.record(outcome)) is not None]
        return "\n".join(lines) or None


def effect(
    name: str,
    shape: Any,
    *,
    quiet: Callable[[Any], bool] | None = None,
    everywhere: bool = False,
) -> Callable[[Callable[..., None]], Effect[Any]]:
    """Make a function `tell(context, payload)` an effect. `quiet` payloads are for one node.

    What requests are judged by in memory is told `everywhere` before it is answered: nobody goes on
    at another node as somebody who has been signed out.
    """

    def make(tell: Callable[..., None]) -> Effect[Any]:
        made: Effect[Any] = Effect(name, shape, tell, quiet or _is_news, everywhere=everywhere)
        made.__doc__ = tell.__doc__
        return made

    return make


def replay(context: Context, effects: str, came_at: float = 0.0) -> None:
    """Tell on this node what another one has committed in one transaction: its lines.

    What fails is logged and costs nothing else; what this release does not know it passes over.
    How long all have waited for it is counted from `came_at` on, when this node knew of it: by
    which clock it was committed, nobody else can say.
    """
    # A hint may be told in the middle of what this node has committed itself.
    before, COUNTS.committed_at = COUNTS.committed_at, came_at
    _replay(context, effects)
    COUNTS.committed_at = before


def _replay(context: Context, effects: str) -> None:
    for line in effects.split("\n"):
        name, _, words = line.partition(" ")
        known = _EFFECTS.get(name)
        if known is None:
            logger.warning("another node did what this release does not know: %s", name)
            continue
        try:
            known.replay(context, words)
        except Exception:
            logger.exception("what another node did could not be told: %s", name)


def _is_news(_payload: object) -> bool:
    return False
