"""Which messages a search looks at: from the newest down, in steps that it may end after."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from parlour.store import search
from parlour.store.search import Found, State
from parlour.store.terms import Match, matching_ids

# What may be meant, and the lowest id that this step has looked at.
Step = tuple[list[Found], int]

# Ids that the index is asked about in the first step, which doubles, and at most: to go through
# a million takes it 0.1 s when it has all terms everywhere and never together.
FIRST_SPAN: Final = 1 << 18
MAX_SPAN: Final = 1 << 20
# Messages that are looked at in one step.
FIRST_STEP: Final = 32
MAX_STEP: Final = 512
# To look at a message costs as much as so many ids out of the index.
DEARER: Final = 16


def steps(
    connection: Connection,
    match: Match | None,
    among: Sequence[int] | None,
    state: State,
    floor: int,
    top: int,
) -> Iterator[Step]:
    """Messages from `top` down to `floor`: those that `match` in the index, or all.

    `among`: those that can be meant, the newest first; None for any.
    """
    if among is None:
        yield from _through_all(connection, match, state, floor, top)
        return
    ids, at, step = [each for each in among if floor <= each <= top], 0, FIRST_STEP
    while at < len(ids):
        some: Sequence[int] = ids[at : at + step]
        at, step = at + step, min(2 * step, MAX_STEP)
        lowest = some[-1] if at < len(ids) else floor
        if match is not None and state.lowest <= some[-1] and some[0] <= state.highest:
            some = _matching(connection, match, some)
        yield search.by_ids(connection, some) if some else [], lowest


def _matching(connection: Connection, match: Match, ids: Sequence[int]) -> Sequence[int]:
    """Those of some messages of the index that match, or have changed; all where that costs more.

    The index gives all that match between the first and the last of them, which may be very many.
    """
    most = DEARER * len(ids)
    found = matching_ids(connection, match, ids[-1], ids[0], most)
    if len(found) == most:
        return ids
    may = found | search.changing_ids(connection, ids[-1], ids[0])
    return [each for each in ids if each in may]


def _through_all(
    connection: Connection, match: Match | None, state: State, floor: int, top: int
) -> Iterator[Step]:
    """What may be meant, from the newest down, with the lowest id that each step has looked at.

    What is not in the index yet is looked through as it is.
    """
    span, step = FIRST_SPAN, FIRST_STEP
    changed = search.changing(connection, floor, top) if match is not None else []
    while top >= floor:
        if match is not None and state.lowest <= top <= state.highest:
            bottom = max(floor, state.lowest, top - span + 1)
            found = search.matching(connection, match, bottom, top, step)
            span = min(2 * span, MAX_SPAN)
        else:
            above = match is not None and top > state.highest
            bottom = max(floor, state.highest + 1) if above else floor
            found = search.scanned(connection, bottom, top, step)
        lowest = found[-1].id if len(found) == step else bottom
        late = [each for each in changed if lowest <= each.id <= top]
        if late:
            by_id = {each.id: each for each in [*found, *late]}
            found = [by_id[each] for each in sorted(by_id, reverse=True)]
        yield found, lowest
        top = lowest - 1
        step = min(2 * step, MAX_STEP)
