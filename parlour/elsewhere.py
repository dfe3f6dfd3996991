"""People on other nodes: they come and go here as if they were on this one."""

from collections.abc import Iterable
from typing import Any

from parlour.audience import tell_join, tell_leave
from parlour.context import Context
from parlour.models import Person
from parlour.realtime.presence import EVERYWHERE, Present, Seat, author_everywhere


def came(context: Context, node: str, seat: Seat, present: Present) -> None:
    """Somebody is in a room, or connected at all, on another node."""
    presence = context.manager.presence
    known = seat in presence.on_node(node)
    new = presence.enter_elsewhere(node, seat, present)
    room_id, key = seat
    if room_id == EVERYWHERE:
        if not known:
            context.registry.came(_person(key, present))
    elif new:
        tell_join(context, room_id, key, present)


def went(context: Context, node: str, seat: Seat) -> None:
    """They are there no longer."""
    presence = context.manager.presence
    present = presence.on_node(node).get(seat)
    if present is None:
        return
    left = presence.leave_elsewhere(node, seat)
    room_id, key = seat
    if room_id == EVERYWHERE:
        context.registry.went(_person(key, present))
    elif left is not None:
        tell_leave(context, room_id, left)


def are_here(context: Context, node: str, people: Iterable[list[Any]]) -> None:
    """Exactly these are on another node: room, key, name, and whether it is a guest."""
    now = {(room_id, key): Present(name, guest) for room_id, key, name, guest in people}
    for seat in list(context.manager.presence.on_node(node)):
        if seat not in now:
            went(context, node, seat)
    for seat, present in now.items():
        came(context, node, seat, present)


def _person(key: str, present: Present) -> Person:
    author = author_everywhere(key)
    return Person.model_construct(username=present.username, author=author, guest=present.guest)
